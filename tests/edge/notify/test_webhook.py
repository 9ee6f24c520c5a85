"""The signed webhook, against a server on this machine."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import jsonschema
import pytest

from edge.config.secrets import SecretUrl
from edge.errors import ConfigError
from edge.notify.destination import Bulletin, DeliveryError
from edge.notify.notice import Notice
from edge.notify.webhook import Webhook, read_secret, sign
from tests.edge.notify.servers import HttpReceiver, receiver, silent_port

SECRET = b"a secret of enough bytes"
T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ONE = Bulletin("msg_1", "west", "west: Alert", "Alert", (Notice("alert", "event 1", T0, "> 10 s"),))
SCHEMA = Path(__file__).resolve().parents[3] / "docs/fleet/schemas/webhook.json"


def test_the_signature_is_the_standard_s() -> None:
    """The example of Standard Webhooks' own libraries."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_arrives_signed() -> None:
    """As the schema says, and with the same id at every attempt."""
    with receiver(HttpReceiver) as server:
        hook = Webhook(SecretUrl(f"http://127.0.0.1:{server.port}/door?key=x"), SECRET, wall_clock=lambda: 1000.7)
        hook.send(ONE)
        ((headers, body),) = server.taken
    sent = {name.lower(): value for name, value in headers.items()}
    assert (sent["webhook-id"], sent["webhook-timestamp"]) == ("msg_1", "1000")
    assert sent["webhook-signature"] == sign(SECRET, "msg_1", 1000, body)
    message = json.loads(body)
    jsonschema.validate(message, json.loads(SCHEMA.read_text()))
    assert message["notices"] == [{"rule": "alert", "at": "2026-03-01T08:00:00Z", "detail": "> 10 s", "over": False}]


@pytest.mark.parametrize(("status", "is_final"), [(500, False), (302, False), (401, False), (413, True), (422, True)])
def test_a_refusal_says_the_status(status: int, is_final: bool) -> None:
    """A redirection is none of ours to follow: the address is a secret that somebody chose."""
    with receiver(HttpReceiver, "refuse") as server:
        assert isinstance(server, HttpReceiver)
        server.status = status
        with pytest.raises(DeliveryError, match=f"answers {status}") as refused:
            Webhook(SecretUrl(f"http://127.0.0.1:{server.port}/"), SECRET).send(ONE)
    assert refused.value.is_final is is_final


def test_a_server_that_hangs_is_given_up() -> None:
    """It takes the connection and never answers."""
    with silent_port() as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/token-1234"
        with pytest.raises(DeliveryError, match=r"no answer within 0\.2 s"):
            Webhook(SecretUrl(address), SECRET, timeout_s=0.2).send(ONE)
    for trouble in (address, address.replace("http:", "https:"), "http://host.invalid/token-1234"):
        with pytest.raises(DeliveryError) as refused:
            Webhook(SecretUrl(trouble), SECRET, timeout_s=1.0).send(ONE)
        assert "1234" not in str(refused.value)


def test_a_server_that_keeps_saying_wait_is_given_up() -> None:
    """Each word comes in time, the answer never would: after three steps' time it is over."""

    def keep_saying() -> None:
        connection, _ = server.accept()
        with connection, contextlib.suppress(OSError):
            until = time.monotonic() + 5.0
            while time.monotonic() < until:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                time.sleep(0.01)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=keep_saying)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(DeliveryError, match=r"no whole answer within 0\.9 s"):
            Webhook(SecretUrl(address), SECRET, timeout_s=0.3).send(ONE)
        thread.join()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("0123456789abcdef\nmore", b"0123456789abcdef"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),
    ],
)
def test_the_secret_is_a_line(tmp_path: Path, content: str, expected: bytes) -> None:
    """Any text, or Base64 as the standard writes it."""
    path = tmp_path / "secret"
    path.write_text(content)
    assert read_secret(path) == expected


@pytest.mark.parametrize("content", ["", "short", "whsec_?", "whsec_AAAA"])
def test_a_secret_of_no_use_is_refused(tmp_path: Path, content: str) -> None:
    """Naming the file, not what stands in it."""
    path = tmp_path / "secret"
    path.write_text(content)
    with pytest.raises(ConfigError, match=str(path)):
        read_secret(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_secret(tmp_path / "missing")


@pytest.mark.parametrize(
    "address", ["https://[::1/secret", "https://example.org:99999/secret", "https://example.org:x/"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """By its setting, and without what may be secret in it."""
    with pytest.raises(ConfigError, match=r"^notify\.webhook: https://\.\.\. is no address"):
        Webhook(SecretUrl(address), SECRET)
