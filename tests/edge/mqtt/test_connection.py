"""One connection to a real Mosquitto, and what is left of it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.mqtt.connection import BrokerError, Connection
from tests.broker import Mosquitto, needs_mosquitto, wait_until

pytestmark = needs_mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def collector_off() -> Iterator[None]:
    """The garbage collector may not come by for hours: nothing may count on it."""
    gc.disable()
    yield
    gc.enable()


def connect(broker: Mosquitto) -> Connection:
    return Connection(
        broker.address,
        client_id="east",
        will="maskgate/east/available",
        on_message=lambda topic, payload, retained: None,
        on_confirmed=lambda number: None,
        on_end=lambda: None,
    )


def end_well(broker: Mosquitto) -> None:
    connect(broker).close()


def lose(broker: Mosquitto) -> None:
    """As telemetry has it: the error that ended the connection is raised and caught."""
    connection = connect(broker)
    broker.stop()
    wait_until(lambda: connection.error is not None)
    with pytest.raises(BrokerError, match="lost"), closing(connection):
        raise_error_of(connection)
    broker.start()


def raise_error_of(connection: Connection) -> None:
    assert connection.error is not None
    raise connection.error


def be_refused(broker: Mosquitto) -> None:
    password = broker.address.password_file
    assert password is not None
    right = password.read_text()
    password.write_text("wrong")
    with pytest.raises(BrokerError, match="refuses"):
        connect(broker)
    password.write_text(right)


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.usefixtures("collector_off")
@pytest.mark.parametrize("use", [end_well, lose, be_refused])
def test_a_connection_leaves_no_sockets(use: Callable[[Mosquitto], None], broker: Mosquitto) -> None:
    """However it ends: a broker that comes and goes for days must not use up the process's file descriptors."""
    use(broker)
    before = descriptors()
    for _ in range(3):
        use(broker)
    assert descriptors() == before


def test_a_closed_connection_says_so(broker: Mosquitto) -> None:
    """Whoever is late to answer is told, and nothing is queued for nobody."""
    connection = connect(broker)
    connection.close()
    connection.close()
    with pytest.raises(BrokerError, match="is closed"):
        connection.publish("maskgate/east/answer", b"{}")
