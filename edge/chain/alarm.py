"""What the door shows: a pure state machine over settled verdicts and time. docs/deciding.md draws it."""

from __future__ import annotations

from edge.types import AlarmState, Label, Verdict

_BARE = frozenset({Label.WITHOUT_MASK, Label.INCORRECT_MASK})
_NEVER = float("-inf")


class Alarm:
    """IDLE with nobody near, CHECKING while anyone is undecided, PASS only if everyone is settled as masked, ALERT
    as soon as one person is settled as bare or wearing it wrongly, FAULT while the kiosk is blind.

    PASS alone is waited for. Whatever else is called for ends it in the same frame, so no setting keeps a door open.
    What an alert's hold keeps is its sound and its lamp, against CHECKING and IDLE; it keeps nobody out who has put
    the mask on.

    Remembers the state, since when everybody has been masked, and until when an alert is held, muted or cooling down.

    Args:
        hold_s: seconds ALERT outlasts its cause while nobody may pass, so that the buzzer does not stutter.
        settle_s: seconds everybody must be masked, without a break, before PASS is shown.
        cool_down_s: seconds after an alert's end in which a new one is seen but not heard.
        reminds_of_kind: whether a mask of the wrong kind is let in all the same.
    """

    def __init__(self, *, hold_s: float, settle_s: float, cool_down_s: float, reminds_of_kind: bool = False) -> None:
        self._bad = _BARE if reminds_of_kind else _BARE | {Label.WRONG_KIND}
        self._hold_s = hold_s
        self._settle_s = settle_s
        self._cool_down_s = cool_down_s
        self._state = AlarmState.IDLE
        self._masked_since: float | None = None
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
        wanted = self._called_for(verdicts)
        if wanted is AlarmState.ALERT:
            self._held_until = at + self._hold_s
        if wanted is not AlarmState.PASS:
            self._masked_since = None
        elif self._masked_since is None:
            self._masked_since = at
        self._enter(self._next(wanted, at), at)
        return self._state

    def fault(self) -> AlarmState:
        """The kiosk is blind or cannot signal: nothing known before counts any more."""
        return self._rest(AlarmState.FAULT)

    def begin_anew(self) -> AlarmState:
        """What was decided before counts no more, as after FAULT: the next frame decides from IDLE."""
        return self._rest(AlarmState.IDLE)

    def mute(self, until: float) -> None:
        """No sound before `until` (stream seconds); the lamps go on telling the truth."""
        self._muted_until = until

    def acknowledge(self) -> None:
        """Silence the present alert; the next one sounds again."""
        self._silenced = self._silenced or self._state is AlarmState.ALERT

    def _rest(self, state: AlarmState) -> AlarmState:
        """Enter a state in which nothing is looked for, at once, and forget what was called for before."""
        self._masked_since = None
        self._enter(state, self._at)
        return self._state

    def _next(self, wanted: AlarmState, at: float) -> AlarmState:
        """The state that is shown where `wanted` is called for."""
        if wanted is AlarmState.PASS:
            settled = self._masked_since is not None and at - self._masked_since >= self._settle_s
            if settled or self._state is AlarmState.PASS:
                return AlarmState.PASS
            wanted = AlarmState.CHECKING
        is_held = self._state is AlarmState.ALERT and at < self._held_until
        return AlarmState.ALERT if is_held else wanted

    def _enter(self, wanted: AlarmState, at: float) -> None:
        if wanted is self._state:
            return
        if wanted is AlarmState.ALERT:
            self._silenced = at < self._quiet_until
        elif self._state is AlarmState.ALERT:
            self._quiet_until = at + self._cool_down_s
        self._state = wanted

    def _called_for(self, verdicts: tuple[Verdict, ...]) -> AlarmState:
        labels = {verdict.label for verdict in verdicts}
        if not labels:
            return AlarmState.IDLE
        if labels & self._bad:
            return AlarmState.ALERT
        return AlarmState.CHECKING if Label.UNCERTAIN in labels else AlarmState.PASS
