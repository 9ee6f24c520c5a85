"""The line to a real Mosquitto, with TLS and passwords."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty
from typing import Any

import numpy as np
import pytest

from edge.events.database import open_database
from edge.events.history import Tally
from edge.events.outbox import Outbox
from edge.health import HealthMonitor, Level
from edge.mqtt import telemetry as telemetry_module
from edge.mqtt.commands import Action
from edge.mqtt.connection import Broker, Tls
from edge.mqtt.conversation import Sources
from edge.mqtt.messages import ModelMessage
from edge.mqtt.telemetry import Telemetry
from edge.mqtt.topics import Topics
from edge.rollout.orders import Order
from edge.types import AlarmState, Doorway, Event, EventKind, Frame, Observation, Ruling
from tests.broker import Authority, Mosquitto, Operator, needs_mosquitto, wait_until
from tests.builders import event_log

pytestmark = needs_mosquitto

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
TOPICS = Topics("maskgate", "east")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect again at once, look often."""
    monkeypatch.setattr(telemetry_module, "LONGEST_PAUSE_S", 0.2)
    monkeypatch.setattr(telemetry_module, "TICK_S", 0.1)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


def do_nothing(command: object, done: Callable[[str], None], refused: object) -> None:
    done("nothing")


class Kiosk:
    """What a kiosk tells and is told, without the kiosk."""

    def __init__(
        self, folder: Path, broker: Broker, actions: Mapping[str, Action] | None = None, *, name: str = "east"
    ) -> None:
        self.health = HealthMonitor(model=lambda: "test")
        self.orders: list[Order | None] = []
        self.has_door = True
        self.retained: dict[str, bytes] = {}
        open_database(folder / "events.db").close()
        self.telemetry = Telemetry(
            broker,
            replace(TOPICS, kiosk=name),
            sources=Sources(
                health=self.health.health,
                today=lambda: Tally(T0, with_mask=3, without_mask=1, alerts=1),
                model=lambda: ModelMessage(model="test", version=0, trial=False, failed={}),
                retained=lambda: self.retained,
                has_door=lambda: self.has_door,
            ),
            outbox=Outbox(folder / "events.db", "mqtt", limit=10_000),
            actions=actions or {},
            follow=self.orders.append,
            monitor=self.health,
            birth="homeassistant/status",
        )
        self.log = event_log(folder / "events.db", on_written=self.telemetry.wake)

    def see(self, state: AlarmState) -> None:
        observation = Observation(Frame(np.zeros((4, 4, 3), np.uint8), 0.0, 0), (), state)
        self.health.beat(observation)
        self.telemetry(observation)

    def tell(self, *details: str) -> None:
        for detail in details:
            self.log.record(Event(EventKind.AUDIT, T0, detail=detail))

    @property
    def faults(self) -> dict[str, tuple[str, str]]:
        return {fault.component: (fault.cause, fault.remedy) for fault in self.health.health().faults}

    def close(self) -> None:
        self.log.flush()
        self.telemetry.close()
        self.log.close()

    def __enter__(self) -> Kiosk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def on(leaf: str, **content: Any) -> Callable[[str, bytes], bool]:
    """Whether a message is this kiosk's `leaf` with this content."""

    def wanted(topic: str, payload: bytes) -> bool:
        return topic == TOPICS(leaf) and json.loads(payload).items() >= content.items()

    return wanted


def text(leaf: str, payload: bytes) -> Callable[[str, bytes], bool]:
    return lambda topic, received: (topic, received) == (TOPICS(leaf), payload)


def test_a_kiosk_tells_how_it_does_and_what_happens(broker: Mosquitto, tmp_path: Path) -> None:
    """State on change, health and counters retained, events once each; goodbye at the end."""
    with Operator(broker) as operator:
        with Kiosk(tmp_path, broker.address) as kiosk:
            operator.wait_for(text("available", b"online"))
            operator.wait_for(on("state", state="idle", people=0, muted=False))
            assert json.loads(operator.wait_for(on("health", level="ok")))["model"] == "test"
            operator.wait_for(on("counters", day="2026-03-01", with_mask=3, compliance=0.75, events_dropped=0))
            kiosk.see(AlarmState.ALERT)
            operator.wait_for(on("state", state="alert"))
            kiosk.health.show_doorway(Doorway(Ruling.LOCKDOWN, unlocked=False, is_open=True, lockdown=True))
            operator.wait_for(on("door", ruling="lockdown", unlocked=False, open=True, warning=None, lockdown=True))
            kiosk.health.show_doorway(None)
            kiosk.has_door = False
            operator.wait_for(text("door", b""))
            kiosk.tell("first", "second")
            event = json.loads(operator.wait_for(on("event", detail="first")))
            assert (event["id"], event["at"], event["kind"]) == (1, "2026-03-01T08:00:00Z", "audit")
            operator.wait_for(on("event", detail="second", id=2))
            kiosk.health.fail("camera", "lost", "plug it in", level=Level.FAULT)
            operator.wait_for(on("state", state="fault"))
            operator.wait_for(on("health", level="fault", state="fault"))
        operator.wait_for(text("available", b"offline"))
    with Operator(broker, "newcomer") as newcomer:
        newcomer.wait_for(lambda topic, payload: topic == TOPICS("available") and payload == b"offline")


def test_who_starts_later_is_told_again(broker: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Home Assistant's word that it is online has the kiosk introduce itself anew; no other word, and no old one."""
    monkeypatch.setattr(telemetry_module, "BIRTH_SPREAD_S", 0.2)
    device = "homeassistant/device/east/config"
    with Operator(broker, "starter", topics=("homeassistant/#",)) as operator:
        operator.say("homeassistant/status", b"online", retain=True)
        with Kiosk(tmp_path, broker.address) as kiosk:
            kiosk.retained = {device: b"{}"}
            operator.wait_for(lambda topic, payload: (topic, payload) == (device, b"{}"))
            operator.say(device, b"", retain=True)
            operator.say("homeassistant/status", b"offline")
            operator.wait_for(lambda topic, payload: (topic, payload) == (device, b""))
            with suppress(Empty):
                while True:
                    assert operator.heard.get(timeout=1.0)[0] != device
            operator.say("homeassistant/status", b"online")
            operator.wait_for(lambda topic, payload: (topic, payload) == (device, b"{}"))


def test_a_broker_that_restarts_loses_no_event(tmp_path: Path) -> None:
    """What was told before, while and after it was away arrives in order; a repetition can be told by its id."""
    with Mosquitto(tmp_path) as broker, Operator(broker) as operator, Kiosk(tmp_path, broker.address) as kiosk:
        kiosk.tell(*(f"before {n}" for n in range(50)))
        operator.wait_for(on("event", detail="before 10"))
        broker.stop()
        kiosk.tell(*(f"while {n}" for n in range(300)))
        wait_until(lambda: "mqtt" in kiosk.faults)
        broker.start()
        kiosk.tell("after")
        heard = [json.loads(operator.wait_for(on("event")))]
        while heard[-1]["detail"] != "after":
            heard.append(json.loads(operator.wait_for(on("event"))))
        wait_until(lambda: kiosk.telemetry.waiting == 0)
        assert kiosk.telemetry.dropped == 0
        assert kiosk.faults == {}
    details = list(dict.fromkeys(event["detail"] for event in sorted(heard, key=lambda event: event["id"])))
    assert details[-301:] == [*(f"while {n}" for n in range(300)), "after"]
    assert {event["id"] for event in heard} >= set(range(12, 352))


def test_a_kiosk_that_dies_is_announced(broker: Mosquitto, tmp_path: Path) -> None:
    """The broker speaks the last will of one that is gone without a goodbye, as after a power cut."""
    with Operator(broker) as operator, Kiosk(tmp_path, broker.address) as kiosk:
        operator.wait_for(text("available", b"online"))
        wait_until(lambda: kiosk.telemetry.connected)
        connection = kiosk.telemetry._connection
        assert connection is not None
        raw = connection._opened().socket()
        assert isinstance(raw, socket.socket)
        raw.shutdown(socket.SHUT_RDWR)
        operator.wait_for(text("available", b"offline"))
        operator.wait_for(text("available", b"online"))


def test_commands_are_obeyed_and_answered(broker: Mosquitto, tmp_path: Path) -> None:
    """A good one, a wrong one, one that is too large, and a retained one."""
    muted = []

    def mute(command: Any, done: Callable[[str], None], refused: object) -> None:
        muted.append(command.seconds)
        done("muted")

    with Operator(broker) as operator, Kiosk(tmp_path, broker.address, {"mute": mute}) as kiosk:
        wait_until(lambda: kiosk.telemetry.connected)
        operator.wait_for(text("available", b"online"))
        operator.say(TOPICS.command("mute"), b'{"seconds": 60, "id": "a"}')
        operator.wait_for(on("answer", command="mute", id="a", ok=True, text="muted"))
        operator.say(TOPICS.command("mute"), b'{"seconds": -1}')
        wrong = on("answer", ok=False, text="seconds: Input should be greater than or equal to 0")
        operator.wait_for(wrong)
        operator.say(TOPICS.command("mute"), b'{"seconds": 1' + b" " * 5000 + b"}")
        operator.wait_for(on("answer", ok=False, text="5014 bytes; a command has at most 4096"))
        # More than a kiosk is ready to receive at all: the broker keeps it, and the line stands.
        operator.say(TOPICS.command("mute"), b" " * 1_000_000)
        operator.say(TOPICS.command("mute"), b'{"seconds": 5}')
        operator.wait_for(on("answer", ok=True))
    assert muted == [60, 5]


def test_a_roll_out_reaches_every_kiosk_that_comes(broker: Mosquitto, tmp_path: Path) -> None:
    """A kiosk that connects later hears of it, too; a wrong one is answered, an empty one ends it."""
    order = b'{"url": "https://models.example/3", "model": "mask-mobilenetv2", "version": 3, "percent": 10}'
    with Operator(broker) as operator:
        operator.say(TOPICS.rollout, order, retain=True)
        with Kiosk(tmp_path, broker.address) as kiosk:
            operator.wait_for(on("model", version=0, trial=False))
            wait_until(lambda: kiosk.orders == [Order("https://models.example/3", "mask-mobilenetv2", 3, 10.0, 300.0)])
            operator.say(TOPICS.rollout, order.replace(b"10", b"110"))
            operator.wait_for(
                on("answer", command="rollout", ok=False, text="percent: Input should be less than or equal to 100")
            )
            operator.say(TOPICS.rollout, b"", retain=True)
            wait_until(lambda: kiosk.orders[1:] == [None])


def refusal(folder: Path, broker: Broker) -> tuple[str, str]:
    """Why a kiosk gets no connection, and what to do."""
    with Kiosk(folder, broker) as kiosk:
        wait_until(lambda: "mqtt" in kiosk.faults)
        return kiosk.faults["mqtt"]


def test_a_wrong_password_is_refused(broker: Mosquitto, tmp_path: Path) -> None:
    """Health names the cause and what to mend."""
    (tmp_path / "password").write_text("guessed\n")
    cause, remedy = refusal(tmp_path, replace(broker.address, password_file=tmp_path / "password"))
    assert cause == f"127.0.0.1:{broker.port}: refuses to let this kiosk log in (Not authorized)"
    assert remedy == "correct mqtt.username and mqtt.password_file, or the broker's list of users"


def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    """The kiosk does not talk to a broker whose certificate is too old."""
    with Mosquitto(tmp_path, valid=timedelta(days=-1)) as broker:
        cause, remedy = refusal(tmp_path, broker.address)
    assert cause == f"127.0.0.1:{broker.port}: its certificate is refused (certificate has expired)"
    assert remedy == "renew the broker's certificate, and check this machine's clock"


def test_a_stranger_s_certificate_is_refused(broker: Mosquitto, tmp_path: Path) -> None:
    """Somebody else's authority vouches for nobody."""
    other = Authority(tmp_path, "stranger")
    cause, remedy = refusal(tmp_path, replace(broker.address, tls=Tls(other.file)))
    assert "its certificate is refused" in cause
    assert remedy == "correct mqtt.authorities and mqtt.host"


def test_what_else_goes_wrong_is_named(broker: Mosquitto, tmp_path: Path) -> None:
    """Missing files, a broker that is not there, one that wants TLS."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()[1]
    good = broker.address
    for address, part in (
        (replace(good, port=nobody), "cannot be reached"),
        (replace(good, tls=None), "the connection was lost"),
        (replace(good, password_file=tmp_path / "none"), "the password cannot be read"),
        (replace(good, tls=Tls(tmp_path / "none.pem")), "cannot be used as certificates"),
    ):
        folder = tmp_path / part
        folder.mkdir()
        cause, remedy = refusal(folder, address)
        assert part in cause
        assert remedy


def test_a_client_certificate_is_shown(tmp_path: Path) -> None:
    """A broker that demands one refuses a kiosk without, with the reason, and takes one with."""
    demands = (f"cafile {tmp_path / 'authority.pem'}", "require_certificate true")
    with Mosquitto(tmp_path, extra=demands) as broker:
        cause, remedy = refusal(tmp_path, broker.address)
        assert "the connection was lost" in cause or "TLS" in cause
        assert "certificate" in remedy or "tls" in remedy
        own = Tls(broker.authority.file, *broker.authority.certify("kiosk"))
        with Kiosk(tmp_path, replace(broker.address, tls=own)) as kiosk:
            wait_until(lambda: kiosk.telemetry.connected)


@pytest.mark.parametrize(
    ("access", "extra", "expected", "remedy"),
    [
        (["topic read #"], (), "does not accept messages (Not authorized)", "correct the broker's access list"),
        (
            ["topic readwrite #"],
            ("max_packet_size 450",),
            "takes at most 450 bytes, a message on maskgate/east/event has 5",
            "raise the broker's limit (Mosquitto: max_packet_size)",
        ),
    ],
)
def test_a_broker_that_takes_no_events_loses_none(
    access: list[str], extra: tuple[str, ...], expected: str, remedy: str, tmp_path: Path
) -> None:
    """Its access list or its limits are wrong: health says so, and the events wait."""
    with Mosquitto(tmp_path, access={"kiosk": access}, extra=extra) as broker, Kiosk(tmp_path, broker.address) as kiosk:
        kiosk.tell("x" * 400)
        wait_until(lambda: "mqtt" in kiosk.faults and kiosk.telemetry.waiting == 1)
        cause, told_remedy = kiosk.faults["mqtt"]
        assert cause.startswith(f"127.0.0.1:{broker.port}: {expected}")
        assert told_remedy == remedy
