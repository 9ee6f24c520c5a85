"""What data sets, labelling tools and other people's networks call the labels."""

from __future__ import annotations

import re

from edge.types import Label

_NAMES: dict[Label, str] = {
    Label.WITH_MASK: "with_mask mask masked mask_on face_mask face_with_mask with_face_mask "
    "wearing_mask has_mask correct correct_mask mask_correct correctly_masked mask_worn_correctly mask_weared_correct "
    "proper_mask cmfd",
    Label.WITHOUT_MASK: "without_mask without no_mask non_mask not_masked unmasked mask_off "
    "face_no_mask no_face_mask without_face_mask face_without_mask not_wearing_mask no_face_covering bare bare_face",
    Label.INCORRECT_MASK: "incorrect_mask incorrect mask_incorrect incorrectly_masked wrong_mask "
    "mask_wrong wrong mask_weared_incorrect mask_worn_incorrect mask_worn_incorrectly mask_worn_wrong improper "
    "improper_mask improperly_worn_mask incorrectly_worn_mask bad_mask nose_out mask_below_nose mask_chin imfd",
}

LABEL_OF: dict[str, Label] = {
    key: label for label, names in _NAMES.items() for name in names.split() for key in (name, name.replace("_", ""))
}
"""Names that can mean one thing only, as `plain` writes them and in one word, and what they mean."""


def plain(name: str) -> str:
    """Lower case, words parted by one underscore: `No-Mask`, `no mask` and `NO_MASK` are the same."""
    return re.sub(r"[\s_\-.]+", "_", name.strip().lower()).strip("_")
