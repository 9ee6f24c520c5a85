"""The faces that the classifier was least sure of, and those that alerted; only where the configuration asks for it.

Whoever labels them has the pictures that teach the next model most (uncertainty sampling, Lewis and Gale 1994).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from edge.collection.kept import KeptPictures
from edge.networks.preprocess import crop_square, resize_to
from edge.timing import utc_now
from edge.types import AlarmState, Box, Image, Label, Observation, Reading

log = logging.getLogger(__name__)

FOLDER = "uncertain"
"""Below the state folder."""

MARGIN = 0.3
"""Kept around a face, as a share of its box's longer side: whoever labels sees chin and hair."""

SIDE = 256
"""Longest side of a kept picture, pixels."""

SPACING_S = 2.0
"""From one kept face to the next: somebody who stands there is one example, not fifty."""

EXPIRE_S = 3600.0
"""How often what is too old is looked for, whether or not more is kept."""

EYES = (0.15, 0.48)
"""Rows of an upright face's box between which its eyes and brows lie, as shares of its height."""

ALERT_S = 2
"""The face of an alert is kept in the second in which the alert began, or in the next."""

_BAD = frozenset({Label.WITHOUT_MASK, Label.INCORRECT_MASK})

_NAME = re.compile(r"(\d{8}T\d{6}Z)-m(\d{4})-(with_mask|without_mask|incorrect_mask)-p(\d{4})\.jpg")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What may be kept now.

    Attributes:
        faces: whether any.
        max_margin: difference of the two greatest probabilities from which the model was sure enough.
        blur_eyes: whether nobody's eyes are kept.
    """

    faces: bool
    max_margin: float
    blur_eyes: bool


@dataclass(frozen=True, slots=True)
class Uncertain:
    """What a kept picture's name says.

    Attributes:
        at: when, such as 20260131T235959Z.
        margin: difference of the two greatest probabilities, in [0, 1].
        label: the likeliest.
        probability: of that label.
    """

    at: str
    margin: float
    label: Label
    probability: float

    @property
    def name(self) -> str:
        return f"{self.at}-m{self.margin * 1000:04.0f}-{self.label}-p{self.probability * 1000:04.0f}.jpg"


def read_name(name: str) -> Uncertain | None:
    """What a picture's name says; None if it is no kept picture's."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return Uncertain(found[1], int(found[2]) / 1000, Label(found[3]), int(found[4]) / 1000)


def uncertain_faces(
    folder: Path,
    *,
    most: Callable[[], int],
    max_age_days: Callable[[], float],
    wall_clock: Callable[[], datetime] = utc_now,
) -> KeptPictures:
    """What is kept below a state folder; of too many the least sure stay."""
    return KeptPictures(
        folder / FOLDER,
        names=_NAME.pattern,
        most=most,
        max_age_days=max_age_days,
        worth=lambda name: -found.margin if (found := read_name(name)) else 0.0,
        wall_clock=wall_clock,
    )


_Noticed = tuple[float, Image, Box, Reading]
"""Margin, frame, place and reading of one face."""


class Collector:
    """Told of every reading by the chain, and of every observation as a sink; remembers the readings of one frame.

    Args:
        kept: where faces are put.
        wanted: tells what may be kept now.
        wall_clock: UTC.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        kept: KeptPictures,
        *,
        wanted: Callable[[], Wanted],
        wall_clock: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kept = kept
        self._wanted = wanted
        self._wall_clock = wall_clock
        self._clock = clock
        self._noticed: list[_Noticed] = []
        self._state = AlarmState.IDLE
        self._kept_at = self._expired_at = -float("inf")
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="collector")

    def notice(self, image: Image, box: Box, reading: Reading) -> None:
        """Remember a reading until the frame is done with."""
        self._noticed.append((_margin(reading), image, box, reading))

    def __call__(self, observation: Observation) -> None:
        """Keep the least sure face of the frame, or the one that an alert begins with, if any may be kept."""
        noticed, self._noticed = self._noticed, []
        now = self._clock()
        if now - self._expired_at >= EXPIRE_S:
            self._expired_at = now
            self._writer.submit(self._expire)
        begins = observation.state is AlarmState.ALERT and self._state is not AlarmState.ALERT
        self._state = observation.state
        wanted = self._wanted()
        if not wanted.faces:
            return
        chosen = _alerting(noticed) if begins else None
        if chosen is None and now - self._kept_at >= SPACING_S:
            chosen = min((one for one in noticed if one[0] <= wanted.max_margin), key=lambda one: one[0], default=None)
        if chosen is None:
            return
        self._kept_at = now
        margin, image, box, reading = chosen
        label, probability = _likeliest(reading)
        uncertain = Uncertain(f"{self._wall_clock():%Y%m%dT%H%M%SZ}", margin, label, probability)
        self._writer.submit(self._keep, uncertain.name, cut(image, box, blur_eyes=wanted.blur_eyes))

    def close(self) -> None:
        """Write what is to be written; may be called again."""
        self._writer.shutdown()

    def _keep(self, name: str, face: Image) -> None:
        try:
            self._kept.keep(name, cv2.imencode(".jpg", face)[1].tobytes())
        except OSError as error:
            log.warning("uncertain_face=lost folder=%s cause=%r", self._kept.folder, str(error))

    def _expire(self) -> None:
        try:
            self._kept.expire()
        except OSError as error:
            log.warning("uncertain_faces=not_expired folder=%s cause=%r", self._kept.folder, str(error))


def cut(image: Image, box: Box, *, blur_eyes: bool) -> Image:
    """The face with something around it, a picture of its own of at most SIDE x SIDE; blurred before it is shrunk."""
    if blur_eyes:
        image = image.copy()
        top, bottom = (round(box.y1 + share * box.height) for share in EYES)
        band = image[top:bottom, box.x1 : box.x2]
        if band.size:
            # Four blocks across the whole face: whose eyes they are cannot be told, nor computed back.
            few = cv2.resize(band, (4, 1), interpolation=cv2.INTER_AREA)
            band[:] = cv2.resize(few, (band.shape[1], band.shape[0]), interpolation=cv2.INTER_LINEAR)
    face = crop_square(image, box, margin=MARGIN)
    side = min(SIDE, face.shape[0])
    return np.ascontiguousarray(resize_to(face, side, side))


def keep_false_alarm(kept: KeptPictures, at: datetime) -> int:
    """Have the face with which an alert began stay before all others: it teaches a model most that was sure and wrong.

    Args:
        kept: the faces.
        at: when the alert began, UTC.

    Returns:
        how many faces it was; none is there if none were kept at that time.
    """
    seconds = {f"{at + timedelta(seconds=later):%Y%m%dT%H%M%SZ}" for later in range(ALERT_S)}
    count = 0
    for name in kept.names():
        face = read_name(name)
        if face is not None and face.at in seconds and face.label in _BAD:
            count += kept.rename(name, replace(face, margin=0.0).name)
    return count


def _alerting(noticed: Sequence[_Noticed]) -> _Noticed | None:
    """The face that alerts most surely."""
    bad = [one for one in noticed if _likeliest(one[3])[0] in _BAD]
    return max(bad, key=lambda one: _likeliest(one[3])[1], default=None)


def _likeliest(reading: Reading) -> tuple[Label, float]:
    return max(reading.probabilities, key=lambda one: one[1])


def _margin(reading: Reading) -> float:
    """Difference of the two greatest probabilities; a model of one label alone is always sure."""
    first, *others = sorted((probability for _, probability in reading.probabilities), reverse=True)
    return first - others[0] if others else 1.0
