"""Who asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.web.people.roles import Role, Scope

SHARED = "web page"
"""Whom events name where people share one password."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with a browser, who may do what their role says, or a program with a token, by its scopes.

    Attributes:
        name: whom events name.
        scopes: what they may do.
        session: of a person; empty for a program.
        user: a person's own name; empty where people share a password.
        role: a person's.
        by_proxy: whether a trusted proxy says who it is.
        maker: who made a program's token.
    """

    name: str
    scopes: frozenset[Scope]
    session: str = ""
    user: str = ""
    role: Role | None = None
    by_proxy: bool = False
    maker: str = ""

    @property
    def answerable(self) -> str:
        """The user behind it: with whom goes what it made."""
        return self.user or self.maker


def may(visitor: Visitor | None, wanted: Iterable[Scope]) -> bool:
    """Whether a visitor has every scope of `wanted`."""
    return visitor is not None and visitor.scopes.issuperset(wanted)


def why_not(visitor: Visitor | None, scope: Scope | None) -> str | None:
    """Why a visitor may not have what needs a scope; None if they may.

    Args:
        scope: which is needed; None for what is everybody's own, such as a password, which programs have none of.
    """
    if visitor is None:
        return "log in, or send a token"
    if scope is None:
        return None if visitor.session else "this is for people; a token has no password and no sessions"
    if may(visitor, [scope]):
        return None
    if visitor.session:
        return f"the role {visitor.role!s} may not do this; an admin can give you another one"
    return f"this token lacks the scope {scope.value!r}"
