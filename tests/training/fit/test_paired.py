"""Two models on the same faces."""

from __future__ import annotations

import pytest

from training.fit.paired import Paired, pair, verdict


def test_counts_what_only_one_gets_right() -> None:
    """In the order of the faces."""
    paired = pair([True, True, False, False, True], [True, False, True, False, False])
    assert paired == Paired(faces=5, new=3, old=2, gained=2, lost=1)
    assert paired.difference == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("gained", "lost", "chance"), [(6, 0, 2 / 64), (5, 0, 2 / 32), (10, 2, 0.03857), (3, 3, 1.0), (0, 0, 1.0)]
)
def test_chance_is_mcnemar_s(gained: int, lost: int, chance: float) -> None:
    """The exact test: 6 to 0 is no accident, 5 to 0 may be one."""
    paired = Paired(100, 50 + gained, 50 + lost, gained, lost)
    assert paired.chance == pytest.approx(chance, abs=1e-4)
    assert paired.better is (chance < 0.05)
    assert not paired.worse


def test_the_interval_is_agresti_and_min_s() -> None:
    """Worked out by hand for 9 gained and 2 lost of 98: 0.07 +- 1.96 * sqrt(0.12 - 0.07 ** 2) / 10."""
    assert Paired(98, 90, 83, 9, 2).interval == pytest.approx((0.0035, 0.1365), abs=1e-4)
    low, high = Paired(1, 1, 0, 1, 0).interval
    assert low < 0 < high <= 1


@pytest.mark.parametrize(
    ("gained", "lost", "told"),
    [
        (9, 0, "my-door is better"),
        (3, 2, "NOT SHOWN TO BE BETTER"),
        (0, 9, "WORSE on your pictures than old: keep old"),
    ],
)
def test_says_plainly_what_to_do(gained: int, lost: int, told: str) -> None:
    """Better, worse, or nothing that chance does not explain."""
    text = verdict(Paired(100, 80 + gained, 80 + lost, gained, lost), "my-door", "old")
    assert told in text
    assert f"{gained} only the new one, {lost} only the old one" in text
    assert "few" not in text


def test_few_faces_are_said_to_be_few() -> None:
    """Below sixty only a large difference would show."""
    assert "20 are few" in verdict(Paired(20, 18, 17, 1, 0), "my-door", "old")
