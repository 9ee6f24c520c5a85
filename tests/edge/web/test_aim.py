"""What helps to aim a camera."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from edge.types import AlarmState, Box, Face, Frame, Ignored, Image, Label, Observation, Reason, Verdict
from edge.web.aim import focus, look
from edge.web.certificate import fingerprint, own_certificate

FACE, OTHER = Face(Box(170, 60, 280, 200), 0.98), Face(Box(20, 20, 60, 60), 0.4)


@pytest.fixture(scope="module")
def portrait() -> Image:
    return np.ascontiguousarray(astronaut()[:, :, ::-1])


def seen(image: Image, *ignored: Ignored, verdicts: tuple[Verdict, ...] = ()) -> Observation:
    return Observation(Frame(image, 0.0, 0), verdicts, AlarmState.IDLE, (FACE, OTHER), ignored)


def test_focus_falls_with_blur(portrait: Image) -> None:
    """By which a lens can be turned: the sharper, the more."""
    blurred = [np.asarray(cv2.GaussianBlur(portrait, (0, 0), sigma), np.uint8) for sigma in (1, 2, 4)]
    measures = [focus(image) for image in (portrait, *blurred)]
    assert measures == sorted(measures, reverse=True)
    assert measures[0] > 3 * measures[-1]


def test_every_face_is_told_with_its_figures(portrait: Image) -> None:
    """Place, size in both ways, how it looks, and why it does not count or what it wears."""
    why = Ignored(OTHER, Reason.TOO_SMALL, 40 / 512, 0.08)
    aim = look(seen(portrait, why, verdicts=(Verdict(1, FACE.box, Label.WITHOUT_MASK, 0.9),)))
    counts, ignored = aim.faces
    assert (counts.size_px, counts.size, counts.score) == (140, 0.2734, 0.98)
    assert (counts.left, counts.top) == (170 / 512, 60 / 512)
    assert (counts.label, counts.reason, counts.text) == (Label.WITHOUT_MASK, None, "")
    assert (ignored.label, ignored.reason, ignored.text) == (None, "too_small", "too small: 7.8 % of 8 %")
    assert counts.sharpness > 0
    assert counts.brightness > 0
    assert (aim.width_px, aim.height_px) == (512, 512)


@pytest.mark.parametrize(
    ("gain", "face_gain", "hint"),
    [(1.0, 1.0, None), (0.2, 1.0, "little light"), (0.0, 1.0, "little light"), (1.0, 0.2, "behind the people")],
)
def test_bad_light_is_told(portrait: Image, gain: float, face_gain: float, hint: str | None) -> None:
    """A dark picture, and a face that is dark before a bright ground."""
    image = (portrait * gain).astype(np.uint8)
    box = FACE.box
    image[box.y1 : box.y2, box.x1 : box.x2] = (image[box.y1 : box.y2, box.x1 : box.x2] * face_gain).astype(np.uint8)
    hints = " ".join(look(seen(image, verdicts=(Verdict(1, box, Label.WITHOUT_MASK, 0.9),))).hints)
    assert hint in hints if hint else not hints


def test_a_glaring_picture_is_told() -> None:
    """Everything is white: a window, or a lamp."""
    assert "very bright" in look(seen(np.full((512, 512, 3), 240, np.uint8))).hints[0]


def test_the_certificate_is_kept_and_made_anew_for_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same fingerprint as long as the host has the same name; the key is its owner's alone."""
    first = fingerprint(own_certificate(tmp_path)[0])
    assert len(first.split(":")) == 32
    certificate, key = own_certificate(tmp_path)
    assert fingerprint(certificate) == first
    assert key.stat().st_mode & 0o077 == 0
    monkeypatch.setattr("socket.gethostname", lambda: "another-door")
    assert fingerprint(own_certificate(tmp_path)[0]) != first
    certificate.write_text("no certificate")
    assert len(fingerprint(own_certificate(tmp_path)[0])) == len(first)
