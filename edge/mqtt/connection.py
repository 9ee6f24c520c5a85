"""One connection to a broker, from its beginning to its end; a new one is made after each."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.mqtt.messages import OFFLINE

KEEP_ALIVE_S = 30
"""The broker announces a kiosk's death after one and a half of these."""

CONNECT_S = 10.0
"""A broker that has not answered by then is considered hung."""

MAX_PACKET_BYTES = 256 * 1024
"""The broker is told never to send more than this at once; commands are far smaller."""

HEADER_BYTES = 16
"""What a message has beside topic and payload, at most."""

QOS = 1

_REJECTED = ("Not authorized", "Bad user name or password", "Banned", "Bad authentication method")


class BrokerError(Exception):
    """The broker cannot be used now.

    Attributes:
        cause: what happened, in one line.
        remedy: what a person can do.
        is_refusal: whether the broker is there, and says no.
    """

    def __init__(self, cause: str, remedy: str, *, is_refusal: bool = False) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy
        self.is_refusal = is_refusal


@dataclass(frozen=True, slots=True)
class Tls:
    """How the two prove who they are.

    Attributes:
        authorities: PEM file of whom to believe; None for the system's.
        certificate, key: PEM files of this kiosk; None for none.
    """

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to log in.

    Attributes:
        host, port: where.
        tls: None sends everything, the password too, for all the network to read.
        username: None for none.
        password_file: its first line is the password.
    """

    host: str
    port: int
    tls: Tls | None = None
    username: str | None = None
    password_file: Path | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class _TidySocket(ssl.SSLSocket):
    """Closes itself when the two ends cannot agree; paho would leave that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except (OSError, ValueError):
            self.close()
            raise


class Connection:
    """A connection that is established.

    Args:
        broker: where.
        client_id: unique among the broker's clients.
        will: topic that the broker sets to `offline` when the kiosk is gone; None for none.
        on_message: told topic, payload, and whether the message was retained; from another thread.
        on_confirmed: told the number of a message that the broker has; from another thread.
        on_end: told from another thread when the connection is over.

    Raises:
        BrokerError: if there is no connection to be had.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        client_id: str,
        will: str | None,
        on_message: Callable[[str, bytes, bool], None],
        on_confirmed: Callable[[int], None],
        on_end: Callable[[], None],
    ) -> None:
        self._broker = broker
        self._will = will
        self._on_message = on_message
        self._on_confirmed = on_confirmed
        self._on_end = on_end
        self._settled = Flag()
        self._max_bytes = MAX_PACKET_BYTES
        self._ended: tuple[str, str, bool] | None = None
        client = self._new_client(client_id)
        self._client: Client | None = client
        try:
            self._open(client)
        except BrokerError:
            self._release()
            raise

    @property
    def error(self) -> BrokerError | None:
        """Why it is over; None while it stands."""
        # A new one each time: an error that was raised holds on to whatever it came by.
        return None if self._ended is None else _error(self._ended)

    def subscribe(self, topic: str, qos: int = QOS) -> None:
        """Listen to a topic. Brokers may forbid that; then nothing comes.

        Raises:
            BrokerError: if the connection is closed.
        """
        self._opened().subscribe(topic, qos)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Send; returns the number that `on_confirmed` will be told.

        Raises:
            BrokerError: if the broker does not take messages of this size, or the connection is closed.
        """
        if len(payload) + len(topic) + HEADER_BYTES > self._max_bytes:
            raise BrokerError(
                f"{self._broker}: takes at most {self._max_bytes} bytes, a message on {topic} has {len(payload)}",
                "raise the broker's limit (Mosquitto: max_packet_size)",
            )
        return self._opened().publish(topic, payload, QOS, retain).mid

    def close(self, timeout_s: float = 2.0) -> None:
        """Say goodbye, waiting until the broker has heard it; may be called again."""
        if self._ended is None and self._client is not None:
            if self._will is not None:
                goodbye = self._client.publish(self._will, OFFLINE, QOS, retain=True)
                # If the connection ends meanwhile, the broker says it for us.
                with suppress(RuntimeError, ValueError):
                    goodbye.wait_for_publish(timeout_s)
            self._client.disconnect()
        self._release()

    def _opened(self) -> Client:
        client = self._client
        if client is None:
            raise BrokerError(f"{self._broker}: the connection is closed", "the log has the cause")
        return client

    def _release(self) -> None:
        """End the client's thread, and forget it: it keeps two sockets of its own until then."""
        if self._client is not None:
            self._client.loop_stop()
            self._client = None

    def _new_client(self, client_id: str) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5, reconnect_on_failure=False
        )
        client.connect_timeout = CONNECT_S
        if self._will is not None:
            client.will_set(self._will, OFFLINE, QOS, retain=True)
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, _read_password(self._broker.password_file))
        if self._broker.tls is not None:
            client.tls_set_context(_tls_context(self._broker.tls))
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._received
        client.on_publish = self._published
        return client

    def _open(self, client: Client) -> None:
        properties = Properties(PacketTypes.CONNECT)
        properties.MaximumPacketSize = MAX_PACKET_BYTES
        try:
            client.connect(self._broker.host, self._broker.port, KEEP_ALIVE_S, clean_start=True, properties=properties)
        except (OSError, ValueError) as error:
            raise _explain(error, self._broker) from error
        client.loop_start()
        if not self._settled.wait(CONNECT_S):
            remedy = "check the broker, or correct mqtt.host and mqtt.port"
            self._ended = (f"{self._broker}: does not answer as an MQTT broker", remedy, False)
            client.disconnect()
        if self._ended is not None:
            raise _error(self._ended)

    def _connected(self, _client: Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Any) -> None:
        self._max_bytes = getattr(properties, "MaximumPacketSize", self._max_bytes)
        if reason.is_failure:
            remedy = "see the broker's log"
            if str(reason) in _REJECTED:
                remedy = "correct mqtt.username and mqtt.password_file, or the broker's list of users"
            self._end(f"{self._broker}: refuses to let this kiosk log in ({reason})", remedy, is_refusal=True)
        self._settled.set()

    def _disconnected(self, _client: Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        remedy = "is it running, the network up, and mqtt.name no other kiosk's? see the broker's log"
        if not self._settled.is_set():
            remedy = "does it demand TLS, or a client certificate? see mqtt.tls, mqtt.certificate and the broker's log"
        self._end(f"{self._broker}: the connection was lost ({reason})", remedy)
        self._settled.set()

    def _received(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._on_message(message.topic, bytes(message.payload), message.retain)

    def _published(self, _client: Client, _data: Any, number: int, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            cause = f"{self._broker}: does not accept messages ({reason})"
            self._end(cause, "correct the broker's access list", is_refusal=True)
        else:
            self._on_confirmed(number)

    def _end(self, cause: str, remedy: str, *, is_refusal: bool = False) -> None:
        if self._ended is None:
            self._ended = (cause, remedy, is_refusal)
            self._on_end()


def _error(ended: tuple[str, str, bool]) -> BrokerError:
    cause, remedy, is_refusal = ended
    return BrokerError(cause, remedy, is_refusal=is_refusal)


def _read_password(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BrokerError(f"{path}: the password cannot be read ({error})", "correct mqtt.password_file") from error
    return lines[0] if lines else ""


def _tls_context(tls: Tls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.authorities)
        context.sslsocket_class = _TidySocket
        if tls.certificate is not None:
            context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(path) for path in (tls.authorities, tls.certificate, tls.key) if path)
        raise BrokerError(
            f"{files}: cannot be used as certificates ({error})",
            "correct mqtt.authorities, mqtt.certificate and mqtt.key",
        ) from error
    return context


def _explain(error: Exception, broker: Broker) -> BrokerError:
    if isinstance(error, ssl.SSLCertVerificationError):
        remedy = "correct mqtt.authorities and mqtt.host"
        if "expired" in error.verify_message or "not yet valid" in error.verify_message:
            remedy = "renew the broker's certificate, and check this machine's clock"
        return BrokerError(f"{broker}: its certificate is refused ({error.verify_message})", remedy)
    if isinstance(error, ssl.SSLError):
        return BrokerError(f"{broker}: no TLS connection ({error})", "correct mqtt.port or mqtt.tls")
    if isinstance(error, socket.gaierror):
        return BrokerError(
            f"{broker}: no such host ({error.strerror})", "correct mqtt.host, or check the network's name server"
        )
    return BrokerError(f"{broker}: cannot be reached ({error})", "is it running, and is the network up?")
