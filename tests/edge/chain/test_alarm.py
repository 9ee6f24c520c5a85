"""What the door shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.chain.alarm import Alarm
from edge.types import AlarmState, Box, Label, Required, Verdict

W, N, I, U = Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK, Label.UNCERTAIN  # noqa: E741
X = Label.WRONG_KIND
IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState


def verdicts(*labels: Label) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(i, Box(0, 0, 9, 9), label, 0.9, required=Required.MEDICAL if label is X else None)
        for i, label in enumerate(labels)
    )


def make(hold_s: float = 2.0, settle_s: float = 0.0) -> Alarm:
    return Alarm(hold_s=hold_s, settle_s=settle_s, cool_down_s=0.0)


@pytest.mark.parametrize(
    ("labels", "state"),
    [
        ((), IDLE),
        ((U,), CHECKING),
        ((W,), PASS),
        ((W, U), CHECKING),
        ((W, W, W), PASS),
        ((N,), ALERT),
        ((I,), ALERT),
        ((W, W, N), ALERT),
        ((U, I), ALERT),
    ],
)
def test_state_for_everyone_in_view(labels: tuple[Label, ...], state: AlarmState) -> None:
    """One bad verdict is enough for ALERT, one doubt enough to keep the door shut."""
    assert make()(verdicts(*labels), 0.0) is state


@pytest.mark.parametrize(
    ("labels", "enforced", "reminded"),
    [((X,), ALERT, PASS), ((W, X), ALERT, PASS), ((X, U), ALERT, CHECKING), ((X, N), ALERT, ALERT)],
)
def test_a_mask_of_the_wrong_kind_keeps_out_or_reminds(
    labels: tuple[Label, ...], enforced: AlarmState, reminded: AlarmState
) -> None:
    """By choice; whoever else is in view counts as ever."""
    for reminds, state in ((False, enforced), (True, reminded)):
        alarm = Alarm(hold_s=2.0, settle_s=0.0, cool_down_s=0.0, reminds_of_kind=reminds)
        assert alarm(verdicts(*labels), 0.0) is state


@pytest.mark.parametrize("seen", [(), (U,)])
def test_alert_outlasts_its_cause(seen: tuple[Label, ...]) -> None:
    """Lamp and sound stay for two seconds after the last bad verdict while nobody may pass."""
    alarm = make()
    said = [alarm(verdicts(*labels), at) for labels, at in [((N,), 0.0), (seen, 0.1), (seen, 1.9), (seen, 2.0)]]
    assert said == [ALERT, ALERT, ALERT, CHECKING if seen else IDLE]


def test_who_has_put_the_mask_on_is_let_in() -> None:
    """An alert that is held keeps nobody out: PASS comes once everybody has been masked for `settle_s`."""
    alarm = make(settle_s=0.3)
    said = [alarm(verdicts(label), at) for label, at in [(N, 0.0), (W, 0.1), (W, 0.3), (W, 0.4)]]
    assert said == [ALERT, ALERT, ALERT, PASS]


def test_pass_waits_and_a_doubt_does_not() -> None:
    """PASS must be called for without a break; losing it is immediate."""
    alarm = make(settle_s=0.3)
    calls = [(W, 0.0), (W, 0.2), (U, 0.25), (W, 0.3), (W, 0.5), (W, 0.6), (U, 0.7)]
    assert [alarm(verdicts(label), at) for label, at in calls] == [*[CHECKING] * 5, PASS, CHECKING]


@pytest.mark.parametrize(("seen", "state"), [((), IDLE), ((U,), CHECKING), ((W, U), CHECKING), ((W, N), ALERT)])
def test_no_setting_delays_the_end_of_pass(seen: tuple[Label, ...], state: AlarmState) -> None:
    """However long everything else is made to take, PASS ends with the frame that calls for something else."""
    alarm = Alarm(hold_s=60.0, settle_s=5.0, cool_down_s=3600.0)
    assert [alarm(verdicts(W), at) for at in (0.0, 5.0)] == [CHECKING, PASS]
    assert alarm(verdicts(*seen), 5.04) is state


def test_a_decision_that_begins_anew_knows_nothing() -> None:
    """After a gap PASS must be called for as long as at the start, and no alert is held."""
    alarm = make(settle_s=0.3)
    assert [alarm(verdicts(W), at) for at in (0.0, 0.3)] == [CHECKING, PASS]
    assert alarm.begin_anew() is IDLE
    assert [alarm(verdicts(W), at) for at in (3.0, 3.2, 3.4)] == [CHECKING, CHECKING, PASS]
    alarm(verdicts(N), 3.45)
    assert alarm.begin_anew() is IDLE
    assert alarm((), 3.5) is IDLE


def test_fault_forgets_and_ends_with_the_next_sight() -> None:
    """After blindness nothing known before counts, not even an alert that was being held."""
    alarm = make()
    alarm(verdicts(N), 0.0)
    assert alarm.fault() is FAULT
    assert alarm((), 0.1) is IDLE


labels = st.lists(st.sampled_from([W, N, I, U]), max_size=3)


@given(st.lists(st.tuples(labels, st.floats(0.01, 1.0)), max_size=40))
def test_never_pass_on_doubt(steps: list[tuple[list[Label], float]]) -> None:
    """Whatever happens, PASS is shown only while somebody is in view, and everyone settled as masked."""
    alarm, at = Alarm(hold_s=2.0, settle_s=0.3, cool_down_s=0.0), 0.0
    for seen, wait_s in steps:
        at += wait_s
        state = alarm(verdicts(*seen), at)
        assert state is not PASS or set(seen) == {W}
        assert state is ALERT or not set(seen) & {N, I}


def hear(alarm: Alarm, *labels: Label, at: float) -> bool:
    alarm(verdicts(*labels), at)
    return alarm.audible


def test_an_acknowledged_alert_is_seen_but_not_heard() -> None:
    """The button silences this alert; the next one sounds again."""
    alarm = make(hold_s=0.0)
    assert hear(alarm, N, at=0.0)
    alarm.acknowledge()
    assert not hear(alarm, N, at=0.1)
    assert alarm.state is ALERT
    alarm(verdicts(W), 1.0)
    assert hear(alarm, N, at=2.0)


def test_mute_ends_by_itself() -> None:
    """A muted kiosk goes on showing the truth, and sounds again when the time is over."""
    alarm = make()
    alarm.mute(until=5.0)
    assert [hear(alarm, N, at=at) for at in (0.0, 4.9, 5.0)] == [False, False, True]


def test_cool_down_keeps_a_quick_repeat_quiet() -> None:
    """An alert soon after another is seen, and heard only if the pause was long enough."""
    alarm = Alarm(hold_s=0.0, settle_s=0.0, cool_down_s=3.0)
    assert hear(alarm, N, at=0.0)
    alarm(verdicts(), 1.0)
    assert not hear(alarm, N, at=3.9)
    alarm(verdicts(), 5.0)
    assert hear(alarm, N, at=8.0)


def test_outside_opening_hours_nothing_is_shown() -> None:
    """A closed kiosk neither alerts nor opens the door."""
    alarm = make()
    assert alarm(verdicts(N), 0.0, open_now=False) is IDLE
    assert alarm(verdicts(W), 0.1, open_now=False) is IDLE
    assert alarm(verdicts(N), 0.2) is ALERT
    assert alarm(verdicts(N), 0.3, open_now=False) is IDLE
