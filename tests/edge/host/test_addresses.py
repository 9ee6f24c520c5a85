"""What is shown of an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.host.addresses import public_name


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("usb:0", "usb:0"),
        ("clips/door.mp4", "clips/door.mp4"),
        ("rtsp://cam:8554/live/main", "rtsp://cam:8554/live/main"),
        ("http://[fd00::7]:80/a", "http://[fd00::7]:80/a"),
        ("rtsp://admin:S3cret@cam/1", "rtsp://cam/1"),
        ("rtsps://admin:S3cret@cam/1", "rtsps://cam/1"),
        ("rtsp://admin:S3@cret@cam/1", "rtsp://cam/1"),
        ("rtsp://admin:S3/cret@cam/1", "rtsp://cam/1"),
        ("rtsp://admin:S3?cret@cam/1", "rtsp://cam/1"),
        ("rtsp://admin:S3#cret@cam/1", "rtsp://cam/1"),
        ("http://cam:80/flv?port=1935&user=admin&password=S3cret", "http://cam:80/flv"),
        ("http://cam/flv?user=admin&password=S3@cret", "http://cam/flv"),
        ("http://cam/a#S3cret", "http://cam/a"),
        ("rtsp://cam:554/user=admin&password=S3cret&channel=1.sdp", "rtsp://cam:554/..."),
        ("http://cam/live;pwd=S3cret/x", "http://cam/..."),
        ("http://admin:S3cret", "http://..."),
        ("http://", "http://..."),
        ("rtsp:/admin:S3cret@cam/1", "...@cam/1"),
        ("admin:S3cret@cam/1", "...@cam/1"),
        ("12:30:05.mp4", "12:30:05.mp4"),
    ],
)
def test_names(address: str, shown: str) -> None:
    """Scheme, host, port and path, as far as they hold no secret."""
    assert public_name(address) == shown
    assert "S3" not in public_name(address)


SECRET = st.text(st.characters(codec="ascii", exclude_characters="/"), min_size=6, max_size=20).map(lambda t: f"~{t}~")


@given(SECRET, st.sampled_from(["rtsp://a:{}@cam/1", "http://cam/x?user=a&password={}", "rtsp://cam/pwd={}.sdp"]))
def test_a_secret_is_never_shown(secret: str, form: str) -> None:
    """Whatever is in it, and wherever cameras take it."""
    assert secret not in public_name(form.format(secret))
