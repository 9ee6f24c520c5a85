"""Where networks are looked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.errors import ModelError
from edge.networks import find
from edge.networks.find import WEIGHTS_VARIABLE, find_model, models_dir, weights_search


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that ships the models `first` and `second`; the current folder is elsewhere."""
    for folder in ("edge", "models/first", "models/second", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(find, "_PACKAGE", tmp_path / "edge")
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path


def test_models_lie_beside_the_package_in_a_checkout(checkout: Path) -> None:
    """A checkout's models are found whatever the current folder."""
    assert models_dir() == checkout / "models"


def test_models_lie_inside_an_installed_package(checkout: Path) -> None:
    """A wheel carries the models within the package, and those count even where a folder `models` lies beside it."""
    (checkout / "edge/models").mkdir()
    assert models_dir() == checkout / "edge/models"


def test_find_model_takes_a_shipped_name(checkout: Path) -> None:
    """A bare name means a shipped model, whatever lies in the current folder."""
    (checkout / "elsewhere/first").mkdir()
    assert find_model("first") == checkout / "models/first"


def test_find_model_looks_where_the_environment_says(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A classifier lies in one of MASKGATE_WEIGHTS' folders as a detector does; a shipped one of its name wins."""
    monkeypatch.setenv("MASKGATE_WEIGHTS", str(tmp_path / "weights"))
    for name in ("first", "mine", "empty"):
        (tmp_path / "weights" / name).mkdir(parents=True)
    for name in ("first", "mine"):
        (tmp_path / "weights" / name / "manifest.json").touch()
    assert find_model("mine") == tmp_path / "weights/mine"
    assert find_model("first") == checkout / "models/first"
    with pytest.raises(ModelError, match="no such model"):
        find_model("empty")


@pytest.mark.parametrize("given", ["./first", "first/", "../elsewhere/first", "own"])
def test_find_model_takes_a_path(checkout: Path, given: str) -> None:
    """Anything else is a path, even to a folder called like a shipped model."""
    (checkout / "elsewhere/first").mkdir()
    (checkout / "elsewhere/own").mkdir()
    assert find_model(given) == Path(given)


def test_find_model_takes_an_absolute_path(checkout: Path) -> None:
    """A retrained model may lie anywhere."""
    (checkout / "elsewhere/own").mkdir()
    assert find_model(str(checkout / "elsewhere/own")) == checkout / "elsewhere/own"


@pytest.mark.parametrize("name", ["third", "", "a file", "first/nothing"])
def test_find_model_names_the_choices(checkout: Path, name: str) -> None:
    """An unknown model is refused in one line that lists the models there are."""
    (checkout / "elsewhere/a file").touch()
    with pytest.raises(ModelError, match=r"no such model.*\(first, second\)$"):
        find_model(name)


def test_find_model_without_any_model(checkout: Path) -> None:
    """A missing models folder is told from a wrong name."""
    (checkout / "models").rename(checkout / "gone")
    with pytest.raises(ModelError, match="empty or missing"):
        find_model("first")


def test_weights_search_order(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shipped networks come first, then the user's cache, then the environment's folders in their order."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    monkeypatch.setenv(WEIGHTS_VARIABLE, f"/b{os.pathsep}{os.pathsep}/a")
    assert weights_search() == (checkout / "models", Path("/cache/maskgate"), Path("/b"), Path("/a"))


def test_weights_search_without_settings(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without environment variables the cache is the home's."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", "/home/door")
    assert weights_search() == (checkout / "models", Path("/home/door/.cache/maskgate"))


def test_weights_search_without_a_home(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service whose user has no home still starts."""

    def no_home(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setattr(Path, "expanduser", no_home)
    assert weights_search() == (checkout / "models",)
