"""Memory, disk and time, read from the kernel's files."""

from __future__ import annotations

from pathlib import Path

from edge.host.resources import Resources, read_resources, system_name


def test_what_the_kernel_tells(tmp_path: Path) -> None:
    """Kilobytes become bytes; other lines are no numbers."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text("MemTotal:  3884000 kB\nMemAvailable: 100 kB\nHugePages_Total:  0\n")
    (tmp_path / "proc/self/status").write_text("Name:\tpython\nVmRSS:\t  2048 kB\n")
    (tmp_path / "proc/uptime").write_text("351735.47 234388.90\n")
    found = read_resources(None, root=tmp_path)
    assert found == Resources(2048 * 1024, 3884000 * 1024, 100 * 1024, None, None, 351735.47)


def test_what_nobody_tells_is_unknown(tmp_path: Path) -> None:
    """A folder that is not there, and a system without /proc."""
    assert read_resources(tmp_path / "gone", root=tmp_path) == Resources(None, None, None, None, None, None)


def test_this_machine(tmp_path: Path) -> None:
    """Has more than it has left, and a system with a name."""
    found = read_resources(tmp_path)
    assert found.memory is not None
    assert found.memory_left is not None
    assert 0 < found.memory_left <= found.memory
    assert found.disk is not None
    assert found.disk_left is not None
    assert 0 <= found.disk_left < found.disk
    assert system_name()
