"""The bill of materials."""

from __future__ import annotations

import json
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from release.sbom import sbom
from release.wheels import Wheel

MADE_AT = 1_800_000_000
OWN = Wheel(Path("maskgate-1.0-py3-none-any.whl"), "maskgate", "1.0", "Apache-2.0", "0" * 64)
PARTS = (
    Wheel(Path("numpy-2.2.6-cp313-cp313-linux_aarch64.whl"), "numpy", "2.2.6", "BSD License", "1" * 64),
    Wheel(Path("numpy-1.26.4-cp311-cp311-linux_aarch64.whl"), "numpy", "1.26.4", "BSD License", "2" * 64),
    Wheel(Path("nameless-1-py3-none-any.whl"), "nameless", "1", "", "3" * 64),
)


def test_it_is_cyclonedx() -> None:
    """By the standard's own schema, strictly."""
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(sbom(OWN, PARTS, made_at=MADE_AT)) is None
    assert validator.validate_str('{"bomFormat": "CycloneDX"}') is not None


def test_each_part_once_in_any_order() -> None:
    """With its hash; the same parts make the same bytes."""
    text = sbom(OWN, [*PARTS, PARTS[0]], made_at=MADE_AT)
    assert text == sbom(OWN, reversed(PARTS), made_at=MADE_AT)
    listed = json.loads(text)
    assert listed["metadata"]["timestamp"] == "2027-01-15T08:00:00Z"
    assert [(part["name"], part["version"], part["hashes"][0]["content"]) for part in listed["components"]] == [
        ("nameless", "1", "3" * 64),
        ("numpy", "1.26.4", "2" * 64),
        ("numpy", "2.2.6", "1" * 64),
    ]
