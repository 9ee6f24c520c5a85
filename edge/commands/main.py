"""The command line `maskgate`."""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import TextIO

import click
import cv2

from edge import __version__
from edge.assembly.rehearsal import rehearse
from edge.cameras.camera import open_camera
from edge.cameras.source import parse_source
from edge.command_line import run_command
from edge.commands.bench import bench
from edge.commands.collect import collect
from edge.commands.demo_pages import demo_pages, with_pages
from edge.commands.doctor import doctor
from edge.commands.events import events
from edge.commands.ignored_lines import IgnoredLines
from edge.commands.manual import man_pages
from edge.commands.models import models
from edge.commands.mqtt import mqtt
from edge.commands.notify import notify
from edge.commands.options import config_option, door_option
from edge.commands.owner import left_to_owner
from edge.commands.pins import pins
from edge.commands.prove import prove
from edge.commands.report import TextReport, report_json
from edge.commands.rollout import install, pack, rollback
from edge.commands.setup import setup
from edge.commands.sound import sound
from edge.commands.summary import report
from edge.commands.update import update
from edge.commands.users import users
from edge.commands.web_password import web_password
from edge.config.accepted import AcceptedConfig
from edge.config.neighbours import conflicts, refuse_conflicts
from edge.config.present import check_rule, what_is_missing
from edge.config.schema import Config, load_config
from edge.config.settings import Settings
from edge.config.toml import as_toml
from edge.drawing import draw_faces
from edge.errors import ConfigError, InputError, MaskgateError, UsageError
from edge.gate import Gate, Judgement
from edge.host.doors import Door, door_of_file, the_door
from edge.host.folders import state_folder
from edge.pictures import find_pictures, read_picture, write_jpeg
from edge.screen import ClipWriter, Window
from edge.service import RESTART_CODE, LoadConfig, Service, open_live, open_service, signals_obeyed
from edge.signals.door import DoorSignals
from edge.sinks import Sink
from edge.types import Box, Image, Label

log = logging.getLogger("maskgate")

_json_option = click.option("--json", "as_json", is_flag=True, help="one JSON object per line on standard output")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="maskgate")
@click.option("-v", "--verbose", is_flag=True, help="log more")
def cli(verbose: bool) -> None:
    """Tell whether everyone at the door wears a mask properly."""
    level = logging.DEBUG if verbose else logging.INFO
    stamp = "" if _is_journal(sys.stderr) else "%(asctime)s "
    logging.basicConfig(stream=sys.stderr, level=level, format=f"{stamp}%(levelname)s %(name)s %(message)s")


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@_json_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="folder for annotated pictures")
@config_option
def detect(paths: tuple[Path, ...], as_json: bool, out: Path | None, config_path: Path | None) -> None:
    """Judge every face in pictures, or in all pictures below folders."""
    if left_to_owner():
        return
    gate = Gate.load(config=config_path)
    failed = 0
    for path, image in _readable(paths):
        if isinstance(image, InputError):
            _complain(image)
            failed += 1
            continue
        judged = gate.judge(image)
        click.echo(json.dumps(_as_record(path, judged)) if as_json else _as_text(path, judged))
        if out is not None:
            _save(out, path, draw_faces(image, map(_drawn, judged)))
    if failed:
        raise InputError(f"{failed} of the paths could not be read")


@cli.command()
@click.option(
    "--source",
    help="FILE, FOLDER, usb:N, /dev/video..., rtsp://..., http://... or demo; default from the configuration",
)
@click.option("--replay", is_flag=True, help="process every frame of a clip, on the clip's own time")
@_json_option
@click.option("--out", type=click.Path(path_type=Path), help="annotated .mp4")
@click.option("--show", is_flag=True, help="show the annotated picture in a window; q closes it")
@config_option
def run(
    source: str | None, replay: bool, as_json: bool, out: Path | None, show: bool, config_path: Path | None
) -> None:
    """Watch a camera or a clip, and drive lamps and buzzer."""

    def load() -> Config:
        config = _with_source(load_config(config_path), source)
        if state_folder() is not None:
            refuse_conflicts(config, the_door())
        return config

    _run(load, replay=replay, as_json=as_json, out=out, show=show)


@cli.command()
@click.option("--replay", is_flag=True, help="as fast as this machine can, rather than at the clip's own pace")
@_json_option
@click.option("--out", type=click.Path(path_type=Path), help="annotated .mp4")
@click.option("--show", is_flag=True, help="show the annotated picture in a window; q closes it")
@click.option("--web", is_flag=True, help="again and again, with status page and door screen for this machine")
@config_option
def demo(replay: bool, as_json: bool, out: Path | None, show: bool, web: bool, config_path: Path | None) -> None:
    """Run the whole kiosk on a clip made on the spot: bare face, mask on, mask on the chin."""
    if web and replay:
        raise UsageError("--web shows the clip at its own pace; leave --replay out")
    with ExitStack() as stack:
        folder = stack.enter_context(demo_pages()) if web else None

        def load() -> Config:
            config = _with_source(load_config(config_path), "demo")
            return config if folder is None else with_pages(config, folder)

        _run(load, replay=replay, as_json=as_json, out=out, show=show)


@cli.command("check-config")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@door_option
def check_config(path: Path | None) -> None:
    """Say whether a configuration file is right, and print every value that would be used, as TOML.

    What it names must be there: a clip, a model, an extra, a certificate; and be no other door's on this board.
    Whether the camera answers: maskgate doctor.
    """
    config = load_config(path)
    click.echo(as_toml(config))
    door = _door_of(path)
    wrong = (*what_is_missing(config), *(() if door is None else conflicts(config, door)))
    if wrong:
        raise ConfigError("; ".join(wrong))


def _door_of(path: Path | None) -> Door | None:
    """Whose settings are looked at; None if they are nobody's yet."""
    if path is None or the_door().name:
        return the_door()
    return door_of_file(path.absolute())


@cli.command("pins-off")
@config_option
def pins_off(config_path: Path | None) -> None:
    """Switch every output off and give the lines back: what the service runs after the kiosk was killed.

    Raspberry Pi OS leaves a dead process's lines driven, and a door must not stay open.
    """
    # The lines are those of the kiosk that was killed, whatever the file says by now.
    signals = (AcceptedConfig(state_folder()).load() or load_config(config_path)).signals
    outputs = {role: gpio for role, gpio in signals.pins.items() if role != "button"}
    active_high: dict[str, bool] = {role: False for role in signals.active_low}  # noqa: C420 (a wider type of key)
    DoorSignals(
        pins=outputs, driver=signals.driver, chip=signals.chip, active_high=active_high, sound=signals.sound
    ).close()


cli.add_command(events)
cli.add_command(doctor)
cli.add_command(collect)
for _command in (pack, install, rollback):
    models.add_command(_command)
cli.add_command(sound)
cli.add_command(notify)
cli.add_command(mqtt)
cli.add_command(report)
cli.add_command(web_password)
cli.add_command(users)
cli.add_command(models)
cli.add_command(bench)
cli.add_command(prove)
cli.add_command(pins)
cli.add_command(setup)
cli.add_command(update)
cli.add_command(man_pages)


def _try_out(config: Config) -> None:
    """What somebody changes at run time must work at this door, with its networks.

    Raises:
        MaskgateError: if it does not.
    """
    rehearse(config)
    check_rule(config)


def _run(load: LoadConfig, *, replay: bool, as_json: bool, out: Path | None, show: bool) -> None:
    if left_to_owner():
        return
    accepted = AcceptedConfig(state_folder())
    settings = Settings(load, try_out=_try_out)
    sinks: dict[str, Sink] = {}
    stop = Event()

    def make(config: Config) -> Service:
        live = config.camera.source.is_live
        if replay and live:
            raise UsageError(f"--replay needs a clip or a folder, not {config.camera.source}")
        report = report_json if as_json else TextReport(live=live)
        return Service(config, settings=settings, accepted=accepted, report=report, sinks=sinks, live=live, stop=stop)

    with ExitStack() as stack:
        if out is not None:
            writer = ClipWriter(out)
            stack.callback(writer.close)
            sinks["recording"] = writer
        if as_json:
            sinks["ignored"] = IgnoredLines()
        if show:
            window = Window("maskgate", on_quit=stop.set)
            stack.callback(window.close)
            sinks["window"] = window
        service = open_service(make, load=settings.load, accepted=accepted)
        stack.enter_context(signals_obeyed(service))
        stack.callback(service.close)
        # What is there now stays: to look for garbage among it costs tens of milliseconds, now and then.
        gc.freeze()
        source = service.in_use().camera.source
        if source.is_live:
            service.run_live(open_live)
            if service.is_to_restart:
                raise click.exceptions.Exit(RESTART_CODE)
        else:
            service.run_recording(open_camera(source, replay=replay, settings=service.in_use().camera.settings))


def _with_source(config: Config, source: str | None) -> Config:
    if source is None:
        return config
    return config.model_copy(update={"camera": config.camera.model_copy(update={"source": parse_source(source)})})


def _readable(paths: Sequence[Path]) -> Iterator[tuple[Path, Image | InputError]]:
    """Each picture, or why it could not be read: one bad file does not lose the others."""
    for path in paths:
        try:
            pictures = find_pictures(path)
        except InputError as error:
            yield path, error
            continue
        for picture in pictures:
            try:
                yield picture, read_picture(picture)
            except InputError as error:
                yield picture, error


def _as_record(path: Path, judged: Sequence[Judgement]) -> dict[str, object]:
    faces = [
        {
            "box": list(one.face.box.xyxy),
            "label": one.reading.label.value,
            "probability": round(one.reading.probability, 4),
            "kind": kind,
            "kind_probability": None if sureness is None else round(sureness, 4),
            "detection_score": round(one.face.score, 4),
        }
        for one in judged
        for kind, sureness in [(one.reading.kind, one.reading.kind_probability)]
    ]
    return {"file": str(path), "faces": faces}


def _as_text(path: Path, judged: Sequence[Judgement]) -> str:
    if not judged:
        return f"{path}: no face"
    lines = ((box.xyxy, label, probability) for box, label, probability in map(_drawn, judged))
    return "\n".join(f"{path}: {label} {probability:.0%} at {place}" for place, label, probability in lines)


def _drawn(one: Judgement) -> tuple[Box, Label, float]:
    return one.face.box, one.reading.label, one.reading.probability


def _save(folder: Path, path: Path, image: Image) -> None:
    target = folder / f"{path.stem}.annotated.jpg"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_jpeg(target, image)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written ({error.strerror}); choose another folder") from error


def _is_journal(stream: TextIO) -> bool:
    """Whether the system's journal takes it down, with a time of its own: systemd.exec(5), $JOURNAL_STREAM."""
    try:
        facts = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{facts.st_dev}:{facts.st_ino}"


def _complain(error: MaskgateError) -> None:
    click.echo(f"maskgate: {error}", err=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the codes of sysexits.h."""
    # A name that the terminal has no letters for must not end the program.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # FFmpeg and OpenCV would print lines of their own beside our one clear error.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    # OpenCV 4.10 and 4.11 have only the first name, later ones only the second.
    set_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
    set_level(0)
    sys.exit(run_command(cli, "maskgate", arguments))
