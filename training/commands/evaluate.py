"""The subcommands `evaluate crops`, `evaluate scenes` and `calibrate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import click
import cv2

from edge.errors import InputError
from edge.networks.detector import load_detector
from edge.networks.find import weights_search
from edge.types import Label, Required
from training.data.samples import Part
from training.data.scenes import MIN_SHARE
from training.detector.compare import LOWEST
from training.evaluation.class_precision import class_tallies, precision_table, voc_page
from training.evaluation.contact_sheet import refuse_published
from training.evaluation.faces import load_faces
from training.evaluation.kind_report import chosen_thresholds, judge_masks, kind_page
from training.evaluation.on_faces import evaluate_crops
from training.evaluation.on_scenes import SceneChoice, choose_scenes, evaluate_scenes
from training.evaluation.outputs import Subject
from training.evaluation.predictors import load_predictor
from training.evaluation.scaling import Caution
from training.evaluation.scene_judge import SceneJudge
from training.evaluation.tables import share
from training.runs import RunFolder

_Command = TypeVar("_Command", bound=Callable[..., object])
_PATH = click.Path(path_type=Path)
_ALL = "all"
_CAUTION = Caution()


def _common(command: _Command) -> _Command:
    """Arguments and options of both kinds of evaluation."""
    options = [
        click.argument("model"),
        click.argument("data", type=_PATH),
        click.option(
            "--part",
            type=click.Choice([*(part.value for part in Part), _ALL]),
            default=Part.VALIDATION.value,
            show_default=True,
            help="Part to evaluate on; use the test part once, after all choices are made.",
        ),
        click.option(
            "--out", type=_PATH, help="Folder to write; default: in the run's own folder, or in runs/evaluation."
        ),
        click.option("--docs", type=_PATH, help="Also write Markdown with charts, without any picture, to this file."),
        click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group("evaluate")
def evaluate_group() -> None:
    """Evaluate a classifier: a run folder, a model folder, or a shipped model by its name."""


@evaluate_group.command("crops")
@_common
def crops_command(model: str, data: Path, part: str, out: Path | None, docs: Path | None, threads: int) -> None:
    """Judge MODEL on the single faces in DATA: a folder of prepared crops, a split file, or a folder per class."""
    subject, folder = _prepare("crops", model, data, part, out, threads)
    values = evaluate_crops(subject, out=folder, docs=docs)
    click.echo(
        f"{values.faces} faces of part {subject.part_name}: accuracy {share(values.accuracy)}, mask or not "
        f"{share(values.mask_or_not)}, macro F1 {share(values.macro_f1)}, calibration error "
        f"{share(values.calibration_error)}; report in {folder / 'report.html'}"
    )


@evaluate_group.command("scenes")
@_common
@click.option("--split", type=_PATH, help="Split file: which picture belongs to which part.")
@click.option("--detector", default="face-ssd", show_default=True, help="res10, yunet, or a model folder's name.")
@click.option("--weights", type=_PATH, multiple=True, help="Further folder to look for the detector in.")
@click.option(
    "--min-score",
    type=click.FloatRange(0, 1),
    help="Detections with a lower score are dropped; default: the detector's own threshold.",
)
@click.option(
    "--min-share",
    type=click.FloatRange(0, 1),
    default=MIN_SHARE,
    show_default=True,
    help="Smallest face that counts: its longer side as a share of the picture's.",
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    help="Only this data set; may be given several times. Default: all whose faces are labelled.",
)
@click.option("--original-labels", is_flag=True, help="Use the data sets' own labels, not the checked ones.")
def scenes_command(
    model: str,
    data: Path,
    part: str,
    out: Path | None,
    docs: Path | None,
    threads: int,
    split: Path | None,
    detector: str,
    weights: tuple[Path, ...],
    min_score: float | None,
    min_share: float,
    sources: tuple[str, ...],
    original_labels: bool,
) -> None:
    """Judge MODEL behind a face detector, end to end, on the COCO scenes in DATA."""
    subject, folder = _prepare("scenes", model, data, part, out, threads)
    detect = load_detector(name=detector, search=(*weights, *weights_search()), min_score=min_score)
    choice = SceneChoice(split=split, sources=sources, min_share=min_share, original=original_labels)
    tally = evaluate_scenes(subject, choice, detect, detector_name=detector, out=folder, docs=docs)
    figures = ", ".join(f"{name} {share(value)}" for name, value in tally.shares().items())
    click.echo(f"{tally.images} scenes of part {subject.part_name}: {figures}; report in {folder / 'report.html'}")


@evaluate_group.command("kinds")
@_common
@click.option("--source", "sources", multiple=True, help="Only this data set; may be given several times.")
def kinds_command(
    model: str, data: Path, part: str, out: Path | None, docs: Path | None, threads: int, sources: tuple[str, ...]
) -> None:
    """How a rule for one kind of mask would treat the properly worn masks in DATA (as for crops), by threshold."""
    subject, folder = _prepare("kinds", model, data, part, out, threads)
    faces = [face for face in load_faces(data, subject.part) if not sources or face.source in sources]
    masks = judge_masks(subject.predictor, faces)
    page = kind_page(masks, model=subject.predictor.name, part=subject.part_name)
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder / "kinds.md", *([docs] if docs else [])):
        path.write_text(page, encoding="utf-8")
    thresholds = _named(chosen_thresholds(masks))
    click.echo(f"{len(masks.truth)} masks; by these, kinds are believed from {thresholds}; {folder / 'kinds.md'}")


@evaluate_group.command("voc")
@_common
@click.option("--split", type=_PATH, help="File that tells which picture lies in which part.")
@click.option("--detector", default="face-ssd", show_default=True, help="res10, yunet, or a model folder's name.")
@click.option("--source", default="andrewmvd", show_default=True, help="Data set; by its own labels, all sizes.")
def voc_command(
    model: str,
    data: Path,
    part: str,
    out: Path | None,
    docs: Path | None,
    threads: int,
    split: Path | None,
    detector: str,
    source: str,
) -> None:
    """Average precision by class of MODEL behind a detector, as published figures of object detectors are measured."""
    subject, _ = _prepare("voc", model, data, part, out, threads)
    choice = SceneChoice(split=split, sources=(source,), original=True)
    detect = load_detector(name=detector, search=weights_search(), min_score=LOWEST)
    judged = list(SceneJudge(detect, subject.predictor)(choose_scenes(subject, choice), data))
    ways = {"all": 0.0, "of 8 % and more": MIN_SHARE}
    rows = {name: class_tallies(judged, subject.predictor.labels, min_share=least) for name, least in ways.items()}
    table = precision_table(rows)
    click.echo(table)
    if docs is not None:
        docs.write_text(voc_page(table, model=model, detector=detector, source=source, pictures=len(judged)))


@click.command("calibrate")
@click.argument("run_path", metavar="RUN", type=_PATH)
@click.argument("data", type=_PATH, required=False)
@click.option(
    "--precision",
    type=click.FloatRange(0, 1),
    default=_CAUTION.precision,
    show_default=True,
    help="Precision that each label must reach among its accepted readings.",
)
@click.option(
    "--most-uncertain",
    type=click.FloatRange(0, 1),
    default=_CAUTION.most_uncertain,
    show_default=True,
    help="Largest share of a label's readings that may become uncertain for this.",
)
@click.option(
    "--biases/--no-biases",
    default=True,
    show_default=True,
    help="Also make labels as likely as they are among these faces; without, a rare one keeps its recall.",
)
def calibrate_command(run_path: Path, data: Path | None, precision: float, most_uncertain: float, biases: bool) -> None:
    """Calibrate the model of RUN on the validation part of DATA (prepared crops or a split file; else RUN's own)."""
    from training.evaluation.calibrate import calibrate  # noqa: PLC0415 - evaluating a TFLite model must not wait for Keras

    run = RunFolder(run_path)
    if not run.model.is_file():
        raise InputError(
            f"{run_path}: contains no finished run (no {run.model.name}); name the folder of a finished run"
        )
    faces = load_faces(data or run.split, Part.VALIDATION)
    caution = Caution(precision=precision, most_uncertain=most_uncertain)
    done = calibrate(run, faces, caution, biases=biases)
    shifts = ", ".join(f"{value:+.2f}" for value in done.scaling.biases)
    click.echo(
        f"{len(faces)} faces: temperature {done.scaling.temperature:.3f}, biases {shifts}; calibration error "
        f"{share(done.error_before)} -> {share(done.error_after)}; believed from {_named(done.thresholds)}; kinds "
        f"from {_named(done.kind_thresholds)}"
    )


def _named(thresholds: Mapping[Label, float] | Mapping[Required, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in thresholds.items()) or "0.50"


def _prepare(kind: str, model: str, data: Path, part: str, out: Path | None, threads: int) -> tuple[Subject, Path]:
    """What to judge, and the folder to write; refuses a published folder before any work is done."""
    cv2.setNumThreads(threads)
    predictor = load_predictor(model, threads=threads)
    subject = Subject(kind, model, predictor, data, None if part == _ALL else Part(part))
    folder = out or subject.default_folder()
    refuse_published(folder)
    return subject, folder
