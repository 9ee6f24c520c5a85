"""What a person sees while a network trains: a bar on a terminal, one line an epoch everywhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Never

import click
import keras
from tqdm import tqdm


class ProgressBar(keras.callbacks.Callback):
    """A tqdm bar over the batches of an epoch, silent where stderr is no terminal, then one line of figures.

    Remembers how long the epochs of this process took, to say how long the others will take.

    Args:
        epochs: of the whole run; it may stop earlier.
        after_s: what is still to be done afterwards, seconds.
    """

    def __init__(self, *, epochs: int, after_s: float = 0.0) -> None:
        super().__init__()
        self._epochs, self._after_s = epochs, after_s
        self._bar: tqdm[Never] | None = None
        self._began_at: float | None = None
        self._done = 0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if self._began_at is None:
            self._began_at = time.monotonic()
        name = f"epoch {epoch + 1}/{self._epochs}"
        self._bar = tqdm(total=self.params["steps"], desc=name, unit="batch", leave=False, disable=None)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        if self._bar is not None:
            self._bar.set_postfix(loss=f"{(logs or {}).get('loss', 0.0):.4f}", refresh=False)
            self._bar.update()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if self._bar is not None:
            self._bar.close()
        self._done += 1
        spent_s = time.monotonic() - (self._began_at or 0.0)
        left = time_left(spent_s / self._done * (self._epochs - epoch - 1) + self._after_s)
        figures = "  ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items())
        click.echo(f"epoch {epoch + 1}/{self._epochs}  {figures}{f'  ({left})' if left else ''}")


def time_left(seconds: float) -> str:
    """For people: `about 4 min left`; empty if it is nothing."""
    if seconds < 1:
        return ""
    return f"about {seconds / 60:.0f} min left" if seconds >= 90 else f"about {seconds:.0f} s left"
