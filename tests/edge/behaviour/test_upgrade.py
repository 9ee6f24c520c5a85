"""An installation of version 0.1.0 is upgraded, and taken back: what people made and what happened is still there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from edge.config.accepted import AcceptedConfig
from edge.config.schema import load_config
from edge.config.settings import Settings, SettingsPatch
from edge.events.history import History
from edge.networks.store import ModelStore
from edge.rollout.install import install, roll_back
from edge.timing import utc_now
from edge.types import Event, Label
from edge.web.people.access import Access
from edge.web.people.roles import Scope
from tests.builders import event_log
from tests.release import make_bundle, make_keys

ROOT = Path(__file__).resolve().parents[3]
BEFORE = "02d47f0"
"""The last commit of version 0.1.0."""

PATIENCE_S = 60.0
"""For a machine that does something else besides."""

MODEL = "mask-mobilenetv2"

IMPORTS = """
import json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from edge.accepted import AcceptedConfig
from edge.config import load_config
from edge.events import EventLog
from edge.history import History
from edge.model_store import ModelStore
from edge.settings import Settings, SettingsPatch
from edge.types import Event, Label
from edge.web.access import Access, Scope

state, file = Path(os.environ["STATE_DIRECTORY"]), Path(os.environ["CONFIG"])
settings = Settings(lambda: load_config(file))
"""

MAKE = """
from edge.rollout import install
settings.change(SettingsPatch.model_validate({"alarm": {"hold_s": 3.5}}))
AcceptedConfig(state).keep(settings.load())
access = Access(state)
access.set_password("correct horse battery")
token = access.add_token("nightly report", (Scope.READ,))
log = EventLog(state / "events.db")
log.record(Event("entry", datetime.now(UTC), 7, Label.WITHOUT_MASK))
assert log.flush(60)
log.close()
bundle, key = sys.argv[1:]
install(bundle, store=ModelStore(state / "models"), keys=[Path(key)], scratch=state / "models")
print(json.dumps({"session": access.open_session(), "token": token}))
"""

READ = """
access = Access(state)
session, token, password = sys.argv[1:]
known = access.token(token)
print(json.dumps({
    "hold_s": settings.load().alarm.hold_s,
    "accepted": AcceptedConfig(state).load().alarm.hold_s,
    "password": access.is_password(password),
    "session": access.is_session(session),
    "token": known and known.name,
    "events": [stored.event.kind for stored in History(state / "events.db").events()],
    "live": ModelStore(state / "models").state("mask-mobilenetv2").live,
}))
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source tree of version 0.1.0."""
    archive = subprocess.run(["git", "archive", BEFORE, "edge", "models"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"{BEFORE} is not in this clone (shallow?): the upgrade from version 0.1.0 was NOT tried")
    tree = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(tree, filter="data")
    return tree


class Old:
    """Version 0.1.0 at work in a state folder."""

    def __init__(self, tree: Path, state: Path, config: Path) -> None:
        self._tree = tree
        self._environment = os.environ | {
            "PYTHONPATH": str(tree),
            "STATE_DIRECTORY": str(state),
            "CONFIG": str(config),
        }

    def __call__(self, script: str, *arguments: str) -> dict[str, Any]:
        command = [sys.executable, "-c", IMPORTS + script, *arguments]
        done = subprocess.run(
            command, cwd=self._tree, env=self._environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service's state folder."""
    folder = tmp_path / "state"
    (folder / "models").mkdir(parents=True)
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    return folder


def test_everything_is_still_there_after_an_upgrade_and_after_the_way_back(
    before: Path, state: Path, tmp_path: Path
) -> None:
    """Events, settings, the accepted configuration, password, session, token and an installed model."""
    config = tmp_path / "maskgate.toml"
    config.write_text("[alarm]\nhold_s = 2.0\n")
    private, public = make_keys(tmp_path)
    old = Old(before, state, config)
    made = old(MAKE, str(make_bundle(tmp_path, 3, private)), str(public))

    settings, access = Settings(lambda: load_config(config)), Access(state)
    store = ModelStore(state / "models")
    accepted = AcceptedConfig(state).load()
    assert settings.load().alarm.hold_s == 3.5
    assert accepted is not None
    assert accepted.alarm.hold_s == 3.5
    assert access.shared.is_right("correct horse battery")
    assert access.sessions.find(made["session"]) is not None
    token = access.tokens.find(made["token"])
    assert token is not None
    assert (token.name, token.scopes) == ("nightly report", (Scope.READ,))
    (stored,) = History(state / "events.db").events()
    event = stored.event
    assert (event.kind, event.track_id, event.label) == ("entry", 7, Label.WITHOUT_MASK)
    assert store.state(MODEL).live == 3
    assert store.live_folder(MODEL) is not None

    # The new version leaves its own traces, which the old one must be able to read.
    settings.change(SettingsPatch.model_validate({"alarm": {"hold_s": 4.5}}))
    AcceptedConfig(state).keep(settings.load())
    log = event_log(state / "events.db")
    log.record(Event("alert", utc_now()))
    assert log.flush(PATIENCE_S)
    log.close()
    install(str(make_bundle(tmp_path, 4, private)), store=store, keys=[public], scratch=state / "models")
    roll_back(store, MODEL, "by hand")
    assert old(READ, made["session"], made["token"], "correct horse battery") == {
        "hold_s": 4.5,
        "accepted": 4.5,
        "password": True,
        "session": True,
        "token": "nightly report",
        "events": ["entry", "alert"],
        "live": 3,
    }
