"""How a new model goes live: fetched, checked, proven, switched to; and the way back."""

from __future__ import annotations

import logging
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.errors import ModelError
from edge.networks.classifier import Classifier
from edge.networks.golden import ask, check
from edge.networks.manifest import FILE_NAME as MANIFEST
from edge.networks.store import SHIPPED, ModelStore, hand_over, sync_folder

log = logging.getLogger(__name__)

MAX_FACE_S = 0.5
"""A slower model gives a person too few readings to be judged at a walk."""

MAX_BUNDLE_BYTES = 256 * 2**20
FETCH_S = 30.0
"""A server that sends nothing for so long is given up."""


def prove(folder: Path) -> None:
    """Have a model answer its golden pictures, fast enough for a door.

    Raises:
        ModelError: if it does not.
    """
    classifier = Classifier.load(folder)
    check(classifier, folder)
    started = time.perf_counter()
    faces = len(ask(classifier).answers)
    face_s = (time.perf_counter() - started) / faces
    if face_s > MAX_FACE_S:
        raise ModelError(
            f"{folder.name}: takes {face_s:.2f} s for a face on this machine, at most {MAX_FACE_S} s will do"
        )


def install(
    source: str,
    *,
    store: ModelStore,
    keys: Iterable[Path],
    scratch: Path,
    expected: tuple[str, int] | None = None,
    force: bool = False,
    test: Callable[[Path], None] = prove,
) -> tuple[str, int]:
    """Fetch, check, test and switch to a bundle; the kiosk takes it over when it is told to load its model again.

    Args:
        source: a file's path, or an http(s) URL.
        store: where it goes.
        keys: PEM files of the public keys that are trusted.
        scratch: folder to work in, on the store's file system.
        expected: model and version it must be; None for any.
        force: install it though it is older, or has failed here before.
        test: raises ModelError if an unpacked model is not fit.

    Returns:
        the name of the model whose place it takes, and its version.

    Raises:
        ModelError: if it is refused; nothing has changed then.
    """
    try:
        from edge.rollout.bundle import open_bundle, unpack
    except ImportError as error:
        raise ModelError(f"{error.name} is missing; pip install 'maskgate[models]'") from error
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".fetch-", dir=scratch) as name:
            path = _fetch(source, Path(name))
            contents = open_bundle(path, keys)
            if expected not in (None, (contents.model, contents.version)):
                raise ModelError(f"{source}: is {contents.model} {contents.version}, not the one that was ordered")
            _refuse_old(store, contents.model, contents.version, force=force)
            fresh = Path(name) / "model"
            fresh.mkdir()
            unpack(path, contents, fresh)
            test(fresh)
            _settle(store, contents.model, contents.version, fresh)
    except OSError as error:
        raise ModelError(f"{source}: cannot be installed ({error.strerror or error})") from error
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
        raise ModelError(f"{model} {version}: is live already")
    if force:
        return
    if version < state.live:
        raise ModelError(
            f"{model} {version}: is older than {state.live}, which is live; --force installs it all the same"
        )
    if version in state.failed:
        raise ModelError(f"{model} {version}: failed here before ({state.failed[version]}); --force tries it again")


def _settle(store: ModelStore, model: str, version: int, fresh: Path) -> None:
    """Put an unpacked model in its place and switch to it."""
    target = store.folder(model, version)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.rmtree(target)
    fresh.chmod(0o755)
    fresh.rename(target)
    sync_folder(target.parent)
    hand_over(target)
    store.write(model, store.state(model).go_live(version))
    forget_old(store, model)
    log.info("model=installed name=%s version=%d", model, version)


def forget_old(store: ModelStore, model: str) -> None:
    """Delete the versions of a model that cannot be switched to any more."""
    kept = {str(version) for version in store.state(model).kept}
    for path in store.folder(model, SHIPPED).parent.glob(f"*/{MANIFEST}"):
        if path.parent.name not in kept:
            shutil.rmtree(path.parent, ignore_errors=True)


def _fetch(source: str, folder: Path) -> Path:
    """The bundle as a file; a local one stays where it is."""
    if not source.startswith(("http://", "https://")):
        return Path(source)
    target = folder / "bundle"
    with _answer_of(source) as answer, target.open("wb") as file:
        left = MAX_BUNDLE_BYTES + 1
        while left and (chunk := answer.read(min(1 << 20, left))):
            file.write(chunk)
            left -= len(chunk)
    if not left:
        raise ModelError(f"{source}: has more than {MAX_BUNDLE_BYTES} bytes")
    return target


@contextmanager
def _answer_of(url: str) -> Iterator[urllib.response.addinfourl]:
    try:
        with urllib.request.urlopen(url, timeout=FETCH_S) as answer:  # noqa: S310 - http and https only, see above
            yield answer
    except urllib.error.URLError as error:
        raise ModelError(f"{url}: cannot be fetched ({getattr(error, 'reason', error)})") from error
    except TimeoutError as error:
        raise ModelError(f"{url}: cannot be fetched (no answer for {FETCH_S:.0f} s)") from error
