"""Everything the pages and the API work with, in one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge.aiming.setup_mode import SetupMode
from edge.collection.kept import KeptPictures
from edge.config.schema import Config
from edge.config.settings import Settings
from edge.controls import Controls
from edge.events.history import History
from edge.events.incidents import Incidents
from edge.host.recent_log import LogLine
from edge.local.trials import Trials
from edge.others import Others
from edge.web.aim import SharpPictures
from edge.web.guarding.logins import Logins
from edge.web.live import Live
from edge.web.mirror import Mirror
from edge.web.people.access import Access
from edge.web.snapshots import Snapshots
from edge.web.status import StatusFeed
from edge.web.streams import Pictures
from edge.web.updates.spool import Spool


@dataclass(frozen=True, slots=True)
class Site:
    """What a handler may need.

    Attributes:
        controls: what may be asked of the kiosk.
        audit: notes that a person changed something.
        in_use: the configuration in use now.
        settings: what may be changed.
        live, feed, pictures: what is seen now, as values, as news and as JPEG.
        history, incidents: the events, and the alerts among them; None if none are kept.
        access, logins: who may come in.
        test_notify: sends everybody who is told a test message, and tells by name why it was not taken.
        test_sound: has the voice say something, False while it may not; None if there is none.
        snapshots: pictures of alerts; those that are left, if no more are wanted.
        mirror: where people are, for the door screen.
        trials: gives what tries the outputs.
        uncertain: faces kept for labelling, likewise.
        spool: takes a signed release, and has it installed.
        others: what other kiosks at the broker say of themselves.
        setup: the half hour in which the camera is aimed, and the sharp pictures of it.
        recent_log: tells the last lines of the log.
        restart: ends the service for systemd to start it again, for whoever is named; None where nobody would.
    """

    controls: Controls
    audit: Callable[[str], None]
    in_use: Callable[[], Config]
    settings: Settings
    live: Live
    feed: StatusFeed
    pictures: Pictures
    history: History | None
    incidents: Incidents | None
    access: Access
    logins: Logins
    snapshots: Snapshots
    mirror: Mirror
    trials: Callable[[], Trials]
    spool: Spool
    setup: SetupMode
    sharp: SharpPictures
    uncertain: KeptPictures
    others: Others
    test_notify: Callable[[], Mapping[str, str | None]] = dict
    test_sound: Callable[[], bool] | None = None
    recent_log: Callable[[], Sequence[LogLine]] = tuple
    restart: Callable[[str], None] | None = None
