"""What of a configuration may be shown: everything but the passwords that addresses hold."""

from __future__ import annotations

from dataclasses import dataclass
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


SECRET_KEYS = frozenset({"urls", "webhook"})
"""Keys whose addresses are secrets as a whole: many a service takes its token as user, host or path."""


def quoted(value: Any, *, key: str = "") -> str:
    """A value as an error shows it: without passwords, and not at any length; `key` is what it was given for."""
    try:
        text = repr(shown({key: value})[key])
    except ValueError:
        # Python writes no integer of more than 4300 digits.
        return "a number of thousands of digits"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def shown(value: Any) -> Any:
    """A value as an error may name it: texts in it that are addresses stand without their passwords."""
    if isinstance(value, str):
        return public_name(value)
    if isinstance(value, dict):
        return {key: _hidden(item) if key in SECRET_KEYS else shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    return value


def _hidden(value: Any) -> Any:
    """A value, or a list of them, of which nothing but the beginning may be named."""
    if isinstance(value, str):
        return str(SecretUrl(value))
    return [_hidden(item) for item in value] if isinstance(value, list | tuple) else "..."


@dataclass(frozen=True, slots=True, repr=False)
class SecretUrl:
    """An address that is a secret as a whole; it prints itself, and is dumped, without all but its beginning."""

    address: str

    def __str__(self) -> str:
        return f"{self.scheme}://..." if self.scheme else "..."

    __repr__ = __str__

    @property
    def scheme(self) -> str:
        """What it begins with, such as `mailto`; empty if it is no address."""
        scheme, separator, _ = self.address.partition("://")
        return scheme.lower() if separator and scheme.isascii() and scheme.isalnum() else ""


def _to_secret_url(value: object) -> SecretUrl:
    if isinstance(value, SecretUrl):
        return value
    if not isinstance(value, str) or not SecretUrl(value.strip()).scheme:
        raise PydanticCustomError("secret_url", 'expected an address, such as "mailto://..."')
    return SecretUrl(value.strip())


def _from_secret_url(url: SecretUrl, info: SerializationInfo) -> str:
    return url.address if (info.context or {}).get("secrets") else str(url)


Secret = Annotated[
    SecretUrl, PlainValidator(_to_secret_url), PlainSerializer(_from_secret_url), WithJsonSchema({"type": "string"})
]
"""An address of a service that whoever knows it can use."""


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
