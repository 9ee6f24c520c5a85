"""`maskgate collect`: what is kept is listed, handed on and erased."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.collection.collector import uncertain_faces
from edge.commands.main import cli
from edge.timing import utc_now


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A kiosk's configuration, and a face in its folder."""
    path = tmp_path / "maskgate.toml"
    path.write_text(f'[web]\nfolder = "{tmp_path}"\n[collect]\nuntil = 2026-12-24\n')
    kept = uncertain_faces(tmp_path, most=lambda: 9, max_age_days=lambda: 7.0)
    kept.keep(f"{utc_now():%Y%m%dT%H%M%SZ}-m0100-with_mask-p0550.jpg", b"face")
    return path


def run(*arguments: object, answer: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["collect", *map(str, arguments)], input=answer)
    return result.exit_code, result.output


def test_lists_exports_and_erases(config: Path, tmp_path: Path) -> None:
    """Erasing asks first, and leaves an export alone."""
    code, listed = run("list", "--config", config)
    assert code == 0
    assert listed.startswith("faces are kept until the end of 2026-12-24\n")
    assert listed.endswith("-m0100-with_mask-p0550.jpg\n")
    assert "1 faces" in run("export", tmp_path / "out", "--config", config)[1]
    assert run("erase", "--config", config, answer="n\n")[0] == 1
    assert run("erase", "--config", config, "--yes") == (0, "1 faces erased\n")
    assert run("list", "--config", config)[1].splitlines() == ["faces are kept until the end of 2026-12-24"]
    assert len(list((tmp_path / "out" / "pictures").iterdir())) == 1


def test_says_when_nothing_is_kept(tmp_path: Path) -> None:
    """The default."""
    path = tmp_path / "maskgate.toml"
    path.write_text(f'[web]\nfolder = "{tmp_path}"\n')
    assert run("list", "--config", path) == (0, "no faces are kept: collect.until is not set\n")
