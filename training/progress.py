"""What a person sees while a network trains: a bar on a terminal, one line an epoch everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Never

import click
import keras
from tqdm import tqdm


class ProgressBar(keras.callbacks.Callback):
    """A tqdm bar over the batches of an epoch, silent where stderr is no terminal, then one line of figures."""

    def __init__(self, *, epochs: int) -> None:
        super().__init__()
        self._epochs = epochs
        self._bar: tqdm[Never] | None = None

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        name = f"epoch {epoch + 1}/{self._epochs}"
        self._bar = tqdm(total=self.params["steps"], desc=name, unit="batch", leave=False, disable=None)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        if self._bar is not None:
            self._bar.set_postfix(loss=f"{(logs or {}).get('loss', 0.0):.4f}", refresh=False)
            self._bar.update()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if self._bar is not None:
            self._bar.close()
        figures = "  ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items())
        click.echo(f"epoch {epoch + 1}/{self._epochs}  {figures}")
