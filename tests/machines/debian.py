"""Debian systems as folders, made once and kept: what the other machines boot, enter or unpack."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TREES_VARIABLE = "MASKGATE_TREES"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


# dpkg-deb's own --extract puts a folder in the place of the link /lib, behind which the loader lies.
UNPACK = 'dpkg-deb --fsys-tarfile "$0" | tar --extract --keep-directory-symlink --preserve-permissions --directory "$1"'


class TreeError(Exception):
    """A system cannot be made; the message holds the end of the log."""


def native_tree(packages: Sequence[str] = (), *, suite: str = "trixie") -> Path:
    """A minimal Debian of this machine's own architecture with some packages, ready to be booted.

    It is shared by every test that asks for the same packages, and by later runs: mount something over it, never write
    into it.

    Raises:
        TreeError: if it cannot be made.
    """
    arch = run("dpkg", "--print-architecture").strip()

    def build(target: Path) -> None:
        if packages:
            run("cp", "--archive", f"{native_tree(suite=suite)}/.", str(target))
            apt_install(target, packages)
        else:
            debootstrap(target, suite, f"--arch={arch}")

    return cached(f"{suite}-{arch}", packages, build)


def foreign_tree(arch: str, packages: Sequence[str] = (), *, suite: str = "trixie") -> Path:
    """A minimal Debian of another architecture with some packages, for an emulator of that processor.

    It is unpacked, and never set up: none of its programs need run for that, and no package's script has. Shared as
    that of `native_tree`.

    Raises:
        TreeError: if it cannot be made.
    """

    def build(target: Path) -> None:
        # The first stage unpacks what every Debian has, and only fetches the rest.
        debootstrap(
            target, suite, "--foreign", f"--arch={arch}", *([f"--include={','.join(packages)}"] * bool(packages))
        )
        for archive in (target / "var/cache/apt/archives").glob("*.deb"):
            run("bash", "-o", "pipefail", "-c", UNPACK, str(archive), str(target))
            archive.unlink()
        if (target / "proc").is_symlink():
            # It leads to this machine's own, but nowhere once the tree is the root.
            (target / "proc").unlink()
        for mount_point in ("proc", "mnt"):
            (target / mount_point).mkdir(exist_ok=True)

    return cached(f"{suite}-{arch}", packages, build)


def cached(name: str, packages: Sequence[str], build: Callable[[Path], None]) -> Path:
    """The tree of that name and those packages; built first if it is not there.

    It is built under another name and renamed when complete. Whoever asks meanwhile waits.
    """
    key = hashlib.sha256(" ".join(sorted(packages)).encode()).hexdigest()[:12]
    tree = trees_folder() / f"{name}-{key}"
    with _lock(tree.with_suffix(".lock")):
        if not tree.exists():
            unfinished = tree.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            build(unfinished)
            unfinished.rename(tree)
    return tree


def trees_folder() -> Path:
    """Where trees are kept: named by MASKGATE_TREES, or in the user's cache."""
    folder = Path(os.environ.get(TREES_VARIABLE) or Path.home() / ".cache/maskgate/trees").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def debootstrap(target: Path, suite: str, *options: str) -> None:
    """Run debootstrap into a folder, from this machine's own mirror.

    It takes the names of real packages only: what depends on virtual ones is left to apt, see `apt_install`.

    Raises:
        TreeError: if it fails.
    """
    run("debootstrap", "--variant=minbase", f"--keyring={KEYRING}", *options, suite, str(target), mirror())


def apt_install(tree: Path, packages: Sequence[str]) -> None:
    """Have a tree's own apt install packages, and forget what it fetched for that.

    Raises:
        TreeError: if it fails.
    """
    script = """
        set -eu
        mount -t proc proc "$0/proc"
        chroot "$0" apt-get update --quiet=2
        chroot "$0" apt-get install --yes --quiet=2 --no-install-recommends "$@"
        chroot "$0" apt-get clean
        rm -rf "$0"/var/lib/apt/lists/*
    """
    # Its own processes, too, so that nothing a package starts outlives this.
    run("unshare", "--mount", "--pid", "--fork", "sh", "-c", script, str(tree), *packages)


def mirror() -> str:
    """The address this machine's own apt has Debian from.

    Raises:
        TreeError: if its sources name none.
    """
    listed = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages").splitlines()
    for address, release in (line.split(" ", 1) for line in listed):
        if address.startswith("http") and not release.endswith("-security"):
            return address
    raise TreeError("apt's sources name no mirror of Debian by http or https (deb lines of /etc/apt/sources.list*)")


def run(*command: str) -> str:
    """What a command prints on its standard output; it goes through apt's proxies, if there are any.

    Raises:
        TreeError: if it is missing or fails.
    """
    # What is lost in a power cut here is made again: dpkg need not wait for the disk.
    environment = {**os.environ, **_proxies(), "DPKG_FORCE": "unsafe-io", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    except FileNotFoundError as error:
        raise TreeError(f"{command[0]} is missing") from error
    if done.returncode:
        raise TreeError(f"{' '.join(command)}: exit {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def _proxies() -> dict[str, str]:
    names = ("http", "https")
    query = [word for name in names for word in (f"{name}_proxy", f"Acquire::{name}::Proxy")]
    told = subprocess.run(["apt-config", "shell", *query], capture_output=True, text=True, check=False).stdout
    return dict(line.replace("'", "").split("=", 1) for line in told.splitlines())


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
