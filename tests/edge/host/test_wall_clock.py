"""Who vouches for the clock on the wall, and what a clock that jumps is worth."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.host.wall_clock import AGAIN_S, JUMP_S, WallClock, kernel_is_synchronised

INSTALLED = 1_700_000_000.0


class Board:
    """A board whose clocks and witnesses are moved by hand."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.wall, self.now = INSTALLED + 1e6, 5.0
        self.is_synchronised = False
        self.is_right = WallClock(
            root=root,
            wall=lambda: self.wall,
            clock=lambda: self.now,
            is_synchronised=lambda: self.is_synchronised,
            not_before=INSTALLED,
        )

    def go_on(self, seconds: float) -> bool:
        """Let time pass, and ask."""
        self.wall, self.now = self.wall + seconds, self.now + seconds
        return self.is_right()

    def sync(self) -> None:
        """Let systemd-timesyncd have set the clock."""
        mark = self.root / "run/systemd/timesync/synchronized"
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        os.utime(mark, (self.wall, self.wall))

    def tell(self, seconds: float, *, is_source: bool = True) -> None:
        """Let a clock with a battery tell a time."""
        rtc = self.root / "sys/class/rtc/rtc0"
        rtc.mkdir(parents=True, exist_ok=True)
        (rtc / "since_epoch").write_text(f"{seconds:.0f}\n")
        (rtc / "hctosys").write_text(f"{int(is_source)}\n")


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def test_nobody_vouches_for_the_time_of_the_last_shutdown(board: Board) -> None:
    """Until a time server was reached; a kiosk that begins later knows it from the mark."""
    assert not board.is_right()
    assert not board.go_on(3600.0)
    board.wall += 86400.0
    board.sync()
    assert board.go_on(1.0)
    assert board.go_on(86400.0)


def test_the_kernel_may_say_so(board: Board) -> None:
    """For any other program that keeps the clock; an hour without its server is no reason to doubt."""
    board.is_synchronised = True
    assert board.is_right()
    board.is_synchronised = False
    assert board.go_on(3600.0)


@pytest.mark.parametrize(
    ("off_s", "is_source", "expected"), [(0.0, True, True), (-3600.0, True, False), (0.0, False, False)]
)
def test_a_clock_with_a_battery_vouches(off_s: float, is_source: bool, expected: bool, board: Board) -> None:
    """If the system's time came from it, and still does."""
    board.tell(board.wall + off_s, is_source=is_source)
    assert board.is_right() == expected


def test_a_battery_that_is_flat_vouches_for_nothing(board: Board) -> None:
    """Both clocks tell 1970 then."""
    board.wall = 100.0
    board.tell(100.0)
    assert not board.is_right()


@pytest.mark.parametrize("jump_s", [-7200.0, 7200.0, JUMP_S + 1])
def test_a_clock_that_was_set_is_doubted_until_somebody_vouches_anew(jump_s: float, board: Board) -> None:
    """The mark of a sync before proves nothing; the next one does, and so does a step that came with one."""
    board.sync()
    assert board.go_on(1.0)
    board.wall += jump_s
    assert not board.go_on(1.0)
    assert not board.go_on(3600.0)
    board.wall -= jump_s
    board.sync()
    assert board.go_on(1.0)
    board.wall += jump_s
    board.sync()
    assert board.go_on(1.0)


def test_small_steps_add_up(board: Board) -> None:
    """An hour cannot be set minute by minute."""
    board.sync()
    assert board.go_on(1.0)
    seen = []
    for _ in range(4):
        board.wall += 0.4 * JUMP_S
        seen.append(board.go_on(AGAIN_S))
    assert seen == [True, True, False, False]


def test_the_kernel_answers() -> None:
    """Whatever this machine's clock is worth, asking raises nothing."""
    assert kernel_is_synchronised() in (True, False)
