"""What is written about detectors: side by side, by group of people, and on the model card."""

from __future__ import annotations

from collections.abc import Sequence

from training.detector.compare import Judged
from training.detector.groups import by_age, by_skin, by_tag, group_table
from training.detector.scoring import Sought

PEOPLE = "wider"
"""The data set of which perceived skin type and age are known."""


def tag_table(judged: Sequence[Judged]) -> str:
    """Faces of all sources found by what makes them hard."""
    return group_table(_found(judged), by_tag, title="tag")


def people_tables(judged: Sequence[Judged]) -> str:
    """Faces of PEOPLE found by perceived skin type and age."""
    found = _found([one for one in judged if one.source.endswith(PEOPLE)])
    return "\n\n".join(
        [group_table(found, by_skin, title="perceived skin type"), group_table(found, by_age, title="perceived age")]
    )


def side_by_side(tables: str, judged: Sequence[Judged], *, part: str) -> str:
    """The page docs/evaluation/detectors.md."""
    return _SIDE_BY_SIDE.format(part=part, tables=tables, tags=tag_table(judged))


def fairness(judged: Sequence[Judged], *, part: str) -> str:
    """The page docs/evaluation/fairness.md."""
    return _FAIRNESS.format(part=part, tables=people_tables(judged))


def _found(judged: Sequence[Judged]) -> dict[str, tuple[list[Sought], float]]:
    """The faces of each detector, of all sources together, and its score."""
    names = dict.fromkeys(one.detector for one in judged)
    return {
        name: (
            [face for one in judged if one.detector == name for face in one.loose.sought],
            next(one.score for one in judged if one.detector == name),
        )
        for name in names
    }


_SIDE_BY_SIDE = """\
# Face detectors side by side

On the {part} part of the split, which shares no scene with the training part. A detection is right from an overlap
(IoU) of 0.5 with an annotated face; faces below 8 % of the picture's longer side (andrewmvd: 10 %), and those that
nobody could tell, count neither way. The dot is where each detector is deployed.

![Precision over recall, a panel for each source](detectors.png)

Read *false* with care: many are faces that nobody annotated, or whose annotation is drawn so small that a good box
misses the overlap. They count for all alike. The last three columns are *roomy*: sets box faces, half faces or whole
heads, so a detection is a face's from an overlap of 0.4, or where one box lies 80 % within the other and has a fifth of
its area.

{tables}

## What makes faces hard

Faces of all sources found at the scores above, roomy, by the tags that were noted when they were labelled; with 95 %
intervals (Wilson).

{tags}
"""

_FAIRNESS = """\
# Whether all groups are found alike

Faces of 8 % of the picture's longer side and more in the WIDER events of the {part} part, at the scores the detectors
are deployed with (a detection is a face's from an overlap of 0.4, or where one box lies 80 % within the other and has a
fifth of its area), with 95 % intervals (Wilson). No picture of these events was learned from.

Skin type (Fitzpatrick's scale, I light to VI dark) and age are what annotators perceived, not what people would say of
themselves (labels: widerface-demographics, CC BY-NC 4.0; used for measuring alone). Groups differ in more than their
skin: events, distance, light and headgear too. Two shares whose intervals overlap widely do not show a difference, and
the small groups could hide one.

{tables}
"""
