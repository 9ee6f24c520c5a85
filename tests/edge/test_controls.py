"""Wishes wait for a moment between two frames, and are answered."""

from __future__ import annotations

from threading import Thread

import pytest

from edge.controls import Actions, Controls, Reloaded
from edge.errors import ConfigError


def actions(done: list[str]) -> Actions:
    def refuse() -> Reloaded:
        raise ConfigError("maskgate.toml: alarm.hold_s = -1")

    def break_down() -> None:
        raise OverflowError("int too large to convert to float")

    return Actions(
        mute=lambda seconds, by: done.append(f"{by}: mute {seconds:g}"),
        acknowledge=lambda by: done.append(f"{by}: acknowledge"),
        lock_down=lambda on, by: done.append(f"{by}: lock-down {on}"),
        reset_fire=lambda by: done.append(f"{by}: reset fire"),
        reload=refuse,
        take_over_model=break_down,
    )


def test_wishes_wait_and_are_fulfilled_in_their_order() -> None:
    """Nothing is done before the loop has a moment, and then all of it, whoever asked."""
    controls, done = Controls(), list[str]()
    asking = Thread(target=controls.mute, args=(60, "page"))
    asking.start()
    asking.join()
    answer = controls.acknowledge("button")
    assert (done, answer.done()) == ([], False)
    controls.obey(actions(done))
    assert done == ["page: mute 60", "button: acknowledge"]
    assert answer.result(timeout=0) is None
    controls.obey(actions(done))
    assert len(done) == 2


def test_a_wish_that_cannot_be_fulfilled_is_answered_and_harms_no_other() -> None:
    """Refusals and bugs alike come back to whoever asked, and the loop goes on."""
    controls, done = Controls(), list[str]()
    refused, broken, last = controls.reload(), controls.take_over_model(), controls.mute(0, "broker")
    controls.obey(actions(done))
    with pytest.raises(ConfigError, match="hold_s"):
        refused.result(timeout=0)
    with pytest.raises(OverflowError):
        broken.result(timeout=0)
    assert last.done()
    assert done == ["broker: mute 0"]


@pytest.mark.parametrize(
    ("waiting", "told"),
    [
        ((), "configuration reloaded"),
        (("web.listen",), "configuration reloaded; web.listen waits for a restart"),
        (("web.listen", "mqtt.port"), "configuration reloaded; web.listen, mqtt.port wait for a restart"),
    ],
)
def test_a_reload_says_what_waits(waiting: tuple[str, ...], told: str) -> None:
    """One sentence, for journal and broker."""
    assert str(Reloaded(waiting=waiting)) == told
