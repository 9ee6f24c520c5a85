"""Plays pictures into a loop-back camera, over and over: those of the folder that /run/scene names. Runs inside."""

from __future__ import annotations

import fcntl
import struct
import sys
import time
from pathlib import Path

SCENE = Path("/run/scene")
SIDE = 512
FPS = 5

VIDIOC_S_FMT = 0xC0D05605
VIDEO_OUTPUT, PROGRESSIVE, SRGB = 2, 1, 8
YUYV = int.from_bytes(b"YUYV", "little")


def main() -> None:
    size = 2 * SIDE * SIDE
    wanted = struct.pack("<I4x7I", VIDEO_OUTPUT, SIDE, SIDE, YUYV, PROGRESSIVE, 2 * SIDE, size, SRGB).ljust(208, b"\0")
    with Path(sys.argv[1]).open("wb", buffering=0) as camera:
        fcntl.ioctl(camera, VIDIOC_S_FMT, wanted)
        while True:
            for picture in sorted(Path(SCENE.read_text().strip()).glob("*.yuyv")):
                camera.write(picture.read_bytes())
                time.sleep(1 / FPS)


if __name__ == "__main__":
    main()
