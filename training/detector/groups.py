"""Whether a detector finds all groups of people, and all hard kinds of faces, alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from training.data.scenes import TrueFace
from training.detector.scoring import Sought
from training.intervals import wilson_interval

SKIN = ("I", "II", "III", "IV", "V", "VI")
"""Perceived Fitzpatrick types, light to dark."""

FEWEST = 5
"""Faces below which a group's share says nothing."""


def by_skin(face: TrueFace) -> tuple[str, ...]:
    """The group of a face, as somebody perceived it."""
    return (face.skin,) if face.skin in SKIN else ()


def by_age(face: TrueFace) -> tuple[str, ...]:
    """Likewise."""
    return (face.age,) if face.age else ()


def by_tag(face: TrueFace) -> tuple[str, ...]:
    """What makes it hard; a face may have several tags."""
    return face.tags


def group_table(
    found: Mapping[str, tuple[Sequence[Sought], float]],
    groups_of: Callable[[TrueFace], Sequence[str]],
    *,
    title: str,
) -> str:
    """Faces found by group as Markdown, with 95 % intervals.

    Args:
        found: the faces there were for each detector, with the score it is deployed with; all of the same scenes.
        groups_of: the groups a face belongs to.
        title: of the column of groups.
    """
    lines = [f"| {title} | faces | {' | '.join(found)} |", "|---|---:|" + "---:|" * len(found)]
    first = next(iter(found.values()))[0]
    counts = Counter(group for one in first for group in groups_of(one.face))
    for group in sorted((name for name, count in counts.items() if count >= FEWEST), key=_order(counts)):
        cells = [
            _found([one for one in sought if group in groups_of(one.face)], score) for sought, score in found.values()
        ]
        lines.append(f"| {group} | {counts[group]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _found(sought: Sequence[Sought], score: float) -> str:
    right = sum(one.best >= score for one in sought)
    low, high = wilson_interval(right, len(sought))
    return f"{right / len(sought):.3f} ({low:.2f}-{high:.2f})"


def _order(counts: Mapping[str, int]) -> Callable[[str], tuple[int, int, str]]:
    """Skin types light to dark; the others by how many there are."""
    return lambda name: (SKIN.index(name), 0, name) if name in SKIN else (len(SKIN), -counts[name], name)
