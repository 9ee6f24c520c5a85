"""Tries what a kiosk must be able to do and what it must not, and prints what came of it. Runs inside, on Python alone.

Each line is `name: done` or `name: ERRNO`. Outside the service's sandbox, as root, everything here succeeds.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

CLONE_NEWUSER = 0x10000000
CLONE_NEWNS = 0x00020000
EXECUTABLE = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
ADDR_NO_RANDOMIZE = 0x0040000
KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING = 0, -3
OTHER_PROCESS = 1

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> None:
    """Call a function of the C library; raises OSError where it returns -1."""
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


def write(folder: str) -> None:
    path = Path(folder) / "probe"
    path.write_text("mine")
    path.unlink()


def open_file(path: str, mode: int) -> None:
    os.close(os.open(path, mode))


def listen(port: int) -> None:
    with socket.create_server(("0.0.0.0", port)):
        pass


def open_socket(family: int, kind: int, protocol: int = 0) -> None:
    socket.socket(family, kind, protocol).close()


def set_user_id_bit() -> None:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).chmod(0o755 | stat.S_ISUID)


def make_device() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.mknod(f"{folder}/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))


def become_realtime() -> None:
    before = os.sched_getscheduler(0)
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    os.sched_setscheduler(0, before, os.sched_param(0))


def make_namespace(flag: int) -> None:
    """In a child: nobody leaves a namespace again."""
    child = os.fork()
    if child == 0:
        try:
            call("unshare", flag)
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise OSError(code, "unshare")


def set_clock() -> None:
    now = time.clock_gettime(time.CLOCK_REALTIME)
    time.clock_settime(time.CLOCK_REALTIME, now)


def map_executable() -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=EXECUTABLE).close()


INET, STREAM = socket.AF_INET, socket.SOCK_STREAM

ALLOWED: dict[str, Callable[[], object]] = {
    "read its settings": lambda: Path("/etc/maskgate/maskgate.toml").read_text(),
    "write its state": partial(write, "/var/lib/maskgate"),
    "write what it needs while it runs": partial(write, "/run/maskgate"),
    "write temporary files": partial(write, "/tmp"),
    "listen on port 8080": partial(listen, 8080),
    "hear of cameras that are plugged in": partial(open_socket, socket.AF_NETLINK, socket.SOCK_RAW, 15),
}

FORBIDDEN: dict[str, Callable[[], object]] = {
    **{
        f"write {folder}": partial(write, folder)
        for folder in (
            *("/etc", "/etc/maskgate", "/usr/bin", "/usr/local/bin", "/opt/maskgate/current/bin", "/boot/firmware"),
            *("/home", "/root", "/srv", "/var/lib", "/var/log", "/run", "/dev"),
        )
    },
    "read the passwords": partial(open_file, "/etc/shadow", os.O_RDONLY),
    "read a user's files": lambda: Path("/home/keeper/diary").read_text(),
    "see other processes": lambda: Path(f"/proc/{OTHER_PROCESS}/status").read_text(),
    "signal other processes": partial(os.kill, OTHER_PROCESS, 0),
    "change the kernel's settings": partial(open_file, "/proc/sys/net/ipv4/ip_forward", os.O_WRONLY),
    "change control groups": partial(open_file, "/sys/fs/cgroup/system.slice/cgroup.procs", os.O_WRONLY),
    "open a device that any user may": partial(open_file, "/dev/fuse", os.O_RDWR),
    "make a device": make_device,
    "listen on port 80": partial(listen, 80),
    "open a raw socket": partial(open_socket, INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "read every packet": partial(open_socket, socket.AF_PACKET, socket.SOCK_RAW),
    "talk to the host of a virtual machine": partial(open_socket, socket.AF_VSOCK, STREAM),
    "become root": partial(os.setuid, 0),
    "change its groups": partial(os.setgroups, [0]),
    "give a file to the next user": set_user_id_bit,
    "make a user namespace": partial(make_namespace, CLONE_NEWUSER),
    "make a mount namespace": partial(make_namespace, CLONE_NEWNS),
    "mount": partial(call, "mount", b"none", b"/mnt", b"tmpfs", 0, None),
    "rename the machine": partial(socket.sethostname, socket.gethostname()),
    "run in real time": become_realtime,
    "raise its priority": partial(os.setpriority, os.PRIO_PROCESS, 0, -1),
    "change its personality": partial(call, "personality", ADDR_NO_RANDOMIZE),
    "write code into memory": map_executable,
}


def attempt(action: Callable[[], object]) -> str:
    try:
        action()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "done"


if __name__ == "__main__":
    for name, action in (ALLOWED | FORBIDDEN).items():
        print(f"{name}: {attempt(action)}")
    sys.exit(0)
