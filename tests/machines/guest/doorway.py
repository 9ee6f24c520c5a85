"""Keeps the door with its contacts as the kiosk does, and shows what is written to a pipe. Runs inside.

A word is a state, RESET for a fire, or the number of whoever is seen in the states after it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from edge.assembly.lines import Buttons, Lines, Told
from edge.config.schema import load_config
from edge.door.contract import Happening
from edge.door.latches import Latches
from edge.health import HealthMonitor
from edge.types import AlarmState, Box, Label, Verdict

PIPE, HAPPENED, LATCHES = Path("/run/doorway"), Path("/run/happened"), Path("/run/latches")
FRAME_S = 0.1


def note(happening: Happening) -> None:
    with HAPPENED.open("a", encoding="utf-8") as file:
        file.write(f"{happening.kind} {happening.detail}\n")


def listen(words: SimpleQueue[str]) -> None:
    while True:
        for word in PIPE.read_text().split():
            words.put(word)


def main() -> None:
    latches = Latches(LATCHES)
    lines = Lines(
        load_config(Path(sys.argv[1])),
        buttons=Buttons(lambda: None, lambda: None, lambda: None),
        told=Told(note, lambda doorway: None, latches.keep),
        health=HealthMonitor(model=lambda: "none"),
        latched=latches.load(),
        live=True,
        clock=time.monotonic,
    )
    words: SimpleQueue[str] = SimpleQueue()
    Thread(target=listen, args=(words,), daemon=True).start()
    state, person = AlarmState.IDLE, 1
    print("open", flush=True)
    while True:
        people = (Verdict(person, Box(0, 0, 9, 9), Label.WITH_MASK, 0.9),) if state is AlarmState.PASS else ()
        lines.show(state, people, time.monotonic(), audible=True)
        try:
            word = words.get(timeout=FRAME_S)
        except Empty:
            continue
        if word == "RESET":
            lines.reset_fire()
        elif word.isdecimal():
            person = int(word)
        else:
            state = AlarmState[word]


if __name__ == "__main__":
    main()
