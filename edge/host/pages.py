"""Where a page of the documentation lies on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

_INSTALLED = Path(sys.prefix) / "share/maskgate/docs"
_CHECKOUT = Path(__file__).resolve().parents[2] / "docs"


def page(name: str, heading: str = "") -> str:
    """The file of a page, where there is one, and the anchor of one of its headings.

    Args:
        name: such as `configuration.md`.
        heading: as a browser's address has it, such as `camera` of `## [camera]`.
    """
    folder = next((folder for folder in (_INSTALLED, _CHECKOUT) if (folder / name).is_file()), Path("docs"))
    return f"{folder / name}#{heading}" if heading else str(folder / name)
