"""A model's proof: its golden answers, in a process of its own, as a model may end the process that runs it."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile

from edge.errors import ModelError
from edge.host.interpreter import own_command, own_environment
from edge.networks.classifier import Classifier
from edge.networks.golden import ask, check

MAX_FACE_S = 0.5
"""A slower model gives a person too few readings to be judged at a walk."""

PROOF_S = 120.0
"""For the whole proof: a Raspberry Pi Zero 2 W needs ten seconds to start Python, and two for the answers."""

MAX_BYTES = 768 * 2**20
"""Of memory; the proof of a model that Maskgate ships takes 260 MB, most of it reserved and never used (VmData)."""

MAX_TOLD_BYTES = 64 * 1024


class CrashError(ModelError):
    """The model ended, or outstayed, the process that tested it."""


def prove(folder: Path) -> None:
    """Have a model answer its golden pictures, fast enough for a door; in this process.

    Raises:
        ModelError: if it does not.
    """
    classifier = Classifier.load(folder)
    check(classifier, folder)
    started = time.perf_counter()
    faces = len(ask(classifier).answers)
    face_s = (time.perf_counter() - started) / faces
    if face_s > MAX_FACE_S:
        raise ModelError(
            f"{folder.name}: takes {face_s:.2f} s per face on this machine, at most {MAX_FACE_S} s is allowed"
        )


def prove_apart(folder: Path) -> None:
    """Have another process `prove` a model.

    Raises:
        CrashError: if that process does not end by itself, within its time and memory.
        ModelError: if the model is not fit.
    """
    with TemporaryFile() as told:
        try:
            done = subprocess.run(  # noqa: S603 - this very program
                own_command("edge.rollout.proof", str(folder)),
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                env=own_environment(),
                timeout=PROOF_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CrashError(f"its test did not end within {PROOF_S:.0f} s") from error
        told.seek(0)
        lines = told.read(MAX_TOLD_BYTES).decode(errors="replace").strip().splitlines()
    if done.returncode == ModelError.exit_code:
        raise ModelError(lines[-1] if lines else "it failed its test")
    if done.returncode:
        raise CrashError(f"it ended the process that tested it ({_how(done.returncode)})")


def _how(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"


def main() -> None:
    """Prove the model in the folder that the command line names; what it may take is limited before it is opened."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, MAX_BYTES),
        (resource.RLIMIT_FSIZE, MAX_TOLD_BYTES),
        (resource.RLIMIT_CPU, int(PROOF_S)),
    ):
        resource.setrlimit(what, (most, most))
    try:
        prove(Path(sys.argv[1]))
    except ModelError as error:
        sys.stderr.write(f"{' '.join(str(error).split())}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
