"""Programs of a Raspberry Pi's processor, run by an emulator in a Debian of its own."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.machines.debian import foreign_tree

QEMU = "qemu-aarch64-static"
NEEDS = ("debootstrap", "dpkg-deb", "unshare", QEMU)

PYTHON = "/usr/bin/python3"
PACKAGES = ("python3", "python3-pip-whl")
FOLDER = "/mnt"
"""Where a program there finds the folder that it shares with the test."""

# The emulator is called by name, so that this machine's table of binary formats is left alone. The libraries learn from
# /proc/cpuinfo what processor they run on: shown this machine's own, LiteRT crashes.
ENTER = """
set -eu
tree=$0 folder=$1 cpuinfo=$2 cpu=$3
shift 3
for shared in proc sys dev; do mount --rbind "/$shared" "$tree/$shared"; done
mount --bind "$cpuinfo" "$tree/proc/cpuinfo"
mount --bind /etc/ssl "$tree/etc/ssl"
mount -t tmpfs tmpfs "$tree/tmp"
mount --bind "$folder" "$tree/mnt"
exec chroot "$tree" /mnt/qemu -cpu "$cpu" "$@"
"""


@dataclass(frozen=True)
class Pi:
    """A model's processor: what QEMU calls it, and what Linux says of each of its four cores in /proc/cpuinfo."""

    name: str
    cpu: str
    part: int
    variant: int
    revision: int
    features: str

    @property
    def cpuinfo(self) -> str:
        core = (
            f"BogoMIPS\t: 108.00\nFeatures\t: {self.features}\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
            f"CPU variant\t: {self.variant:#x}\nCPU part\t: {self.part:#x}\nCPU revision\t: {self.revision}\n\n"
        )
        return "".join(f"processor\t: {number}\n{core}" for number in range(4)) + f"Model\t\t: {self.name}\n"


_ARMV8 = "fp asimd evtstrm crc32 cpuid"
_ARMV82 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"
ZERO_2_W = Pi("Raspberry Pi Zero 2 W Rev 1.0", "cortex-a53", 0xD03, 0x0, 4, _ARMV8)
PI_4 = Pi("Raspberry Pi 4 Model B Rev 1.5", "cortex-a72", 0xD08, 0x0, 3, _ARMV8)
PI_5 = Pi("Raspberry Pi 5 Model B Rev 1.0", "cortex-a76", 0xD0B, 0x4, 1, _ARMV82)


class UserSpace:
    """Debian for 64-bit Arm with a folder at /mnt, where /mnt/site holds what pip installed.

    It shares this machine's kernel, network and devices. Nothing but the folder can be written.
    """

    def __init__(self, suite: str, folder: Path) -> None:
        """Make the system unless it is kept from before; `folder` is filled with what entering it needs."""
        self._tree = foreign_tree("arm64", PACKAGES, suite=suite)
        self.folder = folder
        shutil.copy(shutil.which(QEMU) or QEMU, folder / "qemu")

    def install(self, wheels: Path, *requirements: str) -> None:
        """Have its own pip install wheels from a folder below the shared one, as install.sh does on a Pi."""
        (pip,) = (self._tree / "usr/share/python-wheels").glob("pip-*.whl")
        source = f"{FOLDER}/{wheels.relative_to(self.folder)}"
        fixed = ("--no-index", "--find-links", source, "--no-cache-dir", "--no-compile", "--quiet")
        program = f"/{pip.relative_to(self._tree)}/pip"
        self.read(program, "install", *fixed, "--root-user-action=ignore", "--target", f"{FOLDER}/site", *requirements)

    def start(self, *arguments: str, pi: Pi = PI_4, **environment: str) -> subprocess.Popen[str]:
        """Start its Python."""
        cpuinfo = self.folder / f"{pi.cpu}.cpuinfo"
        cpuinfo.write_text(pi.cpuinfo)
        enter = ["unshare", "--mount", "sh", "-c", ENTER, str(self._tree), str(self.folder), str(cpuinfo), pi.cpu]
        fixed = {"PATH": "/usr/sbin:/usr/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONPATH": f"{FOLDER}/site"}
        return subprocess.Popen(
            [*enter, PYTHON, *arguments],
            env=fixed | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, pi: Pi = PI_4, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run its Python to the end; the exit status is negative if a signal ended it, as for illegal instructions."""
        with self.start(*arguments, pi=pi, **environment) as process:
            out, err = process.communicate()
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def read(self, *arguments: str, pi: Pi = PI_4, **environment: str) -> str:
        """What its Python prints; it must end well."""
        done = self.run(*arguments, pi=pi, **environment)
        assert done.returncode == 0, f"{' '.join(arguments)} on {pi.name}: {done.returncode}\n{done.stderr[-3000:]}"
        return done.stdout

    def maskgate(self, *arguments: str, pi: Pi = PI_4, **environment: str) -> str:
        """What the command prints; it must end well."""
        return self.read("-m", "edge", *arguments, pi=pi, **environment)
