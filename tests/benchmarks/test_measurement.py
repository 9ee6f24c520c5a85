"""What is made of the contestants' costs, and the page that tells it."""

from __future__ import annotations

import pytest

from benchmarks.contestants import crowd, nobody
from benchmarks.decisions import Decision, decisions
from benchmarks.fresh_start import Start, start
from benchmarks.measurement import Turns, measure, slope
from benchmarks.page import Page, chart
from benchmarks.stages import STAGES, shares_ms
from benchmarks.tasks import configured
from edge.cameras.demo import demo_pictures
from edge.commands.bench import Cost


def turn(*cpu_ms: float, pin_s: float | None = None) -> list[Cost]:
    return [Cost(ms / 1000, 2 * ms / 1000, 1, 0, pin_s) for ms in cpu_ms]


TURNS = Turns(
    kiosk=[turn(4, 6, pin_s=0.004), turn(40, 60), turn(6, 6)],
    bare=[turn(4, 4), turn(40, 40), turn(4, 4)],
    classic=[turn(100), turn(1000), turn(120)],
)
"""In the second turn another program had the machine."""


def test_ratios_are_taken_within_a_turn() -> None:
    """A slow turn slows all contestants, so it changes no ratio, and medians leave it out."""
    assert TURNS.ratio("kiosk", "bare") == pytest.approx(1.25)
    assert TURNS.ratio("classic", "kiosk") == pytest.approx(20)
    assert TURNS.mean_ms("kiosk") == pytest.approx(6)
    assert TURNS.fps == pytest.approx(1000 / 12)
    assert TURNS.pins_s == [0.004, 0.004]


@pytest.mark.parametrize(("power", "each"), [(1.0, 3.0), (0.0, 0.0)])
def test_growth_is_told_as_a_power_and_a_slope(power: float, each: float) -> None:
    """Costs in proportion to the number have the power 1; costs that stay have 0."""
    counts = (1, 2, 4, 8, 16)
    assert slope(counts, [3.0 * count**power for count in counts]) == pytest.approx((power, each), abs=1e-9)


def test_the_networks_alone_are_called_as_the_kiosk_called_them() -> None:
    """Frame by frame, so that they cost less than the kiosk, and nothing where it rests."""
    turns = measure(configured(1), nobody(frames=20))
    assert [cost.looks for cost in turns.kiosk[0]][:4] == [1, 1, 0, 0]
    assert [cost.cpu_s > 0.001 for cost in turns.bare[0]][:4] == [True, True, False, False]
    assert turns.classic == []
    assert turns.mean_ms("bare") < turns.mean_ms("kiosk")


def test_stages_make_up_the_frame() -> None:
    """Each is called, the networks take the most."""
    shares = shares_ms(configured(1), crowd(1, frames=15))
    assert list(shares) == list(STAGES)
    assert all(value > 0 for value in shares.values())
    assert max(shares, key=lambda stage: shares[stage]) == "detector: forward pass"


def test_a_bare_face_is_told_within_half_a_second() -> None:
    """The demo begins with one; nobody on an empty scene decides nothing."""
    (decision,) = decisions("demo", list(demo_pictures())[:12])
    assert (decision.name, decision.near_at, decision.pass_at) == ("demo", 0.0, None)
    assert decision.alert_at is not None
    assert decision.alert_at <= 0.5
    assert decisions("nobody", nobody(frames=12)) == []


def test_a_fresh_process_reaches_its_first_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command itself is started, and its memory and times told."""
    monkeypatch.setattr("benchmarks.fresh_start.FRESH", 1)
    measured = start(crowd(1, frames=15, size=(640, 360)))
    assert measured.wall_s > 0
    assert measured.cpu_s > 0
    assert measured.peak_mb > 20


def test_a_process_that_decides_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody in view is no start that could be measured."""
    monkeypatch.setattr("benchmarks.fresh_start.FRESH", 1)
    with pytest.raises(RuntimeError, match="ended with 0"):
        start(nobody(frames=5))


def test_the_page_tells_all() -> None:
    """Every table has its lines, and the chart both panels."""
    page = Page(
        clips={(1, "a"): TURNS, (2, "a"): TURNS},
        decisions=[Decision("a", 0.08, 0.5, 0.75, None)],
        faces={0: TURNS, 1: TURNS, 16: TURNS},
        sizes={(640, 360): TURNS, (1280, 720): TURNS},
        stages={"a": dict.fromkeys(STAGES, 0.5)},
        start=Start(0.5, 0.7, 104.0),
    )
    text = page.text(chart="chart.svg")
    for told in (
        "| a | 120.0 | 6.00 |", "| 20 | 1.00 | 0.00 | 4.00 | 1.25 |", "## One thread", "## 2 threads",
        "| a | 0.08 | 0.50 | 0.25 s | - |", "0.50 s from nothing", "104 MB", "](chart.svg)", "with the power",
        "| 16 |", "| 1280 x 720 |", "4.0 ms in the middle",
    ):  # fmt: skip
        assert told in text
    drawn = chart(page.faces, page.sizes)
    assert drawn.count('<g id="axes_') == 2
