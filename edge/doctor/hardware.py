"""Lamps, rights, heat and power."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from edge.doctor.account import Account
from edge.doctor.finding import Finding, fail, ok, warn
from edge.errors import SignalError
from edge.host.board import ROOT, Board, Throttling
from edge.host.gpio_chips import AskLabel, ask_label, gpio_chips, header_chip
from edge.signals.results import PinResult

SUPPLY = "use the board's official power supply and its own cable"
COOLING = "fit a fan or a heat sink, and shade the kiosk from the sun"


def look_at_lamps(
    driver: str, *, account: Account, chip: str | None = None, root: Path = ROOT, ask: AskLabel = ask_label
) -> Finding:
    """Whether the board's lines can be had, and which chip has them.

    Args:
        driver: `gpio`, `mock` or `auto`, as in the configuration.
        account: whose rights count.
        chip: label of the chip to drive; None for the header of a Raspberry Pi.
        root: prefix of /dev.
        ask: how to learn a chip's label.
    """
    if driver == "mock":
        return warn("gpio", "signals.driver is mock: no lamp will light", "on a kiosk set signals.driver to gpio")
    chips = gpio_chips(root=root, ask=ask)
    if not chips:
        found = "no /dev/gpiochip*: this is not a Raspberry Pi, or its kernel has no GPIO"
        if driver == "auto":
            return warn("gpio", f"{found}; no lamp will light", "on a kiosk set signals.driver to gpio")
        return fail("gpio", found, "without lamps, set signals.driver to mock")
    for each in chips:
        if each.label is None or not account.may_use(root / f"dev/gpiochip{each.number}"):
            return fail("gpio", f"{account.name} may not use /dev/gpiochip{each.number}", account.join("gpio"))
    try:
        header = header_chip(chips, chip)
    except SignalError as error:
        remedy = "name the chip that the lamps are connected to in signals.chip, or set signals.driver to mock"
        return (warn if driver == "auto" else fail)("gpio", str(error), remedy)
    return ok("gpio", f"{account.name} may use {header}")


PULLED_UP = range(9)
"""BCM lines that the board pulls up until somebody takes them; GPIO2 and GPIO3 for good."""

CONSOLE = (14, 15)
"""Lines of the serial console."""


def look_at_lines(outputs: Mapping[str, int], inputs: Mapping[str, int], *, pull: str) -> Finding:
    """Which line has which role, and whether one of them is known to make trouble.

    Args:
        outputs, inputs: BCM number by role; no line has two.
        pull: the inputs' resistors: `up`, `down` or `none`.
    """
    lines = {**outputs, **inputs}
    named = ", ".join(f"{role} GPIO{gpio}" for role, gpio in sorted(lines.items(), key=lambda item: item[1]))
    trouble = [f"GPIO{gpio} ({role}) belongs to the serial console" for role, gpio in lines.items() if gpio in CONSOLE]
    trouble += [
        f"GPIO{gpio} ({role}) is pulled up while the board starts"
        for role, gpio in outputs.items()
        if gpio in PULLED_UP and role != "button"
    ]
    trouble += [
        f"GPIO{gpio} ({role}) is pulled up by the board itself, not {pull}"
        for role, gpio in inputs.items()
        if gpio in (2, 3) and pull != "up"
    ]
    if trouble:
        return warn("lines", f"{'; '.join(trouble)} ({named})", "choose lines from GPIO9 to GPIO27, but 14 and 15")
    return ok("lines", named)


def look_at_trials(pins: Mapping[str, int], results: Mapping[str, PinResult]) -> Finding:
    """What people saw when each output was tried.

    Args:
        pins: BCM number of each line in use, by role.
        results: the newest of each that was tried on its line.
    """
    failed = [f"{role} on {results[role].at:%Y-%m-%d}" for role in pins if role in results and not results[role].seen]
    again = "sudo maskgate pins test"
    if failed:
        return warn(
            "trials", f"did not work: {', '.join(failed)}", f"check the wiring (docs/hardware.md), then {again}"
        )
    untried = [role for role in pins if role not in results]
    if untried:
        return warn("trials", f"never tried, or not on this line: {', '.join(untried)}", again)
    oldest = min((result.at for result in results.values()), default=None)
    return ok("trials", "no line is used" if oldest is None else f"all worked when tried, since {oldest:%Y-%m-%d}")


def look_at_groups(account: Account, *, needed: Sequence[str]) -> Finding:
    """Whether the account belongs to the groups that own camera and lamps."""
    lacking = [group for group in needed if not account.is_in(group)]
    if lacking:
        return fail("groups", f"{account.name} is not in {', '.join(lacking)}", account.join(*lacking))
    return ok("groups", f"{account.name} has the rights of {', '.join(needed)}" if needed else "none is needed")


def look_at_board(board: Board) -> Iterator[Finding]:
    """Heat and power; nothing is said of what an ordinary computer does not know."""
    yield ok("board", board.model or "no Raspberry Pi")
    if board.temperature_c is not None:
        found = f"{board.temperature_c:.0f} C"
        hot = warn("temperature", f"{found}: the board is slowed down", COOLING)
        yield hot if board.is_hot else ok("temperature", found)
    if board.throttling is not None:
        yield _look_at_power(board.throttling)
    elif board.is_raspberry_pi:
        yield warn("power", "the board does not report its supply voltage", "run it again with sudo")


def _look_at_power(throttling: Throttling) -> Finding:
    if Throttling.UNDER_VOLTAGE in throttling:
        return fail("power", "the supply voltage is too low now", SUPPLY)
    if Throttling.UNDER_VOLTAGE_OCCURRED in throttling:
        return warn("power", "the supply voltage was too low since the last start", SUPPLY)
    if throttling:
        return warn("power", f"the board has slowed itself down ({', '.join(throttling.names)})", COOLING)
    return ok("power", "not too low, and not slowed down, since the last start")
