"""What the board says of itself, read from a made-up /sys and /proc."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from edge.host.board import Board, Throttling, ask_firmware, board_threads, parse_throttled, read_board

PI_5 = "Raspberry Pi 5 Model B Rev 1.0"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def raspberry_pi(tmp_path: Path) -> Path:
    """The files that tell a healthy Raspberry Pi 5."""
    return write(
        tmp_path,
        {
            "proc/device-tree/model": PI_5 + "\0",
            "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
            "sys/class/thermal/thermal_zone0/temp": "52350\n",
            "sys/class/hwmon/hwmon0/name": "cpu_thermal\n",
            "sys/class/hwmon/hwmon1/name": "rpi_volt\n",
            "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0\n",
        },
    )


def test_healthy_board(raspberry_pi: Path) -> None:
    """Model without its NUL byte, degrees rather than thousandths, and nothing wrong."""
    board = read_board(root=raspberry_pi)
    assert board == Board(PI_5, 52.35, Throttling(0))
    assert board.is_raspberry_pi
    assert not board.is_hot


def test_an_ordinary_computer_cannot_tell(tmp_path: Path) -> None:
    """Nothing is known where nothing is there: not that all is well."""
    board = read_board(root=tmp_path)
    assert board == Board(None, None, None)
    assert not board.is_raspberry_pi
    assert not board.is_hot


def test_kernel_reports_under_voltage(raspberry_pi: Path) -> None:
    """The voltage monitor is found by its name, not its number."""
    write(raspberry_pi, {"sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n"})
    assert read_board(root=raspberry_pi).throttling == Throttling.UNDER_VOLTAGE


def test_firmware_knows_more_than_the_kernel(raspberry_pi: Path) -> None:
    """Its answer wins; without one the voltage monitor's counts."""
    asked = read_board(root=raspberry_pi, firmware=lambda: "throttled=0x50000\n")
    assert asked.throttling == Throttling.UNDER_VOLTAGE_OCCURRED | Throttling.THROTTLED_OCCURRED
    assert read_board(root=raspberry_pi, firmware=lambda: None).throttling == Throttling(0)


@pytest.mark.parametrize(("temperature", "hot"), [("79999", False), ("80000", True), ("85000", True)])
def test_hot_board(raspberry_pi: Path, temperature: str, hot: bool) -> None:
    """From 80 degrees on a Raspberry Pi slows itself down."""
    write(raspberry_pi, {"sys/class/thermal/thermal_zone0/temp": temperature})
    assert read_board(root=raspberry_pi).is_hot is hot


@pytest.mark.parametrize(
    ("zones", "expected"),
    [
        ({"acpitz": "27800", "x86_pkg_temp": "61000"}, 61.0),
        ({"gpu-thermal": "70000", "cpu_thermal": "61000"}, 61.0),
        ({"cpu-thermal": "nonsense"}, None),
    ],
)
def test_which_thermal_zone(tmp_path: Path, zones: dict[str, str], expected: float | None) -> None:
    """The processor's zone, else the hottest; an unreadable one is no temperature."""
    for index, (kind, value) in enumerate(zones.items()):
        zone = f"sys/class/thermal/thermal_zone{index}"
        write(tmp_path, {f"{zone}/type": kind, f"{zone}/temp": value})
    assert read_board(root=tmp_path).temperature_c == expected


@pytest.mark.parametrize(
    ("answer", "names", "now"),
    [
        ("throttled=0x0", (), ()),
        ("throttled=0x1\n", ("under-voltage",), ("under-voltage",)),
        (
            "throttled=0x50005",
            ("under-voltage", "throttled", "under-voltage-occurred", "throttled-occurred"),
            ("under-voltage", "throttled"),
        ),
        (
            "throttled=0xe0008",
            (
                "soft-temperature-limit",
                "frequency-capped-occurred",
                "throttled-occurred",
                "soft-temperature-limit-occurred",
            ),
            ("soft-temperature-limit",),
        ),
        ("throttled=0x100010", (), ()),
    ],
)
def test_firmware_answers(answer: str, names: tuple[str, ...], now: tuple[str, ...]) -> None:
    """Each named bit by its name; unknown ones do no harm."""
    throttling = parse_throttled(answer)
    assert throttling is not None
    assert throttling.names == names
    assert throttling.now.names == now


@pytest.mark.parametrize("answer", ["", "throttled=", "throttled=yes", "VCHI initialization failed", "error=1"])
def test_firmware_nonsense(answer: str) -> None:
    """Anything but the documented answer is no answer."""
    assert parse_throttled(answer) is None


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('[ "$1" = get_throttled ] && echo throttled=0x4', "throttled=0x4\n"),
        ("echo 'VCHI initialization failed'; exit 255", None),
        (None, None),
    ],
)
def test_vcgencmd(script: str | None, expected: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is run as it stands in PATH; one that fails or is missing is no answer."""
    if script is not None:
        program = tmp_path / "vcgencmd"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask_firmware() == expected


@pytest.mark.parametrize(
    ("cores", "doors", "threads"),
    [(1, 1, 1), (2, 1, 1), (4, 0, 3), (4, 1, 3), (4, 2, 2), (4, 3, 1), (4, 9, 1), (16, 1, 3), (16, 9, 2)],
)
def test_a_core_is_left_to_everybody_else(
    monkeypatch: pytest.MonkeyPatch, cores: int, doors: int, threads: int
) -> None:
    """Of the cores this process may use, which the board's doors share; nobody has less than one thread."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: set(range(cores)))
    assert board_threads(doors=doors) == threads
