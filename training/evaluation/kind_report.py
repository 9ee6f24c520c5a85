"""How a rule for one kind of mask would treat people: wrong refusals and wrong passes by threshold, view and tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import InputError
from edge.networks.preprocess import crop_square
from edge.types import Box, Image, Label, MaskKind, Required
from training.evaluation.faces import LabelledFace
from training.evaluation.predictors import Predictor
from training.evaluation.scaling import THRESHOLDS, kind_thresholds
from training.evaluation.tables import share

RULES = (Required.RESPIRATOR, Required.MEDICAL)
SMALL_PX = 56
"""The middle of 48 to 64 pixels, to which the longer side of a face is shrunk."""

CLIP_FRAMES, SHIFT, SCALE = 12, 0.04, 0.05
"""A made clip of a second: so many readings, the box moved and scaled by normal deviates of these shares."""

Shares = NDArray[np.float32]
"""(N, M), probabilities of the kinds."""


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """Properly worn masks of known kinds, and what a classifier said of them.

    Attributes:
        kinds: M, those that the classifier tells apart.
        truth: N, the kind of each.
        tags: N, what makes each hard.
        views: by name, (N, M): the faces as they are, in grey, and small.
        clips: (N, M): mean over the readings of a made clip, which is what a verdict goes by.
    """

    kinds: tuple[MaskKind, ...]
    truth: tuple[MaskKind, ...]
    tags: tuple[tuple[str, ...], ...]
    views: Mapping[str, Shares]
    clips: Shares

    @property
    def seen(self) -> Shares:
        """The readings of the faces as they are."""
        return self.views[next(iter(_VIEWS))]


def judge_masks(predictor: Predictor, faces: Sequence[LabelledFace]) -> Masks:
    """Ask about every properly worn mask of a kind that the classifier knows.

    Raises:
        InputError: if there is none, or the classifier tells no kinds.
    """
    masks = [face for face in faces if face.label is Label.WITH_MASK and face.kind in predictor.kinds]
    if not masks:
        raise InputError(f"no mask of a kind that {predictor.name} tells apart; name other data or another model")
    rng = np.random.default_rng(0)
    crops, clips = [], []
    for face in masks:
        crops.append(face.crop(predictor.input.margin))
        clips.append(_of_kinds(predictor, list(_clip(face, predictor.input.margin, rng))).mean(axis=0))
    return Masks(
        kinds=predictor.kinds,
        truth=tuple(face.kind for face in masks if face.kind is not None),
        tags=tuple(face.tags for face in masks),
        views={name: _of_kinds(predictor, [view(*crop) for crop in crops]) for name, view in _VIEWS.items()},
        clips=np.stack(clips),
    )


def kind_page(masks: Masks, *, model: str, part: str) -> str:
    """The page, as Markdown."""
    counts = ", ".join(f"{masks.truth.count(kind)} {kind}" for kind in masks.kinds)
    about = (
        f"{len(masks.truth)} properly worn masks of part {part}, boxes as annotated: {counts}. A clip is made of one "
        f"picture: {CLIP_FRAMES} readings with the box moved by {SHIFT:.0%} and scaled by {SCALE:.0%} (standard "
        "deviations), whose mean decides as at the door. Colours of masks are not annotated."
    )
    sections = [
        f"# Kinds of masks: {model}",
        about,
        "## By view\n\n" + "\n".join(_by_view(masks)),
        "## Which kind they were called\n\n" + "\n".join(_confusion(masks)),
        *(f"## Where `{rule}` is required\n\n" + "\n".join(_by_threshold(masks, rule)) for rule in RULES),
        "## By tag\n\n" + "\n".join(_by_tag(masks)),
    ]
    return "\n\n".join(sections) + "\n"


def chosen_thresholds(masks: Masks) -> dict[Required, float]:
    """What calibration would choose by these masks."""
    return kind_thresholds(masks.kinds, masks.truth, masks.seen)


def _of_kinds(predictor: Predictor, crops: Sequence[Image]) -> Shares:
    return predictor.answers(crops)[:, len(predictor.labels) :]


def _clip(face: LabelledFace, margin: float, rng: np.random.Generator) -> Iterator[Image]:
    image, box = face.open()
    height, width = image.shape[:2]
    box = box or Box(0, 0, width, height)
    for _ in range(CLIP_FRAMES):
        dx, dy = rng.normal(0, SHIFT, 2) * box.longer_side
        grown = rng.normal(0, SCALE) * box.longer_side / 2
        moved = (box.x1 + dx - grown, box.y1 + dy - grown, box.x2 + dx + grown, box.y2 + dy + grown)
        yield crop_square(image, Box.clipped(*moved, width=width, height=height) or box, margin=margin)


def _as_it_is(crop: Image, _face_px: int) -> Image:
    return crop


def _grey(crop: Image, _face_px: int) -> Image:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def _small(crop: Image, face_px: int) -> Image:
    factor = min(1.0, SMALL_PX / face_px)
    size = tuple(max(1, round(side * factor)) for side in crop.shape[1::-1])
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)


_VIEWS: dict[str, Callable[[Image, int], Image]] = {
    "as they are": _as_it_is,
    "in grey": _grey,
    f"faces of {SMALL_PX} px": _small,
}


def _meets(masks: Masks, rule: Required) -> NDArray[np.bool_]:
    return np.array([kind in rule.kinds for kind in masks.truth])


def _share_of(masks: Masks, shares: Shares, rule: Required) -> NDArray[np.float32]:
    """Probability of what the rule asks for."""
    return np.asarray(shares[:, [kind in rule.kinds for kind in masks.kinds]].sum(axis=1))


def _mean(values: NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None


def _by_view(masks: Masks) -> Iterator[str]:
    yield "| view | respirator or not, mean recall | kinds, mean recall | right |"
    yield "|---|---:|---:|---:|"
    truth = np.array([masks.kinds.index(kind) for kind in masks.truth])
    for name, shares in {**masks.views, "clips": masks.clips}.items():
        called = shares.argmax(axis=1)
        is_respirator = truth == masks.kinds.index(MaskKind.RESPIRATOR)
        told = called == masks.kinds.index(MaskKind.RESPIRATOR)
        pairs = [_mean(told[is_respirator]), _mean(~told[~is_respirator])]
        recalls = [_mean(called[truth == index] == index) for index in range(len(masks.kinds))]
        yield f"| {name} | {_average(pairs)} | {_average(recalls)} | {share(_mean(called == truth))} |"


def _average(recalls: Sequence[float | None]) -> str:
    there = [recall for recall in recalls if recall is not None]
    return share(sum(there) / len(there) if there else None)


def _confusion(masks: Masks) -> Iterator[str]:
    yield f"| worn | {' | '.join(masks.kinds)} |"
    yield "|---|" + "---:|" * len(masks.kinds)
    called = masks.seen.argmax(axis=1)
    for kind in masks.kinds:
        of_kind = called[np.array([one is kind for one in masks.truth])]
        yield f"| {kind} | {' | '.join(str(int((of_kind == index).sum())) for index in range(len(masks.kinds)))} |"


def _by_threshold(masks: Masks, rule: Required) -> Iterator[str]:
    """Refused: below the threshold, whether told as wrong or unsure."""
    yield "| threshold | wrongly refused, a reading | wrongly refused, a clip | wrongly let in, a reading | a clip |"
    yield "|---:|---:|---:|---:|---:|"
    meets = _meets(masks, rule)
    readings, clips = (_share_of(masks, shares, rule) for shares in (masks.seen, masks.clips))
    for threshold in THRESHOLDS[::5]:
        refused = [_mean(shares[meets] < threshold) for shares in (readings, clips)]
        let_in = [_mean(shares[~meets] >= threshold) for shares in (readings, clips)]
        yield f"| {threshold:.2f} | {' | '.join(share(value) for value in (*refused, *let_in))} |"


def _by_tag(masks: Masks) -> Iterator[str]:
    yield "| tag | masks | called by their kind |"
    yield "|---|---:|---:|"
    called = masks.seen.argmax(axis=1)
    right = np.array([masks.kinds[index] is kind for index, kind in zip(called, masks.truth, strict=True)])
    for tag in sorted({tag for tags in masks.tags for tag in tags}):
        tagged = np.array([tag in tags for tags in masks.tags])
        yield f"| {tag} | {int(tagged.sum())} | {share(_mean(right[tagged]))} |"
    untagged = np.array([not tags for tags in masks.tags])
    yield f"| none | {int(untagged.sum())} | {share(_mean(right[untagged]))} |"
