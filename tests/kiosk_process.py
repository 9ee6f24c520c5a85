"""The kiosk as a process, as systemd runs it: real networks, a network camera, mock pins."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

PATIENCE_S = 60.0
"""For a machine that does something else besides."""


class Kiosk:
    """The process, what it told, and what it told systemd.

    Args:
        folder: for its configuration, its log and what it keeps.
        address: of its camera.
        settings: further TOML.
    """

    def __init__(self, folder: Path, address: str, settings: str = "") -> None:
        self.changes: list[dict[str, Any]] = []
        self.told_systemd: list[str] = []
        self._seen = 0
        config = folder / "maskgate.toml"
        config.write_text(f'[signals]\ndriver = "mock"\nrelay = 5\namber = 6\n{settings}')
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        (folder / "notify").unlink(missing_ok=True)
        self._manager.bind(str(folder / "notify"))
        self.log = folder / "log"
        environment = os.environ | {
            "MASKGATE_CAMERA__SOURCE": address,
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": "2000000",
            "STATE_DIRECTORY": str(folder),
        }
        command = [sys.executable, "-m", "edge", "run", "--json", "--config", str(config)]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        self._listeners = [Thread(target=self._listen), Thread(target=self._listen_as_systemd, daemon=True)]
        for listener in self._listeners:
            listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.changes.append(json.loads(line))

    def _listen_as_systemd(self) -> None:
        while message := self._manager.recv(4096):
            self.told_systemd.append(message.decode())

    def wait_for(self, state: str) -> None:
        """Until this state was shown since the last call."""
        self.wait_until(lambda: state in self._shown[self._seen :])
        self._seen += self._shown[self._seen :].index(state) + 1

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Look again and again, as long as the process is alive."""
        until = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < until, f"{self.changes}\n{self.log.read_text()}"
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)

    @property
    def _shown(self) -> list[str]:
        return [change["to"] for change in self.states]

    @property
    def states(self) -> list[dict[str, Any]]:
        """Every change of state; `t` in monotonic seconds, as this process counts them."""
        return [change for change in self.changes if change["event"] == "state"]

    @property
    def on(self) -> set[str]:
        """Outputs that are on, as far as was told."""
        lines: dict[str, int] = {}
        for change in self.changes:
            if change["event"] == "pin":
                lines[change["pin"]] = change["value"]
        return {name for name, value in lines.items() if value}

    def terminate(self) -> float:
        """SIGTERM; seconds until the process has ended."""
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)
        took_s = time.monotonic() - asked
        self._listeners[0].join()
        return took_s

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self._listeners[0].join()
        self.process.stdout.close()
        self._manager.shutdown(socket.SHUT_RD)
        self._listeners[1].join(5)
        self._manager.close()
