"""What the installation guide says to type on the computer that has the sources."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from edge import __version__

ROOT = Path(__file__).resolve().parents[3]
WHEEL = f"dist/maskgate-{__version__}-py3-none-any.whl"
BLOCK = re.compile(r"^```sh\n(python3 -m pip (wheel|download) .*?)^```$", re.MULTILINE | re.DOTALL)


def fetch_for_a_pi(
    folder: Path, *, python: str, extras: str = "", beside: str = "", constraints: Path | None = None
) -> Path:
    """Build the package and fetch what it needs, for a Pi without a network, with the guide's own commands.

    Args:
        folder: gets `dist/`, as the guide calls it.
        python: such as 313.
        extras: such as web,mqtt.
        beside: a further requirement.
        constraints: file of the versions to take; None takes the newest.

    Returns:
        the folder of wheels.
    """
    text = (ROOT / "docs/installation.md").read_text(encoding="utf-8")
    commands = {verb: command for command, verb in BLOCK.findall(text)}
    assert commands.keys() == {"wheel", "download"}
    _type(commands["wheel"].replace(" dist .", f" '{folder}/dist' ."), ROOT)
    download = commands["download"].replace("--python-version 313", f"--python-version {python}")
    if extras:
        download = download.replace("dist/maskgate-*.whl", f'"{WHEEL}[{extras}]"')
    if beside:
        download = f"{download.rstrip()} '{beside}'"
    _type(download, folder, constraints)
    return folder / "dist/wheels"


def _type(command: str, folder: Path, constraints: Path | None = None) -> None:
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": programs, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if constraints:
        environment["PIP_CONSTRAINT"] = str(constraints)
    told = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, f"{command}\n{told.stderr[-3000:]}"
