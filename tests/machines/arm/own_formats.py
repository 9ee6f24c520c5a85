"""Runs a command in which programs for 64-bit Arm run by themselves: `own_formats.py EMULATOR COMMAND...`

The kernel's table of binary formats is one of the whole machine, unless a user namespace has its own (Linux 6.7): there
the emulator is entered, and this machine's own table stays as it is. Root may do there what it may outside, but for
devices.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
TABLE = "/proc/sys/fs/binfmt_misc"

# An ELF file for AArch64, by its first bytes; F: the emulator is opened now, and so is found from within any root.
FORMAT = (
    rb":arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    rb":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:%s:FPC"
)


def main(emulator: str, *command: str) -> int:
    """Run the command; its exit status."""
    libc = ctypes.CDLL(None, use_errno=True)
    unshared, mapped = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS):
            raise OSError(ctypes.get_errno(), "no namespaces")
        os.write(unshared[1], b".")
        os.read(mapped[0], 1)
        # Nothing that is mounted here shows outside.
        if libc.mount(b"none", b"/", None, 0x44000, None) or libc.mount(
            b"none", TABLE.encode(), b"binfmt_misc", 0, None
        ):
            raise OSError(
                ctypes.get_errno(), f"no table of formats at {TABLE}: Linux 6.7 gives one to each user namespace"
            )
        Path(TABLE, "register").write_bytes(FORMAT % emulator.encode())
        os.execvp(command[0], command)
    os.read(unshared[0], 1)
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{child}/{name}").write_text("0 0 65536", encoding="ascii")
    os.write(mapped[1], b".")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
