"""What the door shows: a pure state machine over settled verdicts and time."""

from __future__ import annotations

from edge.types import AlarmState, Label, Verdict

_BAD = frozenset({Label.WITHOUT_MASK, Label.INCORRECT_MASK})


class Alarm:
    """IDLE with nobody near, CHECKING while anyone is undecided, PASS only if everyone is settled as masked, ALERT
    as soon as one person is settled as bare or wearing it wrongly, FAULT while the kiosk is blind.

    Args:
        hold_s: seconds ALERT outlasts its cause, so that the buzzer does not stutter.
        settle_s: seconds a calm state must be called for without a break before it replaces another calm state.
            Leaving PASS for CHECKING or ALERT is never delayed: nobody is waved through on doubt.
    """

    def __init__(self, *, hold_s: float, settle_s: float) -> None:
        self._hold_s = hold_s
        self._settle_s = settle_s
        self._state = AlarmState.IDLE
        self._alert_until = float("-inf")
        self._called: tuple[AlarmState, float] | None = None

    @property
    def state(self) -> AlarmState:
        return self._state

    def __call__(self, verdicts: tuple[Verdict, ...], at: float) -> AlarmState:
        """Move to the state that the verdicts of the frame taken `at` (seconds, never decreasing) call for."""
        wanted = _called_for(verdicts)
        if wanted is AlarmState.ALERT:
            self._alert_until = at + self._hold_s
        elif at < self._alert_until:
            wanted = AlarmState.ALERT
        if self._may_enter(wanted, at):
            self._state = wanted
        return self._state

    def fault(self) -> AlarmState:
        """The kiosk is blind or cannot signal: nothing known before counts any more."""
        self._state, self._called, self._alert_until = AlarmState.FAULT, None, float("-inf")
        return self._state

    def _may_enter(self, wanted: AlarmState, at: float) -> bool:
        if self._called is None or self._called[0] is not wanted:
            self._called = (wanted, at)
        urgent = wanted in (AlarmState.ALERT, AlarmState.CHECKING)
        return urgent or self._state is AlarmState.FAULT or at - self._called[1] >= self._settle_s


def _called_for(verdicts: tuple[Verdict, ...]) -> AlarmState:
    labels = {verdict.label for verdict in verdicts}
    if not labels:
        return AlarmState.IDLE
    if labels & _BAD:
        return AlarmState.ALERT
    return AlarmState.CHECKING if Label.UNCERTAIN in labels else AlarmState.PASS
