"""The disk of a virtual machine: Debian with the kiosk's dependencies; the kiosk itself is this checkout."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.machines.debian import TreeError, cached, native_tree, run, trees_folder
from tests.machines.vm.kernel import built_kernel

ROOT = Path(__file__).resolve().parents[3]
CONSTRAINTS = ROOT / ".ci/constraints.txt"

PACKAGES = (
    *("kmod", "libcamera-ipa", "python3", "python3-libcamera", "python3-prctl", "qemu-guest-agent"),
    *("systemd-sysv", "udev", "v4l-utils"),
)

COMPILED = ("lgpio==0.2.2.0", "PiDNG==4.0.9")
"""Published without a wheel for Debian's Python."""

PICAMERA2 = (
    *("picamera2==0.3.38", "av", "jsonschema", "libarchive-c", "OpenEXR", "piexif", "pillow", "simplejpeg", "tqdm"),
    "videodev2",
)
"""picamera2 and what it imports, but for python-prctl, which is Debian's, and PiDNG."""

FSTAB = """\
/dev/vda / ext4 noatime 0 0
repository /repository 9p trans=virtio,ro,msize=262144,cache=loose 0 0
media /media 9p trans=virtio,ro,msize=262144 0 0
"""

PATHS = ("PYTHONPATH=/opt/site:/repository", "PYTHONPYCACHEPREFIX=/var/cache/python")
"""Where Python finds the kiosk and its dependencies, and keeps what it compiles, as the checkout cannot be written."""

COMPILE = ("env", *PATHS, "python3", "-m", "compileall", "-q")

MASKGATE = f"""\
#!/bin/sh
export {" ".join(PATHS)}
exec python3 -m edge "$@"
"""


@dataclass(frozen=True)
class Disk:
    """What a virtual machine is started from: none of the files is written to."""

    image: Path
    kernel: Path
    initrd: Path


def made_disk() -> Disk:
    """Kernel and disk, made the first time and kept.

    Raises:
        TreeError: if they cannot be made.
    """
    kernel = built_kernel(published_sources())
    system = native_tree(PACKAGES)
    needs = _dependencies()
    key = hashlib.sha256((Path(__file__).read_text("utf-8") + CONSTRAINTS.read_text("utf-8")).encode()).hexdigest()

    def build(target: Path) -> None:
        root = target / "root"
        run("cp", "--archive", str(system), str(root))
        run("cp", "--archive", f"{kernel}/lib/modules", f"{root}/usr/lib/")
        _install(root / "opt/site", kernel / "wheels", needs)
        (root / "etc/fstab").write_text(FSTAB, encoding="utf-8")
        (root / "etc/modules-load.d/shares.conf").write_text("9pnet_virtio\n", encoding="utf-8")
        (root / "repository").mkdir()
        maskgate = root / "usr/local/bin/maskgate"
        maskgate.write_text(MASKGATE, encoding="utf-8")
        maskgate.chmod(0o755)
        libraries = ("/opt/site", "/usr/lib/python3", "/usr/lib/python3.13")
        run("chroot", str(root), *COMPILE, *libraries)
        # Otherwise the first boot, and every one is the first, would set up what is there already.
        run("chroot", str(root), "systemd-machine-id-setup")
        run("chroot", str(root), "touch", "/etc/.updated", "/var/.updated")
        run("mkfs.ext4", "-q", "-d", str(root), str(target / "disk.img"), "3G")
        shutil.rmtree(root)

    folder = cached("vm", (kernel.name, system.name, key), build)
    return Disk(folder / "disk.img", kernel / "vmlinuz", kernel / "initrd.img")


def published_sources() -> Path:
    """The packages that must be compiled, fetched once."""

    def build(target: Path) -> None:
        _pip("download", "--no-deps", "--no-binary=:all:", "--no-build-isolation", "--dest", str(target), *COMPILED)

    return cached("sources", COMPILED, build)


def _dependencies() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [str(name) for name in project["dependencies"]]


def _install(target: Path, wheels: Path, dependencies: list[str]) -> None:
    glibc = ("manylinux_2_28", "manylinux_2_27", "manylinux2014")
    platforms = [option for name in glibc for option in ("--platform", f"{name}_x86_64")]
    fixed = ("--target", str(target), "--only-binary=:all:", "--python-version", "313", *platforms, "--no-compile")
    _pip("install", *fixed, "--constraint", str(CONSTRAINTS), *dependencies)
    compiled = [str(path) for path in wheels.glob("*.whl")]
    # pip takes another Python's wheels only into a folder, and asks there for none of their dependencies.
    _pip("install", *fixed, "--platform", "linux_x86_64", "--no-deps", "--upgrade", *PICAMERA2, *compiled)


def _pip(command: str, *arguments: str) -> None:
    pip = [sys.executable, "-m", "pip", command, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, *arguments], capture_output=True, text=True, check=False, cwd=trees_folder())
    if done.returncode:
        raise TreeError(f"pip {command}: {done.stderr[-2000:]}")
