"""Measured figures as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convert.verify import FEW, Verification


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers, aligned right."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def percent(share: float) -> str:
    """A share of 1 as percent."""
    return f"{share * 100:.2f} %"


def points(difference: float) -> str:
    """A difference of two shares in percentage points; a zero has no sign."""
    rounded = round(difference * 100, 2)
    return f"{rounded:+.2f}" if rounded else "0.00"


def verification_line(verification: Verification) -> str:
    """One result on one line, for a terminal."""
    return (
        f"{verification.recipe}: accuracy {verification.accuracy:.4f} (Keras {verification.keras_accuracy:.4f}), "
        f"agreement {verification.agreement:.4f}, {verification.size_bytes} bytes, "
        f"{verification.cpu_ms_per_face:.2f} ms per face: {'passed' if verification.passed else 'FAILED'}"
    )


def few_faces(verification: Verification) -> str:
    """What to say of a verification on few faces; empty if there were enough."""
    if verification.pictures >= FEW:
        return ""
    return (
        f"Only {verification.pictures} validation faces: a loss of up to {verification.loss_bound * 100:.1f} points "
        "cannot be ruled out."
    )


def verification_table(verifications: Sequence[Verification]) -> str:
    """One row for each recipe, Keras first."""
    keras = ["Keras", percent(verifications[0].keras_accuracy), "", "", "", "", "", "", ""]
    header = ["recipe", "accuracy", "difference (points)", "agreement", "probabilities differ by (mean)", "(at most)"]
    rows = [
        [
            verification.recipe,
            percent(verification.accuracy),
            points(-verification.loss),
            percent(verification.agreement),
            f"{verification.mean_difference:.4f}",
            f"{verification.max_difference:.3f}",
            f"{verification.size_bytes / 1e6:.2f}",
            f"{verification.cpu_ms_per_face:.1f}",
            "passed" if verification.passed else "; ".join(verification.failures),
        ]
        for verification in verifications
    ]
    return markdown_table([*header, "MB", "ms per face", "verdict"], [keras, *rows])


def verification_report(name: str, verifications: Sequence[Verification]) -> str:
    """`verify.md`: every recipe that was tried, on which pictures, where and with what."""
    first = verifications[0]
    recalls = [
        ["Keras", *(percent(share) for share in first.keras_recall.values())],
        *([v.recipe, *(percent(share) for share in v.recall.values())] for v in verifications),
    ]
    columns = ["recipe", *first.recall]
    if first.keras_kind_accuracy is not None:
        columns.append("kind of mask")
        of_kinds = (first.keras_kind_accuracy, *(v.kind_accuracy or 0.0 for v in verifications))
        recalls = [[*row, percent(share)] for row, share in zip(recalls, of_kinds, strict=True)]
    return "\n".join(
        [
            f"# Verification of {name}",
            "",
            f"Converted models against the Keras network they come from, on the {first.pictures} pictures of the",
            "validation part, with the preprocessing and the interpreter of the kiosk.",
            "",
            *([few, ""] if (few := few_faces(first)) else []),
            verification_table(verifications),
            "",
            "Recall by label:",
            "",
            markdown_table(columns, recalls),
            "",
            f"Measured on {first.machine} with {first.runtime}. A face's time is the median processor time from the",
            "cut-out face to its probabilities, resizing included.",
            "",
        ]
    )
