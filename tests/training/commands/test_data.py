"""The subcommands that prepare data, on a small set."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from edge.errors import InputError, ModelError, UsageError
from edge.networks.find import WEIGHTS_VARIABLE
from training.commands.data import crops_command, shortcuts_command, split_command
from training.data.samples import Part, Split
from training.faces.store import CropStore


def small_set(root: Path) -> Path:
    """Forty random pictures in two classes; masked ones are wider."""
    rng = np.random.default_rng(0)
    for number in range(40):
        label = ("with_mask", "without_mask")[number % 2]
        (root / "data" / "crops" / label).mkdir(parents=True, exist_ok=True)
        coarse = rng.integers(0, 256, (8, 8, 3), np.uint8)
        picture = cv2.resize(coarse, (120 - 20 * (number % 2), 100), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(root / "data" / "crops" / label / f"{number}.jpg"), picture)
    return root / "data"


def run(command: object, *arguments: object) -> str:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], standalone_mode=False)  # type: ignore[arg-type]
    if result.exception is not None:
        raise result.exception
    return result.output


def test_split_writes_split_report_and_table(tmp_path: Path) -> None:
    """A split file, a report beside it and a table of parts are written; the table repeats the split."""
    out, table = tmp_path / "runs" / "split.json", tmp_path / "parts.json"
    text = run(split_command, "--data", small_set(tmp_path), "--out", out, "--no-parts", "--save-parts", table)
    first = Split.load(out)
    assert "| crops | with_mask |" in text
    assert text.strip() in out.with_suffix(".md").read_text()
    assert {sample.part for sample in first.samples} == set(Part)
    run(split_command, "--data", tmp_path / "data", "--out", out, "--parts", table, "--seed", 9)
    assert Split.load(out).samples == first.samples


def test_split_refuses_to_overwrite_its_own_report(tmp_path: Path) -> None:
    """A split file called *.md would be the report: refused before any work."""
    with pytest.raises(UsageError, match="json"):
        run(split_command, "--data", tmp_path, "--out", tmp_path / "split.md")


def test_split_refuses_an_empty_folder(tmp_path: Path) -> None:
    """A folder without a data set is named in the error."""
    with pytest.raises(InputError, match=tmp_path.name):
        run(split_command, "--data", tmp_path, "--out", tmp_path / "split.json")


def test_crops_and_shortcuts_follow_each_other(tmp_path: Path, shared: Path) -> None:
    """From split to crops to the shortcut report; width gives these classes away before, not after."""
    split, crops = tmp_path / "split.json", tmp_path / "crops"
    run(split_command, "--data", small_set(tmp_path), "--out", split, "--no-parts")
    weights = shared / "weights"
    text = run(
        crops_command, "--split", split, "--out", crops, "--detector", "yunet", "--weights", weights, "--no-draw"
    )
    assert text.strip() in (crops / "report.md").read_text()
    assert len(CropStore.load(crops)) == len(Split.load(split).samples)
    out = tmp_path / "shortcuts.md"
    with pytest.raises(InputError, match="too few"):
        run(shortcuts_command, "--split", split, "--crops", crops, "--size", 32, "--out", out)


def test_crops_needs_the_landmark_model_to_draw(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the landmark model the command says how to go on, before cutting anything."""
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "face_detection_yunet_2023mar.onnx").symlink_to(shared / "weights" / "face_detection_yunet_2023mar.onnx")
    with pytest.raises(ModelError, match="--no-draw"):
        run(crops_command, "--split", tmp_path / "s", "--out", tmp_path, "--detector", "yunet", "--weights", weights)


def test_a_random_split_is_taken_whole(tmp_path: Path) -> None:
    """As published figures are measured: nothing is cleaned, detected, drawn or left out."""
    split, store = tmp_path / "split.json", tmp_path / "store"
    run(split_command, "--data", small_set(tmp_path) / "crops", "--out", split, "--random", 0.2)
    assert [len(Split.load(split).part(part)) for part in Part] == [32, 8, 0]
    run(crops_command, "--split", split, "--out", store, "--whole")
    records = CropStore.load(store).records
    assert len(records) == 40
    assert {record.box[2] - record.box[0] for record in records} == {100, 120}
    assert not any(record.synthetic for record in records)
