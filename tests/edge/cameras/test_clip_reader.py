"""Clips as cameras, phones and recorders write them."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
import pytest

from edge.cameras.clip_reader import MediaTime, clip_pictures, folder_pictures
from edge.errors import InputError

FFMPEG = shutil.which("ffmpeg")
needs_ffmpeg = pytest.mark.skipif(
    FFMPEG is None, reason="ffmpeg is missing (apt install ffmpeg): clips of recorders NOT tried"
)


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ((0.0, 0.1, 0.2), (0.0, 0.1, 0.2)),
        ((1e6, 1e6 + 0.1, 1e6 + 0.3), (0.0, 0.1, 0.3)),
        ((0.0, 0.4, 0.5), (0.0, 0.4, 0.5)),
        ((None, None, None), (0.0, 0.04, 0.08)),
        ((0.0, 0.0, 0.0), (0.0, 0.04, 0.08)),
        ((5.0, 4.0, 4.1), (0.0, 0.04, 0.14)),
        ((0.0, 86_400.0, 86_400.1), (0.0, 0.04, 0.14)),
        ((-2.0, -1.9, float("nan")), (0.0, 0.1, 0.14)),
    ],
)
def test_media_time_always_increases(stamps: tuple[float | None, ...], times: tuple[float, ...]) -> None:
    """Variable rates are kept; stamps that jump by a day, run back, stand still or start at 10^6 s are mended."""
    media_time = MediaTime(0.04)
    assert [media_time(stamp) for stamp in stamps] == pytest.approx(times, abs=1e-6)


def make(path: Path, *options: str, seconds: float = 1.0) -> Path:
    """A clip of soft moving colours, 96 x 64, 25 pictures a second, by these options of ffmpeg."""
    source = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=96x64:rate=25,gblur=sigma=3",
        "-t",
        str(seconds),
        "-pix_fmt",
        "yuv420p",
    ]
    subprocess.run([str(FFMPEG), "-v", "error", "-y", *source, *options, str(path)], check=True, timeout=60)
    return path


X264 = ("-c:v", "libx264")
INTERLACED = ("-vf", "setfield=tff", "-flags", "+ilme+ildct")


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("h264.mp4", (*X264, *INTERLACED, "-x264-params", "tff=1")),
        ("mpeg2.mpg", ("-c:v", "mpeg2video", *INTERLACED, "-b:v", "2M")),
        ("mpeg4.avi", ("-c:v", "mpeg4", *INTERLACED, "-b:v", "2M")),
        ("bottom.mkv", (*X264, "-vf", "setfield=bff", "-flags", "+ilme+ildct", "-x264-params", "bff=1")),
    ],
)
def test_interlaced_video_is_no_black_picture(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    """As recorders and old cameras write it: the picture of progressive video, every second line of it interpolated."""
    plain = [image for image, _ in clip_pictures(make(tmp_path / "plain.mp4", *X264))]
    wanted = [cv2.resize(image[::2], (96, 64)) for image in plain]
    images = [image for image, _ in clip_pictures(make(tmp_path / name, *options))]
    assert abs(len(images) - len(wanted)) <= 1
    differences = [np.abs(a.astype(int) - b).mean() for a, b in zip(images, wanted, strict=False)]
    assert np.mean(differences) < 8


@needs_ffmpeg
@pytest.mark.parametrize(
    ("turn", "shape"), [(0, (64, 96, 3)), (90, (96, 64, 3)), (180, (64, 96, 3)), (270, (96, 64, 3))]
)
def test_a_phone_held_upright(tmp_path: Path, turn: int, shape: tuple[int, ...]) -> None:
    """A clip says how it is to be turned, and is, as OpenCV does."""
    plain = make(tmp_path / "plain.mp4", *X264)
    turned = tmp_path / "turned.mp4"
    command = [
        str(FFMPEG),
        "-v",
        "error",
        "-i",
        str(plain),
        "-c",
        "copy",
        "-metadata:s:v",
        f"rotate={turn}",
        str(turned),
    ]
    subprocess.run(command, check=True, timeout=60)
    image, _ = next(clip_pictures(turned))
    done, by_opencv = cv2.VideoCapture(str(turned)).read()
    assert done
    assert image.shape == shape
    assert np.array_equal(image, by_opencv)


@needs_ffmpeg
def test_every_name_is_taken(tmp_path: Path) -> None:
    """A time of day, which FFmpeg takes for a protocol, and Latin-1 of an old disk."""
    plain = make(tmp_path / "plain.mp4", *X264)
    for name in ("12:30:05.mp4", "T\udcfcr.mp4", "-v.mp4", "a b%20c.mp4"):
        shutil.copy(plain, tmp_path / name)
        assert len(list(clip_pictures(tmp_path / name))) == 25


def with_edit(path: Path, edited: Path, *, length: float, begin: int) -> Path:
    """The same clip, whose edit list (ISO/IEC 14496-12, 8.6.6) shows a share of its length from a media time on."""
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12
    duration = int.from_bytes(data[at : at + 4], "big")
    data[at : at + 8] = struct.pack(">Ii", int(duration * length), begin)
    edited.write_bytes(data)
    return edited


@needs_ffmpeg
def test_an_edit_list_is_no_damage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As phones trim a film: what it shows is seen, from 0 on, and what it hides is not missed."""
    plain = make(tmp_path / "plain.mp4", "-c:v", "mpeg4", "-bf", "0")
    whole = list(clip_pictures(plain))
    trimmed = list(clip_pictures(with_edit(plain, tmp_path / "trimmed.mp4", length=0.5, begin=512 * 10)))
    assert len(trimmed) < len(whole)
    assert [at for _, at in trimmed] == pytest.approx([at for _, at in whole[: len(trimmed)]])
    assert np.array_equal(trimmed[0][0], whole[10][0])
    assert "ended_early" not in caplog.text


@needs_ffmpeg
def test_an_edit_list_that_hides_everything_is_named(tmp_path: Path) -> None:
    """The pictures are sound; to copy the file again would not help."""
    plain = make(tmp_path / "plain.mp4", "-c:v", "mpeg4", "-bf", "0")
    hidden = with_edit(plain, tmp_path / "hidden.mp4", length=0, begin=10**8)
    with pytest.raises(InputError, match=r"hidden\.mp4: shows none of its pictures, its edit list leaves"):
        list(clip_pictures(hidden))


@needs_ffmpeg
def test_a_clip_that_grows_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """A recorder still writes it: what is there now is decoded, or it is refused in one line."""
    whole = make(tmp_path / "whole.ts", *X264, seconds=4).read_bytes()
    growing = tmp_path / "growing.ts"
    growing.write_bytes(whole[: len(whole) // 2])
    seen = 0
    for _ in clip_pictures(growing):
        if not seen:
            with growing.open("ab") as file:
                file.write(whole[len(whole) // 2 :])
        seen += 1
    assert 30 < seen <= 100


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("half.mp4", "is not a video that can be decoded, or is cut off"),
        ("empty.mp4", "is empty; copy the clip again"),
        ("words.txt", "is text, not a video"),
        ("song.m4a", "contains no video, only audio"),
        ("drawing.svg", "contains no picture that can be decoded"),
        ("packed.mp4", "is not a video that can be decoded"),
        ("sound.wav", "contains no video, only audio"),
        ("nowhere.mp4", "cannot be read"),
        ("folder", "cannot be read"),
    ],
)
def test_what_is_no_clip_is_refused(tmp_path: Path, name: str, cause: str) -> None:
    """With its name and the cause."""
    plain = make(tmp_path / "plain.mp4", *X264).read_bytes()
    (tmp_path / "half.mp4").write_bytes(plain[: len(plain) // 2])
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "words.txt").write_text("FFmpeg draws these as a terminal would.\n" * 100)
    (tmp_path / "drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    with ZipFile(tmp_path / "packed.mp4", "w") as packed:
        packed.write(tmp_path / "plain.mp4")
    cv2.imwrite(str(tmp_path / "cover.jpg"), np.zeros((8, 8, 3), np.uint8))
    sine = ["-f", "lavfi", "-i", "sine=duration=1"]
    cover = f"-i {tmp_path}/cover.jpg -map 0 -map 1 -c:v copy -disposition:v attached_pic".split()
    for sound in ([*sine, str(tmp_path / "sound.wav")], [*sine, *cover, str(tmp_path / "song.m4a")]):
        subprocess.run([str(FFMPEG), "-v", "error", *sound], check=True, timeout=60)
    with pytest.raises(InputError, match=cause):
        next(clip_pictures(tmp_path / name))


def test_a_bad_picture_does_not_end_a_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is named, and the time of the others stays."""
    for name in ("a.png", "c.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "b.png").write_bytes(b"\n")
    (tmp_path / "._a.png").write_bytes(b"\0\5\x16\7")
    assert [at for _, at in folder_pictures(tmp_path)] == pytest.approx([0.0, 0.2])
    assert "b.png: is not a picture" in caplog.text
    assert "1 ._ (macOS)" in caplog.text


def test_a_folder_of_bad_pictures_is_refused(tmp_path: Path) -> None:
    """With the last one's cause."""
    (tmp_path / "a.png").touch()
    with pytest.raises(InputError, match=r"a\.png: is empty"):
        list(folder_pictures(tmp_path))
