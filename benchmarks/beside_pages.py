"""The pace of vision with a crowd at the pages and without, in turns: python -m benchmarks.beside_pages

A real process with the networks that are shipped, before a network camera that sends pictures as fast as it is told;
the crowd is that of the load test: fifty viewers of the live picture, who leaves in the middle of it, who uploads a
gigabyte, who floods with headers. Writes its section into docs/benchmarks.md.
"""

from __future__ import annotations

import os
import platform
import re
from contextlib import closing
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from edge.cameras.demo import FPS, demo_pictures
from edge.web.people.access import Access
from edge.web.people.roles import Scope
from tests.edge.web.crowd import VIEWERS, Measured, crowd
from tests.kiosk_process import Kiosk
from tests.network_camera import Scene, free_port, serving

BEGIN, END = "<!-- pages: written by python -m benchmarks.beside_pages -->", "<!-- end of pages -->"
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "asimd", "asimddp")
"""What the networks' speed hangs on."""

SECTION = """\
## Beside the pages

Frames a second of one kiosk, without anybody at its pages and with a crowd in turn: {viewers} viewers of the live
picture, some who leave in the middle of it, upload a gigabyte, or flood with headers. The camera sends {fps:g} pictures
a second. Camera, crowd and kiosk share {cores} cores of {machine} ({instructions}); load of the machine when it began:
{load}.

| turn | alone | beset | ratio |
|---:|---:|---:|---:|
{rows}
| median | {alone:.2f} | {beset:.2f} | {ratio:.3f} |

Wanted is 0.95. Made by `python -m benchmarks.beside_pages`."""


def with_section(text: str, section: str) -> str:
    """A page with another section in place of the one it has, or behind everything else."""
    marked = f"{BEGIN}\n{section}\n{END}"
    if BEGIN in text:
        return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: marked, text, flags=re.DOTALL)
    return f"{text.rstrip()}\n\n{marked}\n"


def kept_section(text: str) -> str | None:
    """The section that a page has; None if it has none."""
    found = re.search(f"{re.escape(BEGIN)}\n(.*?)\n{re.escape(END)}", text, re.DOTALL)
    return found and found[1]


def instructions() -> str:
    """Those of the processor's that matter here, as the kernel calls them."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"^(?:flags|Features)\s*: (.*)$", text, re.MULTILINE)
    has = set(found[1].split()) if found else set()
    return ", ".join(name for name in INSTRUCTIONS if name in has) or "none of those that networks gain by"


def processor() -> str:
    """Its name."""
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else platform.machine()


@click.command()
@click.option("--turns", default=4, show_default=True, help="of each")
@click.option("--look", "look_s", default=10.0, show_default=True, help="seconds of a turn")
@click.option("--fps", default=FPS, show_default=True, help="pictures a second of the camera")
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/benchmarks.md"), show_default=True)
def main(turns: int, look_s: float, fps: float, out: Path) -> None:
    """Measure the pace alone and beset, in turns, and write the section."""
    load = Path("/proc/loadavg").read_text(encoding="utf-8").split()[0]
    paces = measure(turns, look_s, fps)
    rows = [f"| {n} | {alone:.2f} | {beset:.2f} | {beset / alone:.3f} |" for n, (alone, beset) in enumerate(paces, 1)]
    section = SECTION.format(
        viewers=VIEWERS,
        fps=fps,
        cores=len(os.sched_getaffinity(0)),
        machine=processor(),
        instructions=instructions(),
        load=load,
        rows="\n".join(rows),
        alone=median(alone for alone, _ in paces),
        beset=median(beset for _, beset in paces),
        ratio=median(beset / alone for alone, beset in paces),
    )
    click.echo(section)
    out.write_text(with_section(out.read_text(encoding="utf-8"), section), encoding="utf-8")


def measure(turns: int, look_s: float, fps: float) -> list[tuple[float, float]]:
    """Frames a second alone and beset, turn by turn."""
    scene, port, metrics = Scene(fps=fps), free_port(), free_port()
    scene.show_pictures(image for image, _ in islice(demo_pictures(), 60))
    settings = f'[web]\nlisten = "127.0.0.1:{port}"\n[metrics]\nlisten = "127.0.0.1:{metrics}"\n'
    paces = []
    with TemporaryDirectory() as name, serving(scene) as address:
        key = Access(Path(name)).tokens.add("crowd", (Scope.PICTURE,))
        with closing(Kiosk(Path(name), address, settings)) as kiosk:
            kiosk.wait_for("alert")
            measured = Measured(kiosk.process.pid, f"http://127.0.0.1:{metrics}/metrics")
            for _ in range(turns):
                alone = measured.pace(look_s)
                with crowd(port, key):
                    beset = measured.pace(look_s)
                paces.append((alone, beset))
                click.echo(f"{alone:.2f}/s alone, {beset:.2f}/s beset")
    return paces


if __name__ == "__main__":
    main()
