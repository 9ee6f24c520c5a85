"""The values that travel along the chain; frozen, and they refuse nonsense on construction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""A picture: uint8, shape (height, width, 3), channels blue, green, red (OpenCV's order)."""

Size = tuple[int, int]
"""Width and height, pixels."""


def size_of(image: Image) -> Size:
    """Width and height of a picture, pixels."""
    return image.shape[1], image.shape[0]


class Label(StrEnum):
    """What a face wears; models name their outputs with the first three.

    WRONG_KIND is said of people alone: properly worn, but not the mask that is required here.
    """

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    INCORRECT_MASK = "incorrect_mask"
    WRONG_KIND = "wrong_kind"
    UNCERTAIN = "uncertain"


MODEL_LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK)
"""Those that a model may have."""


class MaskKind(StrEnum):
    """What kind of mask is worn; a model that tells them apart names its second output with these.

    A respirator is one by its shape (FFP2, N95, KN95: cup, folded or duckbill); `other` is whatever else covers the
    mouth by intent: gaiters, scarves worn as masks, full-face masks.
    """

    RESPIRATOR = "respirator"
    SURGICAL = "surgical"
    CLOTH = "cloth"
    OTHER = "other"


KIND_UNSURE: Final = "unsure"
"""Told instead of a kind where none is likely enough."""

ToldKind = MaskKind | Literal["unsure"]


class Required(StrEnum):
    """Which masks let somebody in; the shape is seen, and nothing else of them."""

    ANY = "any"
    MEDICAL = "medical"
    """Surgical ones and respirators."""
    RESPIRATOR = "respirator"

    @property
    def kinds(self) -> frozenset[MaskKind]:
        """What meets it."""
        return _MEETS[self]


KIND_THRESHOLD = 0.5
"""Where a model names none: likelier than everything else together."""

_MEETS = {
    Required.ANY: frozenset(MaskKind),
    Required.MEDICAL: frozenset({MaskKind.SURGICAL, MaskKind.RESPIRATOR}),
    Required.RESPIRATOR: frozenset({MaskKind.RESPIRATOR}),
}


class AlarmState(StrEnum):
    """What the door shows. FAULT means the kiosk is blind or cannot signal; it is never a PASS."""

    IDLE = "idle"
    CHECKING = "checking"
    PASS = "pass"
    ALERT = "alert"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One camera picture.

    Attributes:
        image: uint8, shape (height, width, 3), BGR; made read-only here.
        taken_at: seconds, monotonic; media time when a clip is replayed.
        index: position in the stream, from 0; pictures that nobody had time for count.
        small: the same view with fewer pixels, for whoever needs no details; None where nobody made one.
        damaged: how many pictures of the stream up to this one came damaged or not at all, as far as that is known.

    Raises:
        ValueError: if an image is not uint8 (height, width, 3) or empty.
    """

    image: Image
    taken_at: float
    index: int
    small: Image | None = None
    damaged: int = 0

    def __post_init__(self) -> None:
        for image in (self.image, self.small):
            if image is not None:
                _seal(image)

    @property
    def size(self) -> Size:
        """Width and height of the image, pixels."""
        return size_of(self.image)

    @property
    def least(self) -> Image:
        """The smaller picture where there is one, for whoever needs no details."""
        return self.image if self.small is None else self.small


def _seal(image: Image) -> None:
    shape = image.shape
    if image.dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or not image.size:
        raise ValueError(f"expected a uint8 image of shape (H, W, 3), received {image.dtype} {shape}")
    image.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of its frame, half-open: columns x1..x2-1, rows y1..y2-1.

    Raises:
        ValueError: if it is empty or begins left of or above the frame.
    """

    x1: int
    y1: int
    x2: int
    y2: int

    def __post_init__(self) -> None:
        if not (0 <= self.x1 < self.x2 and 0 <= self.y1 < self.y2):
            raise ValueError(f"expected 0 <= x1 < x2 and 0 <= y1 < y2, received {self.xyxy}")

    @classmethod
    def clipped(cls, x1: float, y1: float, x2: float, y2: float, *, width: int, height: int) -> Box | None:
        """Round to whole pixels and clip to a `width` x `height` frame; None if nothing is left."""
        if not all(isfinite(v) for v in (x1, y1, x2, y2)):
            return None
        left, right = max(0, round(x1)), min(width, round(x2))
        top, bottom = max(0, round(y1)), min(height, round(y2))
        return cls(left, top, right, bottom) if left < right and top < bottom else None

    @property
    def xyxy(self) -> tuple[int, int, int, int]:
        return self.x1, self.y1, self.x2, self.y2

    @property
    def width(self) -> int:
        return self.x2 - self.x1

    @property
    def height(self) -> int:
        return self.y2 - self.y1

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def longer_side(self) -> int:
        return max(self.width, self.height)

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 (apart) to 1 (the same)."""
        across = min(self.x2, other.x2) - max(self.x1, other.x1)
        down = min(self.y2, other.y2) - max(self.y1, other.y1)
        if across <= 0 or down <= 0:
            return 0.0
        shared = across * down
        return shared / (self.area + other.area - shared)


def _check_unit_interval(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"expected {name} in [0, 1], received {value}")


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face; `score` is the detector's confidence in [0, 1]."""

    box: Box
    score: float

    def __post_init__(self) -> None:
        _check_unit_interval("score", self.score)


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """A face with the id of the person it belongs to.

    Attributes:
        track_id: unique per run.
        face: as it was found in this frame.
        hits: frames seen so far.
        lives: whether it looks like somebody before a camera that works; see `edge.chain.liveness`.
    """

    track_id: int
    face: Face
    hits: int
    lives: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """One classification of one face: the label, and a probability in [0, 1] for each class of the model.

    `kinds` holds one for each kind of mask, whether or not one is worn; it is empty for a model that tells no kinds.
    `kind_thresholds` holds the smallest probability at which the model may be believed: with a rule, that of the kinds
    which meet it, together; with ANY, of a single kind that is told. It is KIND_THRESHOLD for a rule that is not named.
    """

    label: Label
    probabilities: tuple[tuple[Label, float], ...]
    kinds: tuple[tuple[MaskKind, float], ...] = ()
    kind_thresholds: tuple[tuple[Required, float], ...] = ()

    def __post_init__(self) -> None:
        if not self.probabilities:
            raise ValueError("expected a probability for at least one label, received none")
        for name, probability in (*self.probabilities, *self.kinds):
            _check_unit_interval(f"probability of {name}", probability)

    @property
    def probability(self) -> float:
        """Of the likeliest class, whether or not it is sure enough to be the label."""
        return max(probability for _, probability in self.probabilities)

    @property
    def kind(self) -> ToldKind | None:
        """What is worn, or that it is unsure; None without a mask worn properly, and where the model tells no kinds."""
        if self.label is not Label.WITH_MASK or not self.kinds:
            return None
        kind, probability = max(self.kinds, key=lambda one: one[1])
        return kind if probability >= self.kind_threshold(Required.ANY) else KIND_UNSURE

    def kind_threshold(self, rule: Required) -> float:
        """What the kinds that meet a rule must reach together; with ANY, what a kind must to be told."""
        return dict(self.kind_thresholds).get(rule, KIND_THRESHOLD)

    @property
    def kind_probability(self) -> float | None:
        """Of the likeliest kind, sure enough or not; None where there is no kind."""
        return None if self.kind is None else max(probability for _, probability in self.kinds)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Settled opinion on one person in view; `label` is UNCERTAIN while undecided.

    Attributes:
        track_id: who it is.
        box: where the face is, or was last.
        label: what is worn.
        probability: mean of the readings for the label.
        votes: how many readings count at present.
        kind: of a mask that is worn properly, the likeliest of what was settled on, or that it is unsure; None without
            one, and where the model tells no kinds.
        kind_probability: of the likeliest kind, likewise.
        required: with WRONG_KIND, what is required instead.
    """

    track_id: int
    box: Box
    label: Label
    probability: float
    votes: int = 0
    kind: ToldKind | None = None
    kind_probability: float | None = None
    required: Required | None = None

    def __post_init__(self) -> None:
        _check_unit_interval("probability", self.probability)
        if self.kind_probability is not None:
            _check_unit_interval("probability of the kind", self.kind_probability)
        if (self.required is not None) != (self.label is Label.WRONG_KIND):
            raise ValueError(f"expected what is required with a wrong kind alone, received {self.required}")


class Reason(StrEnum):
    """Why a face does not count, and what is measured then."""

    TOO_SMALL = "too_small"
    """Longer side, as a share of the picture's."""
    OUTSIDE_REGION = "outside_region"
    """How far the face's centre lies outside, as a share of the picture; 0 is wanted."""
    IN_IGNORED_ZONE = "in_ignored_zone"
    """How deep the face's centre lies in the zone, as a share of the picture; 0 is wanted."""
    CUT_OFF = "cut_off"
    """Gap to the picture's edge, as a share of its longer side."""
    PROFILE = "profile"
    """Width of the face's box, divided by its height."""
    BLURRED = "blurred"
    """Sharpness: variance of the Laplacian."""
    TOO_DARK = "too_dark"
    """Mean grey value of the face, 0 to 255."""
    LOW_SCORE = "low_score"
    """The detector's confidence, 0 to 1."""
    NOT_YET = "not_yet"
    """How often the face was seen, of how often it must be."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A face that does not count in this frame, and why: the first reason that the chain has met.

    Attributes:
        face: as it was found.
        reason: why; it says what `measure` and `needed` are.
        measure: what was found.
        needed: what would have been enough.
        id: which face, from frame to frame, of all that are found; 0 where nobody numbers them. No person's id.
        size: longer side of the face, as a share of the picture's.
    """

    face: Face
    reason: Reason
    measure: float
    needed: float
    id: int = 0
    size: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """All that is known about one frame; what sinks receive. It stays in the process: it holds a picture.

    Attributes:
        frame: the picture.
        verdicts: everyone in view.
        state: what the door shows.
        faces: every face found, those included that are too far away or stand where nobody is looked for.
        ignored: those of the faces that do not count, and why.
    """

    frame: Frame
    verdicts: tuple[Verdict, ...]
    state: AlarmState
    faces: tuple[Face, ...] = ()
    ignored: tuple[Ignored, ...] = ()


class Ruling(StrEnum):
    """What decides over the lock at a moment; the first that applies."""

    FIRE = "fire"
    """The fire contact opened: unlocked until it is reset."""
    LOCKDOWN = "lockdown"
    """Nothing opens but fire."""
    FAULT = "fault"
    """The kiosk is blind, or cannot signal: locked."""
    EXIT = "exit"
    """Somebody inside pressed the exit button: unlocked for a few seconds."""
    ALERT = "alert"
    """Locked."""
    OPEN_HOURS = "open_hours"
    """Unlocked, because of the hour."""
    PASS = "pass"
    """Unlocked, because everybody in view wears a mask."""
    SHUT = "shut"
    """Locked: nothing speaks for opening."""


class DoorWarning(StrEnum):
    """What is wrong with a door that stands open."""

    FORCED = "forced"
    """It was opened while it was locked."""
    HELD_OPEN = "held_open"
    """It has stood open for too long."""


@dataclass(frozen=True, slots=True)
class Doorway:
    """The door itself at one moment.

    Attributes:
        ruling: what decides over the lock.
        unlocked: whether the lock is to let somebody through.
        is_open: whether the door stands open; None where no contact tells.
        warning: what is wrong with it.
        lockdown: whether the door is locked down, fire or not.
        fire: whether the fire contact was opened, and not reset since.
    """

    ruling: Ruling
    unlocked: bool
    is_open: bool | None = None
    warning: DoorWarning | None = None
    lockdown: bool = False
    fire: bool = False


class EventKind(StrEnum):
    """What may be worth telling."""

    ENTRY = "entry"
    """A person was judged, or judged again: `track_id` and `label`."""
    ALERT = "alert"
    """An alert began."""
    STATE = "state"
    """The door shows something else."""
    FAULT_BEGIN = "fault_begin"
    FAULT_END = "fault_end"
    AUDIT = "audit"
    """A person changed something: a setting, mute, a model."""
    SERVICE = "service"
    """The kiosk started or stopped."""
    DOOR_ENTRY = "door_entry"
    """The door was opened after PASS."""
    DOOR_EXIT = "door_exit"
    """The door was opened after the exit button."""
    DOOR_OPENED = "door_opened"
    """The door was opened while nothing locked it: fire, open hours, a kiosk that only reminds."""
    DOOR_FORCED = "door_forced"
    """The door was opened while it was locked."""
    DOOR_HELD_OPEN = "door_held_open"
    """The door has stood open for too long."""
    DOOR_CLOSED = "door_closed"
    EXIT_BUTTON = "exit_button"
    """The exit button was pressed; `detail` says whether the door opened."""
    LOCKDOWN = "lockdown"
    """A lock-down began or ended."""
    FIRE = "fire"
    """The fire contact opened, or was reset."""
    DROPPED = "dropped"
    """Events are missing here, because they could not be written in time."""
    DATABASE = "database"
    """A damaged database was set aside, and this one begun."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change worth telling: wall time in UTC, never a pixel.

    Raises:
        ValueError: if the time has no zone, or the track id does not fit 64 bits.
    """

    kind: str
    at: datetime
    track_id: int | None = None
    label: Label | None = None
    detail: str = ""

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise ValueError(f"expected a time with its zone, received {self.at}")
        if self.track_id is not None and not -(2**63) <= self.track_id < 2**63:
            raise ValueError(f"expected a track id of 64 bits, received {self.track_id}")
