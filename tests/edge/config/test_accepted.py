"""The configuration that was accepted last."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from edge.config.accepted import FILE, AcceptedConfig
from edge.config.schema import Config

CONFIG = Config.model_validate(
    {
        "camera": {"source": "rtsp://user:secret@camera/"},
        "zones": {"region": [[0, 0], [1, 0], [1, 1]], "ignored": [[[0.7, 0.1], [0.9, 0.1], [0.9, 0.4]]]},
        "signals": {"active_low": ["relay"], "relay": 5},
        "events": {"database": "/tmp/events.db"},
    }
)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Every value, in the next process too."""
    AcceptedConfig(tmp_path).keep(Config())
    AcceptedConfig(tmp_path).keep(CONFIG)
    assert AcceptedConfig(tmp_path).load() == CONFIG
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_name_that_is_no_utf8_is_kept(tmp_path: Path) -> None:
    """A clip from an old disk must not end the kiosk that plays it."""
    config = Config.model_validate({"camera": {"source": "T\udcfcr.mp4"}})
    AcceptedConfig(tmp_path).keep(config)
    assert AcceptedConfig(tmp_path).load() == config


def test_only_the_service_may_read_it(tmp_path: Path) -> None:
    """A camera's address may hold a password."""
    AcceptedConfig(tmp_path).keep(CONFIG)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_the_same_again_is_not_written(tmp_path: Path) -> None:
    """A card is not worn by restarts."""
    AcceptedConfig(tmp_path).keep(CONFIG)
    inode = (tmp_path / FILE).stat().st_ino
    AcceptedConfig(tmp_path).keep(CONFIG)
    assert (tmp_path / FILE).stat().st_ino == inode


@pytest.mark.parametrize("text", [None, "", "{", '{"camera": {"sauce": 1}}', "\udcff"])
def test_nothing_usable_is_nothing(tmp_path: Path, text: str | None) -> None:
    """A missing, damaged or foreign file is no configuration, and no error."""
    if text is not None:
        (tmp_path / FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert AcceptedConfig(tmp_path).load() is None


def test_without_a_state_folder_nothing_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Runs at a desk leave no trace; a folder that cannot be written is told and stops nothing."""
    AcceptedConfig(None).keep(CONFIG)
    assert AcceptedConfig(None).load() is None
    (tmp_path / "file").touch()
    AcceptedConfig(tmp_path / "file" / "folder").keep(CONFIG)
    assert "config=unkept" in caplog.text


def test_settings_of_wider_bounds_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An older version may have taken more: the door is watched, with one default and all the rest."""
    (tmp_path / FILE).write_text('{"people": {"min_votes": 400, "window_s": 2.0}, "signals": {"relay": 5}}')
    found = AcceptedConfig(tmp_path).load()
    assert found is not None
    assert (found.people.min_votes, found.people.window_s, found.signals.relay) == (5, 2.0, 5)
    assert "config=default key=people.min_votes" in caplog.text
    (tmp_path / FILE).write_text('{"people": {"min_votes": 400}, "signals": {"relay": 99}}')
    assert AcceptedConfig(tmp_path).load() is None
