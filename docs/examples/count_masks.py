"""How many faces of a folder wear a mask, by a model of your choice? Usage: python count_masks.py FOLDER [MODEL]"""

import sys
from collections import Counter
from pathlib import Path

from edge import Gate, Label, read_picture


def main(folder: str, model: str = "mask-mobilenetv2-fast") -> None:
    """One line for each label. A face the model is not sure of counts as uncertain, never as masked."""
    gate = Gate.load(model)
    counts: Counter[Label] = Counter()
    for path in sorted(Path(folder).glob("*.jpg")):
        image = read_picture(path)
        counts.update(gate.classify(image, face.box).label for face in gate.detect(image))
    for label in Label:
        print(f"{label}: {counts[label]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
