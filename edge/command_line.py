"""How all three commands end: one clear line on standard error instead of a traceback, and a code that scripts know."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from edge.errors import MaskgateError, UsageError
from edge.host.extras import how_to_add

INTERRUPTED = 130
"""What a shell gives for a program ended by Ctrl-C."""


def run_command(
    command: click.Command, name: str, arguments: Sequence[str] | None = None, *, extra: str | None = None
) -> int:
    """Run a click command.

    Args:
        command: the command or group.
        name: how it is called in help and errors.
        arguments: None for those of this process.
        extra: what brings the libraries that the command needs; named where one of them is missing.

    Returns:
        the exit code, after sysexits.h: 0 done, 64 wrong use, 66 unreadable input, 78 refused configuration or model;
        or what the command itself exits with.
    """
    try:
        code = _run(command, name, arguments, extra)
    except MaskgateError as error:
        click.echo(f"{name}: {error}", err=True)
        return error.exit_code
    except click.UsageError as error:
        error.show()
        return UsageError.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{name}: interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away, as `head` does; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0


def _run(command: click.Command, name: str, arguments: Sequence[str] | None, extra: str | None) -> object:
    """What the command gives.

    Raises:
        UsageError: if a library of the extra is missing.
    """
    try:
        return command.main(args=arguments, prog_name=name, standalone_mode=False)
    except ModuleNotFoundError as error:
        if extra is None:
            raise
        raise UsageError(f"{error.name} is not installed; {how_to_add(extra)}") from error
