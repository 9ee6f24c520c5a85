"""Says in words why a face does not count, and what to do about it."""

from __future__ import annotations

from edge.types import Ignored, Reason

NAMES: dict[Reason, str] = {
    Reason.TOO_SMALL: "too small",
    Reason.OUTSIDE_REGION: "outside the region",
    Reason.IN_IGNORED_ZONE: "in an ignored zone",
    Reason.CUT_OFF: "cut off",
    Reason.PROFILE: "in profile",
    Reason.BLURRED: "blurred",
    Reason.TOO_DARK: "too dark",
    Reason.LOW_SCORE: "hardly a face",
    Reason.NOT_YET: "not yet",
}
"""In the middle of a sentence, or on a picture."""

_SHARES = frozenset({Reason.TOO_SMALL, Reason.CUT_OFF})
_PLACES = frozenset({Reason.OUTSIDE_REGION, Reason.IN_IGNORED_ZONE})

REMEDIES: dict[Reason, str] = {
    Reason.TOO_SMALL: "come nearer, or set detector.min_face = {measure:.2g}",
    Reason.OUTSIDE_REGION: "stand where zones.region is, or draw it larger",
    Reason.IN_IGNORED_ZONE: "stand elsewhere, or draw zones.ignored smaller",
    Reason.CUT_OFF: "turn the camera until the whole head is in the picture, or step back",
    Reason.PROFILE: "look at the camera, or mount it where people face it",
    Reason.BLURRED: "focus the lens and clean it, give more light, or lower quality.min_sharpness",
    Reason.TOO_DARK: "light the faces from the front, or lower quality.min_brightness",
    Reason.LOW_SCORE: "give more light, take away what covers the eyes, or lower detector.min_score and start_score",
    Reason.NOT_YET: "stand still for a second; with few pictures a second, lower people.min_votes",
}


def describe(why: Ignored) -> str:
    """Why a face does not count, with both figures, such as `too small: 6.4 % of 8 %`."""
    name = NAMES[why.reason]
    if why.reason in _PLACES:
        return f"{name}: by {amount(why.reason, why.measure)}"
    if why.reason is Reason.NOT_YET:
        return f"{name}: seen clearly {why.measure:.0f} of {why.needed:.0f} times"
    return f"{name}: {amount(why.reason, why.measure)} of {amount(why.reason, why.needed)}"


def amount(reason: Reason, value: float) -> str:
    """A measure as people read it."""
    return _percent(value) if reason in _SHARES or reason in _PLACES else f"{value:.3g}"


def _percent(share: float) -> str:
    """Such as `6.4 %`; `8 %` without a nought."""
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def remedy(reason: Reason, measure: float) -> str:
    """What to do where faces are ignored for a reason, typically with this measure."""
    # Rounded down, as what is as large as the measure is to count.
    return REMEDIES[reason].format(measure=int(measure * 100) / 100)
