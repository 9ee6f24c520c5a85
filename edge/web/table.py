"""The whole API, one line for each operation; the pages do nothing that is not here."""

from __future__ import annotations

from collections.abc import Sequence

from edge.config.settings import SettingsPatch
from edge.web import handlers
from edge.web.answers import (
    ChangedAnswer,
    EventsAnswer,
    PinsAnswer,
    SettingsAnswer,
    SetupAnswer,
    SnapshotsAnswer,
    TalliesAnswer,
    TriedAnswer,
    UncertainAnswer,
)
from edge.web.api import account, health, incidents, notify, people, update
from edge.web.operations import Operation
from edge.web.people.roles import Scope
from edge.web.queries import (
    EventsQuery,
    ExportQuery,
    LockdownBody,
    MuteBody,
    SeenBody,
    SetupBody,
    TalliesQuery,
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
    Operation(
        "GET",
        "/incidents",
        Scope.CONTROL,
        incidents.incidents,
        query=incidents.IncidentsQuery,
        answer=incidents.IncidentsAnswer,
        refusals=(503,),
    ),
    Operation(
        "GET",
        "/incidents.csv",
        Scope.CONTROL,
        incidents.incidents_csv,
        query=incidents.IncidentsExport,
        answer="text/csv",
        refusals=(503,),
    ),
    Operation(
        "PATCH",
        "/incidents/{id}",
        Scope.CONTROL,
        incidents.review,
        body=incidents.ReviewBody,
        answer=incidents.IncidentAnswer,
        refusals=(404, 503),
    ),
    Operation("POST", "/mute", Scope.CONTROL, handlers.mute, body=MuteBody),
    Operation("POST", "/acknowledge", Scope.CONTROL, handlers.acknowledge),
    Operation("POST", "/door/lockdown", Scope.CONTROL, handlers.lock_down, body=LockdownBody, refusals=(409,)),
    Operation("POST", "/sound/test", Scope.CONTROL, handlers.test_sound, refusals=(409,)),
    Operation("POST", "/door/reset-fire", Scope.CONTROL, handlers.reset_fire, refusals=(409,)),
    Operation("POST", "/notify/test", Scope.ADMIN, notify.test_notify, answer=notify.DeliveriesAnswer, refusals=(409,)),
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
    Operation("GET", "/health", Scope.CONTROL, health.health, answer=health.HealthAnswer),
    Operation("GET", "/log", Scope.ADMIN, health.log_lines, answer=health.LogAnswer),
    Operation("POST", "/restart", Scope.ADMIN, health.restart, status=204, refusals=(409,)),
    Operation("GET", "/update", Scope.ADMIN, update.update, answer=update.UpdateAnswer),
    Operation("PUT", "/update/files/{name}", Scope.ADMIN, update.receive, is_upload=True, refusals=(409,)),
    Operation("POST", "/update", Scope.ADMIN, update.begin, body=update.UpdateBody, status=204, refusals=(409,)),
    Operation("DELETE", "/update", Scope.ADMIN, update.discard, refusals=(409,)),
    Operation("GET", "/account", None, account.account, answer=account.AccountAnswer),
    Operation("DELETE", "/account/sessions/{id}", None, account.end_session, refusals=(404,)),
    Operation(
        "POST", "/account/second-factor/secret", None, account.new_secret, answer=account.SecretAnswer, refusals=(409,)
    ),
    Operation(
        "POST",
        "/account/second-factor",
        None,
        account.set_second_factor,
        body=account.SecondFactorBody,
        refusals=(404, 409),
    ),
    Operation(
        "POST",
        "/account/second-factor/off",
        None,
        account.drop_second_factor,
        body=account.CodeBody,
        refusals=(404, 409),
    ),
    Operation(
        "POST",
        "/account/recovery-codes",
        None,
        account.new_recovery_codes,
        body=account.CodeBody,
        answer=account.RecoveryAnswer,
        status=201,
        refusals=(404, 409),
    ),
    Operation("POST", "/password", None, account.set_password, body=account.PasswordBody, refusals=(404, 409)),
    Operation("GET", "/users", Scope.ADMIN, people.users, answer=people.UsersAnswer),
    Operation(
        "POST",
        "/users",
        Scope.ADMIN,
        people.add_user,
        body=people.UserBody,
        answer=people.InvitationAnswer,
        status=201,
        refusals=(404, 409),
    ),
    Operation("PATCH", "/users/{name}", Scope.ADMIN, people.change_user, body=people.RoleBody, refusals=(404, 409)),
    Operation("DELETE", "/users/{name}", Scope.ADMIN, people.remove_user, refusals=(404, 409)),
    Operation(
        "POST",
        "/users/{name}/invitation",
        Scope.ADMIN,
        people.invite_user,
        answer=people.InvitationAnswer,
        status=201,
        refusals=(404,),
    ),
    Operation("DELETE", "/users/{name}/second-factor", Scope.ADMIN, people.drop_second_factor, refusals=(404,)),
    Operation("GET", "/sessions", Scope.ADMIN, people.sessions, answer=people.SessionsAnswer),
    Operation("DELETE", "/sessions/{id}", Scope.ADMIN, people.end_session, refusals=(404,)),
    Operation("GET", "/tokens", Scope.ADMIN, people.tokens, answer=people.TokensAnswer),
    Operation(
        "POST",
        "/tokens",
        Scope.ADMIN,
        people.add_token,
        body=people.TokenBody,
        answer=people.KeyAnswer,
        status=201,
        refusals=(409,),
    ),
    Operation("DELETE", "/tokens/{name}", Scope.ADMIN, people.remove_token, refusals=(404,)),
)
