"""Does the picture live? A stuck camera goes on showing somebody with a mask who left long ago."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Box, Frame, TrackedFace, size_of

Grey = NDArray[np.uint8]

LONG_SIDE = 320
"""Longer side, pixels, of the grey picture that is compared: as fine as the detector looks."""

TILE = 4
"""Side of a tile in that picture, pixels: averaged over one, a codec's and a sensor's noise nearly vanish, and what is
left are edges that moved."""

LIFE_S = 0.8
"""How far back a face must have looked otherwise. Leaves a fifth of the second, after which a stuck picture must not
hold the door open, for the picture's way and the next frame."""

LEAST_CHANGE, MOST_CHANGE = 6.0, 12.0
CONTRAST_SHARE = 0.25
"""Change of a tile, in grey values, that is movement: this share of the face's contrast (standard deviation), within
bounds. docs/liveness.md has what people, sensors and codecs do."""

RING = 8
"""Pictures before this one that it must differ from: drivers and cameras keep two to six buffers, and show them in
turn."""

RING_RUN = 8
"""Pictures over which one that comes again is looked for: what one key frame alters does not count."""

DIP = 0.8
"""A lag is a ring's if a face differs from the picture so many before it by less than this share of what it differs by
from those next to that one. Whoever lives differs by the more the longer ago it was, or by noise, which is the same."""

SAME_SHARE = 0.03
"""A face that differs from one of the last RING pictures by less than this share of what it differs from them on
average has been seen before, and encoded again."""

NOISE_RUN = 12
"""Pictures over which a sensor's noise is watched."""

LEAST_NOISE = 0.2
"""Mean difference to the most similar of the last RING pictures, in grey values, below which there is no noise to speak
of: what a codec alters in a picture that stands still comes to less, in nearly every frame."""

EVEN_NOISE = 0.75
"""Smallest of these differences by their mean: noise is the same in every picture, what a codec alters comes in
bursts."""

FROZEN_S = 10.0
"""A view in which a face stays without any life for so long is frozen: nobody stands as still as that."""

REPEATED_S = 30.0
"""A view with nobody in it, that repeats itself for so long, is frozen. Longer, because a codec that spares bits
repeats a still, dark scene to the bit until the next key frame, usually within 20 s."""

CLOCK_SHARE = 0.05
"""Share of the picture that may change without being taken for life: the time that cameras write into it."""

LOOK_S = 0.06
"""How often faces are compared: in every second frame of 25 or 30 a second, which tells as much for half the work."""

GLANCE_S = 0.5
"""How often the whole view is compared."""

GONE_S = 1.0
"""A face that was not seen for so long has left: a detector misses one in some frames."""

CELL = 16
"""Side, pixels, of the cells in which the whole view is compared to the bit."""

COMPARED = 4096
"""Pixels of a face that are compared at most: more tell nothing new."""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A picture as it is remembered: uint8, (H, W); `tiles` is TILE times smaller."""

    at: float
    grey: Grey
    tiles: Grey


@dataclass(slots=True)
class _Face:
    """What is remembered of one tracked face."""

    lives: bool = False
    new_at: float = float("-inf")
    again_at: float = float("-inf")
    noise: deque[float] = field(default_factory=lambda: deque(maxlen=NOISE_RUN))
    lags: deque[NDArray[np.float32]] = field(default_factory=lambda: deque(maxlen=RING_RUN))
    """Differences from the pictures before, the last one first."""

    @property
    def comes_again(self) -> bool:
        """Whether every so many pictures nearly the same one is shown, encoded anew."""
        if len(self.lags) < RING_RUN:
            return False
        lag = np.median(self.lags, axis=0)
        return bool((lag[1:-1] < DIP * np.minimum(lag[:-2], lag[2:])).any())

    @property
    def is_noisy(self) -> bool:
        """Whether every picture differed from those before as much as the others did."""
        least = min(self.noise, default=0.0)
        return len(self.noise) == NOISE_RUN and least >= max(LEAST_NOISE, EVEN_NOISE * sum(self.noise) / NOISE_RUN)


class Liveness:
    """Tells whether the faces in view live, and whether the view is frozen.

    A face lives if its picture is a new one, and something in it moved within LIFE_S or it is noisy as only a
    sensor's own pictures are. Moving means that tiles changed by more than a codec changes them that encodes one
    picture again and again; being new, that it is not one of a few that are shown in turn, encoded anew or not.

    Remembers the pictures of the last LIFE_S, and RING at least; what each tracked face differed by; and since when
    nothing has lived. It outlives a camera: one that was opened again may still show what it showed before.
    """

    def __init__(self) -> None:
        self._looks: deque[_Look] = deque()
        self._faces: dict[int, _Face] = {}
        self._looked_at = self._glanced_at = self._faces_at = float("-inf")
        self._lifeless_since: float | None = None
        self._repeats_since: float | None = None
        self._is_frozen = False

    @property
    def is_frozen(self) -> bool:
        """Whether the view has been without life for so long that the camera must be stuck."""
        return self._is_frozen

    def __call__(self, frame: Frame, tracked: tuple[TrackedFace, ...]) -> tuple[TrackedFace, ...]:
        """The tracked faces of a frame, each with whether it lives."""
        at = frame.taken_at
        glances = _is_due(at, self._glanced_at, GLANCE_S)
        if not glances and not (tracked and _is_due(at, self._looked_at, LOOK_S)):
            return self._as_before(tracked)
        self._looked_at = at
        look = _look(frame)
        if self._looks and self._looks[-1].grey.shape != look.grey.shape:
            self._looks.clear()
        moved = self._moved(look)
        scale = look.grey.shape[1] / frame.size[0]
        living = tuple(replace(person, lives=self._lives(person, look, moved, scale)) for person in tracked)
        lives = any(person.lives for person in living)
        if glances:
            self._glanced_at = at
            repeats = self._repeats(look)
            self._repeats_since = (self._repeats_since or at) if repeats else None
            lives = lives or (not repeats and bool((moved >= MOST_CHANGE).mean() > CLOCK_SHARE))
        self._judge_view(at, lives=lives, has_faces=bool(tracked))
        self._remember(look, {person.track_id for person in tracked})
        return living

    def _as_before(self, tracked: tuple[TrackedFace, ...]) -> tuple[TrackedFace, ...]:
        """As the last look found them; whoever has come since waits for the next one."""
        known = self._faces
        return tuple(replace(p, lives=p.track_id in known and known[p.track_id].lives) for p in tracked)

    def _moved(self, look: _Look) -> NDArray[np.int16]:
        """By how much each tile differs from what it was within LIFE_S, or when it was seen last; grey values."""
        recent = [known.tiles for known in self._looks if look.at - known.at <= LIFE_S]
        past = np.array(recent or [known.tiles for known in self._looks] or [look.tiles], np.int16)
        return np.asarray(np.maximum(past.max(0) - look.tiles, look.tiles - past.min(0)), np.int16)

    def _lives(self, person: TrackedFace, look: _Look, moved: NDArray[np.int16], scale: float) -> bool:
        known = self._faces.setdefault(person.track_id, _Face())
        place = _area(person.face.box, scale, look.grey)
        # One more than a ring may have, to see the picture next to the one that comes again.
        before = [_sparse(past.grey[place]) for past in islice(reversed(self._looks), RING + 1)]
        face = _sparse(look.grey[place])
        differences = _differences(face, before[:RING])
        least = min(differences, default=0.0)
        known.noise.append(least)
        if least > SAME_SHARE * sum(differences) / RING:
            known.new_at = look.at
        if len(before) == RING + 1:
            known.lags.append(_lags(face, before))
        if known.comes_again:
            known.again_at = look.at
        contrast = float(cv2.meanStdDev(look.grey[place])[1][0, 0])
        needed = min(max(CONTRAST_SHARE * contrast, LEAST_CHANGE), MOST_CHANGE)
        moves = moved[_area(person.face.box, scale / TILE, look.tiles)].max() >= needed
        is_new = look.at - known.new_at <= LIFE_S < look.at - known.again_at
        known.lives = is_new and bool(known.is_noisy or moves)
        return known.lives

    def _repeats(self, look: _Look) -> bool:
        """Whether the view, but for a clock, is to the bit one of the last few."""
        return any(_changed_share(look.grey, known.grey) <= CLOCK_SHARE for known in list(self._looks)[-RING:])

    def _judge_view(self, at: float, *, lives: bool, has_faces: bool) -> None:
        if has_faces:
            self._faces_at = at
            if self._lifeless_since is None:
                self._lifeless_since = at
        # An empty view needs no life, but it must not be the picture that the face was in.
        if lives or (at - self._faces_at > GONE_S and self._repeats_since is None):
            self._lifeless_since = None
        is_lifeless = self._lifeless_since is not None and at - self._lifeless_since >= FROZEN_S
        repeats = self._repeats_since is not None and at - self._repeats_since >= REPEATED_S
        self._is_frozen = is_lifeless or repeats

    def _remember(self, look: _Look, in_view: set[int]) -> None:
        self._looks.append(look)
        while len(self._looks) > RING + 1 and look.at - self._looks[0].at > LIFE_S:
            self._looks.popleft()
        self._faces = {track_id: face for track_id, face in self._faces.items() if track_id in in_view}


def _look(frame: Frame) -> _Look:
    image = frame.least
    width, height = size_of(image)
    shrink = min(1.0, LONG_SIDE / max(width, height))
    columns, rows = max(TILE, round(width * shrink)), max(TILE, round(height * shrink))
    # A large picture need not be read whole: two rows for each that is kept are enough.
    green = cv2.extractChannel(image[:: max(1, height // (2 * rows))], 1)
    grey = np.asarray(cv2.resize(green, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    tiles = cv2.resize(grey, (-(-columns // TILE), -(-rows // TILE)), interpolation=cv2.INTER_AREA)
    return _Look(frame.taken_at, grey, np.asarray(tiles, np.uint8))


def _is_due(at: float, last: float, every_s: float) -> bool:
    """Whether so long has passed; also when a clock was set back, as by whoever shows a clip once more."""
    return not 0 <= at - last < every_s


def _area(box: Box, scale: float, plane: Grey) -> tuple[slice, slice]:
    """Where a box of the frame lies in a smaller picture; never empty."""
    height, width = plane.shape
    x1, y1 = min(int(box.x1 * scale), width - 1), min(int(box.y1 * scale), height - 1)
    return slice(y1, max(y1 + 1, round(box.y2 * scale))), slice(x1, max(x1 + 1, round(box.x2 * scale)))


def _sparse(face: Grey) -> Grey:
    """At most about COMPARED of its pixels."""
    step = max(1, int((face.size / COMPARED) ** 0.5))
    return np.ascontiguousarray(face[::step, ::step])


def _lags(face: Grey, before: list[Grey]) -> NDArray[np.float32]:
    """Mean differences between a face and the same place in pictures before, as shares of the face's brightness.

    Without the bands of lamps that flicker, which come again every few pictures, too: they lie along its rows, or along
    the columns of a picture that was turned.
    """
    even = np.array([face, *before], np.float32)[:, ::2, ::2] + 1
    even /= even.mean(axis=2, keepdims=True)
    even /= even.mean(axis=1, keepdims=True)
    return np.asarray(np.abs(even[1:] - even[0]).mean(axis=(1, 2)), np.float32)


def _differences(face: Grey, before: list[Grey]) -> list[float]:
    """Mean differences between a face and the same place in pictures before, grey values."""
    return [cv2.norm(face, past, cv2.NORM_L1) / face.size for past in before]


def _changed_share(grey: Grey, before: Grey) -> float:
    """Share of cells in which at least one pixel is another."""
    changed = cv2.compare(grey, before, cv2.CMP_NE)
    height, width = changed.shape
    cells = cv2.resize(changed, (-(-width // CELL), -(-height // CELL)), interpolation=cv2.INTER_AREA)
    return float(np.count_nonzero(cells)) / cells.size
