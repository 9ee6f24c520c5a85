"""Installs models that somebody afar asks for, one at a time, on a thread of its own."""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event as Flag
from threading import Lock, Thread

from edge.errors import MaskgateError, ModelError
from edge.health import HealthMonitor
from edge.networks.store import ModelStore

log = logging.getLogger(__name__)

RETRY_S = 600.0
"""Before what could not be installed, mostly for want of a network, is tried again."""

COMPONENT = "rollout"
"""What health calls it."""


@dataclass(frozen=True, slots=True)
class Order:
    """A roll-out to a share of all kiosks.

    Attributes:
        url: of the bundle.
        model: whose place it takes.
        version: of the bundle.
        percent: of the kiosks.
        spread_s: the kiosks fetch it within this time, each at a moment of its own.
    """

    url: str
    model: str
    version: int
    percent: float
    spread_s: float


Install = Callable[[str, tuple[str, int] | None], tuple[str, int]]
"""Installs what lies at a URL, which must be this model and version if any is named; raises ModelError."""


class Installer:
    """Obeys orders; each new one takes the place of the one before.

    Args:
        kiosk: this one's name.
        store: of models.
        install: see there.
        take_over: has the kiosk load its model again.
        monitor: told when an order cannot be carried out.
    """

    def __init__(
        self, kiosk: str, *, store: ModelStore, install: Install, take_over: Callable[[], None], monitor: HealthMonitor
    ) -> None:
        self._kiosk = kiosk
        self.store = store
        self._install = install
        self._take_over = take_over
        self._monitor = monitor
        self._busy = Lock()
        self._order: Order | None = None
        self._cancel = Flag()

    def install(self, url: str, done: Callable[[str], None], refused: Callable[[MaskgateError], None]) -> None:
        """Install a bundle now; returns at once, tells later."""

        def work() -> None:
            if not self._busy.acquire(blocking=False):
                refused(ModelError("another installation is under way"))
                return
            try:
                model, version = self._install(url, None)
                self._take_over()
                done(f"{model} {version} is installed and on trial")
            except MaskgateError as error:
                refused(error)
            except Exception:  # the thread's border: an order is answered, whatever happens
                log.exception("install=failed")
                refused(ModelError("the installation failed; see the kiosk's log"))
            finally:
                self._busy.release()

        Thread(target=work, name="install", daemon=True).start()

    def follow(self, order: Order | None) -> None:
        """Carry out a roll-out if this kiosk is among the chosen; None ends one that waits."""
        if order == self._order:
            return
        self._cancel.set()
        self._order, self._cancel = order, Flag()
        self._monitor.recover(COMPONENT)
        if order is not None and is_chosen(self._kiosk, order.model, order.version, order.percent):
            Thread(target=self._carry_out, args=(order, self._cancel), name="rollout", daemon=True).start()

    def close(self) -> None:
        """Wait for nothing any more; may be called again."""
        self._cancel.set()

    def _carry_out(self, order: Order, cancel: Flag) -> None:
        pause_s = random.uniform(0, order.spread_s)  # noqa: S311 - spreads load, hides nothing
        while not cancel.wait(pause_s):
            try:
                with self._busy:
                    if not self._is_wanted(order):
                        return
                    self._install(order.url, (order.model, order.version))
                self._take_over()
            except MaskgateError as error:
                pause_s = self._miss(str(error), "correct the roll-out's order, or check its server")
            except Exception as error:  # the thread's border: an order is carried out later, whatever happens now
                log.exception("rollout=failed")
                pause_s = self._miss(f"{type(error).__name__}: {error}", "see the kiosk's log")
            else:
                self._monitor.recover(COMPONENT)
                return

    def _miss(self, cause: str, remedy: str) -> float:
        """Tell that an order was not carried out; returns when to try again, seconds."""
        self._monitor.fail(COMPONENT, cause, remedy)
        return RETRY_S * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, hides nothing

    def _is_wanted(self, order: Order) -> bool:
        state = self.store.state(order.model)
        if order.version in state.failed:
            log.info("rollout=left cause='%s %d failed here before'", order.model, order.version)
        return state.live < order.version and order.version not in state.failed


def is_chosen(kiosk: str, model: str, version: int, percent: float) -> bool:
    """Whether a kiosk is among the first `percent` of a roll-out; who is, stays among a greater share.

    Every version begins with other kiosks.
    """
    digest = hashlib.sha256(f"{model}/{version}/{kiosk}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 * 100 < percent
