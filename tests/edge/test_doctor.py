"""What the doctor finds, on a made-up /dev and with made-up answers of the system."""

from __future__ import annotations

import grp
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from edge.cameras.source import parse_source
from edge.doctor.account import Account
from edge.doctor.camera import look_at_camera
from edge.doctor.faces import sum_up
from edge.doctor.finding import Finding, Level, fail, ok
from edge.doctor.hardware import look_at_board, look_at_groups, look_at_lamps, look_at_lines, look_at_trials
from edge.doctor.software import look_at_networks, look_at_versions
from edge.doctor.system import LITTLE, NOTHING, ask_system, look_at_clock, look_at_disk, service_is_running
from edge.errors import CameraError
from edge.host.board import Board, Throttling
from edge.host.doors import Door
from edge.networks import golden
from edge.networks.classifier import Classifier
from edge.networks.manifest import FILE_NAME
from edge.signals.results import PinResult
from edge.types import Frame, Label, Required
from tests.builders import write_model_folder

ROOT_USER = Account("root", 0, frozenset())
NOBODY = Account("nobody", 65534, frozenset({65534}))
PI_5 = "Raspberry Pi 5 Model B Rev 1.0"


class OneFrame:
    """A camera that shows one picture of one brightness."""

    def __init__(self, grey: int) -> None:
        self._grey = grey
        self.closed = False

    def frames(self) -> Iterator[Frame]:
        yield Frame(np.full((120, 160, 3), self._grey, np.uint8), 0.0, 0)

    def stop(self) -> None: ...

    def close(self) -> None:
        self.closed = True


class NoFrame(OneFrame):
    """A camera that is lost before its first picture."""

    def frames(self) -> Iterator[Frame]:
        raise CameraError("usb:0: camera lost (no picture for 5 s)")


class Empty(OneFrame):
    """A folder without pictures."""

    def frames(self) -> Iterator[Frame]:
        yield from ()


def device(root: Path, name: str, mode: int = 0o660) -> Path:
    path = root / "dev" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(mode)
    return path


def by_name(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


@pytest.mark.parametrize(
    ("mode", "owner", "in_group", "allowed"),
    [
        (0o600, True, False, True),
        (0o660, False, True, True),
        (0o660, False, False, False),
        (0o666, False, False, True),
        (0o640, False, True, False),
        (0o066, True, True, False),
        (0o606, False, True, False),
    ],
)
def test_permission_bits(tmp_path: Path, mode: int, owner: bool, in_group: bool, allowed: bool) -> None:
    """The first class that matches decides, as in the kernel."""
    path = device(tmp_path, "gpiochip0", mode)
    if os.geteuid() == 0:
        os.chown(path, 1234, 1234)  # root's own files say nothing: root may do everything
    facts = path.stat()
    account = Account("someone", facts.st_uid if owner else 4321, frozenset({facts.st_gid} if in_group else ()))
    assert account.may_use(path) is allowed


def test_root_may_use_what_is_there(tmp_path: Path) -> None:
    """Bits do not bind it, but a missing device stays missing."""
    device(tmp_path, "gpiochip0", 0o000)
    assert ROOT_USER.may_use(tmp_path / "dev/gpiochip0")
    assert not ROOT_USER.may_use(tmp_path / "dev/gpiochip1")


def test_accounts() -> None:
    """Root asks for the service's user, who may not exist; anybody else for himself."""
    own = Account.own()
    assert own.uid == os.geteuid()
    assert own.is_in(grp.getgrgid(os.getegid()).gr_name)
    assert Account.named("no-such-user") is None
    root = Account.named("root")
    assert root is not None
    assert root.uid == 0
    assert Account.of_service().uid == (Account.named("maskgate") or own).uid if own.uid == 0 else own.uid


@pytest.mark.parametrize(
    ("needed", "level"), [((), Level.OK), (("root",), Level.FAIL), (("no-such-group",), Level.FAIL)]
)
def test_groups(needed: tuple[str, ...], level: Level) -> None:
    """A group one is not in is named, with the command that mends it."""
    finding = look_at_groups(NOBODY, needed=needed)
    assert finding.level is level
    assert all(group in finding.remedy for group in needed)


@pytest.mark.parametrize(
    ("driver", "mode", "account", "level"),
    [
        ("gpio", 0o660, ROOT_USER, Level.OK),
        ("gpio", 0o660, NOBODY, Level.FAIL),
        ("auto", 0o660, NOBODY, Level.FAIL),
        ("auto", 0o666, NOBODY, Level.OK),
        ("mock", 0o660, NOBODY, Level.WARN),
        ("gpio", None, ROOT_USER, Level.FAIL),
        ("auto", None, ROOT_USER, Level.WARN),
    ],
)
def test_lamps(tmp_path: Path, driver: str, mode: int | None, account: Account, level: Level) -> None:
    """Lamps that were asked for must be there and open to the service; without them one is told."""
    if mode is not None:
        device(tmp_path, "gpiochip0", mode)
    finding = look_at_lamps(driver, account=account, root=tmp_path, ask=lambda _: "pinctrl-bcm2711")
    assert finding.level is level
    assert bool(finding.remedy) is (level is not Level.OK)


@pytest.mark.parametrize(
    ("outputs", "inputs", "pull", "text"),
    [
        ({"green": 17, "relay": 24}, {"contact": 10}, "up", ""),
        ({"green": 17, "button": 5}, {"contact": 6}, "up", ""),
        ({"relay": 5}, {}, "up", "GPIO5 (relay) is pulled up while the board starts"),
        ({"green": 17}, {"fire": 15}, "up", "GPIO15 (fire) belongs to the serial console"),
        ({"green": 17}, {"fire": 3}, "down", "GPIO3 (fire) is pulled up by the board itself, not down"),
    ],
)
def test_the_lines(outputs: dict[str, int], inputs: dict[str, int], pull: str, text: str) -> None:
    """All are named with their roles, and so is what the board does with them before the kiosk does."""
    finding = look_at_lines(outputs, inputs, pull=pull)
    assert finding.level is (Level.WARN if text else Level.OK)
    assert text in finding.text
    for role, gpio in {**outputs, **inputs}.items():
        assert f"{role} GPIO{gpio}" in finding.text


@pytest.mark.parametrize(
    ("labels", "chip", "level", "text"),
    [
        ({11: "pinctrl-rp1", 0: "gpio-brcmstb"}, None, Level.OK, "root may use gpiochip11 (pinctrl-rp1)"),
        ({0: "INTC1055:00", 4: "other"}, None, Level.FAIL, "gpiochip0 (INTC1055:00), gpiochip4 (other)"),
        ({0: "INTC1055:00", 4: "other"}, "other", Level.OK, "root may use gpiochip4 (other)"),
        ({0: "pinctrl-rp1", 4: "pinctrl-bcm2711"}, None, Level.FAIL, "2 GPIO chips may be the header"),
    ],
)
def test_the_chip_with_the_lamps(
    tmp_path: Path, labels: dict[int, str], chip: str | None, level: Level, text: str
) -> None:
    """It is named with its label; a machine without a header says what chips it has."""
    names = {device(tmp_path, f"gpiochip{number}", 0o660): label for number, label in labels.items()}
    finding = look_at_lamps("gpio", account=ROOT_USER, chip=chip, root=tmp_path, ask=lambda path: names[path])
    assert finding.level is level
    assert text in finding.text


@pytest.mark.parametrize(
    ("camera", "level", "text"),
    [
        (OneFrame(90), Level.OK, "usb:0: 160x120, first picture after"),
        (OneFrame(3), Level.WARN, "nearly black"),
        (NoFrame(90), Level.FAIL, "camera lost"),
        (Empty(90), Level.FAIL, "contains no picture"),
    ],
)
def test_first_picture(tmp_path: Path, camera: OneFrame, level: Level, text: str) -> None:
    """The camera is tried, judged by its first picture, and given back."""
    device(tmp_path, "video0")
    finding = look_at_camera(parse_source("usb:0"), lambda: camera, account=ROOT_USER, in_use=False, root=tmp_path)
    assert finding.level is level
    assert text in finding.text
    assert camera.closed


def never() -> OneFrame:
    pytest.fail("the camera must not be opened")


@pytest.mark.parametrize(
    ("source", "account", "in_use", "level", "text"),
    [
        ("usb:7", ROOT_USER, False, Level.FAIL, "usb:7: no such device; there: usb:0, usb:1"),
        ("usb:0", NOBODY, False, Level.FAIL, "nobody may not use /dev/video0"),
        ("usb:0", NOBODY, True, Level.FAIL, "nobody may not use /dev/video0"),
        ("usb:0", ROOT_USER, True, Level.OK, "the running service uses it"),
        ("picamera", NOBODY, False, Level.FAIL, "nobody may not use /dev/dma_heap/linux,cma"),
        ("picamera:1", ROOT_USER, True, Level.OK, "the running service uses it"),
        (
            "http://user:secret@127.0.0.1:1/video",
            ROOT_USER,
            False,
            Level.FAIL,
            "http://127.0.0.1:1/video: nothing listens on port 1",
        ),
    ],
)
def test_told_without_opening(
    tmp_path: Path, source: str, account: Account, in_use: bool, level: Level, text: str
) -> None:
    """What can be known beforehand is told with its own remedy, and no password."""
    device(tmp_path, "video0")
    device(tmp_path, "video1")
    device(tmp_path, "dma_heap/linux,cma")
    device(tmp_path, "media0", 0o666)
    finding = look_at_camera(parse_source(source), never, account=account, in_use=in_use, root=tmp_path)
    assert finding.level is level
    assert text in finding.text
    assert "secret" not in finding.text


def test_network_camera_that_answers(tmp_path: Path) -> None:
    """Somebody listens at its address, so the stream is opened."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = parse_source(f"rtsp://user:secret@127.0.0.1:{server.getsockname()[1]}/door")
        finding = look_at_camera(source, lambda: OneFrame(90), account=NOBODY, in_use=False, root=tmp_path)
    assert finding.level is Level.OK
    assert "secret" not in finding.text


@pytest.mark.parametrize(
    ("board", "expected"),
    [
        (Board(PI_5, 50.0, Throttling(0)), {"board": Level.OK, "temperature": Level.OK, "power": Level.OK}),
        (
            Board(PI_5, 83.0, Throttling.UNDER_VOLTAGE),
            {"board": Level.OK, "temperature": Level.WARN, "power": Level.FAIL},
        ),
        (Board(PI_5, None, Throttling.UNDER_VOLTAGE_OCCURRED), {"board": Level.OK, "power": Level.WARN}),
        (Board(PI_5, None, Throttling.THROTTLED_OCCURRED), {"board": Level.OK, "power": Level.WARN}),
        (Board(PI_5, None, None), {"board": Level.OK, "power": Level.WARN}),
        (Board(), {"board": Level.OK}),
    ],
)
def test_board(board: Board, expected: dict[str, Level]) -> None:
    """A supply too weak now fails; what is past or slow warns; an ordinary computer is not blamed."""
    assert {finding.name: finding.level for finding in look_at_board(board)} == expected


@pytest.mark.parametrize(
    ("free", "level"),
    [(LITTLE, Level.OK), (LITTLE - 1, Level.WARN), (NOTHING, Level.WARN), (NOTHING - 1, Level.FAIL), (0, Level.FAIL)],
)
def test_room_on_disk(tmp_path: Path, free: int, level: Level) -> None:
    """Little room warns, none fails."""
    assert look_at_disk(tmp_path, account=ROOT_USER, free=lambda _: free).level is level


def test_state_folder(tmp_path: Path) -> None:
    """A missing one costs the events; one the service may not write to is a mistake."""
    tmp_path.chmod(0o700)
    assert look_at_disk(tmp_path / "gone", account=ROOT_USER).level is Level.WARN
    assert look_at_disk(tmp_path, account=NOBODY).level is Level.FAIL
    assert "MB left" in look_at_disk(tmp_path, account=ROOT_USER).text


@pytest.mark.parametrize(
    ("stamp", "answer", "level"),
    [
        (True, None, Level.OK),
        (False, "yes", Level.OK),
        (False, "no", Level.WARN),
        (False, None, Level.WARN),
    ],
)
def test_clock(tmp_path: Path, stamp: bool, answer: str | None, level: Level) -> None:
    """Either systemd-timesyncd's stamp or timedatectl's word will do."""
    if stamp:
        (tmp_path / "run/systemd/timesync").mkdir(parents=True)
        (tmp_path / "run/systemd/timesync/synchronized").touch()
    assert look_at_clock(root=tmp_path, ask=lambda _: answer).level is level


@pytest.mark.parametrize(("answer", "running"), [("active", True), ("inactive", False), (None, False)])
def test_service(answer: str | None, running: bool) -> None:
    """Only systemd's `active` counts."""
    assert service_is_running(Door(), lambda _: answer) is running


@pytest.mark.parametrize(
    ("command", "answer"), [(["echo", "yes"], "yes"), (["false"], None), (["no-such-command-anywhere"], None)]
)
def test_asking_the_system(command: list[str], answer: str | None) -> None:
    """A command that fails or is missing has no answer."""
    assert ask_system(command) == answer


def test_networks(tmp_path: Path, shared: Path) -> None:
    """A whole model and a detector that runs are well."""
    folder = write_model_folder(tmp_path / "colour")
    found = by_name(look_at_networks(model=str(folder), detector="res10", search=[shared / "weights"]))
    assert {name: finding.level for name, finding in found.items()} == {"classifier": Level.OK, "detector": Level.OK}
    assert "colour, float32, sha256" in found["classifier"].text


def test_classifier_that_answers_otherwise(tmp_path: Path) -> None:
    """A model is compared with the answers it was published with, if it has some."""
    folder = write_model_folder(tmp_path / "colour")
    answers = golden.ask(Classifier.load(folder, threads=1))
    (folder / golden.FILE_NAME).write_text(answers.model_dump_json(), encoding="utf-8")
    found = by_name(look_at_networks(model=str(folder), detector="res10", search=[]))["classifier"]
    assert (found.level, found.text.rpartition("; ")[2]) == (
        Level.OK,
        "it answers as it did when it was published",
    )
    write_model_folder(folder, labels=(Label.WITHOUT_MASK, Label.WITH_MASK, Label.INCORRECT_MASK))
    assert by_name(look_at_networks(model=str(folder), detector="res10", search=[]))["classifier"].level is Level.FAIL


def test_a_rule_that_the_model_cannot_keep(tmp_path: Path) -> None:
    """The finding names rule, model and remedy."""
    folder = write_model_folder(tmp_path / "colour")
    looked = look_at_networks(model=str(folder), detector="res10", search=[], required=Required.MEDICAL)
    found = by_name(looked)["kinds"]
    assert found.level is Level.FAIL
    assert "medical" in found.text
    shipped = look_at_networks(model="mask-mobilenetv2-fast", detector="res10", search=[], required=Required.MEDICAL)
    assert "kinds" not in by_name(shipped)


def test_damaged_networks(tmp_path: Path) -> None:
    """A changed byte and a missing file are found, each by itself."""
    folder = write_model_folder(tmp_path / "colour")
    with (folder / "colour.tflite").open("ab") as model:
        model.write(b"x")
    found = by_name(look_at_networks(model=str(folder), detector="res10", search=[tmp_path]))
    assert {name: finding.level for name, finding in found.items()} == {
        "classifier": Level.FAIL,
        "detector": Level.FAIL,
    }
    assert "sha256" in found["classifier"].text
    assert (folder / FILE_NAME).exists()


def test_versions_of_this_environment() -> None:
    """What the tests run on is what the kiosk runs on."""
    found = by_name(look_at_versions(with_lamps=False))
    assert {name: finding.level for name, finding in found.items()} == dict.fromkeys(
        ["python", "opencv", "interpreter"], Level.OK
    )


@pytest.mark.parametrize(
    ("versions", "failing"),
    [
        ({"opencv-python-headless": "4.13.0.1", "tflite-runtime": "2.14.0", "lgpio": "0.2.2.0"}, set()),
        ({"opencv-python-headless": "5.0.0.1", "tflite-runtime": "2.14.0", "lgpio": "0.2.2.0"}, {"opencv"}),
        ({"opencv-python": "4.10.0.1", "ai-edge-litert": "2.3.0", "lgpio": "0.0.0.2"}, {"lgpio"}),
        ({"opencv-python": "4.10.0.1", "ai-edge-litert": "2.3.0"}, {"lgpio"}),
        ({"lgpio": "0.2.2.0"}, {"opencv", "interpreter"}),
    ],
)
def test_versions(monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], failing: set[str]) -> None:
    """A missing library, OpenCV 5 and lgpio's empty placeholder are found."""

    def version(name: str) -> str:
        if name not in versions:
            raise PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr("edge.doctor.software.version", version)
    found = look_at_versions(with_lamps=True)
    assert {finding.name for finding in found if finding.level is Level.FAIL} == failing


def test_renderings() -> None:
    """One line, and a second one if there is something to do."""
    assert ok("disk", "9 MB").as_text() == "ok   disk        9 MB"
    assert fail("disk", "0 MB", "remove").as_text() == "fail disk        0 MB\n                 -> remove"
    assert fail("disk", "0 MB", "remove").as_record() == {
        "name": "disk",
        "level": "fail",
        "text": "0 MB",
        "remedy": "remove",
    }


def face(reason: str | None, measure: float = 0.0) -> dict[str, object]:
    return {"size": 0.1, "reason": reason, "measure": measure, "needed": 1.0}


@pytest.mark.parametrize(
    ("faces", "finding"),
    [
        (
            [*(face("too_small", size) for size in (0.05, 0.061, 0.07)), face(None), face("cut_off", 0.002)],
            Finding(
                "faces",
                Level.WARN,
                "in the last 60 s 5 faces, 3 too small (median 6.1 %), 1 cut off (median 0.2 %)",
                "come nearer, or set detector.min_face = 0.06",
            ),
        ),
        ([face(None), face(None)], ok("faces", "in the last 60 s 2 faces, all counted")),
        ([face(None)], ok("faces", "in the last 60 s 1 face, all counted")),
    ],
)
def test_who_did_not_count_is_summed_up(faces: list[dict[str, object]], finding: Finding) -> None:
    """By reason, the commonest first, with its median and what to do about it."""
    assert sum_up(faces, seconds=60) == finding


def test_nobody_found_is_worth_a_word() -> None:
    """Then the camera looks elsewhere, or nobody came."""
    finding = sum_up([], seconds=60)
    assert (finding.level, finding.text) == (Level.WARN, "in the last 60 s no face was found")


SEEN_ON = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("results", "level", "text"),
    [
        ({}, Level.WARN, "never tried, or not on this line: green, red"),
        ({"green": PinResult(True, SEEN_ON)}, Level.WARN, "never tried, or not on this line: red"),
        (
            {"green": PinResult(True, SEEN_ON), "red": PinResult(False, SEEN_ON)},
            Level.WARN,
            "did not work: red on 2026-03-01",
        ),
        (
            {"green": PinResult(True, SEEN_ON), "red": PinResult(True, SEEN_ON + timedelta(days=9))},
            Level.OK,
            "all worked when tried, since 2026-03-01",
        ),
    ],
)
def test_what_was_seen_of_the_outputs_is_told(results: dict[str, PinResult], level: Level, text: str) -> None:
    """What was never tried, and what did not work, with its date and the command that tries it."""
    finding = look_at_trials({"green": 17, "red": 27}, results)
    assert (finding.level, finding.text) == (level, text)
    assert ("sudo maskgate pins test" in finding.remedy) is (level is Level.WARN)
