"""The technician's commands, from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from edge.commands.doctor import doctor
from edge.errors import ConfigError, MaskgateError
from tests.builders import write_model_folder


@pytest.fixture
def healthy(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration of a kiosk that sees, with a model that is whole and no lamps."""
    model = write_model_folder(tmp_path / "colour")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    cv2.imwrite(str(pictures / "one.png"), np.full((60, 80, 3), 120, np.uint8))
    monkeypatch.setenv("MASKGATE_WEIGHTS", str(shared / "weights"))
    monkeypatch.setattr("edge.commands.doctor.service_is_running", lambda: False)
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
