"""The command `maskgate doctor`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import click

from edge.assembly.loading import load_networks
from edge.assembly.stages import build_alarm, build_stages
from edge.cameras.camera import open_camera
from edge.cameras.source import Kind, parse_source
from edge.chain.census import Census
from edge.commands.options import config_option
from edge.config.schema import Config, load_config
from edge.doctor.account import Account
from edge.doctor.camera import look_at_camera
from edge.doctor.faces import sum_up
from edge.doctor.finding import Finding, Level
from edge.doctor.fonts import look_at_fonts
from edge.doctor.hardware import look_at_board, look_at_groups, look_at_lamps, look_at_lines, look_at_trials
from edge.doctor.network import look_at_network_camera
from edge.doctor.software import look_at_networks, look_at_versions
from edge.doctor.system import look_at_clock, look_at_disk, service_is_running
from edge.errors import MaskgateError, UsageError
from edge.host.board import ask_firmware, read_board
from edge.host.folders import SERVICE_FOLDER, state_folder
from edge.host.owner import hand_to_owner
from edge.local.answers import face_record
from edge.local.client import ask_service
from edge.networks.find import weights_search
from edge.signals.results import PinResults


@click.command()
@config_option
@click.option("--source", help="check this camera instead of the configured one")
@click.option("--camera", metavar="URL", help="look at this network camera alone, step by step")
@click.option("--state", type=click.Path(path_type=Path), help=f"the service's state folder; default {SERVICE_FOLDER}")
@click.option("--json", "as_json", is_flag=True, help="one JSON object on standard output")
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
    watch_s: float | None,
) -> None:
    """Look at everything the kiosk needs, and tell what is wrong and what to do.

    Asked with sudo the service's user looks, as far as there is one. Exit code 0: nothing fails.
    """
    folder = state or state_folder() or SERVICE_FOLDER
    if hand_to_owner(folder):
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
    findings = []
    for finding in found:
        findings.append(finding)
        if not as_json:
            click.echo(finding.as_text())
    failed = [finding.name for finding in findings if finding.level is Level.FAIL]
    if as_json:
        click.echo(json.dumps({"ok": not failed, "findings": [finding.as_record() for finding in findings]}, indent=2))
    if failed:
        raise MaskgateError(f"{len(failed)} of {len(findings)} checks failed: {', '.join(failed)}")


def examine(config: Config, *, state: Path) -> Iterator[Finding]:
    """Look at one thing after the other, slow ones last."""
    account = Account.of_service()
    with_lamps = config.signals.driver == "gpio"
    with_device = config.camera.source.kind in (Kind.USB, Kind.PI)
    needed = [
        *(["video"] if with_device else []),
        *(["gpio"] if with_lamps else []),
        *(["audio"] if config.voice.enabled else []),
    ]
    yield from look_at_versions(with_lamps=with_lamps)
    yield from look_at_board(read_board(firmware=ask_firmware))
    yield look_at_clock()
    yield look_at_disk(state, account=account)
    yield look_at_groups(account, needed=needed)
    yield look_at_lamps(config.signals.driver, account=account, chip=config.signals.chip)
    yield look_at_lines(config.signals.pins, config.inputs.pins, pull=config.inputs.pull)
    if config.web.open_door_screen:
        yield look_at_fonts(config.web.languages)
    if with_lamps:
        yield look_at_trials(config.signals.pins, PinResults(state).load(config.signals.pins))
    yield from look_at_networks(model=config.classifier.model, detector=config.detector.name, search=_search(state))
    camera = config.camera
    yield look_at_camera(
        camera.source,
        lambda: open_camera(camera.source, replay=True, settings=camera.settings),
        account=account,
        in_use=service_is_running(),
    )


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
            raise MaskgateError("the service has ended meanwhile; see journalctl -u maskgate")
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
    """Where the service looks, too: its unit names the folder in MASKGATE_WEIGHTS."""
    return (*weights_search(), state / "weights")
