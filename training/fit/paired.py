"""Two models on the same faces: is one better, or does chance explain the difference?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.stats import binomtest, norm

CHANCE = 0.05
"""How likely chance alone may be to bring about a difference that counts."""

FEW = 60
"""Faces below which a comparison is said to be of few."""


@dataclass(frozen=True, slots=True)
class Paired:
    """How often each of two models was right on the same faces.

    Attributes:
        faces: how many there were.
        new, old: how many each was right on.
        gained: faces that only the new one was right on; lost: only the old one.
    """

    faces: int
    new: int
    old: int
    gained: int
    lost: int

    @property
    def difference(self) -> float:
        """Accuracy gained, in [-1, 1]."""
        return (self.gained - self.lost) / self.faces

    @property
    def interval(self) -> tuple[float, float]:
        """Where that lies with 95 % confidence (adjusted Wald interval; Agresti and Min, 2005)."""
        faces, gained, lost = self.faces + 2, self.gained + 0.5, self.lost + 0.5
        middle = (gained - lost) / faces
        reach = float(norm.ppf(0.975)) * sqrt((gained + lost) / faces - middle**2) / sqrt(faces)
        return max(-1.0, middle - reach), min(1.0, middle + reach)

    @property
    def chance(self) -> float:
        """How likely chance alone is to part them so far, either way (exact test; McNemar, 1947)."""
        differ = self.gained + self.lost
        return float(binomtest(self.gained, differ, 0.5).pvalue) if differ else 1.0

    @property
    def better(self) -> bool:
        return self.gained > self.lost and self.chance < CHANCE

    @property
    def worse(self) -> bool:
        return self.gained < self.lost and self.chance < CHANCE


def pair(new: Sequence[bool], old: Sequence[bool]) -> Paired:
    """Count where the two were right; both in the order of the faces."""
    both = list(zip(new, old, strict=True))
    gained, lost = sum(n and not o for n, o in both), sum(o and not n for n, o in both)
    return Paired(len(both), sum(map(bool, new)), sum(map(bool, old)), gained, lost)


def verdict(paired: Paired, new: str, old: str, *, what: str = "is right on", of: str = "held-out faces") -> str:
    """The comparison in plain words, and what to do; `what` was counted, `of` how many."""
    low, high = paired.interval
    figures = (
        f"{new} {what} {paired.new} of {paired.faces} {of}, {old} {paired.old}: "
        f"{paired.difference * 100:+.1f} points (95 % interval {low * 100:+.1f} to {high * 100:+.1f}); {paired.gained} "
        f"only the new one, {paired.lost} only the old one (p = {paired.chance:.2g})."
    )
    if paired.better:
        words = f"{new} is better on your pictures."
    elif paired.worse:
        words = f"{new} is WORSE on your pictures than {old}: keep {old}."
    else:
        words = (
            f"{new} is NOT SHOWN TO BE BETTER on your pictures than {old}: chance explains the difference. "
            f"Keep {old}, or collect more pictures of what it gets wrong."
        )
    few = f" {paired.faces} are few: only a large difference would show." if paired.faces < FEW else ""
    return f"{words} {figures}{few}"
