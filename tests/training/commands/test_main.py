"""The command line: quick, lazy, and one line for each error."""

from __future__ import annotations

import importlib
import subprocess
import sys

import click
import pytest

from edge.errors import ConfigError, InputError, MaskgateError
from training.commands import main

HELP = """
import sys
from training.commands import main
try:
    main.main(["--help"])
finally:
    heavy = {"keras", "tensorflow", "matplotlib", "sklearn"}
    print("LOADED", sorted({name.split(".")[0] for name in sys.modules} & heavy))
"""


def test_help_loads_no_toolchain() -> None:
    """`maskgate-train --help` lists every subcommand without importing Keras or its like."""
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=False)
    assert "LOADED []" in done.stdout
    for name in main.COMMANDS:
        assert f"  {name} " in done.stdout


@pytest.mark.parametrize("name", sorted(main.COMMANDS))
def test_every_subcommand_exists(name: str) -> None:
    """Each entry of the table leads to a click command of that name."""
    module, attribute = main.COMMANDS[name][0].split(":")
    found = getattr(importlib.import_module(module), attribute)
    assert isinstance(found, click.Command)
    assert found.name == name


@pytest.mark.parametrize(
    ("raised", "code"),
    [(InputError("faces.jpg: is empty"), 66), (ConfigError("odd"), 78), (KeyboardInterrupt(), 130), (None, 0)],
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: BaseException | None,
    code: int,
) -> None:
    """An expected error becomes its exit code and one line on stderr."""

    @click.command("split")
    def failing() -> None:
        if raised is not None:
            raise raised

    monkeypatch.setattr(main.LazyGroup, "get_command", lambda *_: failing)
    with pytest.raises(SystemExit) as stopped:
        main.main(["split"])
    errors = capsys.readouterr().err
    assert stopped.value.code == code
    assert "Traceback" not in errors
    if isinstance(raised, MaskgateError):
        assert errors == f"maskgate-train: {raised}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"]])
def test_a_wrong_command_line_is_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What click refuses exits with 64."""
    with pytest.raises(SystemExit) as stopped:
        main.main(arguments)
    assert stopped.value.code == 64
    assert "nonsense" in capsys.readouterr().err
