"""The technician's commands, from the outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from edge.commands.doctor import doctor
from edge.errors import ConfigError, MaskgateError
from edge.local.server import LocalServer
from edge.types import Box, Face, Image
from tests.builders import PlainDetector, write_model_folder


@pytest.fixture
def healthy(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration of a kiosk that sees, with a model that is whole and no lamps."""
    model = write_model_folder(tmp_path / "colour")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    cv2.imwrite(str(pictures / "one.png"), np.full((60, 80, 3), 120, np.uint8))
    monkeypatch.setenv("MASKGATE_WEIGHTS", str(shared / "weights"))
    monkeypatch.setattr("edge.commands.doctor.service_is_running", lambda door: False)
    path = tmp_path / "maskgate.toml"
    path.write_text(
        f'camera.source = "{pictures}"\nclassifier.model = "{model}"\ndetector.name = "res10"\n'
        'signals.driver = "mock"\n',
        encoding="utf-8",
    )
    return path


def ask(*arguments: str | Path) -> Result:
    return CliRunner().invoke(doctor, [str(argument) for argument in arguments])


def test_healthy_kiosk(healthy: Path, tmp_path: Path) -> None:
    """Nothing fails, so the exit code is 0, and every check has its line."""
    result = ask("--config", healthy, "--state", tmp_path)
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if not line.startswith(" ")]
    names = [line.split()[1] for line in lines]
    assert names[:4] == ["python", "opencv", "interpreter", "board"]
    assert names[-3:] == ["classifier", "detector", "camera"]
    assert {"clock", "disk", "groups", "gpio"} <= set(names)
    assert {line.split()[0] for line in lines} <= {"ok", "warn"}


@pytest.mark.parametrize("as_json", [False, True])
def test_sick_kiosk(healthy: Path, tmp_path: Path, as_json: bool) -> None:
    """A failed check is an error that names it, whichever way the findings are printed."""
    result = ask("--config", healthy, "--state", tmp_path, "--source", "usb:99", *(["--json"] if as_json else []))
    assert isinstance(result.exception, MaskgateError)
    assert result.exception.exit_code == 1
    assert "checks failed: camera" in str(result.exception)
    assert "usb:99: no such device" in result.output


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ('{"alarm": {"required": "respirator"}}', "alarm.required asks for respirator, and the model"),
        ("{", "settings.json: cannot be read"),
    ],
)
def test_what_was_changed_on_the_page_counts(healthy: Path, tmp_path: Path, settings: str, found: str) -> None:
    """A rule that the model cannot keep, though the file asks for none; a damaged file hides nothing else."""
    (tmp_path / "settings.json").write_text(settings)
    output = ask("--config", healthy, "--state", tmp_path).output
    assert found in output
    assert "camera" in output


def test_json(healthy: Path, tmp_path: Path) -> None:
    """One object, for machines."""
    record = json.loads(ask("--config", healthy, "--state", tmp_path, "--json").output)
    assert record["ok"] is True
    camera = record["findings"][-1]
    assert (camera["name"], camera["level"], camera["remedy"]) == ("camera", "ok", "")
    assert "80x60" in camera["text"]


def test_wrong_configuration(tmp_path: Path) -> None:
    """Without a configuration that can be read there is nothing to look at."""
    path = tmp_path / "maskgate.toml"
    path.write_text("camera.sauce = 1", encoding="utf-8")
    assert isinstance(ask("--config", path).exception, ConfigError)


def test_every_door_is_looked_at(healthy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The board once, then each door with its own settings; one whose settings are wrong does not hide another."""
    etc, wants = tmp_path / "etc", tmp_path / "wants"
    for folder in (etc, wants):
        folder.mkdir()
    for name in ("maskgate@north", "maskgate@south", "maskgate@west"):
        (wants / f"{name}.service").symlink_to("/nowhere")
    monkeypatch.setattr("edge.host.doors.ETC", etc)
    monkeypatch.setattr("edge.host.doors.WANTS", wants)
    monkeypatch.setattr("edge.host.doors.STATE", tmp_path / "state")
    settings = healthy.read_text().replace('signals.driver = "mock"', 'web.listen = "[::]:8080"')
    (etc / "north.toml").write_text(settings + 'signals.driver = "mock"\n')
    (etc / "west.toml").write_text(settings + 'signals.driver = "mock"\n')
    (etc / "south.toml").write_text("camera.sauce = 1")
    result = ask()
    lines = [line for line in result.output.splitlines() if not line.startswith(" ")]
    assert [line for line in lines if line.startswith("door ")] == ["door north:", "door south:", "door west:"]
    assert sum(line.split()[1] == "clock" for line in lines) == 1
    assert sum(line.split()[1] == "camera" for line in lines) == 2
    assert "8080 belongs to the door west" in result.output
    failed = "doors (north), config (south), doors (west)"
    assert failed in str(result.exception)
    told = json.loads(ask("--json").output)["findings"]
    assert {one.get("door") for one in told} == {None, "north", "south", "west"}
    alone = ask("--door", "west").output
    assert "clock" in alone
    assert "door west:" not in alone


@PlainDetector
def far_away(image: Image) -> tuple[Face, ...]:
    """A face of 7.5 % of the picture."""
    return (Face(Box(20, 20, 26, 26), 0.9),)


def test_the_door_is_watched_for_a_while(
    healthy: Path, tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who did not count, why, and what to do; nothing else is looked at."""
    monkeypatch.setattr("edge.host.doors.RUN", tmp_path / "run")
    monkeypatch.setattr("edge.commands.doctor.load_networks", lambda config: (far_away, None))
    result = ask("--config", healthy, "--state", tmp_path, "--watch", "60")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "warn faces       in the last 60 s 1 face, 1 too small (median 7.5 %)",
        f"{'':16} -> come nearer, or set detector.min_face = 0.07",
    ]


def test_the_running_service_is_asked_who_came(healthy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the camera, and knows; what it saw before the command began does not count."""
    asked: list[float] = []

    def seen(question: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append(question["seconds"])
        return {"faces": [{"size": 0.05, "reason": "too_small", "measure": 0.05, "needed": 0.08}]}

    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    with closing(LocalServer(tmp_path, {"seen": seen})):
        result = ask("--config", healthy, "--state", tmp_path, "--watch", "1", "--json")
    assert json.loads(result.output)["findings"][0]["text"] == ("in the last 1 s 1 face, 1 too small (median 5 %)")
    assert asked == [1.0, 1.0]
