"""Subcommands of the face detector: ssd, compare-detectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import cv2
import numpy as np

from edge.errors import UsageError
from edge.networks.alternatives import ALTERNATIVES, installed_form
from edge.networks.detector import RES10_MIN_SCORE, YUNET_MIN_SCORE, load_detector
from edge.networks.find import weights_search
from edge.networks.manifest import FILE_NAME, load_detector_manifest
from training.data.samples import Part, Split
from training.data.scenes import MIN_SHARE
from training.detector.compare import LOWEST, Judged, cost_of, judge, markdown, plot
from training.detector.loop import SsdRecipe, fit
from training.detector.pages import fairness, people_tables, side_by_side, tag_table
from training.detector.pictures import read_pictures, read_portraits
from training.detector.places import Place, places_of_part
from training.detector.preparing import is_portrait, prepare
from training.detector.publish import LONG_SIDE as FED
from training.detector.shipping import ship, write_card

_PATH = click.Path(path_type=Path)
_DEFAULTS = SsdRecipe()
_SCENES = click.option(
    "--scenes",
    "folders",
    type=_PATH,
    multiple=True,
    required=True,
    help="Folder with annotations.json and images/; may be given several times.",
)

SURE = 0.8
"""YuNet's score from which a portrait's only face is learned."""
TINY, TINY_SHARE = "andrewmvd", 0.1
"""A data set of small, blurry faces, and the smallest that counts there, as a share of the picture's longer side."""


@click.command("ssd")
@_SCENES
@click.option("--split", "split_path", type=_PATH, required=True, help="Split file; only its training part is used.")
@click.option("--out", type=_PATH, required=True, help="Run folder.")
@click.option("--weights", type=_PATH, help="MobileNetV2 0.35 ImageNet weights without top; else random ones.")
@click.option("--helpers", type=_PATH, help="Folder with YuNet and the landmark model: portraits and drawn masks.")
@click.option(
    "--start", type=_PATH, help="Model folder to start from in place of --weights: models/face-ssd, a run's best."
)
@click.option("--epochs", type=click.IntRange(min=1), default=_DEFAULTS.epochs, show_default=True)
@click.option("--batch-size", type=click.IntRange(min=1), default=_DEFAULTS.batch_size, show_default=True)
@click.option("--pictures", type=click.IntRange(min=1), help="Shown in an epoch at most, others in the next.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), default=_DEFAULTS.rate, show_default=True)
@click.option("--frozen-until", default=_DEFAULTS.frozen_until, show_default=True, help="Last layer kept; '' for none.")
@click.option("--stop-after", type=click.IntRange(min=1), help="Stop after this many epochs; --resume continues.")
@click.option("--limit", type=click.IntRange(min=1), help="Train on at most this many pictures, for a quick try.")
@click.option("--seed", type=click.IntRange(min=0), default=_DEFAULTS.seed, show_default=True)
@click.option("--resume", is_flag=True, help="Resume the run in --out.")
def ssd_command(
    folders: tuple[Path, ...],
    split_path: Path,
    out: Path,
    weights: Path | None,
    helpers: Path | None,
    start: Path | None,
    epochs: int,
    batch_size: int,
    pictures: int | None,
    rate: float,
    frozen_until: str,
    stop_after: int | None,
    limit: int | None,
    seed: int,
    resume: bool,
) -> None:
    """Train our own face detector on annotated scenes."""
    if (out / "checkpoints" / "state.json").exists() and not resume:
        raise UsageError(f"{out}: contains a run; resume it with --resume, or name another folder")
    recipe = SsdRecipe(
        epochs=epochs,
        batch_size=batch_size,
        pictures=pictures,
        rate=rate,
        frozen_until=frozen_until or None,
        seed=seed,
    )
    # The augmentation runs beside the training step; more threads of OpenCV would only fight with it.
    cv2.setNumThreads(1)
    split = Split.load(split_path)
    train = places_of_part(folders, split, Part.TRAIN)[:limit]
    out.mkdir(parents=True, exist_ok=True)
    scenes = read_pictures([place for place in train if not is_portrait(place.scene)])
    portraits = read_pictures([place for place in train if is_portrait(place.scene)])
    if helpers is not None:
        sure = load_detector(name="yunet", search=(helpers,), min_score=SURE)
        portraits += read_portraits(split.part(Part.TRAIN), split.root, sure)
        scenes = prepare(scenes, helpers, start=start, seed=seed)
        portraits = prepare(portraits, helpers, start=None, seed=seed)
    state = fit(
        out,
        recipe,
        scenes,
        places_of_part(folders, split, Part.VALIDATION),
        weights=weights,
        start=start,
        portraits=portraits,
        stop_after=stop_after,
    )
    click.echo(f"best average precision {state.best:.4f} after {state.epochs} epochs; model in {out / 'best'}")


@click.command("compare-detectors")
@_SCENES
@click.option("--split", "split_path", type=_PATH, required=True, help="Split file; its test part is judged.")
@click.option("--model", type=_PATH, help="Folder of a detector that is not installed yet; takes face-ssd's place.")
@click.option("--out", type=_PATH, required=True, help="Folder for detectors.md, detectors.png and fairness.md.")
@click.option("--part", type=click.Choice([part.value for part in Part]), default=Part.TEST.value, show_default=True)
def compare_detectors_command(
    folders: tuple[Path, ...], split_path: Path, model: Path | None, out: Path, part: str
) -> None:
    """Judge our detector, res10 and YuNet on the same held-out scenes."""
    cv2.setNumThreads(1)
    chosen = places_of_part(folders, Split.load(split_path), Part(part))
    out.mkdir(parents=True, exist_ok=True)
    judged, costs = _side_by_side(chosen, ours=model)
    text = f"{markdown(judged)}\n\n{costs}\n"
    (out / "detectors.md").write_text(side_by_side(text.rstrip(), judged, part=part))
    (out / "fairness.md").write_text(fairness(judged, part=part))
    plot(judged, out / "detectors.png")
    click.echo(text)


@click.command("ship-detector")
@click.argument("run", type=_PATH)
@_SCENES
@click.option("--split", "split_path", type=_PATH, required=True, help="Split file with validation and test part.")
@click.option("--models", type=_PATH, default=Path("models"), show_default=True, help="Folder of published models.")
@click.option("--long-side", type=click.IntRange(min=64), default=FED, show_default=True, help="Input, pixels.")
def ship_detector_command(run: Path, folders: tuple[Path, ...], split_path: Path, models: Path, long_side: int) -> None:
    """Publish the best model of a detector RUN, with thresholds and card."""
    cv2.setNumThreads(1)
    split, folder = Split.load(split_path), models / "face-ssd"
    shipped = ship(run, folder, places_of_part(folders, split, Part.VALIDATION), long_side=long_side)
    judged, costs = _side_by_side(places_of_part(folders, split, Part.TEST), ours=folder)
    write_card(shipped, f"{markdown(judged)}\n\n{costs}", tags=tag_table(judged), people=people_tables(judged))
    click.echo(
        f"{folder}: validation average precision {shipped.average_precision:.4f}, scores from {shipped.min_score}"
    )


def _side_by_side(chosen: Sequence[Place], *, ours: Path | None) -> tuple[list[Judged], str]:
    """Our detector (installed, or in the folder `ours`) and the alternatives that are there, judged; and their cost."""
    names = {"face-ssd": (ours.name, (ours.parent,)) if ours else ("face-ssd", weights_search())}
    names |= {"res10": ("res10", weights_search()), "yunet": ("yunet", weights_search())}
    detectors = {
        title: (load_detector(name=name, search=search, min_score=LOWEST), _threshold(name, search))
        for title, (name, search) in names.items()
    }
    sources = dict.fromkeys(place.source for place in chosen)
    shares = {source: TINY_SHARE if source.endswith(TINY) else MIN_SHARE for source in sources}
    judged = judge(detectors, chosen, min_shares=shares)
    camera = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    deployed = {title: load_detector(name=name, search=search) for title, (name, search) in names.items()}
    costs = cost_of(deployed, camera)
    rows = [f"| {title} | {costs[title]:.1f} | {_megabytes(*names[title]):.2f} |" for title in names]
    return judged, "\n".join(["| detector | cpu-ms at 640x480, one thread | MB |", "|---|---:|---:|", *rows])


def _megabytes(name: str, search: Sequence[Path]) -> float:
    paths = installed_form(name, search) if name in ALTERNATIVES else None
    if paths is None:
        folder = next(folder / name for folder in search if (folder / name / FILE_NAME).is_file())
        paths = (folder / load_detector_manifest(folder).file,)
    return sum(path.stat().st_size for path in paths) / 1e6


def _threshold(name: str, search: Sequence[Path]) -> float:
    """What the detector is deployed with: the manifest's for our own, the usual ones for the others."""
    usual = {"res10": RES10_MIN_SCORE, "yunet": YUNET_MIN_SCORE}
    if name in usual:
        return usual[name]
    folder = next(folder / name for folder in search if (folder / name / FILE_NAME).is_file())
    return load_detector_manifest(folder).min_score
