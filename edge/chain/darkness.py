"""Is there light to see by? A covered lens and an unlit night look alike."""

from __future__ import annotations

from edge.types import Image

DARK = 12.0
"""Mean grey value (0 to 255) of a picture in which nobody can be recognised: a covered lens, an unlit night."""

DARK_S = 10.0
"""A picture that is dark for this long is no passing shadow."""

LIT_S = 1.0
"""How long a lit picture is taken for proof of light."""


def is_dark(image: Image) -> bool:
    """Whether a BGR picture is nearly black."""
    return float(image[::8, ::8].mean()) < DARK


class Darkness:
    """Tells a camera that sees nothing: its lens is covered, or the lights are out."""

    def __init__(self) -> None:
        self._lit_at: float | None = None
        self._measured_at = float("-inf")
        self._is_dark = False

    def __call__(self, image: Image, at: float) -> bool:
        """Whether it was dark for the last DARK_S seconds, the picture of time `at` (seconds) included.

        A lit picture is believed for a second; a dark one is not, so that the end of darkness is seen at once.
        """
        if self._is_dark or at - self._measured_at >= LIT_S:
            self._measured_at, self._is_dark = at, is_dark(image)
        if self._lit_at is None or not self._is_dark:
            self._lit_at = at
        return at - self._lit_at >= DARK_S
