"""Shows the states that are written to a pipe on the configured lines, as the kiosk does. Runs inside.

Arguments: the configuration, and the seconds of silence after which the door closes by itself. CRASH, for a state,
ends it as an error in the kiosk would.
"""

from __future__ import annotations

import sys
from pathlib import Path

from edge.config.schema import load_config
from edge.signals.door import DoorSignals
from edge.types import AlarmState

PIPE, PRESSES = Path("/run/door"), Path("/run/presses")


def note(what: str) -> None:
    PRESSES.write_text(f"{what}\n", encoding="utf-8")


def main() -> None:
    signals = load_config(Path(sys.argv[1])).signals
    with (
        DoorSignals(
            pins=signals.pins,
            driver=signals.driver,
            chip=signals.chip,
            active_high={role: False for role in signals.active_low},  # noqa: C420 (a wider type of key)
            sound=signals.sound,
            on_press=lambda: note("pressed"),
            on_hold=lambda: note("held"),
            relay_timeout_s=float(sys.argv[2]) if sys.argv[2:] else None,
        ) as lines
    ):
        print("open", flush=True)
        while True:
            for at, word in enumerate(PIPE.read_text().split()):
                if word == "CRASH":
                    raise RuntimeError("crashed on purpose")
                lines.show(AlarmState[word], float(at))


if __name__ == "__main__":
    main()
