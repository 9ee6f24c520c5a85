"""Plays many kiosks with the product's own MQTT code against a real Mosquitto: python -m benchmarks.fleet

Each kiosk has its own event database, its own TLS connection and password login, and tells events at random moments.
Halfway through, the broker is stopped for some seconds. A listener with a session that does not expire counts what
arrives. Prints the table of docs/fleet-size.md.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import platform
import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Event as Flag
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
from paho.mqtt.client import Client, MQTTMessage

from edge.events.database import open_database
from edge.events.history import Tally
from edge.events.log import EventLog
from edge.events.outbox import Outbox
from edge.events.retention import Bounds
from edge.health import HealthMonitor
from edge.mqtt.connection import Broker
from edge.mqtt.conversation import Sources
from edge.mqtt.messages import ModelMessage
from edge.mqtt.telemetry import Telemetry
from edge.mqtt.topics import Topics
from edge.types import AlarmState, Event, EventKind, Frame, Observation
from tests.broker import Mosquitto, Operator

PER_PROCESS = 100
"""Kiosks in one process: paho waits with select(), which knows 1024 file descriptors."""

AWAY_S = 5.0
"""The broker is away for this long."""

SETTLE_S = 240.0
"""All must have arrived by then."""

PICTURE = Frame(np.zeros((1, 1, 3), np.uint8), 0.0, 0)

HEAD = """\
| kiosks | events | messages/s | p50 ms | p95 ms | p99 ms | in outage | lost | twice | drained \
| memory/kiosk | CPU/kiosk | broker memory | broker CPU |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What is played: `kiosks`, each telling `rate` events a second for `seconds`."""

    kiosks: int
    rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Account:
    """One process' kiosks: how many events they told, and what they took (bytes, seconds of processor time)."""

    told: int
    memory: int
    cpu_s: float


def _leave(_order: object) -> None:
    """No roll-outs here."""


class SimulatedKiosk:
    """A kiosk without camera: its event log, health and telemetry are the product's own."""

    def __init__(self, folder: Path, name: str, broker: Broker) -> None:
        path = folder / f"{name}.db"
        open_database(path).close()
        self._monitor = monitor = HealthMonitor(model=lambda: "simulated")
        tally = Tally(datetime.now(UTC))
        facts = ModelMessage(model="simulated", version=0, trial=False, failed={})
        self.telemetry = Telemetry(
            broker,
            Topics("maskgate", name),
            sources=Sources(
                health=monitor.health, today=lambda: tally, model=lambda: facts, retained=dict, has_door=lambda: True
            ),
            outbox=Outbox(path, "mqtt", limit=10_000),
            actions={},
            follow=_leave,
            monitor=monitor,
        )
        self.log = EventLog(path, bounds=lambda: Bounds(1.0, 2**26)).start(on_written=self.telemetry.wake)

    def tell(self) -> None:
        """Something happens now; its very moment travels along."""
        now = time.time_ns()
        seen = Observation(PICTURE, (), random.choice((AlarmState.IDLE, AlarmState.PASS)))  # noqa: S311
        self._monitor.beat(seen)
        self.telemetry(seen)
        self.log.record(Event(EventKind.ENTRY, datetime.fromtimestamp(now / 1e9, UTC), detail=str(now)))

    def close(self) -> None:
        self.telemetry.close()
        self.log.close()


def play(numbers: range, load: Load, broker: Broker, folder: Path, ready: Pipe, go: Flag, end: Flag) -> None:
    """One process: makes its kiosks, says so, tells events once all are ready, stays until all have arrived."""
    logging.disable()
    before = own_memory()
    kiosks = [SimulatedKiosk(folder, f"door-{number}", broker) for number in numbers]
    while not all(kiosk.telemetry.connected for kiosk in kiosks):
        time.sleep(0.1)
    ready.send(None)
    go.wait()
    started, cpu_s = time.monotonic(), time.process_time()
    told, moment = 0, started
    while (moment := moment + random.expovariate(load.rate * len(kiosks))) < started + load.seconds:
        time.sleep(max(0.0, moment - time.monotonic()))
        random.choice(kiosks).tell()  # noqa: S311
        told += 1
    cpu_s = time.process_time() - cpu_s
    ready.send(Account(told, own_memory() - before, cpu_s))
    end.wait()
    for kiosk in kiosks:
        kiosk.close()


def own_memory() -> int:
    """Resident bytes of this process that it shares with no other."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def memory_of(process: int) -> int:
    """Resident bytes of another process."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def cpu_of(process: int) -> float:
    """Seconds of processor time that another process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Listener(Operator):
    """Hears everything: how many messages came, how often, and when each event came first."""

    def __init__(self, broker: Mosquitto) -> None:
        self.messages = 0
        self.repeated = 0
        self.latency_ms: dict[tuple[str, int], tuple[float, float]] = {}
        super().__init__(broker)

    def _hear(self, client: Client, data: object, message: MQTTMessage) -> None:
        now_s = time.time()
        self.messages += 1
        if not message.topic.endswith("/event"):
            return
        event = json.loads(message.payload)
        key = (message.topic, event["id"])
        self.repeated += key in self.latency_ms
        told_s = int(event["detail"]) / 1e9
        self.latency_ms.setdefault(key, (told_s, (now_s - told_s) * 1e3))


@contextmanager
def processes(load: Load, broker: Broker, folder: Path) -> Iterator[tuple[list[Pipe], Flag, Flag]]:
    """Processes that hold all kiosks; a pipe from each, and the flags that begin and end the play."""
    context = multiprocessing.get_context("spawn")
    go, end = context.Event(), context.Event()
    pipes, players = [], []
    for first in range(0, load.kiosks, PER_PROCESS):
        here, there = context.Pipe()
        numbers = range(first, min(first + PER_PROCESS, load.kiosks))
        player = context.Process(target=play, args=(numbers, load, broker, folder, there, go, end))
        player.start()
        pipes.append(here)
        players.append(player)
    try:
        yield pipes, go, end
    finally:
        go.set()
        end.set()
        for player in players:
            player.join(60)
            player.kill()


def measure(load: Load) -> str:
    """One line of the table."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        limits = ("max_queued_messages 1000000", "max_inflight_messages 1000")
        broker = stack.enter_context(Mosquitto(folder, extra=limits))
        listener = stack.enter_context(Listener(broker))
        pipes, go, end = stack.enter_context(processes(load, broker.address, folder))
        for pipe in pipes:
            pipe.recv()
        listener.messages = 0
        go.set()
        cpu_s = cpu_of(broker.process_id)
        time.sleep(load.seconds / 2)
        broker_cpu = (cpu_of(broker.process_id) - cpu_s) / (load.seconds / 2)
        broker_memory = memory_of(broker.process_id)
        steady = listener.messages / (load.seconds / 2)
        away = time.time()
        broker.stop()
        time.sleep(AWAY_S)
        broker.start()
        back = time.time()
        accounts = [pipe.recv() for pipe in pipes]
        told = sum(account.told for account in accounts)
        while len(listener.latency_ms) < told and time.time() < back + SETTLE_S:
            time.sleep(0.05)
        end.set()
    return _row(load, listener, accounts, steady, (away, back), broker_cpu, broker_memory)


def _row(
    load: Load,
    listener: Listener,
    accounts: list[Account],
    steady: float,
    times: tuple[float, float],
    broker_cpu: float,
    broker_memory: int,
) -> str:
    away, back = times
    told = sum(account.told for account in accounts)
    before = [ms for at, ms in listener.latency_ms.values() if at < away - 1]
    during = [(at, ms) for at, ms in listener.latency_ms.values() if away - 1 <= at <= back]
    p50, p95, p99 = np.percentile(before, [50, 95, 99])
    drained = max((at + ms / 1e3 for at, ms in during), default=back) - back
    memory = sum(account.memory for account in accounts) / load.kiosks
    cpu_ms = sum(account.cpu_s for account in accounts) / load.kiosks / load.seconds * 1e3
    return (
        f"| {load.kiosks} | {told} | {steady:.1f} | {p50:.0f} | {p95:.0f} "
        f"| {p99:.0f} | {len(during)} | {told - len(listener.latency_ms)} | {listener.repeated} | {drained:.1f} s "
        f"| {memory / 2**20:.2f} MiB | {cpu_ms:.1f} ms/s | {broker_memory / 2**20:.1f} MiB | {broker_cpu:.1%} |\n"
    )


@click.command()
@click.argument("kiosks", nargs=-1, type=click.IntRange(1))
@click.option("--rate", default=0.2, show_default=True, help="Events of each kiosk in a second.")
@click.option("--seconds", default=60.0, show_default=True, help="How long each number of kiosks is played.")
def main(kiosks: tuple[int, ...], rate: float, seconds: float) -> None:
    """Measure for each number of KIOSKS, 10 100 1000 if none is given, and print the table."""
    click.echo(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", err=True)
    sys.stdout.write(HEAD)
    for count in kiosks or (10, 100, 1000):
        sys.stdout.write(measure(Load(count, rate, seconds)))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
