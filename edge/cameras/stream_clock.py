"""How old a picture is when it arrives: the stream's own clock against the kiosk's."""

from __future__ import annotations

DRIFT = 0.001
"""How much faster than the kiosk's a camera's clock may seem to run: ten times what a quartz is allowed (100 ppm)."""


class StreamClock:
    """Tells when pictures were taken from their stamps, whose origin nobody knows.

    The picture that came soonest after its stamp is taken for prompt, and how much later another one comes is its age:
    what waited in a network, a server or a decoder is told from what was taken just now. Stamps that stand still or run
    backwards begin a new count.

    Remembers the last picture, and the smallest way from stamp to arrival, which it lets grow by DRIFT.
    """

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None
        self._least_way_s = 0.0

    def __call__(self, stamp_s: float | None, arrived_at: float) -> float:
        """When a picture was taken, monotonic seconds; `arrived_at` where the stream does not say.

        Args:
            stamp_s: by the stream's clock, seconds.
            arrived_at: monotonic seconds.
        """
        if stamp_s is None:
            return arrived_at
        way_s = arrived_at - stamp_s
        if self._last is None or stamp_s <= self._last[0]:
            self._least_way_s = way_s
        else:
            grown_s = DRIFT * (arrived_at - self._last[1])
            self._least_way_s = min(way_s, self._least_way_s + grown_s)
        self._last = stamp_s, arrived_at
        return stamp_s + self._least_way_s
