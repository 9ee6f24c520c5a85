"""What would a door do? Usage: python watch_source.py demo, or CLIP, usb:0, rtsp://..."""

import sys

from edge import AlarmState, Gate, MaskgateError


def main(source: str) -> None:
    """A line whenever the door would show something else."""
    shown = AlarmState.IDLE
    for observation in Gate.load().observe(source):
        if observation.state is not shown:
            shown = observation.state
            people = ", ".join(f"person {one.track_id} {one.label}" for one in observation.verdicts)
            print(f"{observation.frame.taken_at:6.2f} s  {shown}  {people}")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except MaskgateError as error:
        sys.exit(f"watch_source: {error}")
