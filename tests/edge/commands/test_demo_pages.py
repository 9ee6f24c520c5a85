"""The demonstration with pages, as a process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from edge.commands import demo_pages
from edge.commands.demo_pages import LISTEN, with_pages
from edge.config.schema import Config
from tests.network_camera import free_port

PATIENCE_S = 60.0

RUN = (
    "from edge.commands import demo_pages; demo_pages.LISTEN = {!r};"
    "from edge.commands.main import main; main(['demo', '--web'])"
)


def test_pages_are_for_this_machine_whatever_is_configured(tmp_path: Path) -> None:
    """Nobody else sees a demonstration, and the clip does not end."""
    config = with_pages(Config.model_validate({"web": {"listen": "[::]:80"}}), tmp_path)
    assert (config.web.listen, config.web.folder, config.web.open_door_screen) == (LISTEN, tmp_path, True)
    assert config.camera.loop
    assert LISTEN.startswith("127.0.0.1:")


def test_it_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says how it is had."""
    monkeypatch.setitem(sys.modules, "edge.web.people.access", None)
    with pytest.raises(Exception, match="the pages need an extra"), demo_pages.demo_pages():
        pass


@pytest.mark.slow
def test_it_shows_pages_and_door_screen_and_leaves_nothing(tmp_path: Path) -> None:
    """The password that it prints is let in; the clip goes on after its end; its folder is gone with it."""
    address = f"127.0.0.1:{free_port()}"
    environment = os.environ | {"MASKGATE_SIGNALS__DRIVER": "mock", "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", RUN.format(address)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env=environment,
    ) as process:  # fmt: skip
        try:
            assert process.stderr is not None
            told = process.stderr.readline()
            found = re.search(r"password (\S+)", told)
            assert found, told
            until = time.monotonic() + PATIENCE_S
            while time.monotonic() < until:
                try:
                    assert httpx.get(f"http://{address}/door").status_code == 200
                    break
                except httpx.TransportError:
                    time.sleep(0.2)
            login = httpx.post(f"http://{address}/login", data={"password": found[1]})
            assert login.status_code == 303
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()
    assert not list(tmp_path.iterdir())
