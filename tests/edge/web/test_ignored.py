"""Why a face does not count: every reason, in `--json`, on the page and in the metrics of one kiosk."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from edge import service as service_module
from edge.aiming.reasons import NAMES
from edge.commands.ignored_lines import IgnoredLines
from edge.types import Box, Face, Image, Label, Reading, Reason
from tests.builders import PlainDetector, lively
from tests.edge.web.conftest import FACE, Site, log_in
from tests.network_camera import free_port

SETTINGS = {
    "detector": {"start_score": 0.7},
    "zones": {
        "region": ((0.0, 0.0), (0.8, 0.0), (0.8, 1.0), (0.0, 1.0)),
        "ignored": [((0.0, 0.7), (0.4, 0.7), (0.4, 1.0), (0.0, 1.0))],
    },
    "quality": {"min_sharpness": 20.0, "min_brightness": 30.0},
}

MADE: dict[Reason, tuple[Box, float, float, float]] = {
    Reason.TOO_SMALL: (Box(60, 60, 80, 80), 0.9, 0.0625, 0.08),
    Reason.OUTSIDE_REGION: (Box(260, 60, 300, 100), 0.9, 0.075, 0.0),
    Reason.IN_IGNORED_ZONE: (Box(40, 182, 80, 230), 0.9, 0.1417, 0.0),
    Reason.CUT_OFF: (Box(0, 60, 60, 120), 0.9, 0.0, 0.01),
    Reason.PROFILE: (Box(60, 60, 76, 120), 0.9, 0.2667, 0.4),
    Reason.LOW_SCORE: (FACE, 0.6, 0.6, 0.7),
    Reason.BLURRED: (FACE, 0.9, 0.0, 20.0),
    Reason.TOO_DARK: (FACE, 0.9, 5.0, 30.0),
    Reason.NOT_YET: (FACE, 0.9, 0.0, 3.0),
}
"""For each reason a face that is ignored for it: box in 240 x 320 pixels, score, what is measured and needed."""

REASONS = list(MADE)


CORNER = Box(284, 204, 316, 236)
"""Where nobody stands."""

SLOW_MS = 60_000
"""For a machine that does something else besides."""

SCENE = 10
"""Added to a reason's place among them: the scene in which it is shown."""


@PlainDetector
def find(image: Image) -> tuple[Face, ...]:
    """The face that the picture's first pixel asks for; nobody at first."""
    scene = int(image[0, 0, 0]) - SCENE
    if not 0 <= scene < len(REASONS):
        return ()
    box, score, _, _ = MADE[REASONS[scene]]
    return (Face(box, score),)


def judge(_image: Image, _box: Box) -> Reading:
    """Never sure, so that nobody is ever decided on."""
    return Reading(Label.UNCERTAIN, ((Label.WITH_MASK, 0.5),))


def prepare(background: Image, reason: Reason) -> Image:
    """The picture with the face's pixels as the reason wants them."""
    image = background.copy()
    plain = {Reason.BLURRED: 128, Reason.TOO_DARK: 5}.get(reason)
    if plain is not None:
        image[FACE.y1 : FACE.y2, FACE.x1 : FACE.x2] = plain
    return image


def wait_for(site: Site, client: httpx.Client, reason: Reason) -> dict[str, Any]:
    """What the API says of the only face, once it is ignored for this reason."""

    def ignored() -> list[dict[str, Any]]:
        faces: list[dict[str, Any]] = client.get("/api/v1/status").json()["ignored"]
        return faces

    site.wait(lambda: [one["reason"] for one in ignored()] == [reason], timeout_s=60)
    return ignored()[0]


def noise_of(reason: Reason) -> float:
    """By how much the camera's noise changes a measure, beside rounding."""
    return 10.0 if reason in (Reason.BLURRED, Reason.TOO_DARK) else 2e-4


@pytest.fixture
def kiosk(
    make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[Site, int]:
    """A kiosk that sees what the tests ask for, and the port of its metrics."""
    monkeypatch.setattr(service_module, "load_networks", lambda config: (find, judge))
    # What moves in a face would make a plain one sharp, or a dark one bright; elsewhere it shows that the camera lives.
    monkeypatch.setattr("tests.edge.web.conftest.lively", lambda image, box, number: lively(image, CORNER, number))
    port = free_port()
    settings = SETTINGS | {"metrics": {"listen": f"127.0.0.1:{port}"}}
    site = make_site(settings=settings, sinks={"ignored": IgnoredLines()})
    return site, port


def test_every_reason_is_told_everywhere(
    kiosk: tuple[Site, int], page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what was measured and what is needed, and its number of faces."""
    site, port = kiosk
    plain = site.door.background
    log_in(page, site.url)
    with site.token("read") as client:
        for index, (reason, (box, score, measure, needed)) in enumerate(MADE.items()):
            site.door.background = prepare(plain, reason)
            site.door.scene = SCENE + index
            one = wait_for(site, client, reason)
            assert one["measure"] == pytest.approx(measure, abs=noise_of(reason))
            assert one["needed"] == pytest.approx(needed)
            assert one["score"] == score
            assert one["size_px"] == box.longer_side
            assert one["size"] == pytest.approx(box.longer_side / 320, abs=1e-4)
            expect(page.locator("#people")).to_contain_text(f"does not count: {NAMES[reason]}", timeout=SLOW_MS)
            expect(page.locator("#people")).to_contain_text(f"{box.longer_side} px", timeout=SLOW_MS)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for reason, (box, _, measure, needed) in MADE.items():
        records = [one for one in told if one["reason"] == reason]
        assert records, reason
        assert records[-1]["box"] == list(box.xyxy)
        assert records[-1]["measure"] == pytest.approx(measure, abs=noise_of(reason))
        assert records[-1]["needed"] == pytest.approx(needed)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        metrics = answer.read().decode()
    for reason in Reason:
        assert f'maskgate_ignored_total{{reason="{reason}"}} 1.0' in metrics, metrics
    assert site.service.health.health().faults == ()


def test_the_made_pictures_cover_every_reason() -> None:
    """Nobody adds a reason that no picture shows."""
    assert set(MADE) == set(Reason)
    assert np.unique(REASONS).size == len(Reason)
