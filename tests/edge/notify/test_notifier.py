"""From the event to the message, against real servers: none lost within the queue's bound, none told twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apprise.plugins.email.base import NotifyEmail

from edge.config.schema import Config, NotifyConfig
from edge.config.secrets import SecretUrl
from edge.events.log import EventLog
from edge.events.outbox import Outbox
from edge.health import HealthMonitor
from edge.notify.courier import Limits
from edge.notify.destination import Bulletin, DeliveryError, Destination, bulletin_id
from edge.notify.notice import Notice
from edge.notify.notifier import Notifier
from edge.notify.queue import NoticeQueue, Waiting
from edge.notify.services import Service
from edge.notify.start import destinations, send_test
from edge.notify.texts import words
from edge.notify.webhook import Webhook
from edge.types import Event, EventKind
from tests.builders import event_log
from tests.edge.notify.servers import HttpReceiver, Receiver, SmtpReceiver, receiver, silent_port

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SECRET = b"a secret of enough bytes"
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def _mail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apprise waits five seconds between two mails."""
    monkeypatch.setattr(NotifyEmail, "request_rate_per_sec", 0)


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.02)


def compose(batch: Sequence[Waiting], destination: Destination) -> Bulletin:
    notices = [one.notice for one in batch]
    title, text = words(notices, "west", "en")
    return Bulletin(bulletin_id([one.cause for one in notices], destination.key), "west", title, text, notices)


class Door:
    """A database of events, and who tells of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[str] = []
        self.health = HealthMonitor(model=lambda: "", on_fault=self._fault)
        self.log: EventLog = event_log(path)
        self.limits = Limits(is_quiet=False, per_hour=1000)
        self._count = 0

    def _fault(self, fault: object, begins: bool) -> None:
        self.faults.append("begins" if begins else "ends")

    def force(self, count: int) -> list[str]:
        """The door is forced so often; the numbers that are to be told."""
        numbers = [str(self._count + number) for number in range(count)]
        for number in numbers:
            self.log.record(Event(EventKind.DOOR_FORCED, T0 + timedelta(seconds=int(number)), detail=f"door {number}"))
        self._count += count
        assert self.log.flush()
        return numbers

    @contextmanager
    def telling(self, *told: Destination, **config: object) -> Iterator[Notifier]:
        notifier = Notifier(
            self.path,
            config=lambda: NotifyConfig.model_validate(config),
            destinations=told,
            compose=compose,
            limits=lambda: self.limits,
            monitor=self.health,
            pause=lambda failures: 0.05,
        )
        try:
            yield notifier
        finally:
            notifier.close()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    one = Door(tmp_path / "events.db")
    yield one
    one.log.close()


def webhook(server: Receiver) -> Destination:
    return Webhook(SecretUrl(f"http://127.0.0.1:{server.port}/"), SECRET, timeout_s=0.3)


def mail(server: Receiver) -> Destination:
    return Service(SecretUrl(f"mailto://127.0.0.1:{server.port}?from=door@example.org&to=desk@example.org&cto=0.5"), 1)


@pytest.mark.parametrize(("kind", "make"), [(HttpReceiver, webhook), (SmtpReceiver, mail)], ids=["webhook", "mail"])
def test_none_is_lost_and_none_is_told_twice(
    kind: Callable[[], Receiver], make: Callable[[Receiver], Destination], door: Door
) -> None:
    """By a server that is away, refuses, hangs and comes back; and over two ends of the service."""
    with receiver(kind, "away") as server:
        with door.telling(make(server)) as notifier:
            expected = door.force(3)
            notifier.wake()
            wait_until(lambda: door.faults == ["begins"])
            server.behave("take")
            wait_until(lambda: server.told == expected)
            wait_until(lambda: door.faults == ["begins", "ends"])
            server.behave("refuse")
            before = server.attempts
            expected += door.force(2)
            notifier.wake()
            wait_until(lambda: server.attempts > before + 1)
        with door.telling(make(server)) as notifier:
            server.behave("hang")
            before = server.attempts
            expected += door.force(2)
            notifier.wake()
            wait_until(lambda: server.attempts > before)
            server.behave("take")
            wait_until(lambda: server.told == expected)
        with door.telling(make(server)) as notifier:
            expected += door.force(1)
            notifier.wake()
            wait_until(lambda: server.told == expected)
            wait_until(lambda: notifier.gauges()["notify_waiting_notices"] == 0)
            assert notifier.gauges()["notify_dropped_notices_total"] == 0
    assert server.told == expected


def test_the_oldest_give_way_and_are_counted(door: Door) -> None:
    """Beyond the queue's bound; what was tried already when they came is still told."""
    with receiver(HttpReceiver, "away") as server, door.telling(webhook(server), queue=10) as notifier:
        numbers = door.force(25)
        notifier.wake()
        wait_until(lambda: notifier.gauges().get("notify_dropped_notices_total") == 15)
        server.behave("take")
        wait_until(lambda: notifier.gauges()["notify_waiting_notices"] == 0)
        told = server.told
    assert told[-10:] == numbers[-10:]
    assert len(told) == len({*told}) <= 11


def test_one_that_hangs_holds_up_nobody_else(door: Door) -> None:
    """And the end of the service does not wait for it."""
    with receiver(HttpReceiver) as server, silent_port() as listener:
        hung = Webhook(SecretUrl(f"http://127.0.0.1:{listener.getsockname()[1]}/"), SECRET, timeout_s=30)
        with door.telling(hung, webhook(server)) as notifier:
            expected = door.force(2)
            notifier.wake()
            wait_until(lambda: server.told == expected)
            started = time.monotonic()
        assert time.monotonic() - started < 2.0


def test_the_rest_of_the_hour_comes_in_one(door: Door) -> None:
    """Three messages in an hour, and no fourth."""
    door.limits = Limits(is_quiet=False, per_hour=3)
    with receiver(HttpReceiver) as server, door.telling(webhook(server)) as notifier:
        for count in (1, 1, 5, 2):
            before = len(server.taken)
            expected = door.force(count)
            notifier.wake()
            if before < 3:
                wait_until(lambda seen=before: len(server.taken) > seen)  # type: ignore[misc]
        wait_until(lambda: notifier.gauges()["notify_waiting_notices"] >= 2)
        assert len(server.taken) == 3
        # A restart forgets nothing of it.
    with receiver(HttpReceiver) as later, door.telling(webhook(server)) as notifier:
        time.sleep(0.3)
        assert notifier.gauges()["notify_waiting_notices"] >= len(expected)
        assert later.taken == []


def test_quiet_hours_are_summed_up(door: Door) -> None:
    """Nothing is sent in them; one message follows."""
    door.limits = Limits(is_quiet=True, per_hour=9)
    with receiver(HttpReceiver) as server, door.telling(webhook(server)) as notifier:
        expected = door.force(4)
        notifier.wake()
        wait_until(lambda: notifier.gauges().get("notify_waiting_notices") == 4)
        assert server.attempts == 0
        door.limits = Limits(is_quiet=False, per_hour=9)
        for courier in notifier._couriers:
            courier.wake()
        wait_until(lambda: len(server.taken) == 1)
    assert server.told[:4] == expected


def test_what_is_refused_for_good_is_given_up(door: Door) -> None:
    """A message that is not wanted does not hold up the next for ever."""
    with receiver(HttpReceiver, "refuse") as server, door.telling(webhook(server)) as notifier:
        assert isinstance(server, HttpReceiver)
        server.status = 422
        door.force(1)
        notifier.wake()
        wait_until(lambda: notifier.gauges().get("notify_dropped_notices_total") == 1)
        server.behave("take")
        door.force(1)
        notifier.wake()
        wait_until(lambda: server.told == ["1"])


def test_what_was_before_the_first_start_is_not_told(door: Door) -> None:
    """Whoever switches it on is not told of last year, though the service was not started again since."""
    door.log.record(Event(EventKind.SERVICE, T0, detail="started"))
    door.force(3)
    with receiver(HttpReceiver) as server, door.telling(webhook(server)) as notifier:
        door.force(1)
        notifier.wake()
        wait_until(lambda: server.told == ["3"])


def test_all_of_a_database_that_is_new_is_told(tmp_path: Path) -> None:
    """The one that is made when the kiosk is started for the first time."""
    path = tmp_path / "events.db"
    outbox = Outbox(path, "notify", limit=100, whole_past=False)
    with event_log(path) as log:
        log.record(Event(EventKind.DOOR_FORCED, T0, detail="door 0"))
        assert log.flush()
        assert [event.event.detail for event in outbox.take(10)] == ["door 0"]


def test_a_notice_is_queued_once(tmp_path: Path) -> None:
    """However often it is put."""
    with event_log(tmp_path / "events.db") as log:
        log.record(Event(EventKind.SERVICE, T0, detail="started"))
        assert log.flush()
        queue = NoticeQueue(log.path, limit=10)
        notice = Notice("fault", "event 7", T0, "events: full", is_over=True)
        for _ in range(2):
            queue.put([notice], ["a", "b"])
        assert [len(queue.waiting(key)) for key in "abc"] == [1, 1, 0]
        queue.settle(queue.waiting("a"), T0)
        queue.put([notice], ["a"])
        assert queue.counts(["a", "b"]) == (1, 0)
        assert queue.last_sent("a", since=T0 - timedelta(hours=1), until=T0) == [T0]


def test_a_test_message_tells_who_took_it(tmp_path: Path) -> None:
    """By a name without a secret, and a cause without one."""
    (tmp_path / "secret").write_text("0123456789abcdef")
    with receiver(HttpReceiver) as server, receiver(SmtpReceiver, "away") as away:
        config = Config.model_validate(
            {
                "notify": {
                    "urls": [f"mailto://user:hunter22@127.0.0.1:{away.port}?from=a@example.org&to=b@example.org"],
                    "webhook": f"http://127.0.0.1:{server.port}/",
                    "webhook_secret_file": str(tmp_path / "secret"),
                }
            }
        )
        tested = send_test(config)
        assert tested["webhook"] is None
        assert tested["mailto (1)"]
        assert "hunter22" not in str(tested) + repr(config)
        assert len(server.taken) == 1


def test_an_address_stands_for_one(tmp_path: Path) -> None:
    """Who is named twice is told once; lines that say nothing do not count."""
    urls = tmp_path / "urls"
    address = "mailto://127.0.0.1:25?from=a@example.org&to=b@example.org"
    urls.write_text(f"# who is told\n\n{address}\n{address}\n")
    assert len(destinations(NotifyConfig(urls_file=urls))) == 1


def test_a_service_never_says_its_address() -> None:
    """Whatever goes wrong."""
    with pytest.raises(DeliveryError) as refused:
        Service(SecretUrl("json://user:hunter22@127.0.0.1:1/token-1234"), 1).send(Bulletin("x", "k", "t", "b"))
    assert not {"hunter22", "token-1234"} & set(str(refused.value).split())
