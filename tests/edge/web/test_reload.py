"""A reload reaches everybody, or says who waits for a restart: every key of the schema, in a kiosk with its pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from edge import service as service_module
from edge.assembly import loading as loading_module
from edge.assembly.loading import load_networks
from edge.config.accepted import AcceptedConfig
from edge.config.schema import Config, Section
from edge.config.settings import Settings
from edge.networks.classifier import Classifier
from edge.service import Service, open_live
from edge.timing import utc_now
from edge.types import Box, Image, MaskKind, Reading
from edge.web.people.access import Access
from edge.web.people.roles import Scope
from tests.edge.web.conftest import BARE, MASKED, Door, find_face, judge
from tests.network_camera import free_port

TRIANGLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))

OTHER: dict[str, dict[str, Any]] = {
    "door": {"name": "Back door", "place": "Yard", "time_zone": "Asia/Kathmandu"},
    "camera": {
        "source": "usb:7", "width": 1280, "height": 720, "fps": 12, "turn_deg": 180, "mirrored": True, "loop": True,
        "focus_m": 2.0, "exposure_ms": 8.0, "gain": 2.0, "exposure_ev": 1.0, "metering": "spot", "flicker_hz": 50,
    },
    "detector": {
        "name": "yunet", "min_score": 0.61, "start_score": 0.71, "min_face": 0.06, "still_s": 0.4, "min_change": 5.5,
    },
    "classifier": {"model": "mask-mobilenetv2", "threads": 3},
    "zones": {"region": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), "ignored": (TRIANGLE,)},
    "quality": {"min_face_px": 20, "min_sharpness": 0.5, "min_aspect": 0.35, "min_gap": 0.02, "min_brightness": 1.0},
    "people": {
        "min_iou": 0.25, "memory_s": 0.6, "min_presence_s": 0.2, "min_share": 0.65, "window_s": 1.1, "min_votes": 4,
        "majority": 0.65, "max_readings": 3,
    },
    "alarm": {
        "mode": "remind", "hold_s": 1.5, "settle_s": 0.25, "cool_down_s": 0.5, "mute_s": 99.0,
        "hours": ("00:00-12:00", "12:00-00:00"), "required": "medical",
        "required_hours": ("respirator 07:00-19:00",), "wrong_kind": "remind",
    },
    "signals": {
        "driver": "auto", "chip": "pinctrl-test", "green": 5, "red": 6, "buzzer": 12, "amber": 13, "relay": 19,
        "relay_pulse_hz": 10.0, "button": 26, "active_low": ("relay",), "sound": "beep",
    },
    "relay": {"mode": "pulse", "pulse_s": 2.0, "exit_s": 4.0, "open_hours": ("00:00-00:01",)},
    "inputs": {
        "contact": 20, "exit_button": 21, "lockdown": 16, "fire": 23, "active_low": ("contact",), "pull": "down",
        "debounce_s": 0.04, "grace_s": 4.0, "held_open_s": 20.0,
    },
    "voice": {
        "enabled": False, "device": "hw:7", "say": ("pass", "without_mask"), "repeat_s": 1.0, "volume": 0.5,
        "hours": ("00:00-12:00", "12:00-00:00"), "folder": Path("/nowhere/sounds"),
    },
    "door_screen": {
        "logo": Path("/nowhere/logo.png"), "title": "West", "texts": {"en": {"pass": "Come in"}}, "mirror": True,
    },
    "collect": {
        "until": (utc_now().date() + timedelta(days=2)).isoformat(), "days": 3.0, "most": 50, "max_margin": 1.0,
        "blur_eyes": False,
    },
    "events": {"database": "/nowhere/events.db", "max_age_days": 30.0, "max_megabytes": 32},
    "models": {"keys": ("/nowhere/key.pem",)},
    "metrics": {"listen": "127.0.0.1:1"},
    "mqtt": {
        "host": "broker.example", "port": 1884, "tls": False, "authorities": "/nowhere/ca.pem",
        "certificate": "/nowhere/kiosk.pem", "key": "/nowhere/kiosk.key", "username": "kiosk",
        "password_file": "/nowhere/password", "prefix": "doors", "name": "west", "home_assistant": "homeassistant",
        "queue_events": 500,
    },
    "notify": {
        "urls": ("json://127.0.0.1:1",), "webhook": "http://127.0.0.1:1", "webhook_secret_file": "/nowhere/secret",
        "rules": ("alert",), "alert_s": 0.0, "fault_s": 5.0, "quiet_hours": ("00:00-00:01",), "per_hour": 3,
        "queue": 100, "picture": True, "report": "weekly mon 07:00", "urls_file": "/nowhere/urls",
    },
    "web": {
        "listen": "127.0.0.1:1", "certificate": "/nowhere/web.pem", "key": "/nowhere/web.key",
        "trusted_proxies": ("127.0.0.9",), "host_names": ("door.example.org",), "folder": "/nowhere",
        "show_faces": True, "open_door_screen": True, "languages": ("en", "de"), "snapshots": True,
        "snapshot_days": 3.0, "login_header": "Remote-User", "doors": True,
    },
}  # fmt: skip
"""Another value for every key."""

RESTART = {
    "events": {"database"},
    "metrics": set(OTHER["metrics"]),
    "voice": {"enabled", "device"},
    "mqtt": set(OTHER["mqtt"]),
    "notify": {"urls", "urls_file", "webhook", "webhook_secret_file", "queue"},
    "web": {"listen", "certificate", "key", "trusted_proxies", "folder", "doors"},
}
"""What a running kiosk cannot exchange: its files, and its lines to the network."""

PATIENCE_S = 20.0


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str, str]]:
    """Every value that anybody has asked a section for, by the section's class and the key."""
    values: set[tuple[str, str, str]] = set()

    def ask(section: Section, name: str) -> Any:
        value = object.__getattribute__(section, name)
        if name in type(section).model_fields:
            values.add((type(section).__name__, name, repr(value)))
        return value

    monkeypatch.setattr(Section, "__getattribute__", ask, raising=False)
    return values


def _secret(folder: Path) -> Path:
    path = folder / "webhook-secret"
    path.write_text("0123456789abcdef")
    return path


class Kiosk:
    """A kiosk with a page, a database and a broker that is not there; `wanted` is what the next reload reads."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.key = Access(folder).tokens.add("test", (Scope.PICTURE,))
        self.wanted = Config.model_validate(
            {
                "signals": {"driver": "mock", "button": 25},
                "events": {"database": str(folder / "events.db")},
                "voice": {"enabled": True, "device": "null"},
                "mqtt": {"host": "127.0.0.1", "port": free_port()},
                "notify": {
                    "webhook": f"http://127.0.0.1:{free_port()}",
                    "webhook_secret_file": str(_secret(folder)),
                },
                "web": {"listen": f"127.0.0.1:{self.port}", "folder": str(folder)},
            }
        )
        self.before = self.wanted
        self.service = Service(
            self.wanted,
            settings=Settings(lambda: self.wanted),
            accepted=AcceptedConfig(None),
            report=lambda change: None,
            sinks={},
            live=True,
        )
        self._thread = Thread(target=self.service.run_live, args=(open_live,), daemon=True)
        self._thread.start()

    def get(self, path: str, *, key: str | None = None) -> int:
        """A page's status; 0 while the server does not answer."""
        try:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers).status_code
        except httpx.TransportError:
            return 0

    def close(self) -> None:
        self.service.stop()
        self._thread.join()
        self.service.close()


def judge_kinds(image: Image, box: Box) -> Reading:
    """Whoever is masked wears a respirator, should one be required."""
    return replace(judge(image, box), kinds=((MaskKind.RESPIRATOR, 0.9), (MaskKind.CLOTH, 0.1)))


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> list[Door]:
    """The cameras that were opened; networks that need no files."""
    opened: list[Door] = []

    def open_camera(source: str, **_: object) -> Door:
        opened.append(Door())
        return opened[-1]

    monkeypatch.setattr(service_module, "open_camera", open_camera)
    monkeypatch.setattr(service_module, "load_networks", load_networks)
    monkeypatch.setattr(loading_module, "load_detector", lambda **_: find_face)
    for module in (service_module, loading_module):
        monkeypatch.setattr(module, "find_model", Path)
    monkeypatch.setattr(Classifier, "load", lambda folder, **_: judge_kinds)
    return opened


@pytest.fixture
def kiosk(tmp_path: Path, doors: list[Door]) -> Iterator[Kiosk]:
    kiosk = Kiosk(tmp_path)
    until(lambda: kiosk.get("/healthz") == 200)
    yield kiosk
    kiosk.close()


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_every_key_is_in_force_after_a_reload_or_waits_for_a_restart(
    kiosk: Kiosk, doors: list[Door], read: set[tuple[str, str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the schema has: somebody works with the new value, or everybody is told that it waits."""
    caplog.set_level("INFO")
    wanted = Config.model_validate(OTHER)
    keys = [(name, key) for name in Config.model_fields for key in type(getattr(wanted, name)).model_fields]
    assert set(keys) == {(name, key) for name, values in OTHER.items() for key in values}
    read.clear()
    kiosk.wanted = wanted
    reloaded = kiosk.service.controls.reload().result(PATIENCE_S)

    def use_all() -> bool:
        """Everything that people and programs do with a kiosk: come, hold the button, look, order a model."""
        doors[-1].scene = BARE if doors[-1].scene == MASKED else MASKED
        kiosk.service._kiosk._hold()
        kiosk.get("/door")
        kiosk.get("/login")
        kiosk.get("/api/v1/picture.jpg", key=kiosk.key)
        telemetry = kiosk.service._fleet._telemetry
        assert telemetry is not None
        telemetry._commands("install", b'{"url": "http://127.0.0.1:9/bundle"}', False)
        time.sleep(0.3)
        return not unread()

    def unread() -> list[str]:
        sections = {name: getattr(wanted, name) for name in Config.model_fields}
        values = {(name, key): vars(section)[key] for name, section in sections.items() for key in vars(section)}
        return [
            f"{name}.{key}"
            for name, key in keys
            if f"{name}.{key}" not in reloaded.waiting
            and (type(sections[name]).__name__, key, repr(values[name, key])) not in read
        ]

    deadline = time.monotonic() + PATIENCE_S
    while not use_all() and time.monotonic() < deadline:
        pass
    assert unread() == []
    assert set(reloaded.waiting) == {f"{name}.{key}" for name, waiting in RESTART.items() for key in waiting}
    now = kiosk.service.in_use()
    for name, key in keys:
        source = kiosk.before if key in RESTART.get(name, ()) else wanted
        assert vars(getattr(now, name))[key] == vars(getattr(source, name))[key], f"{name}.{key}"
    (fault,) = [fault for fault in kiosk.service.health.health().faults if fault.component == "restart"]
    assert all(key in fault.cause for key in reloaded.waiting)
    assert f"config=reloaded changed={','.join(reloaded.changed)} waiting={','.join(reloaded.waiting)}" in caplog.text


def test_what_waits_is_told_until_it_is_in_force(kiosk: Kiosk) -> None:
    """Taken back in the file, the key waits no more; health is well again, and events tell both."""
    web = kiosk.before.web.model_copy(update={"listen": "127.0.0.1:1"})
    kiosk.wanted = kiosk.before.model_copy(update={"web": web})
    told = str(kiosk.service.controls.reload().result(PATIENCE_S))
    assert told == "configuration reloaded; web.listen waits for a restart"
    (fault,) = [fault for fault in kiosk.service.health.health().faults if fault.component == "restart"]
    assert (fault.cause, fault.remedy) == ("web.listen waits for a restart", "sudo systemctl restart maskgate")
    kiosk.wanted = kiosk.before
    assert str(kiosk.service.controls.reload().result(PATIENCE_S)) == "configuration reloaded"
    assert "restart" not in {fault.component for fault in kiosk.service.health.health().faults}


def test_a_door_screen_is_closed_by_a_reload(kiosk: Kiosk) -> None:
    """Who may see it is asked at each request, not when the server starts."""
    for is_open, status in ((True, 200), (False, 401), (True, 200)):
        web = kiosk.before.web.model_copy(update={"open_door_screen": is_open})
        kiosk.wanted = kiosk.before.model_copy(update={"web": web})
        kiosk.service.controls.reload().result(PATIENCE_S)
        assert kiosk.get("/door") == status
