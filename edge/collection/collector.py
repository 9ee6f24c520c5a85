"""The faces that the classifier was least sure of, kept for labelling; only where the configuration asks for it.

Whoever labels them has the pictures that teach the next model most (uncertainty sampling, Lewis and Gale 1994).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from edge.collection.kept import KeptPictures
from edge.networks.preprocess import crop_square, resize_to
from edge.timing import utc_now
from edge.types import Box, Image, Label, Observation, Reading

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
        self._noticed: list[tuple[float, Image, Box, Reading]] = []
        self._kept_at = self._expired_at = -float("inf")
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="collector")

    def notice(self, image: Image, box: Box, reading: Reading) -> None:
        """Remember a reading until the frame is done with."""
        self._noticed.append((_margin(reading), image, box, reading))

    def __call__(self, observation: Observation) -> None:
        """Keep the least sure face of the frame, if any may be kept."""
        noticed, self._noticed = self._noticed, []
        now = self._clock()
        if now - self._expired_at >= EXPIRE_S:
            self._expired_at = now
            self._writer.submit(self._expire)
        wanted = self._wanted()
        if not wanted.faces or not noticed or now - self._kept_at < SPACING_S:
            return
        margin, image, box, reading = min(noticed, key=lambda one: one[0])
        if margin > wanted.max_margin:
            return
        self._kept_at = now
        label, probability = max(reading.probabilities, key=lambda one: one[1])
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


def _margin(reading: Reading) -> float:
    """Difference of the two greatest probabilities; a model of one label alone is always sure."""
    first, *others = sorted((probability for _, probability in reading.probabilities), reverse=True)
    return first - others[0] if others else 1.0
