"""What the door shows: a pure state machine over settled verdicts and time. docs/deciding.md draws it."""

from __future__ import annotations

from edge.types import AlarmState, Label, Verdict

_BAD = frozenset({Label.WITHOUT_MASK, Label.INCORRECT_MASK})
_NEVER = float("-inf")


class Alarm:
    """IDLE with nobody near, CHECKING while anyone is undecided, PASS only if everyone is settled as masked, ALERT
    as soon as one person is settled as bare or wearing it wrongly, FAULT while the kiosk is blind.

    An alert is heard as well as seen unless it is muted, acknowledged, or follows the last one too soon.

    Args:
        hold_s: seconds ALERT outlasts its cause, so that the buzzer does not stutter.
        settle_s: seconds IDLE or PASS must be called for without a break before it is shown. CHECKING and ALERT are
            never delayed: nobody is waved through on doubt.
        cool_down_s: seconds after an alert's end in which a new one is seen but not heard.
    """

    def __init__(self, *, hold_s: float, settle_s: float, cool_down_s: float) -> None:
        self._hold_s = hold_s
        self._settle_s = settle_s
        self._cool_down_s = cool_down_s
        self._state = AlarmState.IDLE
        self._called: tuple[AlarmState, float] | None = None
        self._held_until = _NEVER
        self._muted_until = _NEVER
        self._quiet_until = _NEVER
        self._silenced = False
        self._at = _NEVER

    @property
    def state(self) -> AlarmState:
        """What the door shows now."""
        return self._state

    @property
    def audible(self) -> bool:
        """Whether the buzzer should sound now."""
        return self._state is AlarmState.ALERT and not self._silenced and self._at >= self._muted_until

    def __call__(self, verdicts: tuple[Verdict, ...], at: float, *, open_now: bool = True) -> AlarmState:
        """Move to the state that the verdicts of the frame taken `at` call for.

        Args:
            verdicts: everyone in view.
            at: stream seconds, never decreasing.
            open_now: False outside opening hours: the door stays shut and nothing alerts.
        """
        self._at = at
        if not open_now:
            return self._rest(AlarmState.IDLE)
        wanted = _called_for(verdicts)
        if wanted is AlarmState.ALERT:
            self._held_until = at + self._hold_s
        is_held = self._state is AlarmState.ALERT and at < self._held_until
        # What is called for during the hold counts, so that nothing is waited for after it.
        if self._may_enter(wanted, at) and not is_held:
            self._enter(wanted, at)
        return self._state

    def fault(self) -> AlarmState:
        """The kiosk is blind or cannot signal: nothing known before counts any more."""
        return self._rest(AlarmState.FAULT)

    def mute(self, until: float) -> None:
        """No sound before `until` (stream seconds); the lamps go on telling the truth."""
        self._muted_until = until

    def acknowledge(self) -> None:
        """Silence the present alert; the next one sounds again."""
        self._silenced = self._silenced or self._state is AlarmState.ALERT

    def _rest(self, state: AlarmState) -> AlarmState:
        """Enter a state in which nothing is looked for, at once, and forget what was called for before."""
        self._called = None
        self._enter(state, self._at)
        return self._state

    def _may_enter(self, wanted: AlarmState, at: float) -> bool:
        if self._called is None or self._called[0] is not wanted:
            self._called = (wanted, at)
        urgent = wanted in (AlarmState.ALERT, AlarmState.CHECKING)
        return urgent or self._state is AlarmState.FAULT or at - self._called[1] >= self._settle_s

    def _enter(self, wanted: AlarmState, at: float) -> None:
        if wanted is self._state:
            return
        if wanted is AlarmState.ALERT:
            self._silenced = at < self._quiet_until
        elif self._state is AlarmState.ALERT:
            self._quiet_until = at + self._cool_down_s
        self._state = wanted


def _called_for(verdicts: tuple[Verdict, ...]) -> AlarmState:
    labels = {verdict.label for verdict in verdicts}
    if not labels:
        return AlarmState.IDLE
    if labels & _BAD:
        return AlarmState.ALERT
    return AlarmState.CHECKING if Label.UNCERTAIN in labels else AlarmState.PASS
