"""What a configuration names, and this machine has not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.config import present
from edge.config.present import check_rule, what_is_missing
from edge.config.schema import Config
from edge.config.settings import RefusedValuesError
from tests.builders import write_model_folder


def configured(**sections: dict[str, object]) -> Config:
    return Config.model_validate(sections)


def test_the_defaults_miss_nothing() -> None:
    """Whether a camera is plugged in is not asked."""
    assert list(what_is_missing(configured(camera={"source": "usb:7"}))) == []


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"camera": {"source": "nowhere.mp4"}}, "camera.source = 'nowhere.mp4': no such file or folder"),
        ({"camera": {"source": "/proc/self/exe/a"}}, "camera.source = '/proc/self/exe/a': Not a directory"),
        (
            {"classifier": {"model": "mask-mobilenet"}},
            "classifier.model = 'mask-mobilenet': mask-mobilenet: no such model",
        ),
        ({"detector": {"name": "my-faces"}}, "detector.name = 'my-faces': face detector: manifest.json not found in"),
        ({"web": {"certificate": "/no/a.pem", "key": "/no/b.pem"}}, "web.certificate = '/no/a.pem': no such file"),
        ({"door_screen": {"logo": "/no/logo.svg"}}, "door_screen.logo: /no/logo.svg: cannot be read (No such file"),
        ({"voice": {"folder": "/no/sounds"}}, "voice.folder = '/no/sounds': no such folder"),
        ({"notify": {"urls_file": "/no/urls"}}, "notify.urls_file = '/no/urls': no such file"),
        ({"models": {"keys": ["/no/key.pem"]}}, "models.keys = '/no/key.pem': no such file"),
    ],
)
def test_what_cannot_be_had_is_told_with_its_key(sections: dict[str, dict[str, object]], told: str) -> None:
    """Before the service starts with it."""
    assert next(what_is_missing(configured(**sections))).startswith(told)


@pytest.mark.parametrize("rule", [{"required": "medical"}, {"required_hours": ["respirator 07:00-19:00"]}])
def test_a_rule_that_the_model_cannot_keep_is_named(rule: dict[str, object], tmp_path: Path) -> None:
    """One whose model tells kinds of masks apart misses nothing."""
    folder = write_model_folder(tmp_path / "colour")
    (line,) = what_is_missing(configured(camera={"source": "usb:7"}, alarm=rule, classifier={"model": str(folder)}))
    assert re.match(r"alarm.required asks for (medical|respirator), and the model \S+ does not tell kinds", line)
    assert list(what_is_missing(configured(camera={"source": "usb:7"}, alarm=rule))) == []


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ({"required": "medical"}, "alarm.required"),
        ({"required_hours": ["respirator 07:00-19:00"]}, "alarm.required_hours"),
    ],
)
def test_a_rule_that_the_model_cannot_keep_is_refused_at_its_key(
    rule: dict[str, object], key: str, tmp_path: Path
) -> None:
    """Where somebody sets it on the page; nothing is wrong with it where the model tells what it asks for."""
    folder = write_model_folder(tmp_path / "colour")
    with pytest.raises(RefusedValuesError, match="does not tell kinds") as refused:
        check_rule(configured(alarm=rule, classifier={"model": str(folder)}))
    assert set(refused.value.fields) == {key}
    check_rule(configured(alarm=rule))
    check_rule(configured(classifier={"model": str(folder)}))


@pytest.mark.parametrize(
    "sections",
    [
        {"web": {"listen": "127.0.0.1:80"}},
        {"metrics": {"listen": "[::]:80"}},
        {"mqtt": {"host": "broker"}},
        {"notify": {"urls": ["tgram://token/1"]}},
    ],
)
def test_a_missing_extra_is_told(sections: dict[str, dict[str, object]], monkeypatch: pytest.MonkeyPatch) -> None:
    """By the section that wants it, and only where that is in use."""
    monkeypatch.setattr(present, "find_spec", lambda _: None)
    (section,) = sections
    camera: dict[str, object] = {"source": "usb:0"}
    assert [line.split(":")[0] for line in what_is_missing(configured(camera=camera, **sections))] == [f"[{section}]"]
    assert list(what_is_missing(configured(camera=camera))) == []


def test_a_clip_that_is_there_misses_nothing(tmp_path: Path) -> None:
    """By its path, with ~ or without."""
    clip = tmp_path / "a.mp4"
    clip.touch()
    assert list(what_is_missing(configured(camera={"source": str(clip)}))) == []
