"""Whatever clients do, the door is watched at its pace, and memory is bounded: a real process with real networks."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from edge.cameras.demo import FPS, demo_pictures
from edge.web.people.access import Access
from edge.web.people.roles import Scope
from tests.edge.web.crowd import VIEWERS, Measured, crowd
from tests.kiosk_process import Kiosk
from tests.network_camera import Scene, free_port, serving

MAX_GROWTH_MB = 60


@pytest.mark.slow
def test_fifty_viewers_and_bad_guests_slow_nothing_down(tmp_path: Path) -> None:
    """Fifty stream, one never reads, some leave mid-frame, some upload a gigabyte, one floods with headers."""
    scene, port, metrics = Scene(fps=FPS), free_port(), free_port()
    scene.show_pictures(image for image, _ in islice(demo_pictures(), 60))
    settings = f'[web]\nlisten = "127.0.0.1:{port}"\n[metrics]\nlisten = "127.0.0.1:{metrics}"\n'
    key = Access(tmp_path).tokens.add("crowd", (Scope.PICTURE,))
    with serving(scene) as address, closing(Kiosk(tmp_path, address, settings)) as kiosk:
        kiosk.wait_for("alert")
        measured = Measured(kiosk.process.pid, f"http://127.0.0.1:{metrics}/metrics")
        alone = measured.pace()
        before = measured.memory_mb("VmRSS")
        with crowd(port, key) as achieved:
            beset = measured.pace()
        peak = measured.memory_mb("VmHWM")
        again = measured.pace()
        assert "Traceback" not in kiosk.log.read_text()
    print(
        f"pace {alone:.2f}/s alone, {beset:.2f}/s beset, {again:.2f}/s again; memory {before:.0f} -> {peak:.0f} MB peak"
    )
    print(dict(achieved))
    # They were there, were served or sent away, and nobody got rid of a gigabyte.
    assert achieved["pictures"] > 2 * VIEWERS
    assert min(achieved["leavers"], achieved["floods answered"] + achieved["_flood cut off"], achieved["uploads"]) > 5
    assert achieved["uploads taken whole"] == 0
    assert achieved["views"] == VIEWERS
    assert beset >= 0.95 * alone
    assert peak - before < MAX_GROWTH_MB
