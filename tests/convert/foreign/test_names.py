"""What others call the labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert.foreign.names import read_labels
from edge.errors import InputError, UsageError
from edge.types import Label

WITH, WITHOUT, INCORRECT = Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ("with_mask,without_mask", (WITH, WITHOUT)),
        ("No-Mask, Mask", (WITHOUT, WITH)),
        ("0 Mask,1 NO MASK", (WITH, WITHOUT)),
        ("NoMask,FaceMask", (WITHOUT, WITH)),
        ("yes,no", (WITH, WITHOUT)),
        ("mask_weared_incorrect,with_mask,without_mask", (INCORRECT, WITH, WITHOUT)),
    ],
)
def test_understands_common_names(given: str, labels: tuple[Label, ...]) -> None:
    """Whatever their case, hyphens and numbers, in the order in which they were given."""
    assert read_labels(given) == labels


def test_reads_a_file_of_teachable_machine(tmp_path: Path) -> None:
    """A number and a name on each line, with a byte order mark and an empty line at the end."""
    path = tmp_path / "labels.txt"
    path.write_text("\ufeff0 Without Mask\n1 With Mask\n\n", encoding="utf-8")
    assert read_labels(str(path)) == (WITHOUT, WITH)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("Class 1,Class 2", "'Class 1', 'Class 2' means none of with_mask"),
        ("mask,with_mask", r"two outputs have the same label \(with_mask, with_mask\)"),
    ],
)
def test_refuses_what_it_does_not_understand(given: str, message: str) -> None:
    """One line that says which name, and what to do."""
    with pytest.raises(UsageError, match=message):
        read_labels(given)


def test_refuses_a_file_that_is_no_text(tmp_path: Path) -> None:
    """Such as the network itself, given by mistake."""
    path = tmp_path / "labels.txt"
    path.write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(InputError, match="cannot be read as text"):
        read_labels(str(path))
