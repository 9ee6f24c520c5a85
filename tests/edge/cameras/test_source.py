"""What a source string names."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.cameras.source import Kind, Source, parse_source
from edge.errors import UsageError

BY_ID = "/dev/v4l/by-id/usb-046d_C920-video-index0"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("demo", Source(Kind.DEMO, "demo")),
        ("picamera", Source(Kind.PI, "picamera", number=0)),
        ("picamera:1", Source(Kind.PI, "picamera:1", number=1)),
        ("usb:02", Source(Kind.USB, "usb:2", number=2)),
        ("USB:0", Source(Kind.USB, "usb:0", number=0)),
        (" usb:0\n", Source(Kind.USB, "usb:0", number=0)),
        ("/dev/video4", Source(Kind.USB, "usb:4", number=4)),
        (BY_ID, Source(Kind.USB, BY_ID, path=Path(BY_ID))),
        ("RTSP://cam/1", Source(Kind.NETWORK, "rtsp://cam/1", url="rtsp://cam/1")),
        ("rtsps://cam:7441/aBc", Source(Kind.NETWORK, "rtsps://cam:7441/aBc", url="rtsps://cam:7441/aBc")),
        ("http://[::1]:8080/s", Source(Kind.NETWORK, "http://[::1]:8080/s", url="http://[::1]:8080/s")),
        ("film.mp4", Source(Kind.PATH, "film.mp4", path=Path("film.mp4"))),
        ("12:30:05.mp4", Source(Kind.PATH, "12:30:05.mp4", path=Path("12:30:05.mp4"))),
        ("file:///films/a.mp4", Source(Kind.PATH, "/films/a.mp4", path=Path("/films/a.mp4"))),
    ],
)  # fmt: skip
def test_sources_are_understood_as_people_write_them(text: str, source: Source) -> None:
    """Stable names of USB cameras, every case of a protocol, any name of a file."""
    assert parse_source(text) == source


def test_the_home_folder_may_be_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a shell would have understood it, had the text not stood in a file."""
    monkeypatch.setenv("HOME", "/home/door")
    assert parse_source("~/film.mp4").path == Path("/home/door/film.mp4")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "source is empty; expected picamera"),
        ("0", "a USB camera is called usb:0"),
        ("usb:front", "expected a number, such as usb:0"),
        ("usb:", "expected a number, such as usb:0"),
        ("usb", "a USB camera is called usb:0"),
        ("picamera:left", "expected a number, such as picamera:0"),
        ("rtps://user:secret@cam/1", "did you mean .*rtsp:// or rtsps://"),
        ("gopher://x", "expected one of rtsp"),
        ("rtsp:///1", "names no host"),
        ("rtsp://user:secret@cam:99999/1", "is not an address"),
        ("http://[::1/s?password=secret", "is not an address"),
        ("/dev/sda", "expected /dev/videoN"),
        ("~nobody-here/film.mp4", "nobody here has the home ~nobody-here; write the folder out"),
    ],
)
def test_slips_are_refused_with_what_may_have_been_meant(text: str, told: str) -> None:
    """And without the password that may stand in them."""
    with pytest.raises(UsageError, match=told) as caught:
        parse_source(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://admin:secret@cam:554/1",
        "http://cam/flv?port=1935&user=admin&password=secret",
        "rtsps://admin:se@cret@cam/1#secret",
    ],
)
def test_a_password_is_never_printed(url: str) -> None:
    """Neither in the name nor in what a debugger or a log shows of the value."""
    source = parse_source(url)
    assert source.url is not None
    assert "secret" in source.url
    assert "secret" not in source.name + repr(source) + str(source)
    assert "cret" not in source.name
