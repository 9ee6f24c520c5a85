"""The command `maskgate prove`: whether this version works here, before it takes over."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import cv2

from edge.config.environment import PREFIX
from edge.config.schema import Config
from edge.errors import MaskgateError
from edge.host.interpreter import own_command, own_environment
from edge.networks import golden
from edge.networks.find import models_dir

START_S = 120.0
"""From the start to a picture and a page: a Raspberry Pi Zero 2 W needs half a minute."""

END_S, POLL_S = 10.0, 0.2
PICTURE_PX = 320


@click.command()
def prove() -> None:
    """See whether this version works on this machine, without touching lamps, settings or what is kept.

    The shipped classifier answers its drawn pictures as when it was published; the kiosk starts, looks at one, and ends
    in an orderly way; where the pages are installed, one answers.
    """
    click.echo(golden.prove(models_dir() / Config().classifier.model))
    with TemporaryDirectory(prefix="maskgate-prove-") as folder:
        trial = _Trial(Path(folder))
        trial.watch()
        click.echo("the kiosk starts, looks at pictures, and ends")
        if find_spec("starlette") is not None and find_spec("uvicorn") is not None:
            trial.answer()
            click.echo("the kiosk answers on its page, and ends when it is told to")


class _Trial:
    """The kiosk as a process of its own, with its defaults and mock pins, before drawn pictures.

    Args:
        folder: for everything that it writes.
    """

    def __init__(self, folder: Path) -> None:
        self._pictures, self._config, self._log = folder / "pictures", folder / "maskgate.toml", folder / "log"
        self._pictures.mkdir()
        for name in golden.PICTURES:
            cv2.imwrite(str(self._pictures / f"{name}.png"), golden.draw(name, width=PICTURE_PX, height=PICTURE_PX))
        ours = own_environment(STATE_DIRECTORY=str(folder))
        foreign = ("NOTIFY_SOCKET", *(name for name in ours if name.startswith(PREFIX)))
        self._environment = {name: value for name, value in ours.items() if name not in foreign}

    def watch(self) -> None:
        """Look at every picture once.

        Raises:
            MaskgateError: if it ends otherwise.
        """
        with self._started("[signals]\ndriver = 'mock'\n", "--replay") as kiosk:
            with suppress(subprocess.TimeoutExpired):
                kiosk.wait(START_S)
            self._see_to(kiosk.poll() == 0, "does not look at pictures")

    def answer(self) -> None:
        """Show the page for monitors, and end by SIGTERM.

        Raises:
            MaskgateError: if there is no answer, or no orderly end.
        """
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
        settings = f"[camera]\nloop = true\n[signals]\ndriver = 'mock'\n[web]\nlisten = '{address}'\n"
        with self._started(settings) as kiosk:
            until, answered = time.monotonic() + START_S, False
            while not answered and time.monotonic() < until and kiosk.poll() is None:
                with suppress(OSError), urllib.request.urlopen(f"http://{address}/healthz", timeout=5) as answer:
                    answered = answer.status == HTTPStatus.OK
                time.sleep(POLL_S)
            self._see_to(answered, "does not answer on its page")
            kiosk.terminate()
            with suppress(subprocess.TimeoutExpired):
                kiosk.wait(END_S)
            self._see_to(kiosk.poll() == 0, "does not end when it is told to")

    @contextmanager
    def _started(self, settings: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        self._config.write_text(settings, encoding="utf-8")
        command = own_command("edge", "run", *options, "--source", str(self._pictures), "--config", str(self._config))
        with self._log.open("wb") as log:
            kiosk = subprocess.Popen(command, stdout=log, stderr=log, env=self._environment)  # noqa: S603 - this program
        try:
            yield kiosk
        finally:
            kiosk.kill()
            kiosk.wait()

    def _see_to(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            last = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise MaskgateError(f"the kiosk {otherwise}: {''.join(last) or 'it says nothing'}")
