"""How the kiosk does, in figures: versions, faults, heat, memory, disk; its log, and a restart."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from typing import Literal

import cv2
from anyio import to_thread
from pydantic import AwareDatetime, BaseModel

from edge import __version__
from edge.config.schema import Config
from edge.config.settings import settings_folder
from edge.doctor.hardware import look_at_board
from edge.doctor.report import without_secrets
from edge.doctor.software import INTERPRETERS, installed, look_at_versions
from edge.doctor.system import look_at_clock
from edge.errors import ModelError
from edge.host.board import read_board
from edge.host.resources import read_resources, system_name
from edge.networks.find import find_model
from edge.networks.manifest import read_facts
from edge.web.operations import ApiError, Call
from edge.web.status import Problem


class VersionAnswer(BaseModel):
    """What runs here, and in which version."""

    name: str
    version: str


class CheckAnswer(BaseModel):
    """What `maskgate doctor` says of one thing; `remedy` is empty where nothing is to be done."""

    name: str
    level: Literal["ok", "warn", "fail"]
    text: str
    remedy: str


class HealthAnswer(BaseModel):
    """How the kiosk does. Sizes in bytes, null where the system does not tell; `machine_up_s` since it was switched on.

    `checks` are those of `maskgate doctor` that cost nothing; it looks at camera and networks, too.
    """

    level: str
    problems: list[Problem]
    fps: float
    temperature_c: float | None
    throttled: list[str] | None
    uptime_s: int
    machine_up_s: int | None
    used_by_us: int | None
    memory: int | None
    memory_left: int | None
    disk: int | None
    disk_left: int | None
    versions: list[VersionAnswer]
    checks: list[CheckAnswer]
    may_restart: bool


class LogLineAnswer(BaseModel):
    """A line of the log, passwords and tokens taken out."""

    at: AwareDatetime
    level: str
    name: str
    text: str


class LogAnswer(BaseModel):
    """The last lines since the service started, the oldest first."""

    lines: list[LogLineAnswer]


async def health(call: Call) -> HealthAnswer:
    """How the kiosk does: faults, heat, memory, disk, versions."""
    site = call.site

    def look() -> HealthAnswer:
        status, config = site.feed.status(), site.in_use()
        board, resources = read_board(), read_resources(settings_folder(config))
        checks = [*look_at_versions(with_lamps=config.signals.driver == "gpio"), *look_at_board(board), look_at_clock()]
        return HealthAnswer(
            level=status.level,
            problems=status.problems,
            fps=status.fps,
            temperature_c=status.temperature_c,
            throttled=None if board.throttling is None else list(board.throttling.names),
            uptime_s=status.uptime_s,
            machine_up_s=None if resources.up_s is None else round(resources.up_s),
            used_by_us=resources.used_by_us,
            memory=resources.memory,
            memory_left=resources.memory_left,
            disk=resources.disk,
            disk_left=resources.disk_left,
            versions=[VersionAnswer(name=name, version=version) for name, version in _versions(config, board.model)],
            checks=[CheckAnswer(name=c.name, level=c.level.value, text=c.text, remedy=c.remedy) for c in checks],
            may_restart=site.restart is not None,
        )

    return await to_thread.run_sync(look)


def _versions(config: Config, board: str | None) -> Iterator[tuple[str, str]]:
    """Names and versions, the kiosk's own first."""
    yield "Maskgate", __version__
    yield "Classifier", _model(config.classifier.model)
    yield "Detector", config.detector.name
    yield "Runtime", installed(*INTERPRETERS) or "is missing"
    yield "OpenCV", cv2.__version__
    yield "Python", platform.python_version()
    yield "System", f"{system_name()}, Linux {platform.release()}"
    yield "Board", board or platform.machine()


def _model(name: str) -> str:
    """A model is known by its hash: names outlive what they name."""
    try:
        facts = read_facts(find_model(name))
    except ModelError as error:
        return str(error)
    return f"{facts.name}, {facts.recipe}, {facts.sha256[:12]}"


async def log_lines(call: Call) -> LogAnswer:
    """The last lines of the log, without passwords and tokens."""
    lines = call.site.recent_log()
    return LogAnswer(
        lines=[
            LogLineAnswer(at=line.at, level=line.level, name=line.name, text=without_secrets(line.text))
            for line in lines
        ]
    )


async def restart(call: Call) -> None:
    """End the service in an orderly way; systemd starts it again. The door is shut meanwhile."""
    if call.site.restart is None:
        raise ApiError(409, "nobody would start it again: it runs by hand, not as a service")
    call.site.restart(call.visitor.name)
