"""Orders from afar to install a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import Queue
from threading import Event as Flag

import pytest

from edge.errors import MaskgateError, ModelError
from edge.health import HealthMonitor
from edge.networks.store import ModelStore, RolloutState
from edge.rollout import orders as orders_module
from edge.rollout.orders import Installer, Order
from tests.broker import wait_until

MODEL = "mask-mobilenetv2"
ORDER = Order("https://models.example/3.bundle", MODEL, 3, percent=100.0, spread_s=0.0)


class Kiosk:
    """An installer whose installations go as they are told."""

    def __init__(self, folder: Path) -> None:
        self.store = ModelStore(folder)
        self.health = HealthMonitor(model=lambda: "test")
        self.asked: Queue[tuple[str, tuple[str, int] | None]] = Queue()
        self.outcomes: list[Exception | None] = []
        self.taken_over = Flag()
        self.go_on = Flag()
        self.go_on.set()
        self.installer = Installer(
            "east",
            store=self.store,
            install=self.install,
            take_over=self.taken_over.set,
            monitor=self.health,
        )

    def install(self, url: str, expected: tuple[str, int] | None) -> tuple[str, int]:
        self.asked.put((url, expected))
        assert self.go_on.wait(20)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome
        self.store.write(MODEL, RolloutState(live=3))
        return MODEL, 3


@pytest.fixture
def kiosk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kiosk:
    monkeypatch.setattr(orders_module, "RETRY_S", 0.0)
    return Kiosk(tmp_path)


def test_an_order_is_carried_out_once(kiosk: Kiosk) -> None:
    """The same retained message comes again at each connection; what is live needs no installation."""
    kiosk.installer.follow(ORDER)
    assert kiosk.asked.get(timeout=20) == (ORDER.url, (MODEL, 3))
    assert kiosk.taken_over.wait(20)
    kiosk.installer.follow(ORDER)
    kiosk.installer.follow(None)
    kiosk.installer.follow(ORDER)
    wait_until(lambda: kiosk.installer._busy.acquire(timeout=1))
    assert kiosk.asked.empty()


def test_an_order_for_others_is_left(kiosk: Kiosk) -> None:
    """As is one for a version that failed here, or an older one."""
    kiosk.store.write(MODEL, RolloutState(live=5, failed={7: "hung"}))
    for order in (
        Order(ORDER.url, MODEL, 9, percent=0.0, spread_s=0.0),
        Order(ORDER.url, MODEL, 7, percent=100.0, spread_s=0.0),
        Order(ORDER.url, MODEL, 4, percent=100.0, spread_s=0.0),
    ):
        kiosk.installer.follow(order)
        kiosk.installer._carry_out(order, Flag()) if order.percent else None
    assert kiosk.asked.empty()


def test_what_fails_is_tried_again(kiosk: Kiosk) -> None:
    """Health tells it meanwhile."""
    kiosk.outcomes = [ModelError("cannot be fetched"), ModelError("cannot be fetched")]
    kiosk.go_on.clear()
    kiosk.installer.follow(ORDER)
    kiosk.asked.get(timeout=20)
    kiosk.go_on.set()
    assert kiosk.taken_over.wait(20)
    assert kiosk.asked.qsize() == 2
    wait_until(lambda: kiosk.health.health().faults == ())


def test_an_order_that_waits_can_be_called_off(kiosk: Kiosk) -> None:
    """An empty retained message ends it before its moment comes."""
    kiosk.installer.follow(Order(ORDER.url, MODEL, 3, percent=100.0, spread_s=3600.0))
    cancelled = kiosk.installer._cancel
    kiosk.installer.follow(None)
    assert cancelled.is_set()
    kiosk.installer.close()
    assert kiosk.asked.empty()


def answers(into: Queue[tuple[bool, str]]) -> tuple[Callable[[str], None], Callable[[MaskgateError], None]]:
    return lambda text: into.put((True, text)), lambda error: into.put((False, str(error)))


def test_a_command_installs_at_once_and_one_at_a_time(kiosk: Kiosk) -> None:
    """The second is refused while the first is at work; the outcome is told."""
    told: Queue[tuple[bool, str]] = Queue()
    kiosk.go_on.clear()
    kiosk.installer.install("https://models.example/any", *answers(told))
    assert kiosk.asked.get(timeout=20) == ("https://models.example/any", None)
    kiosk.installer.install("https://models.example/other", *answers(told))
    assert told.get(timeout=20) == (False, "another installation is under way")
    kiosk.go_on.set()
    assert told.get(timeout=20) == (True, f"{MODEL} 3 is installed and on trial")
    kiosk.outcomes = [ModelError("its signature is wrong")]
    wait_until(lambda: not kiosk.installer._busy.locked())
    kiosk.installer.install("https://models.example/bad", *answers(told))
    assert told.get(timeout=20) == (False, "its signature is wrong")


def test_whatever_happens_is_answered(kiosk: Kiosk, caplog: pytest.LogCaptureFixture) -> None:
    """Also a fault of our own: the next command finds an installer that is free, and a roll-out is tried again."""
    told: Queue[tuple[bool, str]] = Queue()
    kiosk.outcomes = [RuntimeError("bug"), MemoryError()]
    kiosk.installer.install("https://models.example/any", *answers(told))
    assert told.get(timeout=20) == (False, "the installation failed; see the kiosk's log")
    kiosk.installer.follow(ORDER)
    assert kiosk.taken_over.wait(20)
    assert kiosk.outcomes == []
    assert "bug" in caplog.text
