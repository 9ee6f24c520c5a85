"""A real Mosquitto for tests: certificates made on the spot, users, and an access list."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from queue import Empty, Queue
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.mqtt.connection import Broker, Tls

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
needs_mosquitto = pytest.mark.skipif(PROGRAM is None, reason="Mosquitto is not installed (apt install mosquitto)")

USERS = {
    "kiosk": "a mask is a mask",
    "west": "another door",
    "operator": "let me see",
    "reader": "me too",
    "homeassistant": "what is at home",
    "caretaker": "what is left behind",
}
WAIT_S = 20.0


class Authority:
    """Signs certificates for 127.0.0.1, as PEM files in a folder."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        own = self._builder(self._name, timedelta(days=1), self._key.public_key())
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        own = own.add_extension(usage, critical=True)
        self.file = self._write(f"{name}.pem", own.sign(self._key, hashes.SHA256()))

    def certify(self, name: str, *, valid: timedelta = timedelta(days=1)) -> tuple[Path, Path]:
        """Certificate and key; a negative `valid` makes one that has expired that long ago."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        host = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        built = self._builder(subject, valid, key.public_key()).add_extension(host, critical=False)
        built = built.add_extension(issuer, critical=False)
        key_file = self._folder / f"{name}.key"
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return self._write(f"{name}.pem", built.sign(self._key, hashes.SHA256())), key_file

    def _builder(
        self, subject: x509.Name, valid: timedelta, public: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + valid)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    def _write(self, name: str, certificate: x509.Certificate) -> Path:
        path = self._folder / name
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path


class Mosquitto:
    """A broker on the loopback with TLS and passwords; can be stopped and started again on the same port.

    Args:
        folder: for its files.
        valid: how long its certificate is valid yet.
        access: lines of its access list for each user; default: everybody may do everything.
        access_file: a whole access list instead.
        extra: further lines of its configuration.
    """

    def __init__(
        self,
        folder: Path,
        *,
        valid: timedelta = timedelta(days=1),
        access: Mapping[str, list[str]] | None = None,
        access_file: Path | None = None,
        extra: tuple[str, ...] = (),
    ) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.authority = Authority(folder)
        certificate, key = self.authority.certify("broker", valid=valid)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port = int(taken.getsockname()[1])
        passwords = folder / "passwords"
        passwords.write_text("".join(f"{user}:{password}\n" for user, password in USERS.items()))
        passwords.chmod(0o600)
        subprocess.run(["mosquitto_passwd", "-U", passwords], check=True, timeout=30)
        lists = access or {user: ["topic readwrite #"] for user in USERS}
        (folder / "access").write_text(
            "\n".join(line for user, may in lists.items() for line in (f"user {user}", *may)) + "\n"
        )
        self._config = folder / "mosquitto.conf"
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"certfile {certificate}",
            f"keyfile {key}",
            f"password_file {passwords}",
            f"acl_file {access_file or folder / 'access'}",
            "allow_anonymous false",
            f"persistence_location {folder}/",
            "persistence true",
            "user root",
            *extra,
        ]
        self._config.write_text("\n".join(lines) + "\n")
        (folder / "kiosk.password").write_text(USERS["kiosk"] + "\n")
        self.start()

    @property
    def address(self) -> Broker:
        """For a kiosk that knows its password."""
        return Broker("127.0.0.1", self.port, Tls(self.authority.file), "kiosk", self._folder / "kiosk.password")

    @property
    def process_id(self) -> int:
        """Of the running broker."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return (self._folder / "broker.log").read_text()

    def start(self) -> None:
        """Returns once it listens."""
        assert PROGRAM is not None
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen([PROGRAM, "-c", self._config], stdout=log, stderr=log)
        wait_until(self._listens)

    def stop(self) -> None:
        """In an orderly way: what it holds for clients that are away is kept for its next start."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(WAIT_S)
            self._process = None

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Operator:
    """Somebody at another computer who reads everything, and may give commands. The broker keeps what she misses."""

    def __init__(
        self, broker: Mosquitto, name: str = "operator", *, topics: tuple[str, ...] = ("#",), user: str = "operator"
    ) -> None:
        self.heard: Queue[tuple[str, bytes, bool]] = Queue()
        self._client = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.username_pw_set(user, USERS[user])
        self._client.tls_set_context(ssl.create_default_context(cafile=broker.authority.file))
        self._client.reconnect_delay_set(1, 1)
        if topics:
            self._client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in topics])
        self._client.on_message = self._hear
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", broker.port, clean_start=False, properties=properties)
        self._client.loop_start()

    def _hear(self, client: Client, data: object, message: MQTTMessage) -> None:
        self.heard.put((message.topic, bytes(message.payload), message.retain))

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Returns once the broker has it."""
        self._client.publish(topic, payload, 1, retain).wait_for_publish(WAIT_S)

    def wait_for(self, wanted: Callable[[str, bytes], bool]) -> bytes:
        """The payload of the next message that is wanted; others are forgotten."""
        until = time.monotonic() + WAIT_S
        others = []
        while (left := until - time.monotonic()) > 0:
            try:
                topic, payload, _ = self.heard.get(timeout=left)
            except Empty:
                break
            if wanted(topic, payload):
                return payload
            others.append((topic, payload[:100]))
        raise AssertionError(f"waited in vain; heard {others}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def wait_until(is_so: Callable[[], bool], timeout_s: float = WAIT_S) -> None:
    """Wait for another thread or process.

    Raises:
        AssertionError: if it does not come to pass.
    """
    until = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)
