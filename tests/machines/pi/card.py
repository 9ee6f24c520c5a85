"""The memory card of an emulated Raspberry Pi 3: Debian for 64-bit Arm, and the kiosk's package, both laid out in it.

Nothing for 64-bit Arm is run for that: packages are unpacked, not set up, and what their scripts would do on the board
is done by this machine's programs.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from release.wheels import GLIBC
from tests.machines.debian import UNPACK, cached, foreign_tree, run
from tests.machines.vm.disk import published_sources

HERE = Path(__file__).resolve().parent
GUEST = HERE.parent / "guest"

PACKAGES = (
    *("dbus", "iproute2", "kmod", "openssl", "passwd", "python3", "python3-venv"),
    *("qemu-guest-agent", "systemd-sysv", "udev"),
)
KERNEL = ("busybox-static", "libpython3.13-dev", "linux-image-arm64")
"""And what the stand-in for Raspberry Pi OS's python3-lgpio is compiled with: Debian trixie has none."""

BLUETOOTH = "/soc/serial@7e201000/bluetooth"
"""In the board's device tree: without it, as after `dtoverlay=disable-bt`, the first serial line is free."""

REVISION = "a02082"
"""Of a Raspberry Pi 3 Model B: its loader writes it into the device tree, and gpiozero asks for it."""

MODULES = (
    *("drivers/mmc/host/bcm2835", "drivers/mmc/host/sdhci", "drivers/mmc/host/sdhci-pltfm"),
    *("drivers/mmc/host/sdhci-iproc", "crypto/crc32c_generic", "fs/jbd2/jbd2", "fs/mbcache", "lib/crc16"),
    "fs/ext4/ext4",
)
"""Of the kernel, in their order: what the card and its file system need."""

INIT = """\
#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs dev /dev
for module in /modules/*.ko; do $b insmod $module; done
until [ -e /dev/mmcblk0 ]; do $b sleep 1; done
$b mount -t ext4 -o rw,noatime /dev/mmcblk0 /root
$b mount --move /dev /root/dev
exec $b switch_root /root /sbin/init
"""

LISTENS = "commands are taken"
AGENT = f"""\
[Unit]
Description=Takes commands from outside
[Service]
ExecStart=/usr/sbin/qemu-ga --method=isa-serial --path=/dev/ttyAMA0
ExecStartPost=/bin/sh -c "sleep 2; echo {LISTENS} >/dev/console"
[Install]
WantedBy=basic.target
"""

PLATFORMS = tuple(word for glibc in GLIBC for word in ("--platform", f"{glibc}_aarch64"))
PYVENV = """\
home = /usr/bin
include-system-site-packages = true
version = 3.13
executable = /usr/bin/python3
"""
PROGRAM = """\
#!{folder}/bin/python
import sys
from edge.commands.main import main
sys.exit(main())
"""

# What Debian's scripts and the package's would do on the board, by this machine's own systemd: emulated, its sysusers
# fails (qemu-user 7.2).
SETUP = """
set -eu
for table in passwd group; do cp "$0/usr/share/base-passwd/$table.master" "$0/etc/$table"; done
systemd-sysusers --root="$0"
systemd-machine-id-setup --root="$0"
# Otherwise the first boot, and every one is the first, would set up what is there already.
touch "$0/etc/.updated" "$0/var/.updated"
chown 0:"$(sed -n 's/^maskgate:[^:]*:\\([0-9]*\\):.*/\\1/p' "$0/etc/group")" "$0/etc/maskgate/maskgate.toml"
systemd-tmpfiles --root="$0" --create "$0/usr/lib/tmpfiles.d/maskgate.conf"
systemctl --root="$0" --quiet enable maskgate.service
"""

LGPIO = """\
Package: python3-lgpio
Version: 0.2.2.0
Architecture: arm64
Maintainer: none <none@localhost>
Description: stand-in for the package of Raspberry Pi OS
"""

COMPILE = """
set -eu
cd "$1"
tar --extract --strip-components=1 --file="$2"
swig -python -Isrc -o lgpio_wrap.c lgpio.i
mkdir include
cp -r "$0/usr/include/python3.13" include/
mkdir include/aarch64-linux-gnu
cp -r "$0/usr/include/aarch64-linux-gnu/python3.13" include/aarch64-linux-gnu/
aarch64-linux-gnu-gcc -w -shared -fPIC -O2 -pthread -Isrc -Iinclude -Iinclude/python3.13 -o _lgpio.so \\
    lgpio_wrap.c src/lg*.c src/rgpiod.c -lrt -ldl
"""


@dataclass(frozen=True)
class Flashed:
    """A card, and what the board's loader takes from it."""

    image: Path
    kernel: Path
    initrd: Path
    device_tree: Path

    def copy(self, folder: Path) -> Flashed:
        """The same, to be written to."""
        image = folder / "card.img"
        run("cp", "--sparse=always", "--reflink=auto", str(self.image), str(image))
        return Flashed(image, self.kernel, self.initrd, self.device_tree)


def flashed(package: Path, settings: str) -> Flashed:
    """A card on which a package was laid out; made the first time and kept.

    Args:
        package: for trixie on 64-bit Arm.
        settings: the configuration, there before the package as a first boot leaves it.

    Raises:
        TreeError: if it cannot be made.
    """
    board = _board()
    written = (settings, AGENT, PROGRAM, SETUP, (GUEST / "door.py").read_text(encoding="utf-8"), *PACKAGES)
    key = hashlib.sha256(package.read_bytes() + repr(written).encode()).hexdigest()

    def build(target: Path) -> None:
        root = target / "root"
        run("cp", "--archive", f"{foreign_tree('arm64', PACKAGES)}/.", str(root))
        run("cp", "--archive", f"{board}/lib/modules", f"{root}/usr/lib/")
        _write(root, settings)
        for archive in (package, board / "python3-lgpio.deb"):
            run("bash", "-o", "pipefail", "-c", UNPACK, str(archive), str(root))
        _lay_out(root)
        run("sh", "-c", SETUP, str(root))
        _compile(root)
        run("mkfs.ext4", "-q", "-F", "-d", str(root), str(target / "card.img"), "4G")
        shutil.rmtree(root)

    folder = cached("pi", (board.name, key), build)
    return Flashed(folder / "card.img", board / "vmlinuz", board / "initrd.img", board / "pi3.dtb")


def _lay_out(root: Path) -> None:
    """The environment that the package makes on a board, made by this machine's pip: emulated, that takes very long."""
    release = root / "usr/share/maskgate/release"
    [own] = release.glob("maskgate-*.whl")
    place = Path("opt/maskgate/versions") / own.name.split("-")[1]
    folder = root / place
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps")
    fixed = ("--only-binary=:all:", "--python-version", "313", *PLATFORMS, "--no-compile")
    lock = release / "systemd/locks/cp313-aarch64.txt"
    site = ("--target", str(folder / "lib/python3.13/site-packages"))
    known = ("--find-links", str(release / "wheels"), "--require-hashes", "--requirement", str(lock))
    run(*pip, *fixed, *site, *known)
    run(*pip, *fixed, *site, str(own))
    for name, text in {"pyvenv.cfg": PYVENV, "bin/maskgate": PROGRAM.format(folder=f"/{place}")}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "bin/maskgate").chmod(0o755)
    (folder / "bin/python").symlink_to("/usr/bin/python3")
    (root / "opt/maskgate/current").symlink_to(f"versions/{place.name}")


def _compile(root: Path) -> None:
    """What the board would compile when it first runs it, which takes minutes there; where there is its Python here."""
    own = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv").glob("versions/3.13*/bin/python3.13")
    python = shutil.which("python3.13") or next(map(str, own), None)
    if python is not None:
        libraries = [root / "usr/lib/python3.13", *(root / "opt/maskgate/versions").glob("*/lib")]
        compile_all = (python, "-m", "compileall", "-q", "-s", str(root), "-p", "/", *map(str, libraries))
        # Files that are no Python of this version stay as they are.
        subprocess.run(compile_all, capture_output=True, check=False)


def _write(root: Path, settings: str) -> None:
    for name, text in {
        "etc/fstab": "/dev/mmcblk0 / ext4 noatime 0 0\n",
        "etc/hostname": "kiosk\n",
        "etc/systemd/system/agent.service": AGENT,
        "etc/maskgate/maskgate.toml": settings,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    wants = root / "etc/systemd/system/basic.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "agent.service").symlink_to("/etc/systemd/system/agent.service")
    (root / "opt/guest").mkdir(parents=True)
    shutil.copy(GUEST / "door.py", root / "opt/guest")


def _board() -> Path:
    """A folder with what Debian has for the board: kernel, modules, device tree, an initial system; and lgpio."""
    tree = foreign_tree("arm64", KERNEL)
    [source] = published_sources().glob("lgpio-*.tar.gz")

    def build(target: Path) -> None:
        [version] = (path.name for path in (tree / "usr/lib/modules").iterdir())
        modules = tree / "usr/lib/modules" / version
        shutil.copytree(modules, target / "lib/modules" / version)
        run("depmod", "--basedir", str(target), version)
        shutil.copy(tree / f"boot/vmlinuz-{version}", target / "vmlinuz")
        shutil.copy(tree / f"usr/lib/linux-image-{version}/broadcom/bcm2837-rpi-3-b.dtb", target / "pi3.dtb")
        run("fdtput", "--remove", str(target / "pi3.dtb"), BLUETOOTH)
        run("fdtput", "--auto-path", "--type", "x", str(target / "pi3.dtb"), "/system", "linux,revision", REVISION)
        _make_initrd(tree, modules, target)
        _make_lgpio(tree, source, target)

    return cached("raspi3b", (tree.name, INIT, BLUETOOTH, REVISION, COMPILE, LGPIO, *MODULES), build)


def _make_initrd(tree: Path, modules: Path, target: Path) -> None:
    root = target / "initrd"
    for name in ("bin", "dev", "modules", "root"):
        (root / name).mkdir(parents=True)
    shutil.copy(tree / "usr/bin/busybox", root / "bin")
    for number, name in enumerate(MODULES):
        packed = (modules / "kernel" / f"{name}.ko.xz").read_bytes()
        (root / f"modules/{number:02}.ko").write_bytes(lzma.decompress(packed))
    (root / "init").write_text(INIT, encoding="utf-8")
    (root / "init").chmod(0o755)
    run("mknod", str(root / "dev/console"), "c", "5", "1")
    run("bash", "-c", 'cd "$0" && find . | cpio --quiet --create --format=newc | gzip -1 >../initrd.img', str(root))
    shutil.rmtree(root)


def _make_lgpio(tree: Path, source: Path, target: Path) -> None:
    with TemporaryDirectory(prefix="maskgate-lgpio-") as name:
        folder, package = Path(name) / "source", Path(name) / "package"
        folder.mkdir()
        run("bash", "-c", COMPILE, str(tree), str(folder), str(source))
        place = package / "usr/lib/python3/dist-packages"
        place.mkdir(parents=True)
        for made in (folder / "_lgpio.so", folder / "lgpio.py", folder / "lgpio_extra.py"):
            shutil.copy(made, place)
        (package / "DEBIAN").mkdir()
        (package / "DEBIAN/control").write_text(LGPIO, encoding="utf-8")
        run("dpkg-deb", "--root-owner-group", "--build", str(package), str(target / "python3-lgpio.deb"))
