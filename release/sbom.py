"""The bill of materials: every part of a release, as CycloneDX 1.6 (ECMA-424)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from release.wheels import Wheel


def sbom(own: Wheel, wheels: Iterable[Wheel], *, made_at: int) -> str:
    """List what lies in a release.

    Args:
        own: the kiosk's own wheel.
        wheels: the others, for all systems; one file is listed once.
        made_at: seconds since 1970; with the wheels it fixes every byte.
    """
    parts = {wheel.sha256: wheel for wheel in wheels}
    listed = sorted(parts.values(), key=lambda wheel: wheel.path.name)
    content = "".join(wheel.sha256 for wheel in [own, *listed])
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(made_at, UTC).isoformat().replace("+00:00", "Z"),
            "component": {"type": "application", **_part(own)},
        },
        "components": [{"type": "library", **_part(wheel)} for wheel in listed],
        "dependencies": [{"ref": own.path.name, "dependsOn": [wheel.path.name for wheel in listed]}],
    }
    return json.dumps(document, indent=1) + "\n"


def _part(wheel: Wheel) -> dict[str, object]:
    licences = [{"license": {"name": wheel.licence}}] if wheel.licence else []
    return {
        # The same package may be there twice, for two Pythons.
        "bom-ref": wheel.path.name,
        "name": wheel.name,
        "version": wheel.version,
        "purl": f"pkg:pypi/{wheel.name}@{wheel.version}?file_name={wheel.path.name}",
        "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
        **({"licenses": licences} if licences else {}),
    }
