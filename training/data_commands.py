"""Subcommands that prepare data: split, crops, shortcuts."""

from __future__ import annotations

from pathlib import Path

import click
import cv2

from edge.detector import load_detector
from edge.errors import UsageError
from edge.paths import weights_search
from training.cleaning import clean
from training.crop_cutting import cut_crops, summary
from training.datasets import read_all
from training.samples import Split
from training.splits import DEFAULT_PARTS, PartTable, check, divide, join_groups, table

_PATH = click.Path(path_type=Path)


@click.command("split")
@click.option("--data", type=_PATH, required=True, help="Folder of data sets: class folders, COCO, Pascal VOC.")
@click.option("--out", type=_PATH, required=True, help="Split file to write; a report (.md) goes beside it.")
@click.option(
    "--parts",
    type=_PATH,
    default=DEFAULT_PARTS,
    help="Table of parts: pictures listed keep theirs. Default: the shipped models' own.",
)
@click.option("--no-parts", is_flag=True, help="Divide all pictures anew.")
@click.option("--save-parts", type=_PATH, help="Also write a table of parts: hashes only, no names.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
def split_command(data: Path, out: Path, parts: Path, no_parts: bool, save_parts: Path | None, seed: int) -> None:
    """Clean data sets, and divide them so that no person or scene lies in two parts."""
    if out.suffix == ".md":
        raise UsageError(f"{out}: is where the report goes; name the split file *.json")
    known = {} if no_parts else PartTable.load(parts).lookup()
    cleaned = clean(data, read_all(data))
    samples = divide(join_groups(cleaned.samples, cleaned.alike), seed=seed, known=known)
    split = Split(root=data.resolve(), seed=seed, samples=tuple(samples), dropped=cleaned.dropped)
    check(split)
    split.save(out)
    report = table(split)
    out.with_suffix(".md").write_text(f"# Split of {data.name}\n\n{report}\n")
    if save_parts is not None:
        PartTable.of(samples).save(save_parts)
    click.echo(report)


@click.command("crops")
@click.option("--split", "split_path", type=_PATH, required=True, help="Split file.")
@click.option("--out", type=_PATH, required=True, help="Folder to write the crops to.")
@click.option("--detector", default="face-ssd", show_default=True, help="Face detector that the kiosk will run.")
@click.option("--weights", type=_PATH, help="Folder with pretrained networks; searched first.")
def crops_command(split_path: Path, out: Path, detector: str, weights: Path | None) -> None:
    """Cut the faces of a split as the kiosk's face detector finds them."""
    cv2.setNumThreads(1)
    search = ((weights,) if weights else ()) + weights_search()
    store, report = cut_crops(Split.load(split_path), load_detector(name=detector, search=search), out)
    click.echo(summary(store, report))
