"""Draws the wiring of a configuration: `python docs/draw_wiring.py` writes docs/wiring.svg and docs/wiring-full.svg."""

# ruff: noqa: INP001, TID253 - a script beside the files it makes, no module of the kiosk

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gpiozero.pins.mock import MockFactory

from edge.config.schema import SignalsConfig, load_config

DOCS = Path(__file__).resolve().parent
EXAMPLE = DOCS.parent / "systemd/maskgate.toml"

FURTHER = {"amber": 23, "relay": 24, "button": 25}
"""Lines for the roles that the example leaves out; the board pulls them down until the kiosk takes them."""

HEADER = [pin.name for pin in MockFactory().board_info.headers["J8"].pins.values()]
"""Names of pins 1 to 40, as gpiozero knows them."""

COLOURS = {
    "green": "#1a9641",
    "amber": "#e08a00",
    "red": "#d7191c",
    "buzzer": "#2b6cb0",
    "relay": "#7b3fa0",
    "button": "#0f7b7b",
}
GROUND, SUPPLY, INK, PALE = "#222222", "#b03060", "#333333", "#eeeeee"

NOTES = (
    "Switch the board off before you wire. No line may carry more than 16 mA.",
    "A magnetic buzzer or a bare relay coil needs a diode (1N4148) across it, its ring at +.",
)

ROW, TOP, COLUMN = 32, 92, 110
BELOW = 13, 21
"""How far below its pin a wire passes the other column and its names: from the left column, from the right one."""
FIRST_LANE, LANE = COLUMN + 140, 16
PART, PART_HEIGHT, WIDTH = 400, 120, 900


def header_pin(name: str) -> int:
    """Physical number of the first pin of this name."""
    return HEADER.index(name) + 1


def draw(signals: SignalsConfig, title: str) -> str:
    """The whole picture as SVG."""
    # In the header's order the wires can be laid without crossing each other.
    roles = sorted(signals.pins, key=lambda role: header_pin(f"GPIO{signals.pins[role]}"))
    pins = {role: header_pin(f"GPIO{signals.pins[role]}") for role in roles}
    grounds = [number for number, name in enumerate(HEADER, 1) if name == "GND"]
    middles = {role: TOP + 20 + PART_HEIGHT * index + PART_HEIGHT // 2 for index, role in enumerate(roles)}
    height = max(TOP + ROW * 20 + 60, TOP + PART_HEIGHT * len(roles) + 40 + 20 * len(NOTES))
    body = [_text(24, 36, title, size=20, weight="bold")]
    body += [_text(24, 60, "Numbers in the header are pins; GPIO names are BCM numbers, as in the configuration.")]
    body += _board()
    body += _wires(pins, middles)
    body += _header({number: role for role, number in pins.items()}, grounds[: len(roles)])
    for role, ground in zip(roles, grounds, strict=False):
        body += _part(role, middles[role], signals, ground)
    body += [_text(24, height - 20 * len(NOTES) + 20 * line, note) for line, note in enumerate(NOTES)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="DejaVu Sans, Arial, sans-serif" font-size="14" fill="{INK}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _board() -> Iterator[str]:
    place = f'x="{COLUMN - 20}" y="{TOP - 20}" width="74" height="{ROW * 20 + 10}" rx="6"'
    yield f'<rect {place} fill="{PALE}" stroke="{INK}"/>'


def _header(used: dict[int, str], grounds: Iterable[int]) -> Iterator[str]:
    for number, name in enumerate(HEADER, 1):
        x, y = _place(number)
        colour = COLOURS[used[number]] if number in used else "#ffffff"
        if number in grounds:
            colour = GROUND
        elif name == "5V":
            colour = SUPPLY
        ink = INK if colour == "#ffffff" else "#ffffff"
        yield f'<circle cx="{x}" cy="{y}" r="11" fill="{colour}" stroke="{INK}"/>'
        yield _text(x, y + 4, str(number), size=10, anchor="middle", colour=ink)
        left = number % 2
        strong = "bold" if number in used else "normal"
        label_x = COLUMN - 28 if left else COLUMN + 62
        yield _text(label_x, y + 5, name, size=12, anchor="end" if left else "start", weight=strong)


def _place(number: int) -> tuple[int, int]:
    return COLUMN + (0 if number % 2 else 34), TOP + ROW * ((number - 1) // 2)


def _wires(pins: dict[str, int], middles: dict[str, int]) -> Iterator[str]:
    """From each pin past its neighbour to a lane, along it to the part's height, and on to the part.

    Of wires that go down, the upper one turns further right; of those that go up, further left.
    """
    starts = {role: _place(number)[1] + BELOW[number % 2 == 0] for role, number in pins.items()}
    down = [role for role in pins if middles[role] >= starts[role]]
    up = [role for role in pins if middles[role] < starts[role]]
    lanes = {role: FIRST_LANE + LANE * index for index, role in enumerate([*reversed(down), *up])}
    for role, number in pins.items():
        x, y = _place(number)
        yield _path(
            f"M{x} {y} L{x + 14} {starts[role]} H{lanes[role]} V{middles[role]} H{PART}", COLOURS[role], width=3
        )


def _part(role: str, y: int, signals: SignalsConfig, ground: int) -> Iterator[str]:
    colour = COLOURS[role]
    by_low = role in signals.active_low
    name = f"{role}: GPIO{signals.pins[role]}, pin {header_pin(f'GPIO{signals.pins[role]}')}"
    yield _text(PART + 4, y - 42, name, weight="bold", colour=colour)
    if role == "button":
        yield from _button(y, ground)
    elif role == "relay":
        yield from _module(y, ground, "relay module", by_low)
        yield from _contacts(y)
    elif by_low:
        yield from _module(y, ground, f"{role} module", by_low)
    elif role == "buzzer":
        yield from _buzzer(y, ground, tonal=signals.sound == "tonal")
    else:
        yield from _lamp(y, ground, colour)


def _lamp(y: int, ground: int, colour: str) -> Iterator[str]:
    yield from _resistor(PART, y, "330 Ω")
    x = PART + 150
    yield _path(f"M{PART + 90} {y} H{x} M{x + 30} {y} H{x + 90}")
    yield f'<path d="M{x} {y - 15} V{y + 15} L{x + 28} {y} Z" fill="{colour}" stroke="{INK}" stroke-width="2"/>'
    yield _path(f"M{x + 29} {y - 16} V{y + 16}", width=3)
    yield _path(f"M{x + 10} {y - 20} l10 -10 m-5 0 h5 v5 M{x + 22} {y - 17} l10 -10 m-5 0 h5 v5")
    yield _text(x + 14, y + 34, "LED, long leg at the resistor", size=12, anchor="middle")
    yield from _ground(x + 90, y, ground)


def _buzzer(y: int, ground: int, *, tonal: bool) -> Iterator[str]:
    yield from _resistor(PART, y, "1 kΩ")
    base, x = PART + 150, PART + 166
    yield _path(f"M{PART + 90} {y} H{base} M{base} {y - 16} V{y + 16}", width=3)
    yield f'<circle cx="{x - 4}" cy="{y}" r="24" fill="none" stroke="{INK}" stroke-width="1.5"/>'
    yield _path(f"M{base} {y - 7} L{x} {y - 18} V{y - 28} H{x + 70} M{base} {y + 7} L{x} {y + 18} V{y + 34} H{x + 40}")
    yield f'<path d="M{x} {y + 18} l-9 -1 l5 -7 Z" fill="{INK}"/>'
    yield _text(x - 34, y + 38, "NPN, BC337", size=12, anchor="end")
    yield from _ground(x + 40, y + 34, ground)
    kind = "passive piezo" if tonal else "active buzzer, 5 V"
    yield f'<circle cx="{x + 92}" cy="{y - 28}" r="22" fill="white" stroke="{INK}" stroke-width="2"/>'
    yield _text(x + 92, y - 23, "- +", anchor="middle")
    yield _text(x + 92, y + 12, kind, size=12, anchor="middle")
    yield _path(f"M{x + 114} {y - 28} H{x + 190}", SUPPLY)
    yield _text(x + 196, y - 23, "5V, pin 2", size=12, colour=SUPPLY)


def _module(y: int, ground: int, name: str, by_low: bool) -> Iterator[str]:
    x = PART + 60
    yield _path(f"M{PART} {y} H{x}", width=2)
    yield f'<rect x="{x}" y="{y - 28}" width="150" height="70" rx="4" fill="{PALE}" stroke="{INK}" stroke-width="2"/>'
    yield _text(x + 8, y + 5, "IN", size=12)
    yield _text(x + 75, y - 10, name, size=12, anchor="middle")
    yield _text(x + 75, y + 22, "switches on low" if by_low else "switches on high", size=11, anchor="middle")
    yield _path(f"M{x + 40} {y + 42} V{y + 52} H{x + 62}", SUPPLY)
    yield _text(x + 66, y + 57, "VCC: 5V, pin 4", size=12, colour=SUPPLY)
    yield _path(f"M{x + 12} {y + 42} V{y + 52} H{x - 20}", GROUND)
    yield _text(x - 24, y + 57, f"GND, pin {ground}", size=12, anchor="end")


def _contacts(y: int) -> Iterator[str]:
    x = PART + 210
    yield _path(f"M{x} {y - 12} H{x + 60} M{x} {y + 12} H{x + 60}")
    yield _text(x + 10, y - 17, "COM", size=11)
    yield _text(x + 10, y + 27, "NO", size=11)
    place = f'x="{x + 60}" y="{y - 24}" width="130" height="48" rx="4"'
    yield f'<rect {place} fill="white" stroke="{INK}" stroke-width="2"/>'
    yield _text(x + 125, y - 4, "door opener,", size=12, anchor="middle")
    yield _text(x + 125, y + 13, "own supply", size=12, anchor="middle")


def _button(y: int, ground: int) -> Iterator[str]:
    x = PART + 100
    yield _path(f"M{PART} {y} H{x} M{x + 50} {y} H{x + 140} M{x} {y - 14} H{x + 50} M{x + 25} {y - 14} V{y - 24}")
    yield _path(f"M{x + 13} {y - 24} H{x + 37}", width=3)
    for end in (x, x + 50):
        yield f'<circle cx="{end}" cy="{y}" r="4" fill="white" stroke="{INK}" stroke-width="2"/>'
    yield _text(x + 25, y + 26, "push button, closes when pressed", size=12, anchor="middle")
    yield from _ground(x + 140, y, ground)


def _resistor(x: int, y: int, value: str) -> Iterator[str]:
    yield _path(f"M{x} {y} H{x + 30}")
    yield f'<rect x="{x + 30}" y="{y - 9}" width="60" height="18" fill="white" stroke="{INK}" stroke-width="2"/>'
    yield _text(x + 60, y + 5, value, size=12, anchor="middle")


def _ground(x: int, y: int, pin: int) -> Iterator[str]:
    yield _path(f"M{x} {y} h12 m0 -12 v24 m6 -19 v14 m6 -10 v6", GROUND)
    yield _text(x + 32, y + 5, f"GND, pin {pin}", size=12)


def _path(data: str, colour: str = INK, *, width: float = 2) -> str:
    return f'<path d="{data}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>'


def _text(
    x: int, y: int, text: str, *, size: int = 14, anchor: str = "start", weight: str = "normal", colour: str = INK
) -> str:
    style = f'font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x}" y="{y}" {style}>{escape(text)}</text>'


def pictures() -> dict[str, str]:
    """File name and content of both drawings."""
    example = load_config(EXAMPLE).signals
    full = example.model_copy(update={role: pin for role, pin in FURTHER.items() if getattr(example, role) is None})
    return {
        "wiring.svg": draw(example, "Wiring of the example configuration"),
        "wiring-full.svg": draw(full, "Wiring with amber lamp, door relay and button"),
    }


if __name__ == "__main__":
    for name, svg in pictures().items():
        (DOCS / name).write_text(svg, encoding="utf-8")
