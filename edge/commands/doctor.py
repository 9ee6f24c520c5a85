"""The command `maskgate doctor`."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import click

from edge.assembly.loading import load_networks
from edge.assembly.stages import build_alarm, build_stages
from edge.cameras.camera import open_camera
from edge.cameras.source import Kind, parse_source
from edge.chain.census import Census
from edge.commands.options import config_option, state_option
from edge.config.neighbours import conflicts
from edge.config.schema import Config, load_config
from edge.config.settings import as_changed
from edge.config.toml import as_toml
from edge.doctor.account import Account
from edge.doctor.camera import look_at_camera
from edge.doctor.faces import sum_up
from edge.doctor.finding import Finding, Level, fail, warn
from edge.doctor.fonts import look_at_fonts
from edge.doctor.hardware import look_at_board, look_at_groups, look_at_lamps, look_at_lines, look_at_trials
from edge.doctor.network import look_at_network_camera
from edge.doctor.report import write_report
from edge.doctor.software import look_at_networks, look_at_versions
from edge.doctor.system import ask_system, look_at_clock, look_at_disk, service_is_running
from edge.errors import ConfigError, MaskgateError, UsageError
from edge.host.board import ask_firmware, read_board
from edge.host.doors import Door, choosing, doors_here, the_door
from edge.host.folders import service_folder
from edge.host.interpreter import own_command, own_environment
from edge.host.owner import hand_to_owner
from edge.local.answers import face_record
from edge.local.client import ask_service
from edge.networks.find import weights_search
from edge.signals.results import PinResults

DOCTOR_S = 120.0
"""A network camera is tried for half a minute, and there may be several doors."""


@click.command()
@config_option
@click.option("--source", help="check this camera instead of the configured one")
@click.option("--camera", metavar="URL", help="look at this network camera alone, step by step")
@state_option
@click.option("--json", "as_json", is_flag=True, help="one JSON object on standard output")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="only this: write a file for whoever helps: findings, settings, log; without passwords and pictures",
)
@click.option(
    "--watch",
    "watch_s",
    type=click.FloatRange(1, 600),
    metavar="SECONDS",
    help="only this: look at the door for so long, and tell who did not count, and why",
)
def doctor(
    config_path: Path | None,
    source: str | None,
    camera: str | None,
    state: Path | None,
    as_json: bool,
    report: Path | None,
    watch_s: float | None,
) -> None:
    """Look at everything the kiosk needs, and tell what is wrong and what to do; of several doors at each.

    Asked with sudo the service's user looks, as far as there is one. Exit code 0: nothing fails.
    """
    if report is not None:
        _write(report, config_path)
        return
    folder = state or service_folder()
    if hand_to_owner(folder):
        return
    doors = doors_here()
    is_for_all = not (the_door().name or config_path or source or camera or state or watch_s)
    if is_for_all and any(door.name for door in doors):
        _report(examine_all(doors), as_json=as_json)
        return
    config = load_config(config_path)
    if source is not None or camera is not None:
        named = parse_source(camera or source or "")
        config = config.model_copy(update={"camera": config.camera.model_copy(update={"source": named})})
    if camera is not None and config.camera.source.url is None:
        raise UsageError(
            f"--camera {config.camera.source}: expected the address of a network camera, such as rtsp://..."
        )
    found: Iterable[Finding] = examine(config, state=folder) if camera is None else _examine_camera(config)
    if watch_s is not None:
        found = [watch_door(config, watch_s)]
    _report(found, as_json=as_json)


def _write(path: Path, config_path: Path | None) -> None:
    """Write the file as whoever asks, as the log is root's; the doctor, in a process of its own, is the service's user.

    Raises:
        UsageError: if it cannot be written.
    """
    chosen = [] if config_path is None else ["--config", str(config_path)]
    try:
        command = own_command("edge", "doctor", *chosen)
        done = subprocess.run(  # noqa: S603 - this program
            command, capture_output=True, text=True, timeout=DOCTOR_S, check=False, env=own_environment()
        )
        findings = done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        findings = f"the doctor did not end within {DOCTOR_S:.0f} s"
    try:
        settings = as_toml(load_config(config_path))
    except MaskgateError as error:
        settings = str(error)
    try:
        write_report(path, findings=findings, settings=settings, ask=ask_system)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
    click.echo(f"{path}: read it before you send it; passwords and tokens were taken out, no picture is in it")


def _report(found: Iterable[Finding], *, as_json: bool) -> None:
    """Print what was found, as it is found.

    Raises:
        MaskgateError: if anything fails.
    """
    findings: list[Finding] = []
    for finding in found:
        if not as_json and finding.door != (findings[-1].door if findings else ""):
            click.echo(f"door {finding.door}:")
        findings.append(finding)
        if not as_json:
            click.echo(finding.as_text())
    failed = [finding.full_name for finding in findings if finding.level is Level.FAIL]
    if as_json:
        click.echo(json.dumps({"ok": not failed, "findings": [finding.as_record() for finding in findings]}, indent=2))
    if failed:
        raise MaskgateError(f"{len(failed)} of {len(findings)} checks failed: {', '.join(failed)}")


def examine_all(doors: Sequence[Door]) -> Iterator[Finding]:
    """Look at the board, and then at each door; one whose settings are refused does not hide the others."""
    loaded = {door: _load(door) for door in doors}
    configs = [config for config in loaded.values() if isinstance(config, Config)]
    yield from examine_board(with_lamps=any(config.signals.driver == "gpio" for config in configs))
    for door, config in loaded.items():
        with choosing(door):
            found = [config] if isinstance(config, Finding) else examine_door(config, state=door.state)
            yield from (replace(finding, door=door.name or "without a name") for finding in found)


def _load(door: Door) -> Config | Finding:
    """A door's settings, or why they are refused."""
    try:
        return load_config(door.config_file)
    except MaskgateError as error:
        return fail("config", str(error), f"correct {door.config_file}")


def examine(config: Config, *, state: Path) -> Iterator[Finding]:
    """Look at one thing after the other, slow ones last."""
    yield from examine_board(with_lamps=config.signals.driver == "gpio")
    yield from examine_door(config, state=state)


def examine_board(*, with_lamps: bool) -> Iterator[Finding]:
    """Look at what all doors share."""
    yield from look_at_versions(with_lamps=with_lamps)
    yield from look_at_board(read_board(firmware=ask_firmware))
    yield look_at_clock()


def examine_door(config: Config, *, state: Path) -> Iterator[Finding]:
    """Look at what a door has for itself."""
    account = Account.of_service()
    with_lamps = config.signals.driver == "gpio"
    with_device = config.camera.source.kind in (Kind.USB, Kind.PI)
    needed = [
        *(["video"] if with_device else []),
        *(["gpio"] if with_lamps else []),
        *(["audio"] if config.voice.enabled else []),
    ]
    yield look_at_disk(state, account=account)
    yield look_at_groups(account, needed=needed)
    yield look_at_lamps(config.signals.driver, account=account, chip=config.signals.chip)
    yield look_at_lines(config.signals.pins, config.inputs.pins, pull=config.inputs.pull)
    if config.web.open_door_screen:
        yield look_at_fonts(config.web.languages)
    shared = tuple(conflicts(config, the_door())) if the_door() in doors_here() else ()
    if shared:
        yield fail("doors", "; ".join(shared), f"correct {the_door().config_file}, then reload")
    if with_lamps:
        yield look_at_trials(config.signals.pins, PinResults(state).load(config.signals.pins))
    changed, trouble = _as_changed(config, state)
    if trouble:
        yield warn("settings", trouble, "see what the service's log says of it")
    yield from look_at_networks(
        model=config.classifier.model,
        detector=config.detector.name,
        search=_search(state),
        required=changed.alarm.strictest,
    )
    camera = config.camera
    yield look_at_camera(
        camera.source,
        lambda: open_camera(camera.source, replay=True, settings=camera.settings),
        account=account,
        in_use=service_is_running(the_door()),
    )


def _as_changed(config: Config, state: Path) -> tuple[Config, str]:
    """With what was changed on the page, and why that is not known; empty if it is."""
    try:
        return as_changed(config, state), ""
    except ConfigError as error:
        return config, str(error)


def _examine_camera(config: Config) -> Iterator[Finding]:
    return look_at_network_camera(config.camera.source, config.camera.settings)


def watch_door(config: Config, seconds: float) -> Finding:
    """Look at the door for so long, through the running service where there is one, and sum up who did not count.

    Raises:
        MaskgateError: if neither the service nor the camera can be asked.
    """
    if ask_service("seen", seconds=seconds) is not None:
        time.sleep(seconds)
        answer = ask_service("seen", seconds=seconds)
        if answer is None:
            raise MaskgateError(f"the service has ended meanwhile; see journalctl -u {the_door().unit}")
        return sum_up(answer["faces"], seconds=seconds)
    census, camera = Census(), config.camera
    stages = build_stages(
        config,
        load_networks(config),
        alarm=build_alarm(config),
        is_on_duty=lambda: True,
        ids=count(1),
        register=census,
    )
    is_live = camera.source.is_live
    with closing(open_camera(camera.source, replay=not is_live, settings=camera.settings)) as opened:
        began: float | None = None
        for observation in stages.observe(opened.frames()):
            began = observation.frame.taken_at if began is None else began
            if observation.frame.taken_at - began >= seconds:
                break
    return sum_up([face_record(seen) for seen in census.last(seconds)], seconds=seconds)


def _search(state: Path) -> tuple[Path, ...]:
    """Where the service looks, too: its unit names the folder in MASKGATE_WEIGHTS, one for all doors."""
    return (*weights_search(), (Door().state if the_door().name else state) / "weights")
