"""How a new model goes live: fetched, checked, proven, switched to; and the way back."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.errors import ModelError
from edge.host.addresses import public_name
from edge.host.extras import how_to_add
from edge.host.files import sync_folder
from edge.networks import kinds
from edge.networks.manifest import FILE_NAME as MANIFEST
from edge.networks.store import SHIPPED, ModelStore
from edge.rollout.fetch import fetch
from edge.rollout.proof import CrashError, prove_apart
from edge.types import Required

log = logging.getLogger(__name__)


def _any_mask(_model: str) -> Required:
    """For a kiosk without a rule."""
    return Required.ANY


UNFINISHED = "its test was never finished"


def install(
    source: str,
    *,
    store: ModelStore,
    keys: Iterable[Path],
    scratch: Path,
    expected: tuple[str, int] | None = None,
    force: bool = False,
    required: Callable[[str], Required] = _any_mask,
    test: Callable[[Path], None] = prove_apart,
) -> tuple[str, int]:
    """Fetch, check, test and switch to a bundle; the kiosk takes it over when it is told to load its model again.

    Args:
        source: a file's path, an http(s) URL, or `-` for standard input.
        store: where it goes.
        keys: PEM files of the public keys that are trusted.
        scratch: folder to work in, on the store's file system.
        expected: model and version it must be; None for any.
        force: install it though it is older, or has failed here before.
        required: tells which masks a rule here asks the model of a name to tell; one that does not would shut the door.
        test: raises ModelError if an unpacked model is not fit, CrashError if it ended a process.

    Returns:
        the name of the model whose place it takes, and its version.

    Raises:
        ModelError: if it is refused; nothing has changed then, but that a model whose test did not end is remembered.
    """
    name_of_source = public_name(source)
    try:
        from edge.rollout.bundle import open_bundle, trusted_keys, unpack
    except ImportError as error:
        raise ModelError(f"{error.name} is missing; {how_to_add('models')}") from error
    keys = tuple(keys)
    trusted_keys(keys)  # before anything is fetched
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".fetch-", dir=scratch) as name:
            path = fetch(source, Path(name))
            contents = open_bundle(path, keys)
            if expected not in (None, (contents.model, contents.version)):
                raise ModelError(
                    f"{name_of_source}: is {contents.model} {contents.version}, not the one that was ordered"
                )
            _refuse_old(store, contents.model, contents.version, force=force)
            fresh = Path(name) / "model"
            fresh.mkdir()
            unpack(path, contents, fresh)
            kinds.check(required(contents.model), f"{contents.model} {contents.version}", fresh)
            _try(store, contents.model, contents.version, lambda: test(fresh))
            _settle(store, contents.model, contents.version, fresh)
    except OSError as error:
        raise ModelError(f"{name_of_source}: cannot be installed ({error.strerror or error})") from error
    return contents.model, contents.version


def roll_back(store: ModelStore, model: str, why: str) -> int:
    """Switch to the version that was live before; returns it.

    Raises:
        ModelError: if there is none.
    """
    state = store.state(model).go_back(why)
    store.write(model, state)
    log.warning("model=rolled_back name=%s version=%d cause=%r", model, state.live, why)
    return state.live


def _refuse_old(store: ModelStore, model: str, version: int, *, force: bool) -> None:
    state = store.state(model)
    if version == state.live:
        raise ModelError(f"{model} {version}: is already live")
    if force:
        return
    if version < state.live:
        raise ModelError(f"{model} {version}: is older than {state.live}, which is live; --force installs it anyway")
    if version in state.failed:
        raise ModelError(f"{model} {version}: failed here before ({state.failed[version]}); --force tries it again")


def _try(store: ModelStore, model: str, version: int, test: Callable[[], None]) -> None:
    """Test a model, having written down that it is tried: whatever it ends must not end again by it."""
    before = store.state(model)
    store.write(model, before.fail(version, UNFINISHED))
    try:
        test()
    except CrashError as error:
        store.write(model, before.fail(version, str(error)))
        raise ModelError(f"{model} {version}: {error}; it is not tried again") from error
    except BaseException:
        store.write(model, before)
        raise


def _settle(store: ModelStore, model: str, version: int, fresh: Path) -> None:
    """Put an unpacked model in its place and switch to it."""
    target = store.folder(model, version)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.rmtree(target)
    fresh.chmod(0o755)
    fresh.rename(target)
    sync_folder(target.parent)
    store.write(model, store.state(model).go_live(version))
    forget_old(store, model)
    log.info("model=installed name=%s version=%d", model, version)


def forget_old(store: ModelStore, model: str) -> None:
    """Delete the versions of a model that cannot be switched to any more."""
    kept = {str(version) for version in store.state(model).kept}
    for path in store.folder(model, SHIPPED).parent.glob(f"*/{MANIFEST}"):
        if path.parent.name not in kept:
            shutil.rmtree(path.parent, ignore_errors=True)
