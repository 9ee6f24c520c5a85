"""A virtual machine: a kernel of its own, hence real GPIO lines and camera devices, if simulated ones.

QEMU emulates the processor, so that it runs anywhere, without KVM. Its clock counts instructions, one a nanosecond:
votes, time-outs and holds are inside what they are on a Raspberry Pi, however busy this machine is. Outside, a second
of work takes four to ten, of networks half a minute and more, and a second of waiting takes one.

While it has nothing to do, its clock follows the host's, and jumps ahead where a busy host is late. `keep_busy` is for
tests in which that must not be.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self, TypeVar

from tests.machines.vm.disk import ROOT, Disk
from tests.machines.vm.guest_agent import GuestAgent
from tests.machines.vm.patience import CLOCK, Patience

Found = TypeVar("Found")

PATIENCE_S = 240.0
"""Of work, for whatever is asked of it; the longest takes two minutes."""

POLL_S = 0.3
"""Every question is work for the machine, too."""

BOOT_S = 480.0

CPU = "Haswell-noTSX"
"""Has AVX2, which the networks' instructions count on; `max` (QEMU 7.2) has more, with which systemd failed to mount
anything now and then."""

FAST = "mitigations=off"
"""Page tables of its own for the kernel are slow to emulate."""


class Emulated:
    """A machine that QEMU emulates, just switched on; returns once it takes commands.

    Args:
        command: QEMU's, for a folder that gets the console as `console.log` and the agent's line as `agent`.
        ready: stands on the console once the agent listens, where its line forgets what nobody listens to.

    Raises:
        AssertionError: if it does not come up in time; with the end of its console.
    """

    poll_s = POLL_S

    def __init__(self, command: Callable[[Path], Sequence[str]], *, ready: str = "") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="vm-")
        self.folder = folder = Path(self._folder.name)
        self._log, self._errors, line = folder / "console.log", folder / "errors.log", folder / "agent"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(command(folder), stdin=subprocess.DEVNULL, stderr=errors)
        self._agent: GuestAgent | None = None
        try:
            self.wait_for(line.exists)
            self.wait_for(lambda: ready in self.console, BOOT_S)
            self._agent = GuestAgent(line, CLOCK * PATIENCE_S)
            assert self._agent.is_there(BOOT_S), f"not up after {BOOT_S:g} s:\n{self.console}"
        except BaseException:
            self.close()
            raise

    def run(self, *command: str | Path, patience_s: float = PATIENCE_S) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as root."""
        assert self._agent
        return self._agent.run(tuple(map(str, command)), Patience(self._process.pid, patience_s))

    def read(self, *command: str | Path, patience_s: float = PATIENCE_S) -> str:
        """What a command prints that must succeed."""
        done = self.run(*command, patience_s=patience_s)
        told = " ".join(map(str, command))
        assert done.returncode == 0, f"{told}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.rstrip("\n")

    def start(self, unit: str, *command: str) -> None:
        """Run a command in the background as a service; returns once it runs."""
        self.read("systemd-run", "--quiet", f"--unit={unit}", "--service-type=exec", *command, patience_s=BOOT_S)

    def keep_busy(self) -> None:
        """Have it count when nothing else is to be done, so that its clock never follows the host's."""
        command = ("sh", "-c", "while :; do :; done")
        self.read("systemd-run", "--quiet", "--unit=busy", "--property=CPUSchedulingPolicy=idle", *command)

    def kill(self, unit: str) -> str:
        """End a service by SIGKILL; how it ended, in systemd's word."""
        self.read("systemctl", "kill", "--signal=KILL", "--kill-whom=main", unit)
        self.wait_for(lambda: self.show(unit, "ActiveState") in ("inactive", "failed"))
        return self.show(unit, "Result")

    def show(self, unit: str, name: str) -> str:
        """A property of a service."""
        return self.read("systemctl", "show", "--value", f"--property={name}", unit)

    def log(self, unit: str) -> str:
        """What a service has said."""
        return self.read("journalctl", "--output=cat", f"--unit={unit}")

    def wait_for(
        self, find: Callable[[], Found | None], patience_s: float = PATIENCE_S, *, poll_s: float | None = None
    ) -> Found:
        """What `find` finds, as soon as it finds something.

        Args:
            poll_s: from one look to the next; None for the machine's own.

        Raises:
            AssertionError: if it does not in time, or the machine goes off meanwhile.
        """
        patience = Patience(self._process.pid, patience_s)
        while not (found := find()):
            assert self._process.poll() is None, f"the machine is off:\n{self._error()}{self.console}"
            assert not patience.is_over, f"waited in vain for {patience}\n{self.console}"
            time.sleep(self.poll_s if poll_s is None else poll_s)
        return found

    @property
    def console(self) -> str:
        """The end of what the machine has shown on its console."""
        return self._log.read_text("utf-8", errors="replace")[-4000:] if self._log.exists() else ""

    def close(self) -> None:
        """Pull the plug; may be called again."""
        if self._agent:
            self._agent.close()
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def _error(self) -> str:
        return self._errors.read_text("utf-8", errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class VirtualMachine(Emulated):
    """A PC with Debian's kernel. Nothing that it writes is kept.

    Args:
        disk: kernel and disk.
        media: a folder that is seen in it as /media; this checkout is seen as /repository.
    """

    def __init__(self, disk: Disk, media: Path) -> None:
        shares = {"repository": ROOT, "media": media}

        def command(folder: Path) -> list[str]:
            agent = f"socket,path={folder / 'agent'},server=on,wait=off,id=agent"
            return [
                *("qemu-system-x86_64", "-M", "pc", "-accel", "tcg", "-icount", "shift=0", "-cpu", CPU),
                *("-smp", "1", "-m", "2048"),
                *("-nodefaults", "-display", "none", "-no-reboot", "-nic", "none"),
                *("-serial", f"file:{folder / 'console.log'}"),
                *("-kernel", str(disk.kernel), "-initrd", str(disk.initrd)),
                *("-append", f"console=ttyS0 root=/dev/vda rw panic=-1 systemd.unit=basic.target {FAST}"),
                *("-drive", f"file={disk.image},format=raw,if=virtio,snapshot=on"),
                *("-device", "virtio-serial", "-chardev", agent),
                *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
                *(
                    word
                    for tag, path in shares.items()
                    for word in ("-virtfs", f"local,path={path},mount_tag={tag},security_model=none,readonly=on")
                ),
            ]

        super().__init__(command)
