"""The topic tree."""

from __future__ import annotations

from dataclasses import dataclass

COMMANDS = "command"
EVERYBODY = "all"
"""Stands for all kiosks at once, so no kiosk may be called so."""

RETAINED = ("available", "state", "door", "health", "counters", "model")
"""Of what a kiosk tells, that which the broker keeps."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Where a kiosk speaks and listens.

    Attributes:
        prefix: of all kiosks, such as `maskgate`.
        kiosk: this one's name.
    """

    prefix: str
    kiosk: str

    def __call__(self, leaf: str) -> str:
        """Where this kiosk tells `leaf`: available, state, door, counters, health, event, answer."""
        return f"{self.prefix}/{self.kiosk}/{leaf}"

    @property
    def identity(self) -> str:
        """What stands for this kiosk where a topic cannot: as client, and as device in Home Assistant."""
        return f"{self.prefix.replace('/', '-')}-{self.kiosk}"

    def command(self, name: str) -> str:
        """Where a command to this kiosk comes; `+` for all of them."""
        return self(f"{COMMANDS}/{name}")

    @property
    def rollout(self) -> str:
        """Where roll-outs to all kiosks are ordered."""
        return f"{self.prefix}/{EVERYBODY}/model"

    def command_name(self, topic: str) -> str | None:
        """Which command comes on a topic; None if it is no command to this kiosk."""
        start = self.command("")
        return topic.removeprefix(start) if topic.startswith(start) else None
