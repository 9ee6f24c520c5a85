"""The two networks, and the libraries that run them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edge.doctor.finding import Finding, fail, ok
from edge.errors import ModelError
from edge.networks import golden, kinds
from edge.networks.detector import load_detector
from edge.networks.find import find_model
from edge.types import Required

OPENCV = ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python")
INTERPRETERS = ("ai-edge-litert", "tflite-runtime")
AGAIN = "install Maskgate again"


def look_at_networks(
    *, model: str, detector: str, search: Sequence[Path], required: Required = Required.ANY
) -> Iterator[Finding]:
    """Whether both networks are there, whole, and run.

    Args:
        model: name of the classifier, or path to it.
        detector: name of the face detector.
        search: folders to look for the detector in.
        required: which masks let somebody in, at the strictest hour.
    """
    try:
        yield ok("classifier", golden.prove(find_model(model)))
        if not kinds.can_tell(required, find_model(model)):
            yield fail("kinds", kinds.no_kinds(required, model), kinds.REMEDY)
    except ModelError as error:
        yield fail("classifier", str(error), f"{AGAIN}, or correct classifier.model")
    try:
        load_detector(name=detector, search=search)
        yield ok("detector", f"{detector}: its files are there and run")
    except ModelError as error:
        yield fail("detector", str(error), "put its files there, or correct detector.name")


def look_at_versions(*, with_lamps: bool) -> Iterator[Finding]:
    """Whether Python and the libraries are those Maskgate works with."""
    python = ".".join(map(str, sys.version_info[:3]))
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield ok("python", python) if fits else fail("python", python, "use Python 3.11, 3.12 or 3.13")
    yield _look_at_opencv(installed(*OPENCV))
    interpreter = installed(*INTERPRETERS)
    missing = fail("interpreter", f"neither {' nor '.join(INTERPRETERS)} is there", AGAIN)
    yield ok("interpreter", interpreter) if interpreter else missing
    if with_lamps:
        yield _look_at_lgpio(installed("lgpio"))


def installed(*names: str) -> str | None:
    """Name and version of the first of these distributions that is installed."""
    for name in names:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return None


def _look_at_opencv(found: str | None) -> Finding:
    if found is None or not found.partition(" ")[2].startswith("4."):
        return fail("opencv", found or "is missing", f"{AGAIN}: it needs version 4.10 or a later 4")
    return ok("opencv", found)


def _look_at_lgpio(found: str | None) -> Finding:
    remedy = "sudo apt install python3-lgpio, in an environment with --system-site-packages"
    if found is None:
        return fail("lgpio", "is missing", remedy)
    if found.endswith(" 0.0.0.2"):
        return fail("lgpio", f"{found} is an empty placeholder", f"pip uninstall lgpio; {remedy}")
    return ok("lgpio", found)
