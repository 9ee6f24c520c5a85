"""The kiosk: camera frames in, mask verdicts and door signals out.

Read in this order, ten minutes in all: `types` (the values that travel), `chain.pipeline` (the whole chain in one
generator), `chain.alarm` (what the door shows), `assembly.stages` (the chain as a configuration wants it), `kiosk`
(chain, signals, and who is told) and `service` (how everything is built, run and shut down). docs/architecture.md has
the pictures, the threads, and a table that says where a new thing belongs.

As a library: docs/python.md shows how. What this package itself exports is stable.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.errors import MaskgateError
    from edge.gate import Gate, Judgement
    from edge.pictures import read_picture
    from edge.types import AlarmState, Box, Face, Label, MaskKind, Observation, Reading, Verdict

__version__ = "0.2.0.dev0"

# OpenCV reads this once, when it is loaded: a small file that unpacks to gigapixels must not fill a Pi's memory.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(64 * 1024 * 1024))

# Video4Linux would wait ten seconds for the picture of a camera that has stopped; seconds, see
# `edge/cameras/capture.py`.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")

__all__ = [
    "AlarmState",
    "Box",
    "Face",
    "Gate",
    "Judgement",
    "Label",
    "MaskKind",
    "MaskgateError",
    "Observation",
    "Reading",
    "Verdict",
    "__version__",
    "read_picture",
]

_HOMES = {
    "edge.errors": ("MaskgateError",),
    "edge.gate": ("Gate", "Judgement"),
    "edge.pictures": ("read_picture",),
    "edge.types": ("AlarmState", "Box", "Face", "Label", "MaskKind", "Observation", "Reading", "Verdict"),
}


def __getattr__(name: str) -> object:
    """Load an exported name where it is first used: `import edge` alone loads nothing."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
