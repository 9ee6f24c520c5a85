"""What a run prints."""

from __future__ import annotations

import json
import re

import pytest

from edge.commands.report import TextReport, report_json
from edge.kiosk import StateChange
from edge.signals.door import PinChange
from edge.types import AlarmState, Label

ALERT: list[StateChange | PinChange] = [
    StateChange(AlarmState.CHECKING, AlarmState.ALERT, 0.27, Label.WITHOUT_MASK),
    PinChange("red", 27, True, 0.27),
    *(PinChange("buzzer", 22, bool(beat % 2 == 0), 0.27 + beat / 4) for beat in range(8)),
    StateChange(AlarmState.ALERT, AlarmState.IDLE, 4.0),
    PinChange("red", 27, False, 4.0),
]


def test_people_read_one_line_of_the_buzzer_an_alert(capsys: pytest.CaptureFixture[str]) -> None:
    """Its beats are no news; a recording's lines have the recording's own time."""
    report = TextReport(live=False)
    for change in ALERT * 2:
        report(change)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "    0.27 s  CHECKING -> ALERT",
        "    0.27 s    GPIO27 red    on",
        "    0.27 s    GPIO22 buzzer on",
    ]
    assert len([line for line in lines if "buzzer" in line]) == 2


def test_a_camera_s_lines_have_the_time_on_the_wall(capsys: pytest.CaptureFixture[str]) -> None:
    """The monotonic clock tells people nothing."""
    TextReport(live=True)(ALERT[0])
    assert re.fullmatch(r"\d\d:\d\d:\d\d  CHECKING -> ALERT\n", capsys.readouterr().out)


def test_programs_are_told_every_beat(capsys: pytest.CaptureFixture[str]) -> None:
    """With stream seconds, whatever the source."""
    for change in ALERT:
        report_json(change)
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert records[0] == {"t": 0.27, "event": "state", "from": "checking", "to": "alert", "reason": "without_mask"}
    assert sum(record.get("pin") == "buzzer" for record in records) == 8
