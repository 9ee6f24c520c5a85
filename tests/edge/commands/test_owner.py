"""Commands that run networks, asked for with sudo on a kiosk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge.networks.golden import draw
from edge.pictures import write_jpeg
from tests.ownership import SERVICE, as_root, as_service, needs_root, owners, service_folder
from tests.release import make_bundle, make_keys

pytestmark = needs_root


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Any; what is found in it does not matter."""
    path = tmp_path / "door.jpg"
    write_jpeg(path, draw("bare", width=160, height=120))
    return path


def test_root_runs_no_installed_model(picture: Path, tmp_path: Path) -> None:
    """What the service's user could have put in place is run by that user, who then owns what comes of it."""
    private, public = make_keys(tmp_path)
    bundle = make_bundle(tmp_path, 7, private)
    with service_folder() as state:
        shown = Path(shutil.copy(picture, state.parent / "door.jpg"))
        as_service(state, "mkdir out")
        before = as_root(state, "detect", shown, "--out", state / "out")
        assert before.returncode == 0, before.stderr
        assert owners(state / "out") == {(0, 0)}
        shutil.rmtree(state / "out")
        as_service(state, "mkdir out")
        key = shutil.copy(public, state.parent / "release.pem")
        done = as_root(state, "models", "install", bundle, "--key", key)
        assert done.returncode == 0, done.stderr
        after = as_root(state, "detect", shown, "--out", state / "out")
        assert after.returncode == 0, after.stderr
        assert owners(state / "out") == {SERVICE}
        shown.chmod(0o600)
        refused = as_root(state, "detect", shown)
        assert refused.returncode != 0
        assert "is not readable" in refused.stderr
        assert "Traceback" not in refused.stderr
