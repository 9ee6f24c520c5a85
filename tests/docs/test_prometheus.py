"""The files for Prometheus and Grafana, tried with Prometheus and its checker."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from edge.health import HealthMonitor
from edge.host.board import Board, Throttling
from edge.metrics import Metrics
from edge.networks.manifest import ModelFacts
from edge.types import Event, EventKind, Label
from edge.web.server import Server, ServerConfig
from tests.network_camera import free_port

FILES = Path(__file__).resolve().parents[2] / "docs/fleet"

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="Prometheus is not installed (apt install prometheus)"
)


def promtool(*arguments: str, text: str | None = None) -> str:
    result = subprocess.run(
        ["promtool", *arguments], cwd=FILES, input=text, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def expressions() -> list[str]:
    """Every query of the dashboard, with its variables filled in."""
    dashboard = json.loads((FILES / "dashboard.json").read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [text.replace("$kiosk", ".*").replace("$__rate_interval", "1m") for text in found]


@pytest.fixture
def metrics() -> Metrics:
    """All a kiosk may tell, with something wrong and something judged."""
    monitor = HealthMonitor(
        model=lambda: "test", read_board=lambda: Board("Raspberry Pi 5", 84.0, Throttling.UNDER_VOLTAGE)
    )
    monitor.fail("mqtt", "no network", "plug it in")
    metrics = Metrics(
        health=monitor.health,
        model=lambda: ModelFacts("test", "int8", 64 * "0"),
        gauges=lambda: {"events_unwritten": 0, "mqtt_dropped_events_total": 0},
    )
    metrics.time("detect", 0.02)
    metrics.record(Event(EventKind.ENTRY, datetime.now(UTC), label=Label.WITH_MASK))
    return metrics


def test_the_rules_are_right_and_do_what_they_say() -> None:
    """promtool accepts rules and configuration, and each rule fires where it should and not elsewhere."""
    promtool("check", "rules", "alerts.yml")
    promtool("check", "config", "prometheus.yml")
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml")
    rules = set(re.findall(r"- alert: (\w+)", (FILES / "alerts.yml").read_text()))
    tried = re.findall(r"alertname: (\w+)\s+exp_alerts:\s+- exp", (FILES / "alerts_test.yml").read_text())
    assert set(tried) == rules


def test_names_and_units_follow_the_conventions(metrics: Metrics) -> None:
    """promtool finds nothing to complain of on a kiosk's page."""
    assert promtool("check", "metrics", text=generate_latest(metrics.registry).decode()) == ""


def test_rules_and_dashboard_ask_for_what_there_is(metrics: Metrics) -> None:
    """Every name of ours in a query is one that a kiosk tells."""
    told = set(re.findall(r"^(\w+)[ {]", generate_latest(metrics.registry).decode(), re.MULTILINE))
    asked = set(re.findall(r"\bmaskgate_\w+", " ".join(expressions()) + (FILES / "alerts.yml").read_text()))
    assert len(asked) >= 8
    assert asked - told == set()


@contextmanager
def metrics_served(metrics: Metrics, port: int) -> Iterator[None]:
    """As the kiosk does."""
    config = ServerConfig(component="metrics", listen=f"127.0.0.1:{port}", remedy="none", limit=8, limit_per_address=4)
    server = Server(metrics.app(), config, HealthMonitor(model=lambda: "test"))
    server.start()
    yield
    server.close()


@pytest.fixture
def prometheus(metrics: Metrics, tmp_path: Path) -> Iterator[str]:
    """A Prometheus that reads the kiosk every second; its address."""
    port = free_port()
    with metrics_served(metrics, port):
        config = (FILES / "prometheus.yml").read_text().replace("scrape_interval: 15s", "scrape_interval: 1s")
        (tmp_path / "prometheus.yml").write_text(config)
        shutil.copy(FILES / "alerts.yml", tmp_path)
        target = [{"targets": [f"127.0.0.1:{port}"], "labels": {"instance": "east-entrance"}}]
        (tmp_path / "kiosks.yml").write_text(json.dumps(target))
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
        log = (tmp_path / "log").open("wb")
        server = subprocess.Popen(
            [
                "prometheus",
                "--config.file=prometheus.yml",
                f"--web.listen-address={address}",
                "--storage.tsdb.path=data",
            ],
            cwd=tmp_path,
            stdout=log,
            stderr=log,
        )
        try:
            yield address
        finally:
            server.terminate()
            server.wait(20)
            log.close()


def query(address: str, expression: str) -> list[dict[str, Any]]:
    """Prometheus' answer.

    Raises:
        AssertionError: if it does not understand the expression.
        OSError: if it does not answer yet.
    """
    url = f"http://{address}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return result
    except urllib.error.HTTPError as error:
        if error.code != 400:
            raise
        raise AssertionError(f"{expression}: {error.read().decode()}") from error


def test_prometheus_reads_a_kiosk(prometheus: str) -> None:
    """A real Prometheus with our configuration finds the kiosk under its name, and understands the whole dashboard."""
    deadline = time.monotonic() + 30
    values: list[dict[str, Any]] = []
    while not values and time.monotonic() < deadline:
        time.sleep(0.2)
        with suppress(OSError):
            values = query(prometheus, 'maskgate_faces_total{label="with_mask"}')
    assert [(value["metric"]["instance"], value["value"][1]) for value in values] == [("east-entrance", "1")]
    faults = {value["metric"]["component"] for value in query(prometheus, "maskgate_fault")}
    assert faults == {"mqtt", "power", "temperature"}
    for expression in expressions():
        query(prometheus, expression)
