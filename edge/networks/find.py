"""Where networks lie on disk: the ones Maskgate ships, and the folders a user may add."""

from __future__ import annotations

import os
from pathlib import Path

from edge.errors import ModelError
from edge.host.folders import service_folder, user_cache
from edge.networks.manifest import FILE_NAME
from edge.networks.store import ModelStore

WEIGHTS_VARIABLE = "MASKGATE_WEIGHTS"
"""Environment variable naming further folders of pretrained networks, separated as in PATH."""

_PACKAGE = Path(__file__).resolve().parents[1]


def models_dir() -> Path:
    """The folder of the models Maskgate ships: inside the installed package, or beside it in a checkout."""
    installed = _PACKAGE / "models"
    return installed if installed.is_dir() else _PACKAGE.parent / "models"


def find_model(model: str) -> Path:
    """The folder of a model, given its name among those shipped, or in the folders for networks, or a path to it.

    A shipped name wins over others, and over a folder of that name in the current one; `./name` is always a path. A
    version that was installed in place of a shipped one wins over all.

    Raises:
        ModelError: if there is neither.
    """
    shipped = models_dir()
    is_name = model not in ("", ".", "..") and "/" not in model
    installed = installed_model(model) if is_name else None
    if installed is not None:
        return installed
    if is_name and (shipped / model).is_dir():
        return shipped / model
    further = [folder / model for folder in weights_search() if is_name and (folder / model / FILE_NAME).is_file()]
    if further:
        return further[0]
    if model and Path(model).is_dir():
        return Path(model)
    names = sorted(folder.name for folder in shipped.iterdir() if folder.is_dir()) if shipped.is_dir() else []
    raise ModelError(
        f"{model or 'empty name'}: no such model; name a folder that holds one, or one of those in {shipped} "
        f"({', '.join(names) or 'which is empty or missing'})"
    )


def installed_model(model: str) -> Path | None:
    """The folder of the version that was installed in place of a model; None if it is the shipped one.

    Raises:
        ModelError: if the store is damaged.
    """
    store = store_folder()
    return ModelStore(store).live_folder(model) if os.access(store, os.R_OK | os.X_OK) else None


def store_folder() -> Path:
    """Where models are installed; need not exist."""
    return service_folder() / "models"


def weights_search() -> tuple[Path, ...]:
    """Folders to look for pretrained networks in: shipped, the user's cache, the environment's. They need not exist."""
    named = os.environ.get(WEIGHTS_VARIABLE, "").split(os.pathsep)
    return (models_dir(), *user_cache(), *(Path(folder) for folder in named if folder))
