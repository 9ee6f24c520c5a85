"""A real Home Assistant for tests: installed once from PyPI into its own folder, run with a fresh configuration."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from tests.broker import USERS, Mosquitto

FOLDER_VARIABLE = "MASKGATE_HOME_ASSISTANT"
WANTED = "homeassistant>=2024.11"
"""The first that knows a device by one message; pip takes the newest that the Python at hand carries."""

PYTHONS = ("3.14", "3.13", "3.12")
"""Newest first; an older Python carries no Home Assistant that is new enough."""

INSTALL_S = 1200.0
START_S = 900.0
"""At its first start it installs what its integrations need."""

WAIT_S = 300.0
CLIENT = "http://127.0.0.1/"

ASK = """
import asyncio, json, sys, aiohttp
async def ask(url, token, wish):
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as line:
        await line.receive_json()
        await line.send_json({"type": "auth", "access_token": token})
        assert (await line.receive_json())["type"] == "auth_ok"
        await line.send_json({"id": 1, **wish})
        print(json.dumps(await line.receive_json()))
asyncio.run(ask(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
"""
"""One wish by Home Assistant's websocket, with its own aiohttp."""


def python_for_home_assistant() -> Path:
    """An interpreter that carries it, with Home Assistant in it; the test is skipped where there is none."""
    base = _python()
    if base is None:
        pytest.skip(f"Home Assistant needs Python {PYTHONS[-1]} or later, and there is none")
    cache = Path(os.environ.get(FOLDER_VARIABLE) or Path.home() / ".cache/maskgate/home-assistant").absolute()
    folder = cache / f"{base.parent.parent.name}-{_version(base)}"
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "venv/bin/python"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder / "venv", ignore_errors=True)
            _install(base, folder / "venv")
            (folder / "ready").touch()
    return python


def _install(base: Path, folder: Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    for command in (
        [*uv, "venv", "--quiet", "--python", str(base), str(folder)],
        [*uv, "pip", "install", "--quiet", "--python", str(folder / "bin/python"), WANTED],
    ):
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
        if done.returncode:
            pytest.skip(f"Home Assistant cannot be installed: {' '.join(done.stderr.split())[-300:]}")


def _python() -> Path | None:
    for version in PYTHONS:
        pyenv = Path.home() / ".pyenv/versions"
        found = [
            shutil.which(f"python{version}"),
            *sorted(map(str, pyenv.glob(f"{version}.*/bin/python")), reverse=True),
        ]
        for candidate in filter(None, found):
            if _version(Path(candidate)) == version:
                return Path(candidate)
    return None


def _version(python: Path) -> str:
    """Empty for what only looks like an interpreter."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.strip()


class HomeAssistant:
    """It runs with the MQTT integration, logged in at a broker as `homeassistant`.

    Args:
        python: see `python_for_home_assistant`.
        folder: for its configuration and database.
        broker: to be logged in at.
    """

    def __init__(self, python: Path, folder: Path, broker: Mosquitto) -> None:
        self._python = python
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self._port = int(taken.getsockname()[1])
        (folder / ".storage").mkdir(parents=True)
        (folder / "configuration.yaml").write_text(
            f"http:\n  server_host: 127.0.0.1\n  server_port: {self._port}\nrecorder:\n  commit_interval: 1\n"
        )
        self.entry = "maskgatetest"
        (folder / ".storage/core.config_entries").write_text(json.dumps(self._entries(broker)))
        self._log = (folder / "output.log").open("wb")
        self._process = subprocess.Popen(
            [python, "-m", "homeassistant", "--config", folder], stdout=self._log, stderr=self._log
        )
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=WAIT_S)
        try:
            self._client.headers["Authorization"] = f"Bearer {self._log_in()}"
            self._await_start()
        except BaseException:
            self.close()
            raise

    def state(self, entity: str) -> str | None:
        """What an entity shows; None if there is none."""
        answer = self._client.get(f"/api/states/{entity}")
        return None if answer.status_code == 404 else str(answer.json()["state"])

    def wait_for(self, entity: str, state: str | None) -> None:
        """Until it shows that."""
        self.wait_until(lambda: self.state(entity) == state, lambda: f"{entity} is {self.state(entity)}, not {state}")

    def wait_until(self, is_so: Callable[[], bool], told: Callable[[], str]) -> None:
        """Raises AssertionError, with what is told and the end of the log, if it does not come to pass."""
        until = time.monotonic() + WAIT_S
        while not is_so():
            assert time.monotonic() < until, f"{told()}\n{self.log[-3000:]}"
            time.sleep(0.05)

    def call(self, service: str, entity: str) -> None:
        """Such as `switch/turn_on`."""
        self._client.post(f"/api/services/{service}", json={"entity_id": entity}).raise_for_status()

    def connect_again(self) -> None:
        """Have the MQTT integration begin anew: it says that it is online."""
        self._client.post(f"/api/config/config_entries/entry/{self.entry}/reload").raise_for_status()

    def devices(self) -> Mapping[str, dict[str, Any]]:
        """Maskgate's devices, by what identifies them."""
        found = self._ask({"type": "config/device_registry/list"})
        return {one["identifiers"][0][1]: one for one in found if one["manufacturer"] == "Maskgate"}

    def entities(self) -> Mapping[str, dict[str, Any]]:
        """The MQTT integration's, by id."""
        found = self._ask({"type": "config/entity_registry/list"})
        return {one["entity_id"]: one for one in found if one["platform"] == "mqtt"}

    def delete(self, identifier: str) -> None:
        """As the button on a device's page does."""
        device = self.devices()[identifier]["id"]
        self._ask(
            {
                "type": "config/device_registry/remove_config_entry",
                "device_id": device,
                "config_entry_id": self.entry,
            }
        )

    def rows(self, entity: str) -> int:
        """How many states the recorder has written of an entity."""
        database = sqlite3.connect(f"file:{self._folder}/home-assistant_v2.db?mode=ro", uri=True, timeout=WAIT_S)
        try:
            query = "SELECT count(*) FROM states JOIN states_meta USING (metadata_id) WHERE states_meta.entity_id = ?"
            return int(database.execute(query, (entity,)).fetchone()[0])
        finally:
            database.close()

    @property
    def log(self) -> str:
        return (self._folder / "output.log").read_text(errors="replace")

    def close(self) -> None:
        """May be called again."""
        self._client.close()
        self._process.terminate()
        try:
            self._process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, wish: Mapping[str, Any]) -> Any:
        token = self._client.headers["Authorization"].removeprefix("Bearer ")
        url = f"ws://127.0.0.1:{self._port}/api/websocket"
        command = [str(self._python), "-c", ASK, url, token, json.dumps(wish)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=True)
        answer = json.loads(done.stdout)
        assert answer["success"], answer
        return answer["result"]

    def _entries(self, broker: Mosquitto) -> dict[str, Any]:
        """What setting up the integration by hand would have left."""
        data = {
            "broker": "127.0.0.1",
            "port": broker.port,
            "username": "homeassistant",
            "password": USERS["homeassistant"],
            "certificate": broker.authority.file.read_text(),
            "protocol": "5",
        }
        entry = {
            "entry_id": self.entry,
            "version": 1,
            "minor_version": 1,
            "domain": "mqtt",
            "title": "broker",
            "data": data,
            "options": {},
            "pref_disable_new_entities": False,
            "pref_disable_polling": False,
            "source": "user",
            "unique_id": None,
            "disabled_by": None,
        }
        content = {"entries": [entry]}
        return {"version": 1, "minor_version": 1, "key": "core.config_entries", "data": content}

    def _log_in(self) -> str:
        """As the first who opens its page does."""
        person = {"name": "Test", "username": "test", "password": "a test's password", "language": "en"}
        wish = {"client_id": CLIENT, **person}
        answer = self._patiently(lambda: self._client.post("/api/onboarding/users", json=wish))
        code = answer.json()["auth_code"]
        grant = {"grant_type": "authorization_code", "code": code, "client_id": CLIENT}
        return str(self._client.post("/auth/token", data=grant).raise_for_status().json()["access_token"])

    def _await_start(self) -> None:
        self._patiently(lambda: self._client.get("/api/config"), lambda answer: answer.json()["state"] == "RUNNING")

    def _patiently(
        self, ask: Callable[[], httpx.Response], is_it: Callable[[httpx.Response], bool] = lambda _: True
    ) -> httpx.Response:
        until = time.monotonic() + START_S
        while True:
            assert self._process.poll() is None, f"Home Assistant has ended\n{self.log[-3000:]}"
            assert time.monotonic() < until, f"Home Assistant does not start\n{self.log[-3000:]}"
            try:
                answer = ask()
                if answer.status_code == 200 and is_it(answer):
                    return answer
            except httpx.TransportError:
                pass
            time.sleep(0.2)
