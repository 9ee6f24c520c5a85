"""The kiosk: camera frames in, mask verdicts and door signals out.

Read in this order, ten minutes in all: `types` (the values that travel), `chain.pipeline` (the whole chain in one
generator), `chain.alarm` (what the door shows), `assembly.stages` (the chain as a configuration wants it), `kiosk`
(chain, signals, and who is told) and `service` (how everything is built, run and shut down). docs/architecture.md has
the pictures, the threads, and a table that says where a new thing belongs.
"""

import os

__version__ = "0.2.0.dev0"

# OpenCV reads this once, when it is loaded: a small file that unpacks to gigapixels must not fill a Pi's memory.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(64 * 1024 * 1024))

# Video4Linux would wait ten seconds for the picture of a camera that has stopped; seconds, see
# `edge/cameras/capture.py`.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")
