"""What a live camera is asked for and what it gives: the border between the kiosk and a camera's driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from edge.types import Image

Metering = Literal["centre", "spot", "matrix"]


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What is asked of a live camera; None leaves it to the camera. A camera logs what it cannot do.

    Attributes:
        width, height: of the picture, pixels; the camera may give another size.
        fps: pictures per second.
        turn_deg: clockwise turn that makes the picture upright: 0, 90, 180 or 270.
        mirrored: whether the picture is mirrored, after the turn.
        loop: begin a clip or folder again at its end, so that pages and screens can be tried on a desk.
        focus_m: distance the lens is set to, metres; None for continuous autofocus.
        exposure_ms: how long a picture is exposed, milliseconds.
        gain: of the sensor, 1 being none.
        exposure_ev: how much brighter the automatic exposure should make the picture, stops.
        metering: what the automatic exposure looks at.
        flicker_hz: frequency of the mains, whose flicker in lamps the automatic exposure should even out.
    """

    width: int | None = None
    height: int | None = None
    fps: int | None = None
    turn_deg: int = 0
    mirrored: bool = False
    loop: bool = False
    focus_m: float | None = None
    exposure_ms: float | None = None
    gain: float | None = None
    exposure_ev: float | None = None
    metering: Metering | None = None
    flicker_hz: int | None = None

    def asked_for(self, *names: str) -> tuple[str, ...]:
        """Those of the named settings that are not left to the camera."""
        return tuple(name for name in names if getattr(self, name) is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture, copied out of the driver's buffer.

    Attributes:
        image: BGR.
        small: the same view smaller, where the camera makes one.
        stamp_s: when it was taken by the stream's own clock, seconds from an origin of the stream's choice; None where
            the source does not say.
        damaged: how many pictures came damaged since the shot before, this one included; as far as the driver knows.
    """

    image: Image
    small: Image | None = None
    stamp_s: float | None = None
    damaged: int = 0


class Capture(Protocol):
    """An opened device that is asked for one picture after another."""

    def read(self) -> Shot | None:
        """The next picture; None if the device is lost. Waits less than two seconds, or what it gives is not taken."""

    def close(self) -> None:
        """Give the device back."""


class NetworkCapture(Capture, Protocol):
    """A capture that can say what it was offered."""

    @property
    def about(self) -> str:
        """What it gives, for whoever sets it up: kind, size and rate as far as they are known."""
