"""The composition root: builds the kiosk from the configuration, runs it, shuts it down."""

from __future__ import annotations

import errno
import logging
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from datetime import datetime
from math import ceil
from threading import Event as StopEvent
from threading import Thread
from typing import TYPE_CHECKING

from edge.aiming.setup_mode import SetupAddress, SetupMode, SetupPages
from edge.assembly.loading import LoadedNetworks, load_networks
from edge.assembly.stages import notice_nobody
from edge.cameras.camera import Camera, open_camera
from edge.cameras.supply import Supply
from edge.collection.collector import Collector, Wanted, uncertain_faces
from edge.config.accepted import AcceptedConfig
from edge.config.hours import is_open, parse_span
from edge.config.in_use import ConfigInUse
from edge.config.schema import CameraConfig, Config, WebConfig
from edge.config.settings import Settings, settings_folder
from edge.controls import Actions, Controls
from edge.door.latches import Latches
from edge.errors import (
    CameraError,
    CameraFrozenError,
    CameraRefusedError,
    ConfigError,
    InputError,
    MaskgateError,
    ModelError,
    OrderRefusedError,
    UsageError,
)
from edge.events.alerts import describe_to_nobody
from edge.events.database import Trouble
from edge.events.journal import Journal
from edge.events.log import EventLog, log_trouble
from edge.events.retention import Bounds
from edge.fleet import Fleet, send_test_messages
from edge.health import Fault, HealthMonitor, Level
from edge.host.extras import how_to_add
from edge.host.folders import state_folder
from edge.host.posix_signals import listening
from edge.host.recent_log import RecentLog
from edge.host.systemd import ServiceManager
from edge.kiosk import GAP_S, Kiosk, Report
from edge.local.answers import answers
from edge.local.server import LocalServer, runtime_folder
from edge.local.trials import Trials
from edge.networks.find import find_model, store_folder
from edge.networks.manifest import ModelFacts, read_facts
from edge.networks.store import ModelStore
from edge.others import Others
from edge.pace import Pace
from edge.reloading import Reloading, as_refusal
from edge.rollout.trial import Trial
from edge.signals.results import PinResults
from edge.sinks import GuardedSink, Sink
from edge.types import AlarmState, Event
from edge.voice.announcer import Manners
from edge.voice.speaker import Speaker
from edge.voice.voice import Voice, Wishes

if TYPE_CHECKING:
    from edge.web.start import Web

log = logging.getLogger(__name__)

RETRY_S = (1.0, 2.0, 5.0, 10.0)
"""Pauses before a lost camera is opened again; the last one repeats."""

REFUSED_RETRY_S = (30.0, 60.0, 120.0, 300.0, 900.0)
"""Pauses after a camera refused user or password: many lock an account that is tried again and again."""

PAUSE_STEP_S = 1.0
"""Within a pause controls and systemd are attended to so often."""

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM, errno.ENOBUFS})
"""The system has no more files, processes or memory to give; it may have later, so nothing ends by it."""

DATABASE = "events.db"

GRACE_S = 1.0
"""Within two seconds of SIGTERM every output is off: half of that is for the loop to end by itself."""

RESTART_CODE = 75
"""EX_TEMPFAIL of sysexits.h: the unit starts what ends so again (Restart=on-failure)."""

RESTART_AFTER_S = 70.0
"""Younger than this it is not restarted by hand: systemd gives up a service that starts five times in five minutes."""

HEALTH_LOG_S = 600.0
"""How often the log says how the kiosk does, besides every fault that begins or ends."""

LoadConfig = Callable[[], Config]


class Service:
    """A kiosk with its health, its journal, its pages, and its line to systemd.

    Args:
        config: the whole configuration.
        settings: reads the configuration again, for SIGHUP, and keeps what is changed at run time.
        accepted: keeps what was read again and can be used.
        report: told every change of state and of a pin.
        sinks: given every observation, by name.
        live: whether frames come from a camera rather than a recording.
        stop: ends the run after the present frame, by whoever sets it.
        clock: monotonic seconds, by which a live camera's frames are stamped.

    Raises:
        ModelError: if a network cannot be loaded.
        SignalError: if a line cannot be had.
    """

    def __init__(  # noqa: PLR0915 - one statement for each part, in the order in which they are made
        self,
        config: Config,
        *,
        settings: Settings,
        accepted: AcceptedConfig,
        report: Report,
        sinks: Mapping[str, Sink],
        live: bool,
        stop: StopEvent | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._stop = stop or StopEvent()
        self._ended = StopEvent()
        self.is_to_restart = False
        self._camera: Camera | None = None
        self._log_due = time.monotonic() + HEALTH_LOG_S
        self._trial: Trial | None = None
        with ExitStack() as stack:
            # Whoever is told is made before whoever tells, and threads start when everybody they tell is there.
            self._recent_log = stack.enter_context(RecentLog())
            self._manager = stack.enter_context(ServiceManager.from_environment())
            self.in_use = in_use = ConfigInUse(config)
            self._event_log = _event_log(in_use) if live else None
            self.controls = Controls()
            self.others = Others()
            self._fleet = Fleet(self._event_log, self.others)
            self._journal = Journal(
                self._record, describe=self._event_log.describe if self._event_log else describe_to_nobody
            )
            self.setup = SetupMode(self._journal.audit)
            self.health = HealthMonitor(
                model=lambda: in_use().classifier.model, on_fault=self._tell_fault, on_state=self._journal.show
            )
            if self._event_log is not None:
                stack.callback(self._event_log.close)
                self._event_log.start(on_trouble=self._tell_trouble, on_written=self._fleet.wake)
            stack.callback(self._fleet.close)
            self._voice = _open_voice(in_use, self.health) if live else None
            if self._voice is not None:
                stack.callback(self._voice.close)
            self._pace = Pace(self.health, longest_s=lambda: in_use().people.reread_s) if live else None
            self._supply = Supply(self.health, votes=self._votes, break_s=GAP_S) if live else None
            web = self._open_web()
            collector = _collector(in_use) if live else None
            self._setup_pages = SetupPages(self._make_setup_web)
            further: dict[str, Sink] = {**(web.sinks if web else {}), "setup": self._setup_pages}
            if collector is not None:
                stack.callback(collector.close)
                further["collector"] = collector
            guarded = self._guarded({**sinks, "telemetry": self._fleet, **further})
            if live and state_folder() is not None:
                self._trial = Trial(ModelStore(store_folder()), self._journal.audit)
                stack.callback(self._trial.suspend)
            self._kiosk = Kiosk(
                in_use,
                load_networks=LoadedNetworks(load_networks, self._trial),
                report=report,
                sinks=guarded,
                health=self.health,
                journal=self._journal,
                controls=self.controls,
                tell_time=self._fleet.tell_time,
                latches=Latches(state_folder() if live else None),
                notice=collector.notice if collector else notice_nobody,
                live=live,
                clock=clock,
            )
            stack.callback(self._ended.set)
            stack.callback(self._kiosk.close)
            self.trials = Trials(
                self._kiosk, PinResults(state_folder() or settings_folder(in_use())), audit=self._journal.audit
            )
            self.reloading = Reloading(
                settings=settings,
                accepted=accepted,
                in_use=in_use,
                kiosk=self._kiosk,
                health=self.health,
                journal=self._journal,
                manager=self._manager,
            )
            self._actions = Actions(
                mute=self._kiosk.mute,
                acknowledge=self._acknowledge,
                lock_down=self._kiosk.lock_down,
                reset_fire=self._kiosk.reset_fire,
                reload=self.reloading,
                take_over_model=self._kiosk.take_over_model,
            )
            if live:
                self._fleet.open(
                    in_use,
                    self.controls,
                    health=self.health,
                    model=self._model,
                    ignored=self._kiosk.census.totals,
                )
            if live:
                self._open_local(stack)
            if self._voice is not None:
                self._voice.start()
            if web:
                stack.callback(web.close)
                web.server.start()
            self._resources = stack.pop_all()

    def run_recording(self, camera: Camera) -> None:
        """Watch a clip or folder once, to its end."""
        self._begin()
        with closing(camera):
            self._watch(camera)

    def run_live(self, open_source: Callable[[CameraConfig], Camera]) -> None:
        """Watch a camera until told to stop; a lost one is FAULT, and is opened again after a pause."""
        self._begin()
        failures = refusals = 0
        while not self._stop.is_set():
            started, seen, source = time.monotonic(), self.health.health().frames, self.in_use().camera
            try:
                with closing(open_source(self.in_use().camera)) as camera:
                    self._watch(camera)
            except Exception as error:  # a door must not stay unwatched for what may pass or be taken back
                if _may_pass(error):
                    # A camera that worked for a while starts with short pauses again; one that was stuck did not work.
                    has_shown = self.health.health().frames > seen and not isinstance(error, CameraFrozenError)
                    if has_shown and time.monotonic() - started > RETRY_S[-1]:
                        failures = refusals = 0
                    is_refused = isinstance(error, CameraRefusedError)
                    failures, refusals = failures + 1, refusals + is_refused
                    pauses, count = (REFUSED_RETRY_S, refusals) if is_refused else (RETRY_S, failures)
                    self._lose_camera(error, pauses[min(count, len(pauses)) - 1])
                elif not self._take_back(error):
                    raise
            if self.in_use().camera != source:
                failures = refusals = 0

    def stop(self) -> None:
        """Have the run end, at the latest after the present frame; from any thread but not from a signal's handler."""
        self._stop.set()
        camera = self._camera
        if camera is not None:
            camera.stop()

    def terminate(self) -> None:
        """Stop, and if the run does not end by itself, leave the outputs off all the same; waits up to GRACE_S."""
        self.stop()
        if not self._ended.wait(GRACE_S):
            log.error("loop=hangs effect='outputs switched off without it'")
            self._kiosk.release_outputs()

    def restart(self, by: str) -> None:
        """End the run in an orderly way, every output off, for systemd to start the service again; returns at once.

        Raises:
            OrderRefusedError: if it has only just started.
        """
        left_s = RESTART_AFTER_S - self.health.health().uptime_s
        if left_s > 0:
            raise OrderRefusedError(f"the service has only just started; wait {ceil(left_s)} s")
        self._journal.audit(f"{by}: restart of the service")
        self.is_to_restart = True
        Thread(target=self.terminate, name="restart", daemon=True).start()

    def close(self) -> None:
        """Leave every output off, write what is still to be written; may be called again."""
        if self._ended.is_set():
            return
        self._manager.stopping()
        self._journal.service("stopped")
        self._resources.close()

    def _begin(self) -> None:
        self._journal.service("started")
        self._manager.ready(self.health.health().as_line())

    def _watch(self, camera: Camera) -> None:
        source = self.in_use().camera
        self._camera = camera
        if self._stop.is_set():
            return
        if self._supply is not None:
            self._supply.begin()
        for observation in self._kiosk.watch(iter(camera.frames())):
            # A process that was stopped cannot let go of an open door: only who watches it can.
            self._manager.watch_closely(observation.state is AlarmState.PASS)
            self.controls.obey(self._actions)
            self._beat()
            if self._trial is not None:
                self._trial.beat()
            if self._supply is not None:
                self._supply(observation.frame)
            if self._pace is not None:
                self._stop.wait(self._pace())
            if self._stop.is_set() or self.in_use().camera != source:
                return

    def _take_back(self, error: Exception) -> bool:
        """Go on with the model or the configuration before, if the present one is new; False if neither is."""
        if isinstance(error, ModelError) and self._trial is not None and self._trial.fail(error):
            self._kiosk.take_over_model()
            return True
        return self.reloading.go_back(error)

    def _lose_camera(self, error: Exception, pause_s: float) -> None:
        cause, remedy = str(error) or type(error).__name__, "check cable and power of the camera"
        if isinstance(error, CameraRefusedError):
            cause += f"; tried again in {pause_s:.0f} s, since cameras lock accounts"
            remedy = "correct user and password in camera.source, then reload: it is tried at once"
            log.warning("camera=refused again_in_s=%.0f", pause_s)
        elif not isinstance(error, MaskgateError):
            remedy = "see what takes the machine's files and memory"
        self.health.fail("camera", cause, remedy, level=Level.FAULT)
        self._kiosk.fail(self._clock())
        self._manager.watch_closely(False)
        self._manager.status(self.health.health().as_line())
        self._pause(pause_s)

    def _pause(self, seconds: float) -> None:
        """Wait until it is over, the run is to end, or the configuration names another camera."""
        source, until = self.in_use().camera, time.monotonic() + seconds
        while True:
            self.controls.obey(self._actions)
            self._beat()
            left_s = until - time.monotonic()
            if left_s <= 0 or self.in_use().camera != source or self._stop.wait(min(left_s, PAUSE_STEP_S)):
                return

    def _beat(self) -> None:
        """The loop is alive: systemd is told often, the log now and then."""
        self._manager.beat(lambda: self.health.health().as_line())
        if time.monotonic() >= self._log_due:
            log.info("health %s", self.health.health().as_line())
            self._log_due = time.monotonic() + HEALTH_LOG_S

    def _tell_fault(self, fault: Fault, begins: bool) -> None:
        self._journal.fault(fault, begins=begins)
        self._manager.renew_status()

    def _tell_trouble(self, trouble: Trouble | None) -> None:
        log_trouble(trouble)
        if trouble is None:
            self.health.recover("events")
        else:
            self.health.fail("events", trouble.cause, trouble.remedy)

    def _record(self, event: Event) -> None:
        if self._event_log is not None:
            self._event_log.record(event)
        self._fleet.record(event)

    def _votes(self) -> tuple[int, float]:
        people = self.in_use().people
        return people.min_votes, people.window_s

    def _acknowledge(self, by: str) -> None:
        self._kiosk.acknowledge(by)
        if self._voice is not None:
            self._voice.hush()

    def _model(self) -> ModelFacts:
        return read_facts(find_model(self.in_use().classifier.model))

    def _guarded(self, sinks: Mapping[str, Sink]) -> tuple[GuardedSink, ...]:
        return tuple(GuardedSink(name, sink, self.health) for name, sink in sinks.items())

    def _make_web(self, at: WebConfig | None = None) -> Web:
        from edge.web.start import open_web

        return open_web(
            self.in_use,
            controls=self.controls,
            health=self.health,
            audit=self._journal.audit,
            settings=self._settings,
            database=None if self._event_log is None else self._event_log.path,
            trials=lambda: self.trials,
            test_notify=lambda: send_test_messages(self.in_use()),
            test_sound=None if self._voice is None else self._voice.test,
            setup=self.setup,
            recent_log=lambda: self._recent_log.lines,
            restart=self.restart if self._manager.is_there else None,
            others=self.others,
            at=at,
        )

    def _make_setup_web(self) -> tuple[Web, SetupAddress]:
        """Pages for the set-up alone, on an address and with a certificate of their own.

        Raises:
            ConfigError: if the extra is missing, or there is no folder for password and certificate.
        """
        try:
            from edge.web.setup_address import setup_address
        except ImportError as error:
            raise ConfigError(f"{error.name} is missing: {how_to_add('web')}, then restart the service") from error
        at, address = setup_address(self.in_use().web, settings_folder(self.in_use()))
        return self._make_web(at), address

    def _begin_setup(self, seconds: float, by: str) -> SetupAddress:
        """Begin the set-up, and serve its pages until it is over.

        Raises:
            ConfigError: see `_make_setup_web`.
        """
        address = self._setup_pages.open()
        # Before it begins: however short it is, the pages end with it.
        self.setup.at_end(self._setup_pages.close)
        self.setup.begin(by, seconds)
        return address

    def _open_local(self, stack: ExitStack) -> None:
        """The socket for commands on this machine, where systemd has made a folder for it."""
        stack.callback(self._setup_pages.close)
        stack.callback(self.setup.close)
        folder = runtime_folder()
        if folder is None:
            return
        try:
            stack.callback(
                LocalServer(
                    folder,
                    answers(self.trials, self._kiosk.census, self._begin_setup, self.setup, self._journal.audit),
                ).close
            )
        except OSError as error:
            cause = f"{folder}: its socket cannot be made ({error.strerror})"
            self.health.fail("local", cause, "restart the service; until then commands cannot ask it")

    def _open_web(self) -> Web | None:
        """Status page, door screen and API, where they are asked for; without them the door is watched all the same."""
        if self.in_use().web.listen is None:
            return None
        try:
            return self._make_web()
        except ImportError as error:
            self.health.fail("web", f"{error.name} is missing", f"{how_to_add('web')}, then restart")
        except ConfigError as error:
            self.health.fail("web", str(error), "correct it, then restart the service")
        return None


def _collector(in_use: ConfigInUse) -> Collector | None:
    """What keeps faces for labelling; none where there is no folder for them."""
    folder = settings_folder(in_use())
    if folder is None:
        return None

    def wanted() -> Wanted:
        collect = in_use().collect
        is_time = collect.until is not None and datetime.now().astimezone(in_use().door.zone).date() <= collect.until
        return Wanted(is_time, collect.max_margin, collect.blur_eyes)

    kept = uncertain_faces(folder, most=lambda: in_use().collect.most, max_age_days=lambda: in_use().collect.days)
    return Collector(kept, wanted=wanted)


def _event_log(in_use: ConfigInUse) -> EventLog | None:
    """The database of events; none if none is configured and there is no state folder."""
    folder = state_folder()
    path = in_use().events.database or (folder and folder / DATABASE)

    def bounds() -> Bounds:
        events = in_use().events
        return Bounds(events.max_age_days, events.max_megabytes * 2**20)

    return None if path is None else EventLog(path, bounds=bounds)


def _open_voice(in_use: ConfigInUse, health: HealthMonitor) -> Voice | None:
    """What speaks at the door; None if nothing is to be said."""
    if not in_use().voice.enabled:
        return None

    def wishes() -> Wishes:
        voice = in_use().voice
        speaks = is_open([parse_span(text) for text in voice.hours], datetime.now().astimezone(in_use().door.zone))
        manners = Manners(say=voice.say if speaks else (), repeat_s=voice.repeat_s)
        return Wishes(manners, in_use().web.languages, voice.folder, voice.volume)

    return Voice(health.scene, wishes, Speaker(in_use().voice.device), health)


def _may_pass(error: Exception) -> bool:
    """Whether it may go on later: the camera is lost, or the system has nothing left to give."""
    if isinstance(error, OSError):
        return error.errno in EXHAUSTED
    return isinstance(error, CameraError | InputError | MemoryError)


def open_service(make: Callable[[Config], Service], *, load: LoadConfig, accepted: AcceptedConfig) -> Service:
    """A service with the present configuration or, if that cannot be used, with the one accepted last.

    A door must not stay unwatched because of a slip in a file that nobody noticed until the next start.

    Raises:
        UsageError: if the command line is wrong.
        Exception: what made the present one fail, if there is no other, or that cannot be used either.
    """
    last = accepted.load()
    try:
        config = load()
        service = make(config)
    except UsageError:
        raise
    except Exception as error:  # whatever failed
        if last is None:
            raise
        refusal = as_refusal(error)
        log.error("config=refused effect='the one accepted last is used' cause=%r", str(refusal))
        service = make(last)
        service.reloading.tell_refused(refusal)
    else:
        accepted.keep(config)
        if last not in (None, config):
            service.reloading.try_out(last)
    return service


def open_live(camera: CameraConfig) -> Camera:
    """The camera a configuration names.

    Raises:
        InputError: if it is a file that cannot be read.
    """
    return open_camera(camera.source, replay=False, settings=camera.settings)


def signals_obeyed(service: Service) -> AbstractContextManager[None]:
    """SIGTERM and SIGINT end the run, SIGHUP reads the configuration again."""
    return listening(
        {signal.SIGTERM: service.terminate, signal.SIGINT: service.terminate, signal.SIGHUP: service.controls.reload}
    )
