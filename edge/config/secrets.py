"""What of a configuration may be shown: everything but the passwords that addresses hold."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, SerializationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from edge.cameras.source import Source, parse_source
from edge.errors import UsageError
from edge.host.addresses import public_name

WITH_SECRETS = {"secrets": True}
"""The context of a dump that holds passwords: of what is kept for the service alone, or read in again at once."""


LONGEST = 80
"""Characters of a value that an error shows."""


def quoted(value: Any) -> str:
    """A value as an error shows it: without passwords, and not at any length."""
    try:
        text = repr(shown(value))
    except ValueError:
        # Python writes no integer of more than 4300 digits.
        return "a number of thousands of digits"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def shown(value: Any) -> Any:
    """A value as an error may name it: texts in it that are addresses stand without their passwords."""
    if isinstance(value, str):
        return public_name(value)
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    return value


def _to_source(value: object) -> Source:
    if isinstance(value, Source):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "Input should be a valid string")
    try:
        return parse_source(value)
    except UsageError as error:
        raise ValueError(str(error)) from error


def _from_source(source: Source, info: SerializationInfo) -> str:
    return source.address if (info.context or {}).get("secrets") else source.name


CameraSource = Annotated[
    Source, PlainValidator(_to_source), PlainSerializer(_from_source), WithJsonSchema({"type": "string"})
]
"""A source as it is written in a file; it prints itself, and is dumped, without its password."""
