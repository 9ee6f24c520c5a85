"""The sections of a card that are others where the network was trained by somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convert.tables import markdown_table, percent
from convert.verify import Verification
from edge.networks.manifest import Manifest

NOT_OURS = """\
**This network was not trained here.** What pictures it learnt from, whether the people in them agreed, whose they are,
and under which terms the network may be used: ask whoever trained it. Maskgate's licence covers none of it."""
"""Whose it is."""

NEVER_TRIED = """\
Nobody gave pictures when it was imported: it was compared with its original on drawn pictures alone, and what its input
and its outputs mean was taken on trust. **Judge it before a door depends on it**: `maskgate detect` on pictures of your
own, or import it again with `--pictures`."""
"""What to say of a network that was imported blindly."""


def imported_from(manifest: Manifest) -> Mapping[str, Any] | None:
    """Where the network comes from; None for one that was trained by this project's toolchain."""
    found = manifest.training.get("imported")
    return found if isinstance(found, Mapping) else None


def imported_figures(verifications: Sequence[Verification]) -> str:
    """How often it is right on the pictures that were given, beside its original."""
    if not verifications:
        return NEVER_TRIED
    (one,) = verifications
    rows = [
        ["its original", percent(one.keras_accuracy), *(percent(share) for share in one.keras_recall.values())],
        ["on the kiosk", percent(one.accuracy), *(percent(share) for share in one.recall.values())],
    ]
    table = markdown_table(["", "right", *(f"of {label}" for label in one.recall)], rows)
    given = (
        f"On the {one.pictures} pictures that were given when it was imported. They also decided how its input and "
        "outputs are read, and it may have learnt from them: a real door is harder."
    )
    measured = (
        f"Both name the same label for {percent(one.agreement)} of them; {one.cpu_ms_per_face} ms per face, measured "
        f"on {one.machine} with {one.runtime}; processor time."
    )
    return "\n\n".join([given, table, measured])


def imported_origin(imported: Mapping[str, Any], manifest: Manifest) -> str:
    """File, form and how it was read."""
    facts = {
        "File": f"`{imported.get('file')}` ({imported.get('form')})",
        "Its SHA-256": imported.get("sha256"),
        "Input": imported.get("input"),
        "Outputs": ", ".join(manifest.labels),
        "This file (SHA-256)": manifest.sha256,
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items() if value)
