"""The manual, made from the commands themselves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.commands.main import cli


def test_every_command_has_its_page(tmp_path: Path) -> None:
    """Name, synopsis, description and options; groups name the commands below."""
    result = CliRunner().invoke(cli, ["man-pages", str(tmp_path / "man1")], prog_name="maskgate")
    assert result.exit_code == 0, result.output
    pages = {page.stem: page.read_text() for page in (tmp_path / "man1").iterdir()}
    assert {"maskgate", "maskgate-run", "maskgate-doctor", "maskgate-pins-test", "maskgate-setup"} <= set(pages)
    assert "maskgate-man-pages" not in pages
    for name, page in pages.items():
        assert page.startswith(f'.TH "{name.upper()}" "1"'), name
        assert ".SH SYNOPSIS" in page
    assert "\\-\\-watch SECONDS" in pages["maskgate-doctor"]
    assert "\\fBmaskgate pins test\\fR" in pages["maskgate-pins"]


@pytest.mark.skipif(shutil.which("man") is None, reason="NOT TESTED: man is missing")
def test_man_takes_the_pages(tmp_path: Path) -> None:
    """Without a complaint."""
    CliRunner().invoke(cli, ["man-pages", str(tmp_path)], prog_name="maskgate")
    command = ["man", "--warnings", "--local-file", str(tmp_path / "maskgate-doctor.1")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "maskgate doctor" in done.stdout
