"""Addresses and names are compared as what they stand for, however they are written."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from edge.web.guarding import addresses
from edge.web.guarding.addresses import is_among, is_ours, network_of, plain


@pytest.mark.parametrize(
    ("address", "written"),
    [("10.0.0.1", "10.0.0.1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("2001:DB8:0::1", "2001:db8::1"), ("unix", "unix")],
)
def test_an_address_is_written_in_one_way(address: str, written: str) -> None:
    """IPv4 is IPv4, also on a socket for both."""
    assert plain(address) == written


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("unknown", "unknown", True),
    ],
)
def test_one_guest_has_one_network(one: str, other: str, is_same: bool) -> None:
    """An IPv6 guest owns a whole one."""
    assert (network_of(one) == network_of(other)) == is_same


@pytest.mark.parametrize(
    ("address", "known", "is_known"),
    [
        ("::ffff:127.0.0.1", ["127.0.0.1"], True),
        ("127.0.0.1", ["::ffff:127.0.0.1"], True),
        ("10.1.2.3", ["10.0.0.0/8"], True),
        ("10.1.2.3", ["10.1.2.0/24", "fd00::/8"], True),
        ("fd00::1", ["10.0.0.0/8", "fd00::/8"], True),
        ("192.0.2.1", ["10.0.0.0/8", "fd00::/8", "localhost", ""], False),
        ("192.0.2.1", ["*"], True),
        ("2001:db8::1", ["*"], True),
        ("unix", ["*"], False),
    ],
)
def test_an_address_is_found_among_others(address: str, known: list[str], is_known: bool) -> None:
    """Alone, or by its network; what is none names nobody."""
    assert is_among(address, known) == is_known


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True), ("192.168.1.5:8080", True), ("[::1]:8080", True), ("[fe80::1]", True),
        ("localhost:8080", True), ("kiosk", True), ("Kiosk.local:80", True), ("kiosk.internal.", True),
        ("kiosk.home.arpa", True), ("kiosk.hospital.example", True), ("kiosk.ward.example:8080", True),
        ("door.example.org", True), ("DOOR.example.org.", True),
        ("evil.example", False), ("evil.example:8080", False), ("127.0.0.1.evil.example", False),
        ("local.evil.example", False), ("kiosk.evil.example", False), ("notdoor.example.org", False),
        ("evillocal.example", False), ("1.2.3", False), ("xkiosk.hospital.example", False),
        ("hospital.example", False), ("", True),
    ],
)  # fmt: skip
def test_a_name_is_ours_or_somebody_elses(
    host: str, is_own: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses, names that the internet cannot have, this machine's in its own domains, and those that are listed."""
    resolver = tmp_path / "resolv.conf"
    resolver.write_text("# by DHCP\nnameserver 192.168.1.1\nsearch hospital.example ward.example\noptions edns0\n")
    monkeypatch.setattr(addresses, "RESOLVER", resolver)
    monkeypatch.setattr(socket, "gethostname", lambda: "kiosk")
    assert is_ours(host, ["door.example.org"]) == is_own


def test_a_machine_without_a_resolver_knows_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no more."""
    monkeypatch.setattr(addresses, "RESOLVER", tmp_path / "missing")
    monkeypatch.setattr(socket, "gethostname", lambda: "kiosk.hospital.example")
    assert is_ours("kiosk.hospital.example", [])
    assert not is_ours("kiosk.ward.example", [])
