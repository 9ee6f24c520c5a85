"""Which faces are in a picture, and what do they wear? Usage: python judge_picture.py PICTURE..."""

import sys
from pathlib import Path

from edge import Gate, read_picture


def main(paths: list[str]) -> None:
    """One line for each face."""
    gate = Gate.load()
    for path in paths:
        for one in gate.judge(read_picture(Path(path))):
            print(f"{path}: {one.reading.label} {one.reading.probability:.0%} at {one.face.box.xyxy}")


if __name__ == "__main__":
    main(sys.argv[1:])
