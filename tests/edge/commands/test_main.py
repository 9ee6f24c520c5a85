"""The command line: its contracts with scripts, its exit codes, and its behaviour with bad input."""

from __future__ import annotations

import json
import signal
import tomllib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory
from skimage.data import astronaut

from edge import gate, service
from edge.commands.main import main
from edge.config.accepted import AcceptedConfig
from edge.config.schema import Config
from edge.types import Box, Face, Image, Label, Reading
from tests.builders import PlainDetector

FACE = Box(10, 12, 60, 72)


@pytest.fixture(autouse=True)
def networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every colour picture holds one bare face; these tests are about the command line."""

    def load(config: object) -> tuple[object, object]:
        @PlainDetector
        def detect(image: Image) -> tuple[Face, ...]:
            return (Face(FACE, 0.98765),) if image.shape[0] > 60 else ()

        def classify(image: Image, box: Box) -> Reading:
            return Reading(Label.WITHOUT_MASK, ((Label.WITH_MASK, 0.04), (Label.WITHOUT_MASK, 0.96)))

        return detect, classify

    for module in (gate, service):
        monkeypatch.setattr(module, "load_networks", load)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), astronaut()[:256, 100:400, ::-1])
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (96, 80))
    for _ in range(30):
        writer.write(np.full((80, 96, 3), 90, np.uint8))
    writer.release()
    return path


@pytest.fixture
def mock_pins(tmp_path: Path) -> Path:
    path = tmp_path / "mock.toml"
    path.write_text('[signals]\ndriver = "mock"\n')
    return path


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def maskgate(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command line in this process; gives exit code, standard output, standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        for number, handler in handlers.items():
            signal.signal(number, handler)
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


def test_detect_writes_one_json_object_a_picture(maskgate: Call, picture: Path) -> None:
    """The line holds exactly what the contract names, in pixels of the picture."""
    code, out, err = maskgate("detect", picture, "--json")
    assert (code, err) == (0, "")
    face = {"box": [10, 12, 60, 72], "label": "without_mask", "probability": 0.96}
    face |= {"kind": None, "kind_probability": None, "detection_score": 0.9877}
    assert json.loads(out) == {"file": str(picture), "faces": [face]}


def test_detect_tells_people_the_same(maskgate: Call, picture: Path) -> None:
    """Without --json a line is for reading."""
    assert maskgate("detect", picture) == (0, f"{picture}: without_mask 96% at (10, 12, 60, 72)\n", "")


def test_one_bad_picture_does_not_lose_the_others(maskgate: Call, picture: Path, tmp_path: Path) -> None:
    """Every readable picture is answered, each unreadable one gets its line, and the exit code tells."""
    (tmp_path / "empty.jpg").touch()
    code, out, err = maskgate("detect", tmp_path / "empty.jpg", tmp_path / "missing.jpg", picture, "--json")
    assert code == 66
    assert [json.loads(line)["file"] for line in out.splitlines()] == [str(picture)]
    assert [line.partition(": ")[2] for line in err.splitlines()] == [
        f"{tmp_path / 'empty.jpg'}: is empty; copy the picture again",
        f"{tmp_path / 'missing.jpg'}: no such file or folder",
        "2 of the paths could not be read",
    ]


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (200, 1)])
def test_tiny_pictures_have_no_face(maskgate: Call, tmp_path: Path, size: tuple[int, int]) -> None:
    """A picture of one pixel is answered like any other."""
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((*size, 3), np.uint8))
    code, out, _ = maskgate("detect", tmp_path / "a.png", "--json")
    assert code == 0
    assert json.loads(out)["faces"] == [] or size[0] > 60


def test_detect_draws_into_a_folder(maskgate: Call, picture: Path, tmp_path: Path) -> None:
    """The annotated picture has the size of the original and differs from it."""
    assert maskgate("detect", picture, "--out", tmp_path / "out")[0] == 0
    drawn = cv2.imread(str(tmp_path / "out" / "face.annotated.jpg"))
    assert drawn is not None
    assert drawn.shape == (256, 300, 3)


def test_run_writes_states_and_pins_as_json(maskgate: Call, clip: Path, mock_pins: Path) -> None:
    """One object per change of state and one per change of a pin, by media time."""
    code, out, _ = maskgate("run", "--source", clip, "--replay", "--json", "--config", mock_pins)
    assert code == 0
    changes = [json.loads(line) for line in out.splitlines()]
    states = [change for change in changes if change["event"] == "state"]
    assert [(change["from"], change["to"]) for change in states] == [("idle", "checking"), ("checking", "alert")]
    assert {"t": states[1]["t"], "event": "pin", "pin": "red", "gpio": 27, "value": 1} in changes
    assert changes[-1]["value"] == 0


def test_a_replay_repeats_itself(maskgate: Call, clip: Path, mock_pins: Path) -> None:
    """Two replays of one clip say the same at the same times."""
    arguments = ("run", "--source", clip, "--replay", "--json", "--config", mock_pins)
    assert maskgate(*arguments)[1] == maskgate(*arguments)[1]


def test_run_records_what_it_saw(maskgate: Call, clip: Path, mock_pins: Path, tmp_path: Path) -> None:
    """The annotated clip has as many frames as were looked at."""
    maskgate("run", "--source", clip, "--replay", "--config", mock_pins, "--out", tmp_path / "seen.mp4")
    assert cv2.VideoCapture(str(tmp_path / "seen.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 30


def test_demo_speaks_plainly(maskgate: Call, mock_pins: Path) -> None:
    """The demo prints states and pin changes that a person can read."""
    code, out, _ = maskgate("demo", "--replay", "--config", mock_pins)
    assert code == 0
    assert "CHECKING -> ALERT" in out
    assert "GPIO27 red    on" in out


def test_check_config_prints_the_values_in_use(maskgate: Call, mock_pins: Path) -> None:
    """What a file leaves out is shown with its default, in TOML that could be a file."""
    code, out, _ = maskgate("check-config", mock_pins)
    assert code == 0
    assert (
        tomllib.loads(out)["signals"].items()
        >= {"driver": "mock", "green": 17, "red": 27, "sound": "intermittent"}.items()
    )


def test_pins_off_drives_every_output_off(maskgate: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a kill no lamp stays lit and no door open; an active-low relay is released by a high line."""
    mock = MockFactory()
    monkeypatch.setattr("gpiozero.pins.mock.MockFactory", lambda **_: mock)
    relay = mock.pin(5)
    monkeypatch.setattr(relay, "close", lambda: None)
    config = tmp_path / "door.toml"
    config.write_text('[signals]\ndriver = "mock"\nrelay = 5\nactive_low = ["relay"]\n')
    assert maskgate("pins-off", "--config", config) == (0, "", "")
    assert bool(relay.state)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("detect",), 64, "Missing argument"),
        (("detekt",), 64, "No such command"),
        (("run", "--sauce", "x"), 64, "No such option"),
        (("run", "--source", "usb:0", "--replay"), 64, "--replay needs a clip"),
        (("run", "--source", "usb:x"), 64, "expected a number"),
        (("run", "--source", "demo", "--out", "demo.avi"), 64, "ending in .mp4"),
        (("run", "--source", "nowhere.mp4"), 66, "no such file"),
        (("detect", "nowhere"), 66, "nowhere: no such file or folder"),
        (("check-config", "nowhere.toml"), 78, "nowhere.toml: cannot be read"),
    ],
)
def test_exit_codes(maskgate: Call, arguments: tuple[str, ...], code: int, told: str) -> None:
    """Wrong use is 64, unreadable input 66, a refused configuration 78; the line says why."""
    left, out, err = maskgate(*arguments)
    assert (left, out) == (code, "")
    assert told in err
    assert "Traceback" not in err


def test_pins_off_knows_the_lines_in_use(maskgate: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file may be broken by the time the kiosk is killed: the lines are those it was started with."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    AcceptedConfig(tmp_path).keep(Config.model_validate({"signals": {"driver": "mock"}}))
    (tmp_path / "broken.toml").write_text("[signals")
    assert maskgate("pins-off", "--config", tmp_path / "broken.toml") == (0, "", "")
