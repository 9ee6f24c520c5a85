"""Builds the site from the configuration, and opens it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.aiming.setup_mode import SetupMode
from edge.collection.collector import uncertain_faces
from edge.config.schema import Config, WebConfig
from edge.config.settings import Settings, settings_folder
from edge.controls import Controls
from edge.errors import ConfigError
from edge.events.history import History
from edge.events.incidents import Incidents
from edge.health import HealthMonitor
from edge.host.recent_log import LogLine
from edge.local.trials import Trials
from edge.others import Others
from edge.sinks import Sink
from edge.web.aim import SharpPictures
from edge.web.app import make_app
from edge.web.guarding.attempts import Attempts
from edge.web.guarding.logins import Logins
from edge.web.live import Live
from edge.web.mirror import Mirror
from edge.web.people.access import Access
from edge.web.server import Server, ServerConfig
from edge.web.site import Site
from edge.web.snapshots import Snapshots
from edge.web.status import StatusFeed
from edge.web.streams import Pictures
from edge.web.updates.spool import Spool

MAX_CONNECTIONS = 128
"""Of everybody together; each is one file of the kiosk's thousand, or two for a moment."""

MAX_PER_ADDRESS = 64
"""A house of people behind one address, each with a page or two open."""


@dataclass(frozen=True, slots=True)
class Web:
    """An open site: what feeds it, and how it is closed."""

    site: Site
    server: Server

    @property
    def sinks(self) -> dict[str, Sink]:
        """By name, in the order in which they are to be told."""
        # Not called `web`: a picture that arrives says nothing of the server's own faults.
        return {"live": self.site.live, "snapshots": self.site.snapshots}

    def start(self) -> None:
        """Begin to serve."""
        self.server.start()

    def close(self) -> None:
        """Let every visitor go; may be called again."""
        self.site.feed.close()
        self.site.pictures.close()
        self.site.mirror.close()
        self.site.sharp.close()
        self.server.close()
        self.site.snapshots.close()


def open_web(
    in_use: Callable[[], Config],
    *,
    controls: Controls,
    health: HealthMonitor,
    audit: Callable[[str], None],
    settings: Settings,
    database: Path | None,
    trials: Callable[[], Trials],
    setup: SetupMode,
    test_notify: Callable[[], Mapping[str, str | None]] = dict,
    test_sound: Callable[[], bool] | None = None,
    recent_log: Callable[[], Sequence[LogLine]] = tuple,
    restart: Callable[[str], None] | None = None,
    others: Others | None = None,
    at: WebConfig | None = None,
) -> Web:
    """Serve the kiosk's pages; the server starts once it is told to.

    Args:
        in_use: tells the configuration in use.
        controls: what may be asked of the kiosk.
        health: how it does; told when the pages cannot be served.
        audit: notes that a person changed something.
        settings: what may be changed.
        database: the events; None if none are kept.
        trials: gives what tries the outputs, once the kiosk is there.
        setup: the half hour in which the camera is aimed.
        test_notify: sends everybody who is told a test message, and tells by name why it was not taken.
        test_sound: has the voice say something, False while it may not; None if there is none.
        recent_log: tells the last lines of the log.
        restart: ends the service for systemd to start it again; None where nobody would.
        others: what other kiosks say, if that is wanted.
        at: where the pages are served, if that is not what the configuration says.

    Raises:
        ConfigError: if there is no folder, or its content is damaged.
    """
    config = in_use()
    folder = settings_folder(config)
    if folder is None:
        raise ConfigError("web.folder: name a folder for password and settings; only a systemd service has its own")
    live, access = Live(), Access(folder)
    site = Site(
        controls=controls,
        audit=audit,
        in_use=in_use,
        settings=settings,
        live=live,
        feed=StatusFeed(health, lambda: setup.left_s),
        pictures=Pictures(live, show_faces=lambda: in_use().web.show_faces),
        history=None if database is None else History(database),
        incidents=None if database is None else Incidents(database),
        access=access,
        test_notify=test_notify,
        test_sound=test_sound,
        recent_log=recent_log,
        restart=restart,
        logins=Logins(access, Attempts(), audit=audit),
        snapshots=Snapshots(
            folder / "snapshots",
            live,
            wanted=lambda: in_use().web.snapshots,
            max_age_days=lambda: in_use().web.snapshot_days,
        ),
        mirror=Mirror(
            live,
            wanted=lambda: in_use().door_screen.mirror,
            is_mirrored=lambda: in_use().camera.mirrored,
        ),
        uncertain=uncertain_faces(
            folder, most=lambda: in_use().collect.most, max_age_days=lambda: in_use().collect.days
        ),
        trials=trials,
        spool=Spool(),
        setup=setup,
        sharp=SharpPictures(live, show_faces=lambda: True),
        others=others or Others(),
    )
    return Web(site, Server(make_app(site), _server_config(at or config.web), health))


def _server_config(web: WebConfig) -> ServerConfig:
    return ServerConfig(
        component="web",
        listen=web.listen or "",
        remedy="see web.listen, web.certificate and web.key, and which program has the port",
        limit=MAX_CONNECTIONS,
        limit_per_address=MAX_PER_ADDRESS,
        certificate=web.certificate,
        key=web.key,
        trusted_proxies=web.trusted_proxies,
        lifespan=True,
    )
