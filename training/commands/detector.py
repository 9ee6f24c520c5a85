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
from training.data.scenes import Scene, read_scenes, scenes_of_part
from training.detector.compare import LOWEST, Judged, cost_of, judge, markdown, plot
from training.detector.loop import KERAS_FILE, SsdRecipe, fit
from training.detector.pictures import LONG_SIDE, read_pictures, read_portraits, with_masks, with_unannotated
from training.detector.publish import LONG_SIDE as FED
from training.detector.shipping import ship, write_card
from training.synthetic.landmarks import LANDMARK_FILE, LandmarkFinder

_PATH = click.Path(path_type=Path)
_DEFAULTS = SsdRecipe()

PAGE = """\
# Face detectors side by side

On the {part} part of the split, which shares no scene with the training part. A detection is right from an overlap
(IoU) of 0.5 with an annotated face; faces below 8 % of the picture's longer side (andrewmvd: 10 %) count neither way.
The dot is where each detector is deployed.

![Precision over recall, a panel for each source](detectors.png)

Read *false* with care: many are faces that nobody annotated, or whose annotation is drawn so small that a good box
misses the overlap. They count for all three alike; the last two columns ask for an overlap of 0.4 only.
"""

SURE, KEEN = 0.8, 0.5
"""YuNet's scores from which a portrait's only face is learned, and from which a face may have been left out."""


@click.command("ssd")
@click.option("--scenes", type=_PATH, required=True, help="Folder with annotations.json and images/.")
@click.option("--split", "split_path", type=_PATH, required=True, help="Split file; only its training part is used.")
@click.option("--out", type=_PATH, required=True, help="Run folder.")
@click.option("--weights", type=_PATH, help="MobileNetV2 0.35 ImageNet weights without top; else random ones.")
@click.option("--helpers", type=_PATH, help="Folder with YuNet and the landmark model: portraits and drawn masks.")
@click.option("--start", type=_PATH, help="Folder `best` of a run to start from, in place of --weights.")
@click.option("--epochs", type=click.IntRange(min=1), default=_DEFAULTS.epochs, show_default=True)
@click.option("--batch-size", type=click.IntRange(min=1), default=_DEFAULTS.batch_size, show_default=True)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), default=_DEFAULTS.rate, show_default=True)
@click.option("--frozen-until", default=_DEFAULTS.frozen_until, show_default=True, help="Last layer kept; '' for none.")
@click.option("--stop-after", type=click.IntRange(min=1), help="Stop after this many epochs; --resume continues.")
@click.option("--limit", type=click.IntRange(min=1), help="Train on at most this many pictures, for a quick try.")
@click.option("--seed", type=click.IntRange(min=0), default=_DEFAULTS.seed, show_default=True)
@click.option("--resume", is_flag=True, help="Resume the run in --out.")
def ssd_command(
    scenes: Path,
    split_path: Path,
    out: Path,
    weights: Path | None,
    helpers: Path | None,
    start: Path | None,
    epochs: int,
    batch_size: int,
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
    recipe = SsdRecipe(epochs=epochs, batch_size=batch_size, rate=rate, frozen_until=frozen_until or None, seed=seed)
    # The augmentation runs beside the training step; more threads of OpenCV would only fight with it.
    cv2.setNumThreads(1)
    split, every = Split.load(split_path), read_scenes(scenes)
    train = scenes_of_part(every, scenes, split, Part.TRAIN)[:limit]
    validation = scenes_of_part(every, scenes, split, Part.VALIDATION)
    out.mkdir(parents=True, exist_ok=True)
    pictures, portraits = read_pictures(train, scenes), []
    if helpers is not None:
        sure = load_detector(name="yunet", search=(helpers,), min_score=SURE)
        portraits = read_portraits(split.part(Part.TRAIN), split.root, sure)
        keen = load_detector(
            name="yunet", search=(helpers,), min_score=KEEN, input_width=LONG_SIDE, input_height=LONG_SIDE
        )
        pictures = [with_unannotated(picture, keen) for picture in pictures]
        landmarks, rng = LandmarkFinder(helpers / LANDMARK_FILE), np.random.default_rng(seed)
        pictures, portraits = ([with_masks(one, landmarks, rng) for one in some] for some in (pictures, portraits))
    state = fit(
        out,
        recipe,
        pictures,
        validation,
        scenes,
        weights=weights,
        start=start / KERAS_FILE if start else None,
        portraits=portraits,
        stop_after=stop_after,
    )
    click.echo(f"best average precision {state.best:.4f} after {state.epochs} epochs; model in {out / 'best'}")


@click.command("compare-detectors")
@click.option("--scenes", type=_PATH, required=True, help="Folder with annotations.json and images/.")
@click.option("--split", "split_path", type=_PATH, required=True, help="Split file; its test part is judged.")
@click.option("--model", type=_PATH, help="Folder of a detector that is not installed yet; takes face-ssd's place.")
@click.option("--out", type=_PATH, required=True, help="Folder for detectors.md and detectors.png.")
@click.option("--part", type=click.Choice([part.value for part in Part]), default=Part.TEST.value, show_default=True)
def compare_detectors_command(scenes: Path, split_path: Path, model: Path | None, out: Path, part: str) -> None:
    """Judge our detector, res10 and YuNet on the same held-out scenes."""
    cv2.setNumThreads(1)
    chosen = scenes_of_part(read_scenes(scenes), scenes, Split.load(split_path), Part(part))
    out.mkdir(parents=True, exist_ok=True)
    judged, costs = _side_by_side(chosen, scenes, ours=model)
    text = f"{markdown(judged)}\n\n{costs}\n"
    (out / "detectors.md").write_text(f"{PAGE.format(part=part)}\n{text}")
    plot(judged, out / "detectors.png")
    click.echo(text)


@click.command("ship-detector")
@click.argument("run", type=_PATH)
@click.option("--scenes", type=_PATH, required=True, help="Folder with annotations.json and images/.")
@click.option("--split", "split_path", type=_PATH, required=True, help="Split file with validation and test part.")
@click.option("--models", type=_PATH, default=Path("models"), show_default=True, help="Folder of published models.")
@click.option("--long-side", type=click.IntRange(min=64), default=FED, show_default=True, help="Input, pixels.")
def ship_detector_command(run: Path, scenes: Path, split_path: Path, models: Path, long_side: int) -> None:
    """Publish the best model of a detector RUN, with thresholds and card."""
    cv2.setNumThreads(1)
    split, every = Split.load(split_path), read_scenes(scenes)
    folder = models / "face-ssd"
    shipped = ship(run, folder, scenes_of_part(every, scenes, split, Part.VALIDATION), scenes, long_side=long_side)
    judged, costs = _side_by_side(scenes_of_part(every, scenes, split, Part.TEST), scenes, ours=folder)
    write_card(shipped, f"{markdown(judged)}\n\n{costs}")
    click.echo(
        f"{folder}: validation average precision {shipped.average_precision:.4f}, scores from {shipped.min_score}"
    )


def _side_by_side(chosen: Sequence[Scene], scenes: Path, *, ours: Path | None) -> tuple[list[Judged], str]:
    """Our detector (installed, or in the folder `ours`) and the alternatives that are there, judged; and their cost."""
    names = {"face-ssd": (ours.name, (ours.parent,)) if ours else ("face-ssd", weights_search())}
    names |= {"res10": ("res10", weights_search()), "yunet": ("yunet", weights_search())}
    detectors = {
        title: (load_detector(name=name, search=search, min_score=LOWEST), _threshold(name, search))
        for title, (name, search) in names.items()
    }
    judged = judge(detectors, chosen, scenes, min_shares={"jolignier": 0.08, "andrewmvd": 0.1, "wider": 0.08})
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
