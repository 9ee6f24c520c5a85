"""How much of each package the tests run, and whether that is less than it was; reads `coverage json`."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

FLOORS = {
    "convert": 97,
    "convert.card": 98,
    "convert.foreign": 92,
    "edge": 96,
    "edge.aiming": 94,
    "edge.assembly": 90,
    "edge.cameras": 91,
    "edge.chain": 98,
    "edge.collection": 95,
    "edge.commands": 96,
    "edge.config": 97,
    "edge.doctor": 98,
    "edge.door": 96,
    "edge.events": 98,
    "edge.host": 95,
    "edge.languages": 98,
    "edge.local": 87,
    "edge.mqtt": 97,
    "edge.networks": 97,
    "edge.notify": 92,
    "edge.reports": 93,
    "edge.rollout": 94,
    "edge.signals": 93,
    "edge.voice": 94,
    "edge.web": 96,
    "edge.web.api": 93,
    "edge.web.guarding": 93,
    "edge.web.people": 93,
    "edge.web.updates": 90,
    "training": 98,
    "training.classifier": 92,
    "training.commands": 78,
    "training.data": 98,
    "training.data.layouts": 85,
    "training.detector": 94,
    "training.evaluation": 97,
    "training.faces": 97,
    "training.fit": 76,
    "training.synthetic": 98,
}
"""Lines that must be run, per cent: what the fast tests alone ran, rounded down, at most 98. Raise them as it rises."""


def package_of(file: str) -> str:
    """The folder, or the top package for what stands flat in it."""
    return ".".join(Path(file).parts[:-1])


def covered(report: dict[str, dict[str, dict[str, dict[str, int]]]]) -> dict[str, tuple[int, int]]:
    """Lines run and lines there are, by package."""
    lines: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for file, facts in report["files"].items():
        run, every = lines[package_of(file)]
        summary = facts["summary"]
        lines[package_of(file)] = run + summary["covered_lines"], every + summary["num_statements"]
    return dict(lines)


def main(path: Path) -> int:
    """Print the figures of a report; 1 if a package lies below its floor."""
    lines = covered(json.loads(path.read_text()))
    failures = []
    print(f"{'package':<28}{'lines':>7}{'run':>8}{'floor':>7}")
    for package, (run, every) in sorted(lines.items()):
        share, floor = 100 * run / max(every, 1), FLOORS.get(package)
        print(f"{package:<28}{every:>7}{share:>7.1f}%{'-' if floor is None else f'{floor} %':>7}")
        if floor is None:
            failures.append(f"{package}: has no floor; add one in {__file__}")
        elif share < floor:
            failures.append(f"{package}: {share:.1f} % of its lines are run, {floor} % were; test what is new")
    failures += [f"{package}: is gone; take its floor away" for package in sorted(FLOORS.keys() - lines.keys())]
    print(*failures, sep="\n", file=sys.stderr, end="\n" if failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
