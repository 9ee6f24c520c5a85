"""Adds drawn faces to a crop store's training part: masks worn right and wrong, and what only looks like a mask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from tqdm import tqdm

from edge.networks.detector import Detector
from edge.types import Box, Image, Label
from training.data.samples import Part
from training.faces.store import CropRecord, CropStore
from training.synthetic.coverings import Covering, draw_covering
from training.synthetic.fabrics import Cloth, any_cloth, swatch_of
from training.synthetic.landmarks import LandmarkFinder, Points, yaw
from training.synthetic.masks import Wear, draw_mask
from training.synthetic.mesh import FaceMesh

DRAWN_SHARE = 0.4
"""Share of each class's weight that drawn faces get: the same for all, or looking drawn would itself be a cue."""

SMALLEST_CANVAS = 64
"""Pixels; on smaller faces a drawing would be sharper than the face."""

ROOM_BELOW = 0.25
"""Surroundings below the box, in longer sides, without which nothing is drawn on chin or neck."""

PER_FACE = 3
"""Drawings on a face with room around it; a tight one gets one."""

SHARES: dict[Wear | Covering, float] = {
    Wear.CORRECT: 0.38,
    Wear.NOSE_OUT: 0.17,
    Wear.CHIN: 0.12,
    Wear.ONE_EAR: 0.03,
    Wear.EYES: 0.03,
    Covering.HAND: 0.12,
    Covering.BEARD: 0.05,
    Covering.VISOR: 0.05,
    Covering.SCARF: 0.05,
}
"""How often each is drawn; no class is left out."""

NEEDS_ROOM = frozenset({Wear.CHIN, Wear.ONE_EAR, Covering.SCARF, Covering.VISOR})

IN_THE_WAY = frozenset({"hand", "cup", "cigarette", "food", "phone", "microphone", "object", "scarf", "visor", "paint"})
"""Tags of faces with something before the mouth already: a mask drawn over it would be no mask anybody wears."""

REAL_CLOTH = 0.55
"""Share of masks made of cloth cut from real ones, where there are any."""

_MAX_YAW = 0.75
_FLAT_YAW = 0.3
_SWATCH_FACE = 100
_MAX_SWATCHES = 400
_SAME_FACE = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class _Canvas:
    """A bare face to draw on."""

    record: CropRecord
    image: Image
    points: Points
    roomy: bool


def add_drawn(
    store: CropStore, landmarks: LandmarkFinder, detect: Detector, *, seed: int, most: int | None = None
) -> CropStore:
    """Draw on the bare training faces of `store`; saves and returns it with the drawings as further records.

    At most `most` faces are drawn on, taken by chance; all of them if None.
    """
    rng = np.random.default_rng(seed)
    swatches = collect_swatches(store, landmarks, rng)
    added: list[CropRecord] = []
    for canvas in _canvases(store, landmarks, most, rng):
        for _ in range(PER_FACE if canvas.roomy else 1):
            thing = _choose(canvas, rng)
            kind, image = _draw(canvas, thing, swatches, rng)
            file = f"drawn/{len(added):05d}.jpg"
            store.add_picture(file, image)
            box, detected = _box_after(image, canvas.record.box, detect)
            label = thing.label if isinstance(thing, Wear) else Label.WITHOUT_MASK
            changes = {"file": file, "label": label, "synthetic": kind, "detected": detected, "box": box.xyxy}
            # A drawing tells no kind of mask: its cloth is a texture, its shape always the same.
            added.append(canvas.record.model_copy(update=changes | {"kind": None, "tags": (), "guessed": False}))
    grown = CropStore(store.path, (*store.records, *weighed(store.records, added)), margin=store.margin)
    grown.save()
    return grown


def weighed(real: Sequence[CropRecord], drawn: Sequence[CropRecord]) -> list[CropRecord]:
    """The drawn records with weights that give them DRAWN_SHARE of the weight of each class in the training part."""
    weight = dict.fromkeys(Label, 0.0)
    for record in real:
        if record.part is Part.TRAIN:
            weight[record.label] += record.weight
    count = Counter(record.label for record in drawn)
    ratio = DRAWN_SHARE / (1 - DRAWN_SHARE)
    # A class without a single photograph has nothing to be weighed against: its drawings count fully.
    each = {label: weight[label] * ratio / count[label] or 1.0 for label in count}
    return [record.model_copy(update={"weight": each[record.label]}) for record in drawn]


def collect_swatches(store: CropStore, landmarks: LandmarkFinder, rng: np.random.Generator) -> list[Cloth]:
    """Cloth of real masks on large, frontal faces of the training part."""
    worn = [
        index
        for index, record in enumerate(store.records)
        if record.part is Part.TRAIN
        and record.label is Label.WITH_MASK
        and record.detected
        and not record.synthetic
        and record.face_px >= _SWATCH_FACE
    ]
    swatches: list[Cloth] = []
    for index in rng.permutation(worn):
        image = store.image(int(index))
        points = landmarks(image, store.face_box(int(index)))
        if points is None or abs(yaw(points)) > _FLAT_YAW:
            continue
        swatch = swatch_of(FaceMesh(points).from_face(image))
        if swatch is not None:
            swatches.append(swatch)
        if len(swatches) == _MAX_SWATCHES:
            break
    return swatches


def _canvases(
    store: CropStore, landmarks: LandmarkFinder, most: int | None, rng: np.random.Generator
) -> Iterator[_Canvas]:
    bare = [
        index
        for index, record in enumerate(store.records)
        if record.part is Part.TRAIN
        and record.label is Label.WITHOUT_MASK
        and record.detected
        and not record.synthetic
        and record.face_px >= SMALLEST_CANVAS
        and IN_THE_WAY.isdisjoint(record.tags)
    ]
    if most is not None:
        bare = sorted(rng.permutation(bare)[:most].tolist())
    for index in tqdm(bare, desc="drawing", unit="face", leave=False, disable=None):
        image, box = store.image(index), store.face_box(index)
        points = landmarks(image, box)
        if points is not None and abs(yaw(points)) < _MAX_YAW:
            roomy = image.shape[0] - box.y2 >= ROOM_BELOW * box.longer_side
            yield _Canvas(store.records[index], image, points, roomy)


def _choose(canvas: _Canvas, rng: np.random.Generator) -> Wear | Covering:
    things = [thing for thing in SHARES if canvas.roomy or thing not in NEEDS_ROOM]
    shares = np.array([SHARES[thing] for thing in things])
    return things[int(rng.choice(len(things), p=shares / shares.sum()))]


def _draw(
    canvas: _Canvas, thing: Wear | Covering, swatches: list[Cloth], rng: np.random.Generator
) -> tuple[str, Image]:
    """What was drawn, in words, and the picture."""
    if isinstance(thing, Covering):
        return thing.value, draw_covering(canvas.image, canvas.points, thing, rng)
    if swatches and rng.random() < REAL_CLOTH:
        kind, cloth = "real", swatches[int(rng.integers(len(swatches)))]
        if rng.random() < 0.5:
            cloth = np.asarray(cv2.flip(cloth, 1), np.float32)
    else:
        kind, cloth = any_cloth(rng)
    return f"{kind}-{thing.value}", draw_mask(canvas.image, canvas.points, cloth, thing, rng)


def _box_after(image: Image, before: tuple[int, int, int, int], detect: Detector) -> tuple[Box, bool]:
    """The detector's box now that something is drawn; the old one if it no longer finds the face."""
    old = Box(*before)
    found = max((face.box for face in detect(image)), key=old.iou, default=old)
    return (found, True) if found is not old and found.iou(old) >= _SAME_FACE else (old, False)
