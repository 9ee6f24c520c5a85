"""What class names mean."""

from __future__ import annotations

import pytest

from edge.errors import InputError, UsageError
from training.data.layouts.names import Names

MEANINGS = {
    "with_mask": ("with_mask", "Mask", "with mask", "withMask", "MASKED", "face-mask"),
    "without_mask": ("without_mask", "no-mask", "No Mask", "nomask", "no_mask", "unmasked", "without mask"),
    "incorrect_mask": ("incorrect", "mask_weared_incorrect", "incorrect-mask", "mask worn incorrectly"),
    "face": ("face",),
}


@pytest.mark.parametrize(("name", "meaning"), [(name, key) for key, names in MEANINGS.items() for name in names])
def test_common_names_map_by_themselves(name: str, meaning: str) -> None:
    """Whatever stands between their words, in whatever case."""
    assert Names().meaning(name) == meaning


def test_what_the_user_says_goes_first() -> None:
    """Even against a known name."""
    names = Names.parse(["mask=incorrect_mask", "a=b=ignore"])
    assert (names.meaning("Mask"), names.meaning("a=b")) == ("incorrect_mask", "ignore")


@pytest.mark.parametrize("option", ["no-mask", "=with_mask", "no-mask=nothing", ""])
def test_refuses_half_an_option(option: str) -> None:
    """It names what was expected."""
    with pytest.raises(UsageError, match='expected "NAME=CLASS"'):
        Names.parse([option])


def test_an_unknown_name_is_no_class() -> None:
    """The error proposes what is likeliest."""
    with pytest.raises(InputError, match='--label "no_maks=without_mask"'):
        Names().meaning("no_maks")
