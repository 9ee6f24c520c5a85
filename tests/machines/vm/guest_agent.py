"""Commands for a virtual machine, through QEMU's guest agent in it."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.machines.vm.patience import Patience

POLL_S = 0.1


class GuestAgent:
    """The agent at the other end of a virtual serial line.

    Args:
        path: socket at which QEMU offers the line.
        timeout_s: for one answer of the agent's, not for a command.
    """

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout_s)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rw", encoding="utf-8")

    def is_there(self, timeout_s: float) -> bool:
        """Whether it answers by now. A question that it has not read yet waits for it."""
        self._socket.settimeout(timeout_s)
        with suppress(TimeoutError):
            self.ask("guest-ping")
            return True
        return False

    def run(self, command: tuple[str, ...], patience: Patience) -> subprocess.CompletedProcess[str]:
        """Run a command and wait for its end.

        Raises:
            AssertionError: if it does not end in time.
        """
        argument = {"path": command[0], "arg": list(command[1:]), "capture-output": True}
        pid = self.ask("guest-exec", **argument)["pid"]
        while not (status := self.ask("guest-exec-status", pid=pid))["exited"]:
            assert not patience.is_over, f"{' '.join(command)}: has not ended after {patience}"
            time.sleep(POLL_S)
        out, err = (base64.b64decode(status.get(name, "")).decode() for name in ("out-data", "err-data"))
        return subprocess.CompletedProcess(command, status.get("exitcode", -1), out, err)

    def ask(self, what: str, **arguments: object) -> Any:
        self._lines.write(json.dumps({"execute": what, "arguments": arguments}) + "\n")
        self._lines.flush()
        answer = json.loads(self._lines.readline())
        assert "return" in answer, f"{what}: {answer}"
        return answer["return"]

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
