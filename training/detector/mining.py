"""A detector's mistakes on the training part, learned from more often (hard example mining; Sung and Poggio, 1998)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edge.networks.detector import Detector
from edge.types import Face
from training.data.scenes import MIN_SHARE
from training.detector.anchors import Floats, overlaps
from training.detector.pictures import NEW, Picture

MISSED, TAKEN = 0.5, 0.3
"""Scores below which a face counts as missed, and from which anything else counts as taken for a face."""
SMALL = MIN_SHARE
"""Share of the longer side below which a face need not be found, and what nobody annotated may well be one."""
NO_OVERLAP = 0.05
"""Overlap with an annotated face, below which a detection has nothing to do with it."""


def with_mistakes(picture: Picture, detector: Detector, others: Sequence[Detector]) -> Picture:
    """The picture with what `detector` takes for a face in `mistaken`, `hard` if it does or misses a face.

    Faces in the background lack annotations: what one of `others` finds as well, and what is small, becomes an ignored
    face instead.

    Args:
        picture: with all faces known so far, ignored ones too.
        detector: loaded with a threshold of TAKEN or below. others: different ones, with thresholds so low that hardly
            a face escapes them.
    """
    longest = max(picture.image.shape[:2])
    found = [face for face in detector(picture.image) if face.score >= TAKEN]
    boxes, scores = _corners(found), np.array([face.score for face in found], np.float32)
    shared = overlaps(boxes, picture.boxes)
    asked = ~picture.ignored & ((picture.boxes[:, 2:] - picture.boxes[:, :2]).max(axis=1, initial=0) >= SMALL * longest)
    best = np.where(shared >= 0.4, scores[:, None], 0).max(axis=0, initial=0)
    new = boxes[shared.max(axis=1, initial=0) < NO_OVERLAP]
    small = (new[:, 2:] - new[:, :2]).max(axis=1, initial=0) < SMALL * longest
    seen = np.zeros(len(new), np.bool_)
    for other in others if len(new) else ():
        seen |= overlaps(new, _corners(other(picture.image))).max(axis=1, initial=0) >= NEW
    left_out, mistaken = new[small | seen], new[~(small | seen)]
    return replace(
        picture,
        boxes=np.concatenate([picture.boxes, left_out]),
        bare=np.concatenate([picture.bare, np.zeros(len(left_out), np.bool_)]),
        ignored=np.concatenate([picture.ignored, np.ones(len(left_out), np.bool_)]),
        mistaken=np.concatenate([picture.mistaken, mistaken]),
        hard=picture.hard or len(mistaken) > 0 or bool((best[asked] < MISSED).any()),
    )


def _corners(faces: Sequence[Face]) -> Floats:
    return np.array([face.box.xyxy for face in faces], np.float32).reshape(-1, 4)
