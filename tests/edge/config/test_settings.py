"""Settings changed at run time: validated, kept, laid over the configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from edge.config.schema import Config, WebConfig
from edge.config.settings import CHANGEABLE, FILE_NAME, Settings, SettingsPatch, as_changed
from edge.errors import ConfigError

POSTER = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]]


def patch(**sections: dict[str, Any]) -> Any:
    return SettingsPatch.model_validate(sections)


def make(folder: Path, **sections: dict[str, Any]) -> Settings:
    return Settings(lambda: Config.model_validate({"web": {"folder": folder}, **sections}))


def test_a_change_is_told_kept_and_used(tmp_path: Path) -> None:
    """Also by the next start; the configuration's other values stay."""
    changes = make(tmp_path).change(patch(alarm={"hold_s": 3}, zones={"ignored": [POSTER]})).lines
    assert changes == ("alarm.hold_s 2.0 -> 3.0", f"zones.ignored [] -> {json.dumps([POSTER])}")
    config = make(tmp_path, alarm={"settle_s": 1}).load()
    assert (config.alarm.hold_s, config.alarm.settle_s) == (3.0, 1.0)
    assert config.zones.ignored == (((0.0, 0.0), (0.5, 0.0), (0.5, 0.5)),)


def test_which_masks_are_required_may_change(tmp_path: Path) -> None:
    """At all hours, at some, and what a wrong one comes to; whoever is not the service learns of it, too."""
    rule = {"required": "medical", "required_hours": ["respirator 07:00-19:00"], "wrong_kind": "remind"}
    make(tmp_path).change(patch(alarm=rule))
    alarm = as_changed(Config(), tmp_path).alarm
    assert alarm == make(tmp_path).load().alarm
    assert alarm.model_dump(mode="json", include=set(rule)) == rule


def test_null_goes_back_to_the_configuration(tmp_path: Path) -> None:
    """And only what is named changes."""
    settings = make(tmp_path)
    settings.change(patch(alarm={"hold_s": 3, "mute_s": 60}))
    assert settings.change(patch(alarm={"hold_s": None})).lines == ("alarm.hold_s 3.0 -> 2.0",)
    assert settings.read() == (Config(web=WebConfig(folder=tmp_path)), {"alarm": {"mute_s": 60.0}})
    assert settings.change(patch(alarm={})).lines == ()


def test_each_file_is_read_once(tmp_path: Path) -> None:
    """What is told together is of one moment."""
    readings: list[Config] = []

    def read() -> Config:
        readings.append(Config(web=WebConfig(folder=tmp_path)))
        return readings[-1]

    configured, changed = Settings(read).read()
    assert ([configured], changed) == (readings, {})


@pytest.mark.parametrize(
    "sections",
    [
        {"alarm": {"hold_s": -1}},
        {"alarm": {"hold_s": float("nan")}},
        {"quality": {"min_sharpness": float("inf")}},
        {"people": {"majority": 0.5}},
        {"zones": {"region": [[0, 0], [1, 1]]}},
        {"zones": {"ignored": [[[0, 0], [2, 0], [1, 1]]]}},
        {"alarm": {"required": "ffp2"}},
        {"alarm": {"wrong_kind": "ignore"}},
        {"signals": {"relay": 5}},
        {"people": {"min_iou": 0.5}},
        {"camera": {"source": "usb:1"}},
    ],
)
def test_the_schema_refuses(sections: dict[str, Any]) -> None:
    """Values out of bounds, and keys that may not change while the kiosk runs."""
    with pytest.raises(ValidationError):
        SettingsPatch.model_validate(sections)


def test_what_only_the_whole_can_tell_is_refused_too(tmp_path: Path) -> None:
    """Nothing of such a change is kept."""
    settings = make(tmp_path)
    with pytest.raises(ConfigError, match=r"alarm\.hours.*HH:MM-HH:MM"):
        settings.change(patch(alarm={"hours": ["nine to five"], "hold_s": 3}))
    assert settings.load() == settings.read()[0]


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"alarm": 3}', '{"alarm": {"hold_s": -1}}', '{"signals": {"relay": 5}}']
)
def test_a_damaged_file_is_named_with_its_remedy(content: str, tmp_path: Path) -> None:
    """The kiosk does not guess what was meant."""
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(ConfigError, match=r"settings\.json: .*delete"):
        make(tmp_path).load()


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    """As a folder stands in its place, which not even root can read."""
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(ConfigError, match=r"settings\.json: cannot be read"):
        as_changed(Config(), tmp_path)


def test_without_a_folder_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the message says what to do."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    settings = Settings(Config)
    assert settings.load() == Config()
    with pytest.raises(ConfigError, match=r"web\.folder"):
        settings.change(patch(alarm={"hold_s": 3}))


def test_every_changeable_key_is_in_the_schema() -> None:
    """With its words."""
    for section, keys in CHANGEABLE.items():
        fields = type(getattr(Config(), section)).model_fields
        assert set(keys) <= set(fields)
        assert all(fields[key].description for key in keys)


def test_a_change_can_be_taken_back(tmp_path: Path) -> None:
    """Wholly, unless something else has been changed since."""
    settings = make(tmp_path)
    settings.change(patch(alarm={"hold_s": 3}))
    changed = settings.change(patch(alarm={"hold_s": 4, "mute_s": 60}))
    settings.undo(changed)
    assert settings.read()[1] == {"alarm": {"hold_s": 3.0}}
    changed = settings.change(patch(alarm={"hold_s": 4}))
    settings.change(patch(alarm={"mute_s": 60}))
    settings.undo(changed)
    assert settings.read()[1] == {"alarm": {"hold_s": 4.0, "mute_s": 60.0}}


def test_a_change_is_tried_before_it_is_kept(tmp_path: Path) -> None:
    """One with which nothing can work is refused, and the file stays as it was."""

    def refuse(config: Config) -> None:
        if config.alarm.hold_s == 4:
            raise ConfigError("the configuration cannot be used (OverflowError: too large)")

    settings = Settings(lambda: Config.model_validate({"web": {"folder": tmp_path}}), try_out=refuse)
    settings.change(patch(alarm={"hold_s": 3}))
    with pytest.raises(ConfigError, match="OverflowError"):
        settings.change(patch(alarm={"hold_s": 4}))
    assert settings.read()[1] == {"alarm": {"hold_s": 3.0}}


def test_another_folder_waits_for_a_restart(tmp_path: Path) -> None:
    """The changes stay where they are, as password and snapshots do."""
    folder = tmp_path
    settings = Settings(lambda: Config.model_validate({"web": {"folder": folder}}))
    settings.change(patch(alarm={"hold_s": 3}))
    folder = tmp_path / "other"
    assert settings.load().alarm.hold_s == 3
    settings.change(patch(alarm={"hold_s": 4}))
    assert (tmp_path / FILE_NAME).exists()
    assert not folder.exists()


def test_a_number_of_thousands_of_digits_is_refused(tmp_path: Path) -> None:
    """Like any other that is too large; in a file as in a request."""
    for digits in (400, 5000):
        (tmp_path / FILE_NAME).write_text('{"people": {"min_votes": 1' + digits * "0" + "}}")
        with pytest.raises(ConfigError) as refused:
            make(tmp_path).load()
        assert len(str(refused.value)) < 400
