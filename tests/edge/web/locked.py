"""Runs a command under a unit's own locks, as far as they are a process's: `locked.py UNIT COMMAND...`

System calls, namespaces and core dumps, by the kernel's own means; not file system, devices and addresses, which root
sets up. A user without rights has no capabilities to lose.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
MASKED_EQ = 7
PR_SET_NO_NEW_PRIVS = 38
NAMESPACES = {
    "cgroup": 0x02000000, "ipc": 0x08000000, "mnt": 0x00020000, "net": 0x40000000,
    "pid": 0x20000000, "user": 0x10000000, "uts": 0x04000000,
}  # fmt: skip


class Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp`."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    )


def values(unit: str, key: str) -> list[str]:
    """Every value of a key, in order."""
    return re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)


def system_calls(unit: str) -> set[str]:
    """Those that the unit allows."""
    allowed: set[str] = set()
    for value in values(unit, "SystemCallFilter"):
        named = {call for word in value.lstrip("~").split() for call in expanded(word)}
        allowed = allowed - named if value.startswith("~") else allowed | named
    return allowed | expanded("@default")


def expanded(word: str) -> set[str]:
    """A call, or those of a group, by systemd's own list."""
    if not word.startswith("@"):
        return {word}
    told = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True)
    lines = [line.strip() for line in told.stdout.splitlines()[1:]]
    return {call for line in lines if line and line[0] != "#" for call in expanded(line)}


def lock(unit: str) -> None:
    """Lock this process up, and what it starts."""
    libc, seccomp = ctypes.CDLL(None, use_errno=True), ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    calls = {name: seccomp.seccomp_syscall_resolve_name(name.encode()) for name in system_calls(unit)}
    limited = [flag for name, flag in NAMESPACES.items() if name not in values(unit, "RestrictNamespaces")[0].split()]
    assert values(unit, "NoNewPrivileges") == ["yes"]
    assert values(unit, "CapabilityBoundingSet") == [""]
    resource.setrlimit(resource.RLIMIT_CORE, (int(values(unit, "LimitCORE")[0]),) * 2)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0

    namespaces = ctypes.c_void_p(seccomp.seccomp_init(ALLOW))
    for name in ("clone", "unshare"):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        for flag in limited:
            rule = (Comparison * 1)(Comparison(0, MASKED_EQ, flag, flag))
            assert seccomp.seccomp_rule_add_array(namespaces, ERRNO | errno.EPERM, number, 1, rule) == 0
    # Its flags lie in memory, where no filter sees them; libraries then use the older call.
    newer = seccomp.seccomp_syscall_resolve_name(b"clone3")
    assert seccomp.seccomp_rule_add_array(namespaces, ERRNO | errno.ENOSYS, newer, 0, None) == 0
    assert seccomp.seccomp_load(namespaces) == 0

    filtered = ctypes.c_void_p(seccomp.seccomp_init(ERRNO | errno.EPERM))
    for number in calls.values():
        if number >= 0:
            assert seccomp.seccomp_rule_add_array(filtered, ALLOW, number, 0, None) == 0
    assert seccomp.seccomp_load(filtered) == 0


if __name__ == "__main__":
    lock(Path(sys.argv[1]).read_text(encoding="utf-8"))
    os.execvp(sys.argv[2], sys.argv[2:])
