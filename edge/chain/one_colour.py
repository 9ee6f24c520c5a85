"""Pictures that no lens has made: of one colour, to the pixel, from the first one on."""

from __future__ import annotations

import numpy as np

from edge.chain.darkness import DARK
from edge.types import Image

SPREAD = 2
"""Grey values by which a channel differs over such a picture: what coding alters. A sensor's noise is more."""

BLANK_S = 10.0
"""A stream may begin so long with pictures that wait for their first key frame."""

LOOK_S = 1.0
"""How long a picture with something in it is believed."""


Colour = tuple[int, int, int]
"""Blue, green, red."""


def colour_of(image: Image) -> Colour | None:
    """The only colour that a BGR picture has; None if there is something in it."""
    sparse = image[::8, ::8].reshape(-1, 3)
    # Nearly every picture has something in it, which one channel shows in a fraction of the time.
    if int(np.ptp(sparse[:, 1])) > SPREAD:
        return None
    if int(np.ptp(sparse, axis=0).max()) > SPREAD:
        return None
    blue, green, red = (int(value) for value in sparse[0])
    return blue, green, red


def name_of(colour: Colour) -> str:
    """Black and grey are what decoders leave, green is what they make of nothing but zeros."""
    blue, green, red = colour
    if max(blue, green, red) < DARK:
        return "black"
    if green > 2 * max(blue, red):
        return "green"
    return "grey" if max(colour) - min(colour) <= SPREAD else "of one colour"


class OneColour:
    """Tells a stream that is not decoded from a lens that is covered.

    Black pictures of a camera that showed something before are a covered lens, or the night: its stream is decoded.
    Those that are black to the pixel from the first one on, and those of any other single colour, are no view of
    anything. Remembers the colour, since when it has been so, and whether anything else was ever seen.
    """

    def __init__(self) -> None:
        self._colour: Colour | None = None
        self._since = 0.0
        self._looked_at = float("-inf")
        self._has_shown = False

    def __call__(self, image: Image, at: float) -> str | None:
        """The colour that every picture of the last BLANK_S has had, that of time `at` (seconds) included; or None."""
        if self._colour is None and at - self._looked_at < LOOK_S:
            return None
        self._looked_at, known, self._colour = at, self._colour, colour_of(image)
        if self._colour is None:
            self._has_shown = True
            return None
        if known is None or max(abs(one - other) for one, other in zip(known, self._colour, strict=True)) > SPREAD:
            self._has_shown, self._since = self._has_shown or known is not None, at
        name = name_of(self._colour)
        is_lens = name == "black" and self._has_shown
        return name if at - self._since >= BLANK_S and not is_lens else None
