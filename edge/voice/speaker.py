"""Plays sound files through ALSA, by FFmpeg (PyAV), which the kiosk carries for its cameras.

Of what there is, `miniaudio` and `sounddevice` decode less, or need PortAudio beside them, and `aplay` is a program
more; PyAV reads WAV, FLAC, Ogg and Opus, and writes to an ALSA device.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edge.cameras.decoded import load_av
from edge.errors import SoundError
from edge.host.sound_devices import EXPECTED, is_sound_device

if TYPE_CHECKING:
    from av.container import OutputContainer

RATE = 48_000
"""Samples a second: every sound card knows them."""

CHUNK = RATE // 20
AHEAD_S = 0.15
"""So much is given to the device before it is played: what is broken off falls silent within that."""

LONGEST_S = 30.0
"""Of one prompt; whoever stands at a door has left by then."""

SYSTEM_CONFIG = Path("/usr/share/alsa")

Samples = NDArray[np.int16]
"""Mono, shape (samples,), RATE a second."""


SILENCE: Samples = np.zeros(RATE // 100, np.int16)
"""Too short to be heard; to see whether there is a device."""


def read_sound(path: Path) -> Samples:
    """A sound file's samples.

    Raises:
        SoundError: if it is none, is empty, or longer than LONGEST_S.
    """
    try:
        parts = list(_decoded(path))
    except ImportError as error:
        raise SoundError(f"PyAV is missing ({error.name}); see docs/installation.md") from error
    # FFmpeg's own errors are one of these: no such decoder is a LookupError, nothing in it an EOFError.
    except (OSError, ValueError, LookupError, EOFError, RuntimeError) as error:
        raise SoundError(f"{path}: cannot be played ({error})") from error
    samples = np.concatenate(parts) if parts else np.empty(0, np.int16)
    if not 0 < len(samples) <= LONGEST_S * RATE:
        what = "longer" if len(samples) else "nothing"
        raise SoundError(f"{path}: expected more than 0 and at most {LONGEST_S:g} s, received {what}")
    return samples


def _decoded(path: Path) -> Iterator[Samples]:
    """The samples of a file, by parts; ends with the first beyond LONGEST_S: an hour of silence is a small file."""
    av = load_av()
    with path.open("rb") as file, av.open(file) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        count = 0
        for frame in chain(container.decode(audio=0), (None,)):
            for out in resampler.resample(frame):
                count += out.samples
                yield out.to_ndarray()[0]
            if count > LONGEST_S * RATE:
                return


class Speaker:
    """An ALSA device, opened for each sound: what is plugged in later is used, and others may use it, too.

    Args:
        device: as ALSA names it, such as `default` or `plughw:CARD=Headphones`.

    Raises:
        SoundError: if it is no name of a device.
    """

    def __init__(self, device: str) -> None:
        if not is_sound_device(device):
            raise SoundError(f"sound device {device!r}: {EXPECTED}")
        self._device = device

    def play(self, samples: Samples, *, volume: float, go_on: Callable[[], bool]) -> bool:
        """Play, and return when it has been heard; False if it was broken off.

        Args:
            volume: 0 to 1.
            go_on: asked 20 times a second.

        Raises:
            SoundError: if the device cannot be had.
        """
        loud = (samples * volume).astype(np.int16)
        try:
            return self._play(loud, go_on)
        except ImportError as error:
            raise SoundError(f"PyAV is missing ({error.name}); see docs/installation.md") from error
        except (OSError, ValueError) as error:
            cause = getattr(error, "strerror", None) or error
            raise SoundError(f"sound device {self._device!r} cannot be used ({cause})") from error

    def _play(self, samples: Samples, go_on: Callable[[], bool]) -> bool:
        av = load_av()
        if SYSTEM_CONFIG.is_dir():
            # The ALSA library in PyAV's wheel looks where it was built.
            os.environ.setdefault("ALSA_CONFIG_DIR", str(SYSTEM_CONFIG))
        container: OutputContainer = av.open(self._device, "w", format="alsa")
        try:
            stream = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
            began = time.monotonic()
            for index, chunk in _chunks(samples):
                frame = av.AudioFrame.from_ndarray(chunk[None], format="s16", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = RATE, index, Fraction(1, RATE)
                container.mux(stream.encode(frame))
                # A device that takes everything at once must not keep us from breaking off.
                time.sleep(max(0.0, began + index / RATE - AHEAD_S - time.monotonic()))
                if not go_on():
                    return False
            return True
        finally:
            with suppress(OSError, ValueError):
                container.close()


def _chunks(samples: Samples) -> Iterator[tuple[int, Samples]]:
    for index in range(0, len(samples), CHUNK):
        yield index, samples[index : index + CHUNK]
