"""Measures all contestants in one run and writes docs/benchmarks.md: python -m benchmarks CLIPS"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import click

from benchmarks.beside_pages import kept_section, with_section
from benchmarks.contestants import crowd
from benchmarks.fresh_start import start
from benchmarks.page import Page, chart, clip_row
from benchmarks.tasks import MADE, decide, limit, measure_clip, measure_crowd, time_stages

CROWDS = (0, 1, 2, 4, 8, 16)
SIZES = ((640, 360), (1280, 720), (1920, 1080))


@click.command()
@click.argument("clips", nargs=-1, type=click.Path(exists=True))
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/benchmarks.md"), show_default=True)
def main(clips: tuple[str, ...], out: Path) -> None:
    """Measure the classic loop, the kiosk and its bare networks on CLIPS and on made ones."""
    page = Page()
    names = (*clips, *MADE)
    for threads, played in ((1, names), (2, (*clips[:1], *MADE))):
        with process_with(threads) as process:
            for name in played:
                turns = process.submit(measure_clip, name, threads).result()
                page.clips[threads, Path(name).stem] = turns
                click.echo(clip_row(Path(name).stem, turns))
    with process_with(1) as process:
        for name in names:
            page.decisions += process.submit(decide, name).result()
        for name in (*clips[:1], MADE[0], MADE[2]):
            page.stages[Path(name).stem] = process.submit(time_stages, name).result()
        page.faces = {faces: process.submit(measure_crowd, faces).result() for faces in CROWDS}
        page.sizes = {size: process.submit(measure_crowd, 1, size).result() for size in SIZES}
    page.start = start(crowd(1, frames=25, size=SIZES[0]))
    picture = out.with_suffix(".svg")
    # Measured by a command of its own.
    beside_pages = kept_section(out.read_text(encoding="utf-8")) if out.exists() else None
    text = page.text(chart=picture.name)
    out.write_text(text if beside_pages is None else with_section(text, beside_pages), encoding="utf-8")
    picture.write_text(chart(page.faces, page.sizes), encoding="utf-8")


@contextmanager
def process_with(threads: int) -> Iterator[ProcessPoolExecutor]:
    """A process of its own that has as many cores as threads."""
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=limit, initargs=(threads,)) as process:
        yield process


if __name__ == "__main__":
    sys.exit(main())
