"""Subcommands that prepare data: split, crops, shortcuts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import cv2

from edge.errors import ModelError, UsageError
from edge.networks.detector import load_detector
from edge.networks.find import weights_search
from edge.networks.manifest import InputSpec
from training.data.cleaning import clean
from training.data.layouts.names import Names
from training.data.readers import by_reason, read_data
from training.data.samples import Dropped, Split
from training.data.splits import (
    DEFAULT_PARTS,
    PartTable,
    check,
    divide,
    join_groups,
    known_parts,
    random_split,
    table,
)
from training.faces.cutting import cut_crops, summary, whole_picture
from training.faces.shortcuts import measure, prepared_cues, raw_cues, report
from training.faces.store import CropStore
from training.synthetic.landmarks import LANDMARK_FILE, LandmarkFinder
from training.synthetic.synthesis import add_drawn

_PATH = click.Path(path_type=Path)

label_option = click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="NAME=CLASS",
    help="What a class of the data is: with_mask, without_mask, incorrect_mask, face or ignore; may be repeated.",
)
"""Of every command that reads labelled pictures."""


@click.command("split")
@click.option("--data", type=_PATH, required=True, help="A data set, or a folder of several, of any layout.")
@click.option("--out", type=_PATH, required=True, help="Split file to write; a report (.md) goes beside it.")
@click.option(
    "--parts",
    type=_PATH,
    default=DEFAULT_PARTS,
    help="Table of parts: pictures listed keep theirs. Default: the shipped models' own.",
)
@click.option("--no-parts", is_flag=True, help="Divide all pictures from scratch, without a table of parts.")
@click.option(
    "--random",
    "share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Validate on this share of a folder per class, by chance alone and uncleaned, as published figures do.",
)
@click.option("--save-parts", type=_PATH, help="Also write a table of parts: hashes only, no names.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@label_option
def split_command(
    data: Path,
    out: Path,
    parts: Path,
    no_parts: bool,
    share: float | None,
    save_parts: Path | None,
    seed: int,
    labels: tuple[str, ...],
) -> None:
    """Clean data sets, and divide them so that no person or scene lies in two parts."""
    if out.suffix == ".md":
        raise UsageError(f"{out}: is where the report goes; name the split file *.json")
    if share is not None:
        split = random_split(data, share=share, seed=seed, names=Names.parse(labels))
        split.save(out)
        click.echo(table(split))
        return
    known = {} if no_parts else PartTable.load(parts).lookup()
    read = read_data(data, Names.parse(labels))
    cleaned = clean(read.root, read.samples, known=known)
    known = known_parts(cleaned.samples, read.parts) | known
    samples = divide(join_groups(cleaned.samples, cleaned.alike), seed=seed, known=known)
    faulty = tuple(Dropped(file=fault.where, why=fault.why) for fault in read.faults)
    split = Split(root=read.root, seed=seed, samples=tuple(samples), dropped=(*faulty, *cleaned.dropped))
    check(split)
    split.save(out)
    left_out = by_reason((*read.faults, *read.notes)) or "  nothing"
    report = f"Found: {'; '.join(read.layouts)}\nLeft out or noted:\n{left_out}\n\n{table(split)}"
    out.with_suffix(".md").write_text(f"# Split of {data.name}\n\n{report}\n")
    if save_parts is not None:
        PartTable.of(samples).save(save_parts)
    click.echo(report)


@click.command("crops")
@click.option("--split", "split_path", type=_PATH, required=True, help="Split file.")
@click.option("--out", type=_PATH, required=True, help="Folder to write the crops to.")
@click.option("--detector", default="face-ssd", show_default=True, help="Face detector that the kiosk will run.")
@click.option("--weights", type=_PATH, help="Folder with pretrained networks; searched first.")
@click.option(
    "--whole", is_flag=True, help="Use every picture as it is, duplicates included: no detector, no drawn masks."
)
@click.option("--draw/--no-draw", default=True, show_default=True, help="Add faces with drawn masks (training part).")
@click.option("--draw-on", type=click.IntRange(min=1), help="Draw on so many faces at most, taken by chance.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the random choices.")
def crops_command(
    split_path: Path,
    out: Path,
    detector: str,
    weights: Path | None,
    whole: bool,
    draw: bool,
    draw_on: int | None,
    seed: int,
) -> None:
    """Cut the faces of a split as the kiosk's face detector finds them, and draw masks on the bare ones."""
    cv2.setNumThreads(1)
    search = ((weights,) if weights else ()) + weights_search()
    landmarks = LandmarkFinder(_landmark_model(search)) if draw and not whole else None
    detect = whole_picture if whole else load_detector(name=detector, search=search)
    store, report = cut_crops(Split.load(split_path), detect, out, keep_twins=whole)
    if landmarks is not None:
        store = add_drawn(store, landmarks, detect, seed=seed, most=draw_on)
    text = summary(store, report)
    how = "whole pictures" if whole else f"cut with {detector}"
    (out / "report.md").write_text(f"# Crops of {split_path.name}, {how}\n\n{text}\n")
    click.echo(text)


@click.command("shortcuts")
@click.option("--split", "split_path", type=_PATH, required=True, help="Split file.")
@click.option("--crops", type=_PATH, required=True, help="Folder of prepared crops.")
@click.option("--source", default="crops", show_default=True, help="Data set whose raw files are measured.")
@click.option("--size", type=click.IntRange(min=32), default=160, show_default=True, help="Network input, pixels.")
@click.option("--margin", type=click.FloatRange(0, 2), default=0.15, show_default=True, help="Around the face box.")
@click.option("--out", type=_PATH, help="Markdown file to write as well.")
def shortcuts_command(split_path: Path, crops: Path, source: str, size: int, margin: float, out: Path | None) -> None:
    """Measure whether size and sharpness of a picture give its class away, before and after preparation."""
    cv2.setNumThreads(1)
    store, spec = CropStore.load(crops), InputSpec(width=size, height=size, margin=margin)
    found = [
        measure(cues)
        for cues in (
            raw_cues(Split.load(split_path), source, f"{source}: files as they came"),
            prepared_cues(store, f"{source}: cut as the kiosk does", spec=spec, source=source),
            prepared_cues(store, f"{source}: cut and augmented", spec=spec, source=source, seed=0),
            prepared_cues(store, "all training crops: cut as the kiosk does", spec=spec),
            prepared_cues(store, "all training crops: cut and augmented", spec=spec, seed=0),
        )
    ]
    text = report(found)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(f"# What gives the class away without the face\n\nBalanced accuracy.\n\n{text}\n")
    click.echo(text)


def _landmark_model(search: Sequence[Path]) -> Path:
    for folder in search:
        if (folder / LANDMARK_FILE).is_file():
            return folder / LANDMARK_FILE
    raise ModelError(f"{LANDMARK_FILE}: not found; name the folder that holds it with --weights, or use --no-draw")
