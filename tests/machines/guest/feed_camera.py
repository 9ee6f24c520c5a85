"""Plays pictures into a loop-back camera, over and over: those of the folder that /run/scene names. Runs inside."""

from __future__ import annotations

import fcntl
import struct
import sys
import time
from functools import cache
from pathlib import Path

SCENE = Path("/run/scene")
WIDTH, HEIGHT = 512, 256
FPS = 5

VIDIOC_S_FMT = 0xC0D05605
VIDEO_OUTPUT, PROGRESSIVE, SRGB = 2, 1, 8
YUYV = int.from_bytes(b"YUYV", "little")


def main() -> None:
    line, size = 2 * WIDTH, 2 * WIDTH * HEIGHT
    wanted = struct.pack("<I4x7I", VIDEO_OUTPUT, WIDTH, HEIGHT, YUYV, PROGRESSIVE, line, size, SRGB).ljust(208, b"\0")
    with Path(sys.argv[1]).open("wb", buffering=0) as camera:
        fcntl.ioctl(camera, VIDIOC_S_FMT, wanted)
        while True:
            for picture in pictures(SCENE.read_text().strip()):
                camera.write(picture)
                time.sleep(1 / FPS)


@cache
def pictures(scene: str) -> list[bytes]:
    """Read once: the folder is the host's, which may be busy."""
    return [file.read_bytes() for file in sorted(Path(scene).glob("*.yuyv"))]


if __name__ == "__main__":
    main()
