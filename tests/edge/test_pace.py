"""The kiosk slows down before the board does."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.health import BOARD_INTERVAL_S, HealthMonitor
from edge.host.board import read_board
from edge.pace import COMPONENT, FIRST_INTERVAL_S, Pace

LONGEST_S = 1 / 6
THERMAL = "sys/class/thermal/thermal_zone0"
VOLTAGE = "sys/class/hwmon/hwmon1"


class Kiosk:
    """A loop that takes 10 ms a frame on a board whose files the tests write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = 100.0
        self.write(f"{THERMAL}/type", "cpu-thermal")
        self.write(f"{VOLTAGE}/name", "rpi_volt")
        self.be(52.0)
        self.health = HealthMonitor(model=lambda: "m", clock=lambda: self.now, read_board=lambda: read_board(root=root))
        self.longest_s = LONGEST_S
        self.pace = Pace(self.health, longest_s=lambda: self.longest_s, clock=lambda: self.now)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")

    def be(self, temperature_c: float, *, low_voltage: bool = False) -> None:
        self.write(f"{THERMAL}/temp", str(round(temperature_c * 1000)))
        self.write(f"{VOLTAGE}/in0_lcrit_alarm", str(int(low_voltage)))

    def interval_s(self, seconds: float = BOARD_INTERVAL_S) -> float:
        """Run on; seconds from the last frame but one to the last."""
        until, interval = self.now + seconds, 0.0
        while self.now <= until:
            began = self.now
            self.now += 0.01
            self.now += self.pace()
            interval = self.now - began
        return interval

    @property
    def told(self) -> list[str]:
        return [fault.cause for fault in self.health.health().faults if fault.component == COMPONENT]


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    return Kiosk(tmp_path)


def test_a_cool_board_works_as_fast_as_it_can(kiosk: Kiosk) -> None:
    """No pause, and nothing to tell."""
    assert kiosk.interval_s(30) == pytest.approx(0.01)
    assert kiosk.told == []


def test_an_ordinary_computer_is_not_slowed_down(tmp_path: Path) -> None:
    """Where nothing is known of heat or power."""
    kiosk = Kiosk(tmp_path)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            file.unlink()
    assert kiosk.interval_s(30) == pytest.approx(0.01)
    assert kiosk.told == []


@pytest.mark.parametrize(("temperature_c", "low_voltage"), [(84.0, False), (60.0, True)])
def test_a_strained_board_gets_longer_intervals(kiosk: Kiosk, temperature_c: float, low_voltage: bool) -> None:
    """Twice as long every ten seconds, never so long that nobody could be judged; health tells the rate."""
    kiosk.interval_s(1)
    kiosk.be(temperature_c, low_voltage=low_voltage)
    intervals = [kiosk.interval_s() for _ in range(5)]
    assert intervals == pytest.approx([FIRST_INTERVAL_S, 2 * FIRST_INTERVAL_S, LONGEST_S, LONGEST_S, LONGEST_S])
    assert kiosk.told == ["at most 6 frames a second, to spare the board"]


def test_a_board_that_has_cooled_down_speeds_up_again(kiosk: Kiosk) -> None:
    """Only well below the limit, and by halves, so that it does not swing; then health has nothing to tell any more."""
    kiosk.be(84.0)
    kiosk.interval_s(40)
    kiosk.be(78.0)
    assert kiosk.interval_s(30) == pytest.approx(LONGEST_S)
    kiosk.be(70.0)
    assert [kiosk.interval_s() for _ in range(3)] == pytest.approx([LONGEST_S / 2, LONGEST_S / 4, 0.01])
    assert kiosk.told == []


def test_a_slow_loop_need_not_wait(kiosk: Kiosk) -> None:
    """The interval is from frame to frame: a frame that took longer is followed at once."""
    kiosk.be(84.0)
    kiosk.interval_s(40)
    kiosk.now += 1.0
    assert kiosk.pace() == 0.0


def test_the_longest_interval_is_that_of_the_configuration_in_use(kiosk: Kiosk) -> None:
    """People who are judged more slowly from now on leave more time for the board."""
    kiosk.be(90)
    assert kiosk.interval_s(100) == pytest.approx(LONGEST_S, abs=0.02)
    kiosk.longest_s = 3 * LONGEST_S
    assert kiosk.interval_s(100) == pytest.approx(3 * LONGEST_S, abs=0.02)
