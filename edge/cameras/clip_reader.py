"""Clips and folders of pictures: every picture upright, with a media time that increases whatever the file says."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cameras.decoded import MISSING, FrameConverter, load_av
from edge.errors import InputError
from edge.pictures import find_pictures, read_picture
from edge.types import Image

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

log = logging.getLogger(__name__)

DEFAULT_FPS = 25.0
"""Assumed where a clip does not say."""

MIN_FPS, MAX_FPS = 1 / 60, 1000.0
"""A file that claims fewer or more pictures a second says nonsense: its stamps leap, or are none."""

LEAP_S = 60.0
"""A stamp this far ahead of the one before is a clock that was set while recording, not a minute without a picture."""

MAX_BROKEN = 1000
"""Packets that cannot be decoded before the rest of a clip is given up."""

PICTURES_PER_S = 10.0
"""Pace of a folder of pictures, which is taken for the frames of a clip."""

CONVERT = "copy it again, or convert it to H.264 in an .mp4"


class MediaTime:
    """Makes a file's stamps into media times: from 0 on, always increasing.

    Attributes:
        repaired: stamps that did not do.

    It remembers the last stamp and the last time. A stamp that is missing, stands still, runs back or leaps counts as
    one usual step, and the stamps after it go on from there.

    Args:
        step_s: the usual time from one picture to the next, seconds.
    """

    def __init__(self, step_s: float) -> None:
        self._step_s = step_s
        self._stamp: float | None = None
        self._at = -step_s
        self.repaired = 0

    def __call__(self, stamp: float | None) -> float:
        """The media time, seconds, of the next picture, stamped so by its file (seconds; None: not at all)."""
        passed = None if stamp is None or self._stamp is None else stamp - self._stamp
        if passed is None or not 0 < passed < LEAP_S:
            self.repaired += stamp is not None and self._stamp is not None
            passed = self._step_s
        if stamp is not None:
            self._stamp = stamp
        self._at += passed
        # Floating-point sums of the first step must not make the first picture late.
        self._at = self._at if self._at > 1e-9 else 0.0
        return self._at


def clip_pictures(path: Path) -> Iterator[tuple[Image, float]]:
    """Decode a clip; opened at once, so that a file that is none is refused here.

    Args:
        path: any name that the file system allows.

    Returns:
        (BGR uint8 picture (H, W, 3), upright as its file asks; media time in seconds) in order.

    Raises:
        InputError: now, if it cannot be opened; while iterating, if it contains no picture that can be decoded.
    """
    with ExitStack() as stack:
        container = _open(path, stack)
        return _decode(path, container, _moving(path, container), stack.pop_all())


def folder_pictures(folder: Path) -> Iterator[tuple[Image, float]]:
    """The pictures of a folder in the order of their names, ten a second; a bad one is named and passed over.

    Raises:
        InputError: if the folder contains no picture, or none that can be read.
    """
    bad: InputError | None = None
    seen = 0
    for index, path in enumerate(find_pictures(folder)):
        try:
            image = read_picture(path)
        except InputError as error:
            bad = error
            log.warning("picture=passed_over cause=%r", str(error))
            continue
        seen += 1
        yield image, index / PICTURES_PER_S
    if not seen and bad is not None:
        raise bad


def _open(path: Path, stack: ExitStack) -> InputContainer:
    try:
        av = load_av()
    except ImportError as error:
        raise InputError(f"{path}: {MISSING}") from error
    try:
        # A plain name such as 12:30:05.mp4 would be taken for a protocol; one that is no UTF-8 cannot be passed at all.
        name = os.fspath(path)
        if not path.stat().st_size:
            raise InputError(f"{path}: is empty; copy the clip again")
        source = f"file:{name}" if _is_utf8(name) else stack.enter_context(path.open("rb"))
        container: InputContainer = stack.enter_context(av.open(source))
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (av.error.FFmpegError, OSError) as error:
        raise InputError(f"{path}: is not a video that can be decoded, or is cut off; {CONVERT}") from error
    return container


def _moving(path: Path, container: InputContainer) -> VideoStream:
    """The first stream of pictures; the cover of a song is none, nor is text, which FFmpeg draws as a terminal would.

    Raises:
        InputError: if there is none.
    """
    from av.stream import Disposition

    videos = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
    if not videos:
        kinds = ", ".join(sorted({one.type for one in container.streams if one.type != "video"}))
        raise InputError(f"{path}: contains no video, only {kinds or 'what is not known'}; name a clip with pictures")
    if videos[0].codec_context is not None and videos[0].codec_context.name == "ansi":
        raise InputError(f"{path}: is text, not a video; name a clip with pictures")
    return videos[0]


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decode(
    path: Path, container: InputContainer, stream: VideoStream, opened: ExitStack
) -> Iterator[tuple[Image, float]]:
    av = load_av()
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    time = MediaTime(1 / rate if MIN_FPS < rate < MAX_FPS else 1 / DEFAULT_FPS)
    convert = FrameConverter()
    promised, seen, hidden, broken = stream.frames, 0, 0, 0
    with opened:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
                hidden += packet.is_discard
                frames = packet.decode()
            except StopIteration:
                break
            except av.error.FFmpegError as error:
                broken += 1
                if isinstance(error, av.error.EOFError) or broken > MAX_BROKEN:
                    break
                continue
            for frame in frames:
                seen += 1
                yield convert(frame), time(frame.time)
    if not seen and hidden:
        raise InputError(f"{path}: shows none of its pictures, its edit list leaves all of them out; cut it again")
    if not seen:
        raise InputError(f"{path}: contains no picture that can be decoded; {CONVERT}")
    if broken or seen + hidden < promised:
        log.warning("clip=%s ended_early=true frames=%d promised=%d damaged=%d", path, seen, promised, broken)
    if time.repaired:
        log.warning("clip=%s stamps=repaired pictures=%d", path, time.repaired)
