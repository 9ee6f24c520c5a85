"""A Debian system that really boots: systemd as its first process, in a container of systemd-nspawn.

Root is needed, nothing else: each container has a mount namespace and a cgroup of its own, so that it also boots on a
host without systemd, and on one with cgroups of the first version.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self, TypeVar

from tests.machines.boot.card import Card, Partition

Found = TypeVar("Found")

PATIENCE_S = 60.0
"""For a machine that does something else besides; a boot takes two seconds."""

CGROUPS = Path("/sys/fs/cgroup")

RESTARTS = 133
"""With this code systemd-nspawn asks to be called again: the system inside wants to restart."""

SPAWN = """
set -eu
mount --make-rprivate /
mkdir -p /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn
! mountpoint --quiet {cgroups} || umount --recursive {cgroups}
mount -t cgroup2 cgroup2 {cgroups}
mkdir -p {cgroups}/{name}
echo $$ >{cgroups}/{name}/cgroup.procs
mount -t overlay overlay -o {overlay} {root}
{more}
exec env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn "$@"
"""
"""Run in a mount namespace of its own; what it mounts is gone when the container is."""

REMOVE_CGROUP = """
mount -t cgroup2 cgroup2 {cgroups}
find {cgroups}/{name} -depth -type d -exec rmdir {{}} +
"""

ENVIRONMENT = ("env", "--ignore-environment", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG=C.UTF-8")


class Container:
    """A machine switched on with a card in it; returns once it has started up.

    Args:
        card: its disk.
        options: further ones for systemd-nspawn, such as `--bind=...`.
        volatile: what is lost with the container: everything written, as with Raspberry Pi OS's overlay; or all of
            `/var`, which begins empty, while the rest cannot be written at all.
        state: a partition that is mounted where the kiosk keeps its state, as the installation guide has it.
        network: whether it shares this machine's network; otherwise it has nothing but its loopback.
    """

    def __init__(
        self,
        card: Card,
        *options: str,
        volatile: Literal["no", "overlay", "state"] = "no",
        state: Partition | None = None,
        network: bool = False,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._name = f"maskgate-{os.getpid()}-{time.monotonic_ns()}"
        self._console = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the container
        self._followers: list[subprocess.Popen[bytes]] = []
        self._state = state
        more = f"mount -o loop,noatime,commit=5 {state.image} {state.folder}" if state else ""
        script = SPAWN.format(cgroups=CGROUPS, name=self._name, overlay=card.overlay, root=card.root, more=more)
        chosen = [
            *("--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe", "--link-journal=no"),
            # With it systemd keeps a unit from devices (DevicePolicy), which a container's may not by default.
            "--system-call-filter=bpf",
            *(f"--directory={card.root}", f"--machine={self._name}", f"--volatile={volatile}"),
            *([f"--bind={state.folder}:/var/lib/maskgate"] if state else []),
            *(["--resolv-conf=copy-host"] if network else ["--private-network"]),
        ]
        self._command = ["unshare", "--mount", "sh", "-c", script, "sh", *chosen, *options]
        self._process = self._switch_on()
        self.restarts = 0
        try:
            self.wait_until_started(patience_s)
        except BaseException:
            self.close()
            raise

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as root."""
        return subprocess.run(self._inside(*command), capture_output=True, text=True, check=False)

    def read(self, *command: str | Path) -> str:
        """What a command prints that must succeed."""
        done = self.run(*command)
        told = " ".join(map(str, command))
        assert done.returncode == 0, f"{told}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.rstrip("\n")

    def follow(self, target: Path, *command: str | Path) -> None:
        """Keep on this machine what a command inside goes on printing."""
        with target.open("wb") as file:
            self._followers.append(subprocess.Popen(self._inside(*command), stdout=file, stderr=file))

    def wait_until_started(self, patience_s: float = PATIENCE_S) -> None:
        """Also after a restart, which the container survives."""

        def has_started() -> bool:
            if not self._leader():
                return False
            return self.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

        self.wait_for(has_started, patience_s)

    def wait_for(self, find: Callable[[], Found | None], patience_s: float = PATIENCE_S) -> Found:
        """What `find` finds, as soon as it finds something.

        Raises:
            AssertionError: if it does not in time, or the machine goes off meanwhile.
        """
        until = time.monotonic() + patience_s
        while not (found := find()):
            assert self._is_on(), f"the machine is off:\n{self.console}"
            assert time.monotonic() < until, f"waited in vain for {patience_s:g} s\n{self.console}"
            time.sleep(0.1)
        return found

    @property
    def console(self) -> str:
        """What the machine has shown on its console."""
        self._console.seek(0)
        return self._console.read().decode(errors="replace")

    def cut_power(self) -> None:
        """Nothing inside runs on for another instant: with the first process the kernel kills all others.

        The state's partition loses what had not reached the disk; the card does not.
        """
        if self._state:
            self._state.cut_power(Path(f"/proc/{self._process.pid}/root"))
        os.kill(self._leader(), signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Shut down in an orderly way; may be called again."""
        # First: a machine is not off while a process is left in it.
        for follower in self._followers:
            follower.kill()
            follower.wait()
        if self._process.returncode is None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        until = time.monotonic() + PATIENCE_S
        while self._state and not self._state.is_free:
            assert time.monotonic() < until, f"somebody still has {self._state.image} mounted"
            time.sleep(0.1)
        if not self._console.closed:
            script = REMOVE_CGROUP.format(cgroups=CGROUPS, name=self._name)
            subprocess.run(["unshare", "--mount", "sh", "-c", script], check=False, capture_output=True)
        self._console.close()

    def _switch_on(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=self._console,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _is_on(self) -> bool:
        if self._process.poll() == RESTARTS:
            self._process = self._switch_on()
            self.restarts += 1
        return self._process.poll() is None

    def _inside(self, *command: str | Path) -> list[str]:
        return ["nsenter", f"--target={self._leader()}", "--all", *ENVIRONMENT, *map(str, command)]

    def _leader(self) -> int:
        """The container's first process, by this machine's count: a child of systemd-nspawn's; 0 if there is none yet.

        It is another one after a restart.
        """
        spawn = self._process.pid
        try:
            for child in Path(f"/proc/{spawn}/task/{spawn}/children").read_text().split():
                status = Path(f"/proc/{child}/status").read_text()
                if re.search(r"^NSpid:.*\s1$", status, re.MULTILINE):
                    return int(child)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has just gone
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
