"""Takes over another configuration between two frames; one that cannot be used changes nothing, whatever the reason."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from edge.config.accepted import AcceptedConfig
from edge.config.in_use import ConfigInUse
from edge.config.schema import Config
from edge.config.settings import Settings
from edge.controls import Reloaded, wait_for_restart
from edge.errors import ConfigError, MaskgateError
from edge.events.journal import Journal
from edge.health import HealthMonitor
from edge.host.doors import the_door
from edge.host.systemd import ServiceManager
from edge.kiosk import Kiosk

log = logging.getLogger(__name__)

TRIAL_S = 60.0
"""How long a new configuration must run before a failure of the loop is not put down to it."""


class Reloading:
    """Reads the configuration again, and goes back to the one before if the new one breaks the loop within a minute.

    Args:
        settings: reads the configuration.
        accepted: keeps what can be used.
        in_use, kiosk: what is changed.
        health, journal, manager: who is told.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        accepted: AcceptedConfig,
        in_use: ConfigInUse,
        kiosk: Kiosk,
        health: HealthMonitor,
        journal: Journal,
        manager: ServiceManager,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._accepted = accepted
        self._in_use = in_use
        self._kiosk = kiosk
        self._health = health
        self._journal = journal
        self._manager = manager
        self._clock = clock
        self._before: tuple[Config, float] | None = None

    def __call__(self) -> Reloaded:
        """Read the configuration again.

        Raises:
            MaskgateError: if it is refused; the old one stays.
        """
        self._manager.reloading()
        before = self._in_use()
        try:
            config = self._settings.load()
            change = self._in_use.compare(config)
            self._kiosk.replace_config(change.config)
        except Exception as error:  # whatever it breaks, the door is watched as before
            refusal = as_refusal(error)
            log.error("config=refused effect='the old one stays' cause=%r", str(refusal))
            self.tell_refused(refusal)
            raise refusal from error
        else:
            self._accepted.keep(config)
            self._health.recover("config")
            self.try_out(before)
            return self._tell(Reloaded(change.changed, change.waiting))
        finally:
            self._manager.ready(self._health.health().as_line())

    def try_out(self, before: Config) -> None:
        """The configuration in use is new: it must run for a minute, or `before` is used again."""
        self._before = (before, self._clock() + TRIAL_S)

    def go_back(self, error: Exception) -> bool:
        """The loop has failed; True if the configuration is new, and the one before is in use again.

        Raises:
            MaskgateError: if the one before cannot be used any more.
        """
        before, self._before = self._before, None
        if before is None or self._clock() >= before[1]:
            return False
        refusal = as_refusal(error)
        log.error("config=refused effect='the one before is used again' cause=%r", str(refusal))
        self._kiosk.replace_config(self._in_use.compare(before[0]).config)
        self._accepted.keep(before[0])
        self.tell_refused(refusal)
        return True

    def tell_refused(self, error: MaskgateError) -> None:
        """Report that the configuration was rejected and another one is in use."""
        self._journal.audit(f"configuration refused: {error}")
        self._health.fail("config", str(error), f"correct the file, then `systemctl reload {the_door().unit}`")

    def _tell(self, reloaded: Reloaded) -> Reloaded:
        """Have everybody know what came of a reload."""
        changed, waiting = (",".join(keys) or "none" for keys in (reloaded.changed, reloaded.waiting))
        log.info("config=reloaded changed=%s waiting=%s", changed, waiting)
        self._journal.audit(str(reloaded))
        if reloaded.waiting:
            self._health.fail(
                "restart", wait_for_restart(reloaded.waiting), f"sudo systemctl restart {the_door().unit}"
            )
        else:
            self._health.recover("restart")
        return reloaded


def as_refusal(error: Exception) -> MaskgateError:
    """What a person is told of an error; one that nobody expected is logged with its traceback."""
    if isinstance(error, MaskgateError):
        return error
    log.error("config=broken", exc_info=error)
    return ConfigError(f"the configuration cannot be used ({type(error).__name__}: {error})")
