"""What may be asked of the kiosk while it runs, whoever asks: button, page, API, broker, SIGHUP."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TypeVar

from edge.errors import MaskgateError

log = logging.getLogger(__name__)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What came of reading the configuration again.

    Attributes:
        changed: keys that are used with another value from now on, such as `alarm.hold_s`.
        waiting: keys whose new value waits for a restart.
    """

    changed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"configuration reloaded; {wait_for_restart(self.waiting)}" if self.waiting else "configuration reloaded"


def wait_for_restart(keys: tuple[str, ...]) -> str:
    """The sentence that says which keys wait for a restart."""
    return f"{', '.join(keys)} {'wait' if len(keys) > 1 else 'waits'} for a restart"


@dataclass(frozen=True, slots=True)
class Actions:
    """Who does what is asked for; called between two frames, by the thread that drives the kiosk.

    Attributes:
        mute: silences the buzzer for some seconds; is told who wishes it.
        acknowledge: silences the present alert; is told who wishes it.
        lock_down: begins or ends a lock-down; is told who wishes it, and raises OrderRefusedError.
        reset_fire: ends what the fire contact began; is told who wishes it, and raises OrderRefusedError.
        reload: reads the configuration again; raises MaskgateError if it is refused.
        take_over_model: loads the live model again; raises MaskgateError if that fails.
    """

    mute: Callable[[float, str], None]
    acknowledge: Callable[[str], None]
    lock_down: Callable[[bool, str], None]
    reset_fire: Callable[[str], None]
    reload: Callable[[], Reloaded]
    take_over_model: Callable[[], None]


class Controls:
    """A queue of wishes. Every method but `obey` may be called from any thread and returns at once.

    A wish is fulfilled between two frames. Its answer comes then, or raises MaskgateError if the wish was refused; a
    kiosk that ends first gives no answer.
    """

    def __init__(self) -> None:
        self._wishes: SimpleQueue[Callable[[Actions], None]] = SimpleQueue()

    def mute(self, seconds: float, by: str) -> Future[None]:
        """Silence the buzzer for a while, 0 gives it its voice back; `by` tells the journal who wishes it."""
        return self._ask(lambda actions: actions.mute(seconds, by))

    def acknowledge(self, by: str) -> Future[None]:
        """Silence the present alert; `by` tells the journal who wishes it."""
        return self._ask(lambda actions: actions.acknowledge(by))

    def lock_down(self, on: bool, by: str) -> Future[None]:
        """Begin or end a lock-down; refused while the switch at the door keeps it on."""
        return self._ask(lambda actions: actions.lock_down(on, by))

    def reset_fire(self, by: str) -> Future[None]:
        """Lock the door again after a fire; refused while the fire contact is open."""
        return self._ask(lambda actions: actions.reset_fire(by))

    def reload(self) -> Future[Reloaded]:
        """Read the configuration again; one that is refused changes nothing."""
        return self._ask(lambda actions: actions.reload())

    def take_over_model(self) -> Future[None]:
        """Load the live model again; one that cannot be loaded changes nothing."""
        return self._ask(lambda actions: actions.take_over_model())

    def obey(self, actions: Actions) -> None:
        """Fulfil every wish that waits; for the thread that drives the kiosk."""
        with suppress(Empty):
            while True:
                self._wishes.get_nowait()(actions)

    def _ask(self, wish: Callable[[Actions], _T]) -> Future[_T]:
        answer: Future[_T] = Future()

        def fulfil(actions: Actions) -> None:
            try:
                done = wish(actions)
            except MaskgateError as error:
                answer.set_exception(error)
            except Exception as error:  # the border between the loop and whoever asks
                log.exception("wish=failed")
                answer.set_exception(error)
            else:
                answer.set_result(done)

        self._wishes.put(fulfil)
        return answer
