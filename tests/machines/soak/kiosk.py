"""The kiosk of a soak, a process of its own: the service as it is, before a camera that shows a film at full speed.

    python -m tests.machines.soak.kiosk ORDERS.json

Media time is compressed: the film's next picture comes as soon as the kiosk is done with the one before, and is stamped
with the film's time. Everything else - disk, network, watchdog, pauses - goes by the real clock.
"""

from __future__ import annotations

import ctypes
import json
import logging
import sys
import time
from collections import deque
from contextlib import closing
from itertools import takewhile
from pathlib import Path
from threading import Lock, Semaphore
from typing import Any, ClassVar

from edge.cameras.camera import FRAME_TIMEOUT_S, Camera, LiveCamera
from edge.cameras.capture import Capture, Shot
from edge.cameras.clip import ClipCamera
from edge.config.accepted import AcceptedConfig
from edge.config.schema import CameraConfig, Config, load_config
from edge.config.settings import Settings
from edge.errors import CameraError
from edge.health import Level
from edge.host.folders import state_folder
from edge.kiosk import StateChange
from edge.service import Service, open_service, signals_obeyed
from edge.signals.door import PinChange
from edge.sinks import Sink
from edge.types import Observation
from tests.machines.soak.film import Film
from tests.machines.soak.plan import CAMERA, Fault, Kind
from tests.machines.soak.week import Kind as Life
from tests.machines.soak.week import Spell, View, week

REST_S = 0.1
"""When the film is over, the camera shows what follows at this pace, until the kiosk is stopped."""


class _Mallinfo(ctypes.Structure):
    """mallinfo2(3)."""

    _fields_: ClassVar = [
        (name, ctypes.c_size_t)
        for name in [
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        ]
    ]


_library = ctypes.CDLL(None)
_library.mallinfo2.restype = _Mallinfo


def used_kb() -> int:
    """What this process has allocated and not freed, as glibc counts it: whatever leaks shows here."""
    info = _library.mallinfo2()
    return int(info.uordblks + info.hblkhd) // 1024


_telling = Lock()


def tell(event: str, at_s: float, **values: object) -> None:
    """One line of JSON for whoever runs the soak; from any thread."""
    with _telling:
        print(json.dumps({"event": event, "at": at_s} | values), flush=True)


def report(change: StateChange | PinChange) -> None:
    """Told every change."""
    if isinstance(change, StateChange):
        tell("state", change.at, before=change.before, after=change.after)
    else:
        tell("pin", change.at, pin=change.name, value=change.value)


class Projector:
    """Shows the film, and breaks as planned; the newest of its captures leads.

    Args:
        film: what is shown.
        media_s: where the soak ends.
        faults: those of the camera, in order.
    """

    def __init__(self, film: Film, media_s: float, faults: tuple[Fault, ...]) -> None:
        self.film = film
        self.media_s = media_s
        self.faults = deque(faults)
        self.at_s = 0.0
        self._refusals = 0
        self._seen = Semaphore(0)

    def now(self) -> float:
        """The film's time: the clock of the stream."""
        return self.at_s

    def open_camera(self, _: CameraConfig) -> Camera:
        """A live camera as the service has it."""
        return LiveCamera("usb:0", self.open_capture, clock=self.now)

    def open_capture(self) -> Capture:
        """The device.

        Raises:
            CameraError: if it cannot be opened now.
        """
        if self._refusals:
            self._refusals -= 1
            raise CameraError("usb:0: camera cannot be opened; check cable, address and the group video")
        self._seen = Semaphore(1)
        return _Capture(self, self._seen)

    def see(self, _: Observation) -> None:
        """A sink: the kiosk is done with a picture, the next one may come."""
        self._seen.release()

    def fail(self, fault: Fault) -> None:
        """Break; the world goes on meanwhile, so that the film is seen again from a later moment on.

        Raises:
            RuntimeError: if it breaks so.
        """
        tell("fault", fault.at_s, since=self.at_s, back=self.at_s + fault.lasts_s)
        self.at_s += fault.lasts_s
        if fault.kind is Kind.READ_ERROR:
            raise RuntimeError("ioctl failed")
        if fault.kind is Kind.NO_OPEN:
            self._refusals = 2
        if fault.kind is Kind.STALL:
            time.sleep(FRAME_TIMEOUT_S + 1)


class _Capture:
    """One opening of the device."""

    def __init__(self, projector: Projector, seen: Semaphore) -> None:
        self._projector = projector
        self._seen = seen
        self._pictures = projector.film.pictures(projector.at_s)

    def read(self) -> Shot | None:
        projector, (image, at_s) = self._projector, next(self._pictures)
        self._seen.acquire(timeout=FRAME_TIMEOUT_S)
        if projector.faults and projector.faults[0].at_s <= at_s:
            projector.fail(projector.faults.popleft())
            return None
        if at_s >= projector.media_s:
            time.sleep(REST_S)
        projector.at_s = at_s
        return Shot(image)

    def close(self) -> None:
        """Nothing is held open."""


class Recorder(Projector):
    """Shows the film as a camera does that lives through a week."""

    def __init__(self, film: Film, media_s: float, spells: tuple[Spell, ...]) -> None:
        super().__init__(film, media_s, ())
        self.view = View(spells)
        self.restarted: set[Spell] = set()

    def open_capture(self) -> Capture:
        """The device; one that was stuck is mended by being opened again."""
        spell = self.view.spell(self.at_s)
        if spell is not None and spell.kind is Life.STUCK:
            self.at_s = spell.end_s
        self._seen = Semaphore(1)
        return _Connection(self, self._seen)


class _Connection:
    """One opening of that camera."""

    def __init__(self, recorder: Recorder, seen: Semaphore) -> None:
        self._recorder = recorder
        self._seen = seen
        self._pictures = recorder.film.pictures(recorder.at_s)

    def read(self) -> Shot | None:
        recorder, view = self._recorder, self._recorder.view
        image, at_s = next(one for one in self._pictures if view.arrives(one[1]))
        self._seen.acquire(timeout=FRAME_TIMEOUT_S)
        spell = view.spell(at_s)
        if spell is not None and spell.kind is Life.RESTART and spell not in recorder.restarted:
            recorder.restarted.add(spell)
            recorder.at_s = spell.end_s
            return None
        if at_s >= recorder.media_s:
            time.sleep(REST_S)
        recorder.at_s = at_s
        image, is_damaged = view(image, at_s)
        return Shot(image, stamp_s=view.stamp_s(at_s), damaged=is_damaged)

    def close(self) -> None:
        """Nothing is held open."""


class Watcher:
    """A sink that tells how far the film is, once a media second, and of each new configuration; fails as planned."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.service: Service | None = None
        self._faults = deque(faults)
        self._config: Config | None = None
        self._seen_s = 0.0
        self._due_s = 0.0
        self._frames = 0

    def __call__(self, observation: Observation) -> None:
        at_s = observation.frame.taken_at
        self._frames += 1
        config = self.service.in_use() if self.service else None
        if config is not self._config:
            if self._config is not None:
                tell("reloaded", at_s, since=self._seen_s)
            self._config = config
        self._seen_s = at_s
        if at_s >= self._due_s:
            is_well = self.service is not None and self.service.health.health().level is Level.OK
            tell("tick", at_s, frames=self._frames, used_kb=used_kb(), is_well=is_well)
            self._due_s = at_s + 1
        self._fail(at_s)

    def _fail(self, at_s: float) -> None:
        while self._faults and self._faults[0].at_s + self._faults[0].lasts_s < at_s:
            fault = self._faults.popleft()
            tell("fault", fault.at_s, since=fault.at_s, back=at_s)
        if self._faults and self._faults[0].at_s <= at_s:
            raise RuntimeError("the network is gone")


def main(orders: dict[str, Any]) -> None:
    """Run as ordered: `film`, `seed`, `media_s`, `config`, `faults` or a `week`, and whether it is a `replay`."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    faults = tuple(Fault.from_record(record) for record in orders["faults"])
    film, media_s, live = Film(Path(orders["film"]), orders["seed"]), orders["media_s"], not orders["replay"]
    projector = Projector(film, media_s, tuple(fault for fault in faults if fault.kind in CAMERA))
    if orders.get("week"):
        projector = Recorder(film, media_s, week(orders["seed"]))
    watcher = Watcher(tuple(fault for fault in faults if fault.kind is Kind.SINK))
    accepted, settings = AcceptedConfig(state_folder()), Settings(lambda: load_config(Path(orders["config"])))

    def make(config: Config) -> Service:
        sinks: dict[str, Sink] = {"projector": projector.see, "watcher": watcher}
        return Service(
            config, settings=settings, accepted=accepted, report=report, sinks=sinks, live=live, clock=projector.now
        )

    service = watcher.service = open_service(make, load=settings.load, accepted=accepted)
    with signals_obeyed(service), closing(service):
        if live:
            service.run_live(projector.open_camera)
        else:
            # A little more, so that the lamps that go out at its end are not taken for a decision.
            pictures = takewhile(lambda picture: picture[1] < media_s + 1, film.pictures())
            service.run_recording(ClipCamera(lambda: pictures, live=False))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
