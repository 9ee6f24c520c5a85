"""How a part of Maskgate that is not installed is added, on the installation at hand."""

from __future__ import annotations

import sys
from pathlib import Path

INSTALLED = Path("/opt/maskgate")
"""Where the installer makes its environments."""

_CHECKOUT = Path(__file__).resolve().parents[2]


def how_to_add(extra: str) -> str:
    """What to do to have an extra, such as `web`; never a name to fetch from an index, which a stranger could take."""
    if Path(sys.prefix).is_relative_to(INSTALLED):
        return f"install Maskgate again with its extra {extra}: maskgate-setup install WHEEL --extras {extra}"
    if (_CHECKOUT / "pyproject.toml").is_file():
        return f"in {_CHECKOUT}: {Path(sys.executable).name} -m pip install --editable '.[{extra}]'"
    return f"install Maskgate's wheel again with its extra {extra}: pip install 'WHEEL[{extra}]'"
