"""A file for whoever is asked for help: versions, findings, settings, log; without secrets and pictures."""

from __future__ import annotations

import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from edge import __version__
from edge.doctor.system import Ask

LOG_LINES = 400

HIDDEN = "***"

_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@\"']+(?=@)")
"""User and password before the host."""

_NAMED = re.compile(
    r"(?i)\b((?:[\w-]*(?:password|passwd|secret|token|api_?key|credential|session|cookie|invitation)[\w-]*|authorization)"
    r"[\"']?\s*[=:]\s*(?:bearer\s+|basic\s+)?)(?!\s)(\"[^\"]*\"|'[^']*'|[^\s,;&\"'}\])]+)"
)
"""A value that is called a secret, in a setting, a header or the query of an address."""

_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")

_SHOWN_ONCE = re.compile(r"(?i)(shown this once: )\S+")

_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)


def without_secrets(text: str) -> str:
    """A text in which passwords, tokens, cookies and private keys are replaced; file names of secrets stay."""
    text = _KEY.sub(HIDDEN, text)
    text = _IN_ADDRESS.sub(HIDDEN, text)
    text = _SHOWN_ONCE.sub(rf"\1{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    return _NAMED.sub(lambda found: found[0] if _is_harmless(found) else f"{found[1]}{HIDDEN}", text)


def _is_harmless(found: re.Match[str]) -> bool:
    """A setting that names a file or a time, or says yes or no; or what was taken out already."""
    name, value = found[1].rstrip("=: \t\"'").lower(), found[2].strip("\"'")
    return name.endswith(("_file", "_s")) or value in {"true", "false"} or value == HIDDEN


def write_report(path: Path, *, findings: str, settings: str, ask: Ask) -> None:
    """Write everything that helps to find a fault, in one step at the end.

    Args:
        path: to be written.
        findings: the doctor's, as text.
        settings: as TOML.
        ask: runs a command; what it prints, or None.

    Raises:
        OSError: if it cannot be written.
    """
    system = f"Python {platform.python_version()}, {platform.platform()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    sections = {
        "Maskgate": f"{__version__} on {system}",
        "What the doctor found": findings,
        "Settings in force": settings,
        "Service": ask(["systemctl", "status", "--no-pager", "--lines=0", "maskgate.service"]),
        "Log": ask(["journalctl", "--no-pager", "--output=short-iso", f"--lines={LOG_LINES}", "--unit=maskgate*"]),
    }
    text = "\n\n".join(f"=== {name} ===\n{(content or 'nothing').strip()}" for name, content in sections.items())
    path.write_text(without_secrets(text) + "\n", encoding="utf-8")
