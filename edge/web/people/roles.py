"""Who may do what: the one table from which routes, operations, menu and docs follow."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from edge.languages.words import mark


class Scope(StrEnum):
    """One thing that may be allowed; an operation or a page needs one, a role or a token has some."""

    READ = "read"
    PICTURE = "picture"
    CONTROL = "control"
    SETTINGS = "settings"
    ADMIN = "admin"


class Role(StrEnum):
    """What a person is to the kiosk, the least first."""

    VIEWER = mark("viewer")
    OPERATOR = mark("operator")
    ADMIN = mark("admin")


ALLOWS: Mapping[Scope, str] = {
    Scope.READ: mark("state, events, counts, settings"),
    Scope.PICTURE: mark("live picture, snapshots, faces kept for labelling"),
    Scope.CONTROL: mark("mute, acknowledge, incidents, lock-down, fire reset, sound test; health in figures"),
    Scope.SETTINGS: mark("change settings, try outputs, erase snapshots and faces kept for labelling"),
    Scope.ADMIN: mark("users, sessions and tokens; set-up, with its sharp picture; log, restart, update"),
}
"""In words, for pages and docs."""

SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.VIEWER: frozenset({Scope.READ}),
    Role.OPERATOR: frozenset({Scope.READ, Scope.PICTURE, Scope.CONTROL}),
    Role.ADMIN: frozenset(Scope),
}


def least_role(scope: Scope) -> Role:
    """The first role that has a scope."""
    return next(role for role in Role if scope in SCOPES[role])
