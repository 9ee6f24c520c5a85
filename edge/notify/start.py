"""Makes out of the configuration who is told, and opens the telling."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path
from threading import Thread

from edge.config.hours import is_open, parse_span
from edge.config.schema import Config, NotifyConfig
from edge.config.settings import settings_folder
from edge.events.history import History
from edge.events.log import EventLog
from edge.health import HealthMonitor
from edge.host.doors import the_door
from edge.languages.words import offered_words
from edge.notify.courier import Limits
from edge.notify.destination import Bulletin, DeliveryError, Destination, bulletin_id
from edge.notify.notice import Notice
from edge.notify.notifier import Notifier
from edge.notify.queue import Waiting
from edge.notify.texts import test_words, words
from edge.notify.webhook import Webhook, read_secret
from edge.reports.pages import as_html, as_text, title
from edge.reports.report import make_report
from edge.reports.schedule import parse_schedule
from edge.timing import utc_now

TEST_S = 20.0
"""A test waits this long for everybody's answer."""

PICTURE_S = 3
"""A snapshot is written within so many seconds of the alert's begin."""


def destinations(notify: NotifyConfig) -> Sequence[Destination]:
    """Everybody who is told, each once.

    Raises:
        ConfigError: if an address or a file is of no use.
        ImportError: if the extra is missing that addresses need.
    """
    found: list[Destination] = []
    if notify.needs_apprise:
        from edge.notify.services import Service, read_urls  # noqa: PLC0415 - its library may be missing

        urls = (*notify.urls, *(() if notify.urls_file is None else read_urls(notify.urls_file)))
        found += [Service(url, number) for number, url in enumerate(urls, 1)]
    if notify.webhook is not None and notify.webhook_secret_file is not None:
        found.append(Webhook(notify.webhook, read_secret(notify.webhook_secret_file)))
    return list({one.key: one for one in found}.values())


def open_notifier(in_use: Callable[[], Config], event_log: EventLog, health: HealthMonitor) -> Notifier:
    """Begin to tell.

    Raises:
        ConfigError, ImportError: see `destinations`.
    """

    def limits() -> Limits:
        notify = in_use().notify
        spans = [parse_span(text) for text in notify.quiet_hours]
        return Limits(bool(spans) and is_open(spans, utc_now().astimezone(in_use().door.zone)), notify.per_hour)

    return Notifier(
        event_log.path,
        config=lambda: in_use().notify,
        destinations=destinations(in_use().notify),
        compose=partial(_compose, in_use, event_log.path),
        limits=limits,
        monitor=health,
        report=lambda: _report_due(in_use().notify, utc_now(), in_use().door.zone),
    )


def send_test(config: Config, timeout_s: float = TEST_S) -> Mapping[str, str | None]:
    """Send a test message to everybody; tells by name why it was not taken, None where it was.

    Raises:
        ConfigError, ImportError: see `destinations`.
    """
    causes: dict[str, str | None] = {}

    def tell(one: Destination) -> None:
        try:
            heading, text = test_words(kiosk_name(config), config.web.languages[0], utc_now(), config.door.zone)
            one.send(Bulletin(bulletin_id([f"test {utc_now()}"], one.key), kiosk_name(config), heading, text))
        except DeliveryError as error:
            causes[one.key] = str(error)
        else:
            causes[one.key] = None

    everybody = destinations(config.notify)
    threads = [Thread(target=tell, args=(one,), daemon=True) for one in everybody]
    for thread in threads:
        thread.start()
    until = time.monotonic() + timeout_s
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return {one.name: causes.get(one.key, f"no answer within {timeout_s:g} s") for one in everybody}


def kiosk_name(config: Config) -> str:
    """What people know the kiosk by."""
    return config.door.name or config.mqtt.name or the_door().network_name


def _report_due(notify: NotifyConfig, now: datetime, zone: tzinfo | None = None) -> Notice | None:
    if notify.report is None or "report" not in notify.rules:
        return None
    schedule = parse_schedule(notify.report)
    last = schedule.due(now, zone)
    return None if last is None else Notice("report", f"report {schedule.span} {last}", now, f"{schedule.span} {last}")


def _report(path: Path, notice: Notice, kiosk: str, key: str, config: Config) -> Bulletin:
    """The report that a notice orders: its figures are those of the moment at which it is sent."""
    span, _, last = notice.detail.partition(" ")
    report = make_report(
        History(path),
        "week" if span == "week" else "day",
        date.fromisoformat(last),
        now=utc_now(),
        zone=config.door.zone,
    )
    language = offered_words(config.web.languages[0])
    text, html = as_text(report, kiosk, language), as_html(report, kiosk, language)
    return Bulletin(bulletin_id([notice.cause], key), kiosk, title(report, kiosk, language), text, [notice], html=html)


def _compose(in_use: Callable[[], Config], path: Path, batch: Sequence[Waiting], destination: Destination) -> Bulletin:
    config = in_use()
    kiosk, notices = kiosk_name(config), [one.notice for one in batch]
    if notices[0].rule == "report":
        return _report(path, notices[0], kiosk, destination.key, config)
    heading, text = words(notices, kiosk, config.web.languages[0], config.door.zone)
    folder = settings_folder(config)
    wants_picture = config.notify.picture and config.web.snapshots and len(notices) == 1 and notices[0].rule == "alert"
    return Bulletin(
        bulletin_id([notice.cause for notice in notices], destination.key),
        kiosk,
        heading,
        text,
        notices,
        picture=_snapshot(folder / "snapshots", notices[0].at) if wants_picture and folder else None,
    )


def _snapshot(folder: Path, at: datetime) -> Path | None:
    """The blurred picture of the alert that began then; None if none was kept."""
    names = (f"{at + timedelta(seconds=late):%Y%m%dT%H%M%SZ}.jpg" for late in range(PICTURE_S + 1))
    return next((folder / name for name in names if (folder / name).is_file()), None)
