"""How commands end."""

from __future__ import annotations

import click
import pytest

from edge.command_line import run_command
from edge.errors import ConfigError, InputError, UsageError


def raising(error: BaseException | None) -> click.Command:
    def body() -> None:
        if error is not None:
            raise error

    return click.Command("test", callback=body)


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (None, 0, ""),
        (UsageError("which one?"), 64, "tool: which one?\n"),
        (InputError("a.jpg: is empty"), 66, "tool: a.jpg: is empty\n"),
        (ConfigError("x.toml: is not valid TOML"), 78, "tool: x.toml: is not valid TOML\n"),
        (KeyboardInterrupt(), 130, "\ntool: interrupted\n"),
        (click.exceptions.Exit(3), 3, ""),
        (click.ClickException("no"), 1, "Error: no\n"),
    ],
)
def test_every_end_has_its_code(
    capsys: pytest.CaptureFixture[str], error: BaseException | None, code: int, told: str
) -> None:
    """One line says what was wrong, and the exit code says it to scripts."""
    assert run_command(raising(error), "tool", []) == code
    assert capsys.readouterr().err == told


def test_wrong_options_are_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    """An option that does not exist exits with 64, not with click's 2."""
    assert run_command(raising(None), "tool", ["--nonsense"]) == 64
    assert "No such option" in capsys.readouterr().err


def test_a_missing_library_is_named_with_the_extra_that_brings_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The toolchain's commands need TensorFlow, which a kiosk has not; a command without an extra has a mistake."""
    missing = raising(ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow"))
    assert run_command(missing, "tool", [], extra="train") == 64
    told = capsys.readouterr().err
    assert told.startswith("tool: tensorflow is not installed; ")
    assert "train" in told
    assert len(told.splitlines()) == 1
    with pytest.raises(ModuleNotFoundError):
        run_command(missing, "tool", [])
