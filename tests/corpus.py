"""Videos and pictures of every sort, by chance with a seed: `python -m tests.corpus FOLDER [SEED]` writes 200 of each.

A case says what was made and what is wrong with it, so that whoever reads it can be held to the right answer.
"""

from __future__ import annotations

import io
import random
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from PIL import Image as Pillow

from edge.types import Image

PICTURES = 12
"""In each video."""

CODECS = {
    "libx264": ("mp4", "mkv", "mov", "ts", "avi"),
    "mpeg4": ("mp4", "mkv", "avi", "mov"),
    "mjpeg": ("avi", "mkv", "mov"),
    "mpeg2video": ("ts", "mkv", "mpg"),
    "libx265": ("mp4", "mkv", "ts"),
    "libvpx": ("webm", "mkv"),
}
"""Encoders, and the containers that carry them."""

RATES = (Fraction(1), Fraction(3), Fraction(15, 2), Fraction(10), Fraction(25), Fraction(30000, 1001), Fraction(60))
LEGACY_RATES = (Fraction(25), Fraction(30000, 1001))
"""All that MPEG-2 allows among these."""

SIZES = ((64, 48), (176, 144), (322, 184), (640, 360))
STAMPS = ("even", "irregular", "leap of a day", "late start", "standing still")
DAMAGES = ("none", "none", "none", "cut off", "bytes changed", "empty", "something else")

OPTIONS = {"libx264": {"preset": "ultrafast"}, "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"}}

FORMATS = ("jpg", "png", "bmp", "webp", "tiff", "gif", "jp2", "avif")
MODES = {
    "RGB": FORMATS,
    "L": FORMATS[:6],
    "RGBA": ("png", "webp", "tiff"),
    "CMYK": ("jpg", "tiff"),
    "I;16": ("png", "tiff"),
}
TAILS = {"none": b"", "film": b"\0\0\0\x18ftypmp42" + bytes(3000) + b"\xff\xda" + bytes(500), "text": b"\r\nmore\r\n"}
TAILED = ("jpg", "png")


@dataclass(frozen=True, slots=True)
class VideoCase:
    """What a video is made of; `damage` is what was done to the file afterwards."""

    number: int
    codec: str
    container: str
    rate: Fraction
    size: tuple[int, int]
    stamps: str
    interlaced: bool
    damage: str

    @property
    def name(self) -> str:
        return f"{self.number:03}-{self.codec}-{self.damage}.{self.container}".replace(" ", "_")


@dataclass(frozen=True, slots=True)
class PictureCase:
    """What a picture is made of; `tail` stands behind its end."""

    number: int
    form: str
    mode: str
    tail: str
    damage: str

    @property
    def name(self) -> str:
        return f"{self.number:03}-{self.mode.replace(';', '')}-{self.tail}-{self.damage}.{self.form}".replace(" ", "_")


def video_cases(count: int, seed: int) -> list[VideoCase]:
    """So many, each different by chance; the same for the same seed."""
    chance = random.Random(seed)
    cases = []
    for number in range(count):
        codec = chance.choice(list(CODECS))
        cases.append(
            VideoCase(
                number,
                codec,
                chance.choice(CODECS[codec]),
                chance.choice(LEGACY_RATES if codec == "mpeg2video" else RATES),
                chance.choice(SIZES),
                chance.choice(STAMPS),
                codec in ("libx264", "mpeg2video") and chance.random() < 0.4,
                chance.choice(DAMAGES),
            )
        )
    return cases


def picture_cases(count: int, seed: int) -> list[PictureCase]:
    """So many, each different by chance; the same for the same seed."""
    chance = random.Random(seed)
    cases = []
    for number in range(count):
        mode = chance.choice(list(MODES))
        form = chance.choice(MODES[mode])
        tail = chance.choice(list(TAILS)) if form in TAILED else "none"
        cases.append(PictureCase(number, form, mode, tail, chance.choice(DAMAGES)))
    return cases


def scene(index: int, size: tuple[int, int]) -> Image:
    """A bright disc that wanders before a gradient: something that no decoder makes up."""
    width, height = size
    ramp = np.linspace(30, 200, width, dtype=np.float32)
    image = np.repeat(np.tile(ramp, (height, 1))[..., None], 3, axis=2).astype(np.uint8)
    cv2.circle(image, (width // 4 + index * width // 30, height // 2), height // 4, (40, 120, 250), -1)
    return image


def write_video(case: VideoCase, folder: Path) -> Path:
    """Encode it within this process, and damage it."""
    path = folder / case.name
    with av.open(str(path), "w", format="mpegts" if case.container == "ts" else None) as container:
        # Pictures that are moved in time must come in order.
        reordered = {} if case.stamps == "even" else {"bf": "0"}
        options = OPTIONS.get(case.codec, {}) | reordered
        stream: Any = container.add_stream(case.codec, rate=case.rate, options=options)
        stream.width, stream.height = case.size
        stream.pix_fmt = "yuvj420p" if case.codec == "mjpeg" else "yuv420p"
        if case.interlaced:
            flags = av.codec.context.Flags
            stream.codec_context.flags |= flags.interlaced_dct | flags.interlaced_me
        for index in range(PICTURES):
            frame = av.VideoFrame.from_ndarray(scene(index, case.size), format="bgr24").reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = index, 1 / case.rate
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    if case.stamps != "even":
        _restamp(path, case)
    _damage(path, case.damage, case.number)
    return path


def _restamp(path: Path, case: VideoCase) -> None:
    """Write the same packets with other times; a container that cannot hold them keeps its own."""
    data = path.read_bytes()
    try:
        with (
            av.open(io.BytesIO(data), "r") as before,
            av.open(str(path), "w", format="mpegts" if case.container == "ts" else None) as after,
        ):
            stream = after.add_stream_from_template(before.streams.video[0])
            for index, packet in enumerate(before.demux(video=0)):
                if packet.pts is None or packet.time_base is None:
                    continue
                moved = round(_moved_s(case.stamps, index, 1 / float(case.rate)) / float(packet.time_base))
                packet.pts = packet.dts = packet.pts + moved
                packet.stream = stream
                after.mux(packet)
    except (av.error.FFmpegError, OSError):
        path.write_bytes(data)


def _moved_s(stamps: str, index: int, step_s: float) -> float:
    """By how much a stamp is moved, seconds; never back before the one before, which no container takes."""
    if stamps == "leap of a day":
        return 86400.0 if index >= PICTURES // 2 else 0.0
    if stamps == "late start":
        return 1e5
    if stamps == "standing still":
        return -0.9 * step_s * index
    return step_s * (index % 3)


def write_picture(case: PictureCase, folder: Path) -> Path:
    """Encode it, hang its tail on, and damage it."""
    path = folder / case.name
    picture = Pillow.fromarray(scene(case.number % 6, (96, 72))[:, :, ::-1])
    if case.mode == "I;16":
        picture = Pillow.fromarray(np.asarray(picture.convert("L"), np.uint16) * 257)
    else:
        picture = picture.convert(case.mode)
    written = io.BytesIO()
    picture.save(written, {"jpg": "JPEG", "jp2": "JPEG2000"}.get(case.form, case.form.upper()))
    data = written.getvalue()
    if case.damage == "cut off":
        # Before its end, whatever its tail is.
        path.write_bytes(data[: len(data) * 6 // 10])
        return path
    path.write_bytes(data + TAILS[case.tail])
    _damage(path, case.damage, case.number)
    return path


def _damage(path: Path, damage: str, seed: int) -> None:
    data = bytearray(path.read_bytes())
    if damage == "cut off":
        del data[len(data) * 6 // 10 :]
    elif damage == "bytes changed":
        chance = random.Random(seed)
        for _ in range(max(4, len(data) // 500)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif damage == "empty":
        data.clear()
    elif damage == "something else":
        data[:] = b"<html><body>Please log in</body></html>\n" * 20
    path.write_bytes(data)


def main(folder: Path, seed: int) -> None:
    """Write the whole corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in video_cases(200, seed):
        write_video(case, folder)
    for picture in picture_cases(200, seed):
        write_picture(picture, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
