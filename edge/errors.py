"""Every error a user can meet, grouped by what the caller does next."""

from __future__ import annotations

from collections.abc import Mapping


class MaskgateError(Exception):
    """Root of all expected errors: the command line prints its text as one line, never a traceback."""

    exit_code = 1


class UsageError(MaskgateError):
    """The command line itself is wrong (EX_USAGE of sysexits.h)."""

    exit_code = 64


class InputError(MaskgateError):
    """A picture, clip or data set cannot be read (EX_NOINPUT)."""

    exit_code = 66


class CameraError(MaskgateError):
    """No frame can be had now; a kiosk shows FAULT and tries again later."""

    exit_code = 66


class CameraFrozenError(CameraError):
    """The camera sends pictures, and always the same: opening it again may help."""


class CameraRefusedError(CameraError):
    """A camera wants another user or password; asked again and again, many lock the account."""


class ConfigError(MaskgateError):
    """The configuration is refused (EX_CONFIG); trying again without an edit is pointless."""

    exit_code = 78


class ModelError(MaskgateError):
    """A model file is missing, damaged or not what its manifest says (EX_CONFIG)."""

    exit_code = 78


class SignalError(MaskgateError):
    """A lamp, buzzer or relay cannot be driven; a kiosk shows FAULT."""

    exit_code = 78


class EventsError(MaskgateError):
    """The event database cannot be used now; a kiosk goes on watching, and its health is degraded."""

    exit_code = 66


class UpdateError(MaskgateError):
    """A release is not taken: not whole, not signed, too large, or not now; the version in use goes on."""


class OrderRefusedError(MaskgateError):
    """What was asked of the kiosk cannot be done as things stand at the door."""


class SoundError(MaskgateError):
    """A sound cannot be played; the voice is silent, and lamps and buzzer go on."""


def cause_of(problem: Mapping[str, object]) -> str:
    """What pydantic says of one problem (an item of `ValidationError.errors()`), without the kind it begins with when a
    check of ours refused the value.
    """
    return str(problem["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
