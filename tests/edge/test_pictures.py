"""Still pictures: pixels, or one clear error."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image as Pillow

from edge.errors import InputError
from edge.pictures import find_pictures, jpeg_length, read_picture

COLOUR = (200, 120, 40)
"""Red, green, blue of every test picture."""


def save(path: Path, mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> Path:
    Pillow.new("RGB", size, COLOUR).convert(mode).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.jpg", "RGB"),
        ("a.png", "RGB"),
        ("cmyk.jpg", "CMYK"),
        ("alpha.png", "RGBA"),
        ("a.webp", "RGB"),
        ("a.bmp", "RGB"),
    ],
)
def test_every_colour_mode_becomes_bgr(tmp_path: Path, name: str, mode: str) -> None:
    """CMYK and alpha pictures read like plain ones, within what JPEG loses."""
    image = read_picture(save(tmp_path / name, mode))
    assert image.shape == (30, 40, 3)
    assert image.dtype == np.uint8
    assert np.abs(image.reshape(-1, 3).astype(int) - COLOUR[::-1]).max() <= 6


def test_16_bit_and_grey_become_8_bit_colour(tmp_path: Path) -> None:
    """Depth and channels are brought to uint8 BGR."""
    cv2.imwrite(str(tmp_path / "deep.png"), np.full((5, 6), 0x80FF, np.uint16))
    assert read_picture(tmp_path / "deep.png").tolist() == np.full((5, 6, 3), 0x80).tolist()


def test_a_picture_on_its_side_is_turned_upright(tmp_path: Path) -> None:
    """A phone's EXIF orientation is obeyed."""
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=exif)
    assert read_picture(tmp_path / "a.jpg").shape == (40, 30, 3)


TRANSPOSED = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
              7: "TRANSVERSE", 8: "ROTATE_90"}  # fmt: skip
"""EXIF orientation -> what makes the picture upright."""


@pytest.mark.parametrize("orientation", TRANSPOSED)
@pytest.mark.parametrize("name", ["a.jpg", "a.avif", "a.heic"])
def test_every_orientation_is_turned_upright(tmp_path: Path, name: str, orientation: int) -> None:
    """By EXIF, by AVIF's own properties and by those of phones' HEIC alike."""
    picture = Pillow.new("RGB", (64, 48), (200, 30, 30))
    picture.paste((10, 200, 10), (0, 0, 32, 24))
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    if name == "a.heic":
        # The plug-in of Pillow would leave the orientation out.
        pillow_heif.from_pillow(picture).save(tmp_path / name, exif=exif.tobytes())
    else:
        picture.save(tmp_path / name, exif=exif)
    wanted = np.asarray(picture.transpose(Pillow.Transpose[TRANSPOSED[orientation]]))[..., ::-1]
    image = read_picture(tmp_path / name)
    assert image.shape == wanted.shape
    assert np.abs(image.astype(int) - wanted).mean() < 8


def test_heic_without_its_library_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The base install has no decoder for it."""
    pillow_heif.register_heif_opener()
    save(tmp_path / "a.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(InputError, match=r"a\.heic: HEIC pictures need the extra `photos`"):
        read_picture(tmp_path / "a.heic")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "progressive.jpg"])
@pytest.mark.parametrize(
    "tail", [b"ftypmp42" + bytes(5000) + b"\xff\xda" + bytes(5000), b"\xff\xd8\xff\xe1\x00\x04half", b"\n"]
)
def test_what_follows_a_picture_is_passed_over(tmp_path: Path, name: str, tail: bytes) -> None:
    """The film of a motion photo, a depth map, a stray line."""
    path = tmp_path / name
    options = {"progressive": True} if name.startswith("progressive") else {}
    Pillow.new("RGB", (40, 30), COLOUR).save(path, None, **options)
    whole = read_picture(path)
    path.write_bytes(path.read_bytes() + tail)
    assert np.array_equal(read_picture(path), whole)


def test_of_several_pictures_in_a_file_the_first_is_read(tmp_path: Path) -> None:
    """Multi-picture objects (CIPA DC-007) of stereo cameras, and Ultra HDR with its gain map."""
    first, second = Pillow.new("RGB", (40, 30), COLOUR), Pillow.new("RGB", (20, 10))
    first.save(tmp_path / "a.mpo", save_all=True, append_images=[second])
    assert read_picture(tmp_path / "a.mpo").shape == (30, 40, 3)


@pytest.mark.parametrize("kept", range(1, 100, 7))
def test_the_length_of_a_jpeg_is_known_only_when_all_of_it_is_there(tmp_path: Path, kept: int) -> None:
    """So a stream is cut into whole pictures, whatever lies between them; a thumbnail inside is no end."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    thumbnail = cv2.imencode(".jpg", noise[:8, :8])[1].tobytes()
    comment = b"\xff\xe5" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    data = cv2.imencode(".jpg", noise)[1].tobytes()
    data = data[:2] + comment + data[2:]
    assert jpeg_length(data + b"--boundary") == len(data)
    assert jpeg_length(data[: len(data) * kept // 100]) is None or kept == 1


def test_one_pixel_is_a_picture(tmp_path: Path) -> None:
    """The smallest picture there is."""
    assert read_picture(save(tmp_path / "a.png", size=(1, 1))).shape == (1, 1, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_truncated_pictures_are_refused(tmp_path: Path, suffix: str, kept: float) -> None:
    """Half a picture is not judged: what is missing may be somebody's face."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = tmp_path / f"a.{suffix}"
    cv2.imwrite(str(path), noise)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(InputError, match=r"a\.\w+: is truncated"):
        read_picture(path)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "is empty"),
        (b"not a picture", "not a picture"),
        (b"\xff\xd8\xff\xd9", "not a picture"),
        (b"GIF89a", "not a picture"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, data: bytes, cause: str) -> None:
    """The error names the file and the cause."""
    path = tmp_path / "x.jpg"
    path.write_bytes(data)
    with pytest.raises(InputError, match=rf"x\.jpg: .*{cause}"):
        read_picture(path)


def test_a_huge_picture_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    """A small file that unpacks to 400 megapixels would take a Pi's whole memory.

    OpenCV takes its limit once, when it is loaded, hence a fresh interpreter.
    """
    Pillow.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    program = f"from edge.pictures import read_picture, Path; read_picture(Path({str(tmp_path / 'bomb.png')!r}))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr
    assert "bomb.png: has too many pixels" in told


@pytest.mark.parametrize("path", ["missing.jpg", "."])
def test_what_is_no_file_is_refused(tmp_path: Path, path: str) -> None:
    """A missing file and a folder are told apart from a broken picture."""
    with pytest.raises(InputError, match="cannot be read"):
        read_picture(tmp_path / path)


def test_find_pictures_walks_folders_in_order(tmp_path: Path) -> None:
    """Pictures below a folder come sorted; other files are passed over."""
    (tmp_path / "b").mkdir()
    names = [save(tmp_path / "b" / "2.png"), save(tmp_path / "b" / "1.JPG")]
    (tmp_path / "b" / "notes.txt").touch()
    assert find_pictures(tmp_path) == sorted(names)


@pytest.mark.parametrize(("name", "cause"), [("", "contains no picture"), ("nowhere", "no such file or folder")])
def test_nothing_to_find_is_an_error(tmp_path: Path, name: str, cause: str) -> None:
    """An empty folder and a wrong name are not silently nothing."""
    with pytest.raises(InputError, match=cause):
        find_pictures(tmp_path / name)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe to which nobody writes would hold the program up for ever."""
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="a pipe, neither a file nor a folder"):
        read_picture(tmp_path / "a.jpg")
    save(tmp_path / "b.png")
    assert find_pictures(tmp_path) == [tmp_path / "b.png"]


@pytest.mark.parametrize("rights", [0o000, 0o444])
def test_a_closed_folder_is_not_an_empty_one(caplog: pytest.LogCaptureFixture, rights: int) -> None:
    """Without the right to it, it is named; below another one it is counted among what was passed over."""
    with somebody() as folder:
        (folder / "closed").mkdir()
        for path in (folder / "a.png", folder / "closed" / "b.png"):
            save(path)
            path.chmod(0o644)
        (folder / "closed").chmod(rights)
        try:
            with nobody():
                with pytest.raises(InputError, match=r"closed: cannot be read \(Permission denied\)"):
                    find_pictures(folder / "closed")
                assert find_pictures(folder) == [folder / "a.png"]
        finally:
            (folder / "closed").chmod(0o755)
    assert "1 folders without rights" in caplog.text


@contextmanager
def somebody() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def nobody() -> Iterator[None]:
    """Without root's rights, to whom no folder is closed."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)
