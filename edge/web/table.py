"""The whole API, one line for each operation; the pages do nothing that is not here."""

from __future__ import annotations

from collections.abc import Sequence

from edge.config.settings import SettingsPatch
from edge.web import handlers
from edge.web.answers import (
    ChangedAnswer,
    EventsAnswer,
    KeyAnswer,
    PinsAnswer,
    SettingsAnswer,
    SetupAnswer,
    SnapshotsAnswer,
    TalliesAnswer,
    TokensAnswer,
    TriedAnswer,
    UncertainAnswer,
)
from edge.web.operations import Operation
from edge.web.people.access import Scope
from edge.web.queries import (
    EventsQuery,
    ExportQuery,
    LockdownBody,
    MuteBody,
    PasswordBody,
    SeenBody,
    SetupBody,
    TalliesQuery,
    TokenBody,
    TryBody,
)
from edge.web.status import Status

OPERATIONS: Sequence[Operation] = (
    Operation("GET", "/status", Scope.READ, handlers.status, answer=Status),
    Operation("GET", "/stream", Scope.READ, handlers.stream, answer="text/event-stream"),
    Operation("GET", "/picture.jpg", Scope.PICTURE, handlers.picture, answer="image/jpeg", refusals=(503,)),
    Operation("GET", "/picture.mjpeg", Scope.PICTURE, handlers.pictures, answer="multipart/x-mixed-replace"),
    Operation("GET", "/events", Scope.READ, handlers.events, query=EventsQuery, answer=EventsAnswer, refusals=(503,)),
    Operation(
        "GET", "/events.csv", Scope.READ, handlers.events_csv, query=ExportQuery, answer="text/csv", refusals=(503,)
    ),
    Operation(
        "GET", "/tallies", Scope.READ, handlers.tallies, query=TalliesQuery, answer=TalliesAnswer, refusals=(503,)
    ),
    Operation(
        "GET", "/tallies.csv", Scope.READ, handlers.tallies_csv, query=TalliesQuery, answer="text/csv", refusals=(503,)
    ),
    Operation("POST", "/mute", Scope.CONTROL, handlers.mute, body=MuteBody),
    Operation("POST", "/acknowledge", Scope.CONTROL, handlers.acknowledge),
    Operation("POST", "/door/lockdown", Scope.CONTROL, handlers.lock_down, body=LockdownBody, refusals=(409,)),
    Operation("POST", "/sound/test", Scope.CONTROL, handlers.test_sound, refusals=(409,)),
    Operation("POST", "/door/reset-fire", Scope.CONTROL, handlers.reset_fire, refusals=(409,)),
    Operation("GET", "/settings", Scope.READ, handlers.settings, answer=SettingsAnswer, refusals=(409,)),
    Operation(
        "PATCH",
        "/settings",
        Scope.SETTINGS,
        handlers.change_settings,
        body=SettingsPatch,
        answer=ChangedAnswer,
        refusals=(409,),
    ),
    Operation("GET", "/snapshots", Scope.PICTURE, handlers.snapshots, answer=SnapshotsAnswer),
    Operation("DELETE", "/snapshots", Scope.SETTINGS, handlers.erase_snapshots),
    Operation("GET", "/snapshots/{name}", Scope.PICTURE, handlers.snapshot, answer="image/jpeg", refusals=(404,)),
    Operation("DELETE", "/snapshots/{name}", Scope.SETTINGS, handlers.erase_snapshot, refusals=(404,)),
    Operation("GET", "/setup", Scope.ADMIN, handlers.setup, answer=SetupAnswer),
    Operation("POST", "/setup", Scope.ADMIN, handlers.begin_setup, body=SetupBody),
    Operation("DELETE", "/setup", Scope.ADMIN, handlers.end_setup),
    Operation(
        "GET",
        "/setup/picture.mjpeg",
        Scope.ADMIN,
        handlers.sharp_pictures,
        answer="multipart/x-mixed-replace",
        refusals=(409,),
    ),
    Operation("GET", "/pins", Scope.READ, handlers.pins, answer=PinsAnswer),
    Operation(
        "POST",
        "/pins/{name}/try",
        Scope.SETTINGS,
        handlers.try_pin,
        body=TryBody,
        answer=TriedAnswer,
        refusals=(409,),
    ),
    Operation("POST", "/pins/{name}/seen", Scope.SETTINGS, handlers.keep_pin, body=SeenBody, refusals=(409,)),
    Operation("GET", "/uncertain", Scope.PICTURE, handlers.uncertain_faces, answer=UncertainAnswer),
    Operation("DELETE", "/uncertain", Scope.SETTINGS, handlers.erase_uncertain_faces),
    Operation("GET", "/uncertain/{name}", Scope.PICTURE, handlers.uncertain_face, answer="image/jpeg", refusals=(404,)),
    Operation("DELETE", "/uncertain/{name}", Scope.SETTINGS, handlers.erase_uncertain_face, refusals=(404,)),
    Operation("GET", "/tokens", Scope.ADMIN, handlers.tokens, answer=TokensAnswer),
    Operation(
        "POST",
        "/tokens",
        Scope.ADMIN,
        handlers.add_token,
        body=TokenBody,
        answer=KeyAnswer,
        status=201,
        refusals=(409,),
    ),
    Operation("DELETE", "/tokens/{name}", Scope.ADMIN, handlers.remove_token, refusals=(404,)),
    Operation("POST", "/password", Scope.ADMIN, handlers.set_password, body=PasswordBody, refusals=(409,)),
)
