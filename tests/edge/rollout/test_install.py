"""How a new model goes live, and is taken back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ModelError
from edge.host.interpreter import own_environment
from edge.networks.store import ModelStore, RolloutState
from edge.rollout import fetch as fetch_module
from edge.rollout import proof
from edge.rollout.install import UNFINISHED, install, roll_back
from edge.rollout.orders import is_chosen
from edge.rollout.proof import prove
from edge.rollout.trial import Trial
from edge.types import Required
from tests.release import crashing, hungry, make_bundle, make_keys, make_model, serving

MODEL = "mask-mobilenetv2"


class Publisher:
    """Installs bundles of a trusted publisher."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.private, self.public = make_keys(folder)
        self.store = ModelStore(folder / "models")

    def bundle(self, version: int) -> Path:
        return make_bundle(self.folder, version, self.private)

    def install(self, version: int, **options: Any) -> tuple[str, int]:
        return self.fetch(str(self.bundle(version)), **options)

    def fetch(self, source: str, **options: Any) -> tuple[str, int]:
        return install(source, store=self.store, keys=[self.public], scratch=self.folder / "models", **options)

    @property
    def state(self) -> RolloutState:
        return self.store.state(MODEL)

    @property
    def versions(self) -> set[str]:
        """Folders that are there."""
        return {path.name for path in (self.folder / "models" / MODEL).iterdir() if path.is_dir()}


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path)


def test_a_bundle_goes_live_on_trial(publisher: Publisher) -> None:
    """Its files are in place before the switch, and nothing else is left behind."""
    assert publisher.install(3) == (MODEL, 3)
    assert publisher.state == RolloutState(live=3, before=(0,), trial="pending")
    live = publisher.store.live_folder(MODEL)
    assert live is not None
    prove(live)
    assert [path.name for path in (publisher.folder / "models").iterdir()] == [MODEL]


def test_a_bundle_that_cannot_keep_the_rule_is_refused(publisher: Publisher) -> None:
    """It would shut the door: nothing has changed; where no rule asks for kinds of masks, it is as good as any."""
    asked: list[str] = []

    def required(model: str) -> Required:
        asked.append(model)
        return Required.RESPIRATOR

    with pytest.raises(ModelError, match=f"asks for respirator, and the model {MODEL} 3 does not tell kinds"):
        publisher.install(3, required=required, force=True)
    assert asked == [MODEL]
    assert publisher.state == RolloutState()
    assert publisher.install(3, required=lambda model: Required.ANY) == (MODEL, 3)


def test_the_two_versions_before_are_kept(publisher: Publisher) -> None:
    """Older ones go."""
    for version in (1, 2, 3, 4):
        publisher.install(version)
    assert publisher.state.before == (3, 2)
    assert publisher.versions == {"4", "3", "2"}
    assert [roll_back(publisher.store, MODEL, "by hand") for _ in range(2)] == [3, 2]
    with pytest.raises(ModelError, match="no version was live before"):
        roll_back(publisher.store, MODEL, "by hand")


def test_a_replayed_old_bundle_is_refused(publisher: Publisher) -> None:
    """Its signature is good, and it is too old all the same, unless a person insists."""
    publisher.install(5)
    with pytest.raises(ModelError, match=f"{MODEL} 4: is older than 5, which is live"):
        publisher.install(4)
    with pytest.raises(ModelError, match="is already live"):
        publisher.install(5)
    assert publisher.state.live == 5
    publisher.install(4, force=True)
    assert (publisher.state.live, publisher.state.before) == (4, (5, 0))


def test_a_version_that_failed_is_not_tried_again(publisher: Publisher) -> None:
    """A roll-out that still stands must not bring it back again and again."""
    publisher.install(5)
    roll_back(publisher.store, MODEL, "the loop hung")
    with pytest.raises(ModelError, match="failed here before"):
        publisher.install(5)
    publisher.install(5, force=True)
    assert publisher.state == RolloutState(live=5, before=(0,), trial="pending")


def test_a_model_that_fails_its_test_never_goes_live(publisher: Publisher, tmp_path: Path) -> None:
    """Well signed, and it answers differently from when it was published."""
    source = make_model(tmp_path / "source")
    golden = json.loads((source / "golden.json").read_text())
    for answer in golden["answers"].values():
        answer["with_mask"] = 1 - answer["with_mask"]
    (source / "golden.json").write_text(json.dumps(golden))
    with pytest.raises(ModelError, match="on the drawn picture"):
        publisher.install(3)
    assert publisher.state == RolloutState()
    assert publisher.versions == set()


def test_a_model_that_is_too_slow_never_goes_live(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured on this very machine."""
    monkeypatch.setattr(proof, "MAX_FACE_S", 0.0)
    with pytest.raises(ModelError, match="s per face on this machine"):
        publisher.install(3, test=prove)
    assert publisher.state == RolloutState()


def test_a_test_that_ends_the_machine_is_remembered(publisher: Publisher) -> None:
    """The attempt is written down before it begins: after a power cut the model is not tried again."""
    seen = []
    publisher.install(3, test=lambda _: seen.append(publisher.state))
    assert seen == [RolloutState(failed={3: UNFINISHED})]
    assert publisher.state.failed == {}


def test_a_process_that_dies_of_a_test_does_not_die_of_it_again(publisher: Publisher, tmp_path: Path) -> None:
    """The installing process is killed in the middle of a test."""
    bundle = publisher.bundle(3)
    script = f"""
import os, signal
from pathlib import Path
from edge.networks.store import ModelStore
from edge.rollout.install import install
store = Path({str(tmp_path / "models")!r})
install({str(bundle)!r}, store=ModelStore(store), keys=[Path({str(publisher.public)!r})], scratch=store,
        test=lambda folder: os.kill(os.getpid(), signal.SIGKILL))
"""
    done = subprocess.run([sys.executable, "-c", script], env=own_environment(), check=False)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(ModelError, match=f"failed here before .{UNFINISHED}"):
        publisher.install(3)
    publisher.install(3, force=True)
    assert publisher.state.live == 3


def test_a_model_that_ends_its_process(publisher: Publisher) -> None:
    """Well signed, and it crashes the interpreter: the kiosk lives, and never tries it again."""
    publisher.install(2)
    crashing(make_model(publisher.folder / "source"))
    with pytest.raises(ModelError, match=rf"{MODEL} 3: it ended the process that tested it \(SIGSEGV\)"):
        publisher.install(3)
    assert publisher.state.live == 2
    with pytest.raises(ModelError, match="failed here before"):
        publisher.install(3)


def test_a_model_that_takes_too_much_memory(publisher: Publisher) -> None:
    """Its process may have less than a kiosk has to spare, whatever this machine has."""
    hungry(make_model(publisher.folder / "source"))
    with pytest.raises(ModelError, match="is not a TFLite model that runs here"):
        publisher.install(3)
    assert publisher.state == RolloutState()


def test_a_model_that_never_answers(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is ended."""
    monkeypatch.setattr(proof, "PROOF_S", 0.01)
    with pytest.raises(ModelError, match=f"{MODEL} 3: its test did not end within 0 s; it is not tried again"):
        publisher.install(3)
    assert 3 in publisher.state.failed


def test_another_model_than_ordered_is_refused(publisher: Publisher) -> None:
    """Whoever can exchange a file on the server cannot choose another good one."""
    with pytest.raises(ModelError, match="not the one that was ordered"):
        publisher.install(3, expected=(MODEL, 4))
    assert publisher.state.live == 0


@pytest.fixture
def server(publisher: Publisher) -> Iterator[str]:
    """The address of a web server with the publisher's folder."""
    with serving(publisher.folder) as address:
        yield address


def test_bundles_are_fetched(publisher: Publisher, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a web server; what is missing, too large or no address at all is one clear error."""
    bundle = publisher.bundle(3)
    publisher.fetch(f"{server}/{bundle.name}")
    assert publisher.state.live == 3
    with pytest.raises(ModelError, match=r"none: cannot be fetched \(the server answers 404\)"):
        publisher.fetch(f"{server}/none")
    monkeypatch.setattr(fetch_module, "MAX_BUNDLE_BYTES", 100)
    with pytest.raises(ModelError, match="has more than 100 bytes"):
        publisher.fetch(f"{server}/{bundle.name}")
    with pytest.raises(ModelError, match=r"cannot be fetched \(Connection refused\)"):
        publisher.fetch("http://127.0.0.1:9/bundle")
    for source in ("file:///etc/passwd", "/nowhere/bundle"):
        with pytest.raises(ModelError, match="cannot be read"):
            publisher.fetch(source)


class Clock:
    """Stands until it is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def trial(publisher: Publisher, told: list[str], clock: Clock) -> Trial:
    return Trial(publisher.store, told.append, clock=clock)


def live(publisher: Publisher) -> int:
    """What a kiosk would load now."""
    return publisher.state.live


def test_a_minute_without_failure_proves_a_model(
    publisher: Publisher, trial: Trial, told: list[str], clock: Clock
) -> None:
    """From then on it is as good as the one before."""
    publisher.install(3)
    assert trial.load(MODEL, lambda: live(publisher)) == 3
    assert publisher.state.trial == "running"
    clock.now += 59.9
    trial.beat()
    assert trial.runs
    clock.now += 0.2
    trial.beat()
    assert publisher.state == RolloutState(live=3, before=(0,))
    assert not trial.fail(ModelError("later"))
    assert told == [f"model {MODEL} 3 is on trial", f"model {MODEL} 3 has proven itself"]


def test_a_model_that_cannot_be_loaded_is_taken_back(publisher: Publisher, trial: Trial, told: list[str]) -> None:
    """The kiosk goes on with the one before."""
    publisher.install(3)

    def load() -> int:
        if live(publisher) == 3:
            raise ModelError("not a TFLite model that runs here")
        return live(publisher)

    assert trial.load(MODEL, load) == 0
    assert publisher.state == RolloutState(failed={3: "not a TFLite model that runs here"})
    assert told == [f"model {MODEL} 3 failed, back to the shipped one: not a TFLite model that runs here"]


def test_a_model_that_fails_within_the_minute_is_taken_back(publisher: Publisher, trial: Trial) -> None:
    """As when it answers with something that is no probability."""
    publisher.install(3)
    publisher.install(4)
    trial.load(MODEL, lambda: live(publisher))
    assert trial.fail(ModelError("the model answers with nan"))
    assert (publisher.state.live, publisher.state.failed) == (3, {4: "the model answers with nan"})


def test_a_kiosk_that_dies_within_the_minute_comes_back_with_the_model_before(
    publisher: Publisher, trial: Trial, told: list[str]
) -> None:
    """A crash, a hang that the watchdog ended, a power cut: the next start does not try again."""
    publisher.install(3)
    trial.load(MODEL, lambda: live(publisher))
    again = Trial(publisher.store, told.append)
    assert again.load(MODEL, lambda: live(publisher)) == 0
    assert publisher.state.failed == {3: "the kiosk did not survive its first minute with it"}


def test_an_orderly_end_fails_nothing(publisher: Publisher, trial: Trial, told: list[str]) -> None:
    """The trial begins anew at the next start."""
    publisher.install(3)
    trial.load(MODEL, lambda: live(publisher))
    trial.suspend()
    again = Trial(publisher.store, told.append)
    assert again.load(MODEL, lambda: live(publisher)) == 3
    assert again.runs


def test_a_damaged_state_is_told(publisher: Publisher) -> None:
    """With the remedy, rather than with another model than people think."""
    publisher.install(3)
    (publisher.folder / "models" / MODEL / "rollout.json").write_text("{")
    with pytest.raises(ModelError, match="delete it to use the shipped model"):
        publisher.store.live_folder(MODEL)


def test_a_share_of_the_kiosks_is_chosen() -> None:
    """About as many as were asked for, always the same, and all of them at last; other versions begin elsewhere."""
    kiosks = [f"door-{number}" for number in range(2000)]

    def chosen(percent: float, version: int = 3) -> set[str]:
        return {kiosk for kiosk in kiosks if is_chosen(kiosk, MODEL, version, percent)}

    assert chosen(0) == set()
    assert 150 <= len(chosen(10)) <= 250
    assert chosen(10) < chosen(50) < chosen(100) == set(kiosks)
    assert len(chosen(10) & chosen(10, version=4)) < 60
