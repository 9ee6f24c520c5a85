"""A contact is believed when it is steady, and not at all while it flickers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.door.debounce import FLICKER_S, FLICKERS, Debounced

STEADY_S = 0.05


def test_a_level_is_believed_once_it_is_steady() -> None:
    """Nothing is known at first; a bounce changes nothing."""
    contact = Debounced(steady_s=STEADY_S, distrusted=None)
    samples = [(True, 0.0), (True, 0.05), (False, 0.06), (True, 0.08), (False, 0.1), (False, 0.14), (False, 0.16)]
    assert [contact(raw, at) for raw, at in samples] == [None, True, True, True, True, True, False]


def test_a_contact_that_flickers_is_not_believed_until_it_rests() -> None:
    """More changes than a hurried person makes: what opens nothing counts, until it has been steady long enough."""
    contact = Debounced(steady_s=STEADY_S, distrusted=False)
    level, at = False, 0.0
    for _ in range(FLICKERS + 2):
        contact(level, at)
        level, at = not level, at + 0.2
    assert contact.flickers
    level, changed = not level, at - 0.2
    for step in range(round(FLICKER_S / 0.1) - 1):
        assert contact(level, changed + step * 0.1) is False
    assert contact(level, changed + FLICKER_S + 0.1) is True
    assert not contact.flickers


@given(st.lists(st.tuples(st.booleans(), st.floats(0.001, STEADY_S * 0.9)), max_size=200))
def test_chatter_is_never_believed(samples: list[tuple[bool, float]]) -> None:
    """Levels that never last are no press, however many there are."""
    contact = Debounced(steady_s=STEADY_S, distrusted=False)
    at = 0.0
    assert contact(False, at) is None
    at += 1.0
    assert contact(False, at) is False
    for index, (_, seconds) in enumerate(samples):
        at += seconds
        assert contact(index % 2 == 0, at) is False
