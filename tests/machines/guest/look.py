"""Opens a camera as the kiosk does, and prints the shape of its pictures. Runs inside.

Arguments: the source, and sizes such as 1280x720; `own` is the camera's own.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from itertools import islice

from edge.cameras.camera import open_camera
from edge.cameras.capture import CameraSettings

for size in sys.argv[2:]:
    width, _, height = size.partition("x")
    settings = CameraSettings(width=int(width), height=int(height)) if height else CameraSettings()
    with closing(open_camera(sys.argv[1], replay=False, settings=settings)) as camera:
        shapes = {frame.image.shape for frame in islice(camera.frames(), 4)}
    print(json.dumps({size: sorted(shapes)}), flush=True)
