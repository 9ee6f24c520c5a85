"""A week of a camera's life in minutes: the door decides as without it, and tells what it cannot see.

    make test-soak                               the soak, this week, a year of events
    make test-soak MASKGATE_SOAK_SEED=7          another week

The service is the real one, with the shipped networks, before a film at full speed. What happens is in `week`; twice in
the week the clock on the wall is set by an hour, for summer time and back.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import struct
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, SHARED_VARIABLE
from tests.machines.soak.conductor import STUCK_S, Process, Sample, replay
from tests.machines.soak.film import Film, prepare
from tests.machines.soak.findings import Span, differences, floors
from tests.machines.soak.week import (
    GONE_WITHIN_S,
    PASSED_S,
    TOLD_WITHIN_S,
    UNSEEN,
    Kind,
    Spell,
    ends_s,
    faults,
    week,
)

pytestmark = [pytest.mark.slow, pytest.mark.machine]

SEED = int(os.environ.get("MASKGATE_SOAK_SEED", "1"))
SHORT = ("cc_unmasked_head_turns", "cc_unmasked_walk_up", "cc_webcam_unmasked_1", "cc_webcam_unmasked_2", "unmasked_1")
"""Clips beside the demo's: many short visits, so that little of a day lies in the shadow of what happens in it."""

SUMMER_DAYS = (2, 5)
MAX_GROWTH_KB = 24_000
MORE_DESCRIPTORS, MORE_THREADS = 1, 2
LINES_AT_REST, LINES_PER_SPELL = 20, 6
CONFIG = '[camera]\nsource = "usb:0"\n[signals]\ndriver = "mock"\namber = 6\nrelay = 5\n[events]\ndatabase = "{}"\n'


@dataclass(frozen=True, slots=True)
class Week:
    """What was heard of a run, and what it is held against."""

    spells: tuple[Spell, ...]
    film: Film
    expected: list[dict[str, Any]]
    found: list[dict[str, Any]]
    samples: list[Sample]
    log: list[str]

    @property
    def windows(self) -> list[Span]:
        """When the door may decide otherwise: while something happens, and until this visit is over."""
        spans: list[Span] = []
        for spell in self.spells:
            if spell.kind in UNSEEN:
                continue
            begin_s, end_s = spell.begin_s - PASSED_S, self.film.visit_end_s(spell.end_s)
            if spans and begin_s <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end_s, spans[-1][1]))
            else:
                spans.append((begin_s, end_s))
        return spans


class SummerTime:
    """The clock on the wall of a process; it stays as it is where there is no C compiler."""

    def __init__(self, folder: Path) -> None:
        self._clock, shim = folder / "clock", folder / "wall_clock.so"
        self._clock.write_bytes(bytes(8))
        source = Path(__file__).with_name("wall_clock.c")
        compiler = shutil.which("cc")
        command = [str(compiler), "-shared", "-fPIC", "-O2", "-o", str(shim), str(source), "-ldl"]
        self.is_possible = compiler is not None and not subprocess.run(command, check=False).returncode
        self.environment = {"WALL_CLOCK": str(self._clock), "LD_PRELOAD": str(shim)} if self.is_possible else {}

    def set(self, ahead_s: int) -> None:
        with self._clock.open("r+b") as file:
            file.write(struct.pack("=q", ahead_s))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Week:
    """One run, which every test looks at."""
    folder = tmp_path_factory.mktemp("week")
    shared = Path(os.environ.get(SHARED_VARIABLE, ROOT.parent / "shared")) / "data" / "videos"
    (folder / "videos").mkdir()
    for clip in (shared / f"{name}.mp4" for name in SHORT):
        if clip.is_file():
            (folder / "videos" / clip.name).symlink_to(clip)
    prepare(folder / "film", folder / "videos")
    spells = week(SEED)
    media_s = ends_s(spells)
    orders: dict[str, Any] = {"film": str(folder / "film"), "seed": SEED, "media_s": media_s}
    samples, changes, log = lived(orders, spells, folder)
    film, expected = Film(folder / "film", SEED), within(replay(orders, folder), media_s)
    made = Week(spells, film, expected, within(changes, media_s), samples, log)
    tell(made)
    return made


def lived(
    orders: dict[str, Any], spells: tuple[Spell, ...], folder: Path
) -> tuple[list[Sample], list[dict[str, Any]], list[str]]:
    """Run the week: samples of the process, its changes, its log."""
    (folder / "week.toml").write_text(CONFIG.format(folder / "events.db"))
    path = folder / "week.json"
    path.write_text(
        json.dumps(orders | {"week": True, "replay": False, "faults": [], "config": str(folder / "week.toml")})
    )
    summer = SummerTime(folder)
    evenings = [spell.end_s for spell in spells if spell.kind is Kind.NIGHT]
    samples: list[Sample] = []
    changes: list[dict[str, Any]] = []
    with ExitStack() as stack:
        process = Process(path, summer.environment | {"STATE_DIRECTORY": str(folder)})
        stack.callback(process.close)
        at_s, heard_at = 0.0, time.monotonic()
        while at_s < orders["media_s"]:
            record = process.next(1)
            if record is None:
                if time.monotonic() - heard_at > STUCK_S:
                    process.abort()
                continue
            heard_at, at_s = time.monotonic(), record["at"]
            if record["event"] == "tick":
                samples.append(sample(process.process.pid, record))
                summer.set(3600 if evenings[SUMMER_DAYS[0]] < at_s < evenings[SUMMER_DAYS[1]] else 0)
            else:
                changes.append(record)
        process.process.send_signal(signal.SIGTERM)
        changes += [record for record in process.rest() if record["event"] in ("state", "pin")]
        assert process.process.wait(STUCK_S) == 0
    return samples, changes, process.log


def sample(process_id: int, record: dict[str, Any]) -> Sample:
    """What the process holds at a tick."""
    process = Path("/proc") / str(process_id)
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return Sample(
        at_s=record["at"],
        real_s=time.monotonic(),
        frames=record["frames"],
        rss_kb=int(status["VmRSS"].split()[0]),
        used_kb=record["used_kb"],
        descriptors=len(list((process / "fd").iterdir())),
        threads=int(status["Threads"]),
        wal_kb=0,
        at_rest=record["is_well"],
    )


def within(changes: list[dict[str, Any]], media_s: float) -> list[dict[str, Any]]:
    """What came of the week, at times to the millisecond: stamps a day ahead leave no more."""
    return [change | {"at": round(change["at"], 3)} for change in changes if change["at"] < media_s]


def tell(run: Week) -> None:
    """Print the figures."""
    blind_s = sum(end - begin for begin, end in run.windows)
    compared = [one for one in run.expected if not any(begin <= one["at"] < end for begin, end in run.windows)]
    resting = [sample for sample in run.samples if sample.at_rest]
    print()
    print(f"week of seed {SEED}: {ends_s(run.spells):.0f} s of film, {run.samples[-1].frames} frames, in")
    print(f"{run.samples[-1].real_s - run.samples[0].real_s:.0f} s; {blind_s:.0f} s in which something happens,")
    print(f"{len(compared)} of {len(run.expected)} changes compared; FAULT {len(faults(run.found))} times;")
    for name in ("rss_kb", "used_kb", "descriptors", "threads"):
        print(f"{name}: {floors(resting, lambda one, name=name: getattr(one, name))},")  # type: ignore[misc]
    print(f"log lines: {len(run.log)}")


def test_nothing_that_happens_changes_another_decision(run: Week) -> None:
    """Before and after every spell, and with stamps that jump, the same changes at the same frames."""
    compared = [one for one in run.expected if not any(begin <= one["at"] < end for begin, end in run.windows)]
    assert len(compared) > 20
    assert differences(run.expected, run.found, run.windows) == []


def test_every_fault_is_told_in_time_and_goes(run: Week) -> None:
    """Night, a restart and a stuck picture; nothing else is a FAULT."""
    told = faults(run.found)
    expected = [spell for spell in run.spells if spell.kind in TOLD_WITHIN_S]
    assert len(expected) >= len(week(SEED)) // 2
    for spell in expected:
        latest = spell.begin_s + TOLD_WITHIN_S[spell.kind]
        begun = [one for one in told if spell.begin_s - PASSED_S <= one[0] <= latest]
        assert len(begun) == 1, (spell, told)
        assert begun[0][1] <= spell.end_s + GONE_WITHIN_S, (spell, told)
    assert len(told) == len(expected)


def test_nobody_is_let_in_unseen(run: Week) -> None:
    """A dark picture and one that stands still begin no PASS."""
    for spell in run.spells:
        if spell.kind in (Kind.NIGHT, Kind.STUCK):
            begun = [
                one["at"] for one in run.found if one["event"] == "state" and one["after"] == "pass"
                if spell.begin_s + 1 < one["at"] < spell.end_s
            ]  # fmt: skip
            assert begun == [], spell


def test_damaged_pictures_are_told(run: Week) -> None:
    """As health, once, and its end."""
    log = "\n".join(run.log)
    assert len(re.findall(r"fault=begins component=stream", log)) == 1
    assert len(re.findall(r"fault=ends component=stream", log)) == 1


def test_nothing_grows(run: Week) -> None:
    """Memory, descriptors and threads of the first days and of the last."""
    for value, most in (("rss_kb", MAX_GROWTH_KB), ("descriptors", MORE_DESCRIPTORS), ("threads", MORE_THREADS)):
        early, late = floors(run.samples, lambda one, value=value: getattr(one, value))  # type: ignore[misc]
        assert late <= early + most, value


def test_a_week_is_told_in_few_lines(run: Week) -> None:
    """Some for each thing that happened, and no traceback."""
    assert "Traceback" not in "\n".join(run.log)
    assert len(run.log) <= LINES_AT_REST + LINES_PER_SPELL * len(run.spells)
