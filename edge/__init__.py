"""The kiosk: camera frames in, mask verdicts and door signals out.

Read on in `types` (the values), `pipeline` (the chain) and `service` (how it is put together).
"""

import os

__version__ = "0.1.0"

# OpenCV reads this once, when it is loaded: a small file that unpacks to gigapixels must not fill a Pi's memory.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(64 * 1024 * 1024))

# Video4Linux would wait ten seconds for the picture of a camera that has stopped; seconds, see
# `edge/cameras/capture.py`.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")
