"""Publishing: a verified model becomes a folder that the kiosk loads and a person can judge."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from pydantic import JsonValue

from convert.candidate import RECIPE_FILE
from convert.card.card import VERIFICATIONS, VERIFICATIONS_FILE, write_card
from convert.card.texts import DRAWN
from convert.conversion import Outcome
from convert.half import save_half
from convert.pictures import Part, labelled_pictures
from convert.run import Run, read_record
from convert.tables import verification_report
from convert.tflite import read_keras
from convert.verify import Verification
from edge.errors import InputError, ModelError, UsageError
from edge.networks.classifier import Classifier
from edge.networks.golden import FILE_NAME as GOLDEN_FILE
from edge.networks.golden import ask
from edge.networks.manifest import FILE_NAME, MODEL_NAME, Manifest, sha256_of


def check_target(folder: Path, *, force: bool) -> None:
    """Refuse early what `publish` would refuse after minutes of conversion.

    Raises:
        UsageError: if the folder exists and may not be replaced, or its name is no model's.
    """
    if not re.fullmatch(MODEL_NAME, folder.name):
        raise UsageError(f"{folder.name}: is not a valid model name; use small letters, digits, `.`, `_` and `-`")
    if folder.exists() and not force:
        raise UsageError(f"{folder}: already exists; publish under another --name, or replace it with --force")


def publish(run: Run, chosen: Outcome, outcomes: Sequence[Outcome], folder: Path, *, force: bool = False) -> Manifest:
    """Write `folder` (named as the model) whole or not at all.

    Args:
        run: where the network was trained.
        chosen: the conversion to publish.
        outcomes: every conversion, for the report.
        folder: e.g. `models/mask-mobilenetv2`; its name is the model's.
        force: replace a folder that is there.

    Raises:
        ModelError: if the chosen conversion has not passed its verification, or the kiosk would refuse the result.
        UsageError: if the folder exists and `force` is not set, or its name is not a valid model name.
    """
    if not chosen.verification.passed:
        raise ModelError(f"{chosen.candidate.model}: {'; '.join(chosen.verification.failures)}; not published")
    with whole_folder(folder, force=force) as fresh:
        manifest = _write(fresh, run, chosen, [outcome.verification for outcome in outcomes])
        write_golden(fresh)
    return manifest


@contextmanager
def whole_folder(folder: Path, *, force: bool) -> Iterator[Path]:
    """An empty folder of the same name to fill; it takes the place of `folder` at the end, or nothing is left of it.

    Raises:
        UsageError: if the folder exists and `force` is not set.
    """
    check_target(folder, force=force)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that the last step is a rename within one file system.
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        fresh = Path(scratch) / folder.name
        fresh.mkdir()
        yield fresh
        if folder.exists():
            folder.rename(Path(scratch) / "replaced")
        fresh.rename(folder)


def write_golden(folder: Path) -> None:
    """Have the model in a folder answer the drawn pictures, and keep what it says.

    Raises:
        ModelError: if the kiosk would refuse it.
    """
    golden = ask(Classifier.load(folder))
    (folder / GOLDEN_FILE).write_text(golden.model_dump_json(indent=1) + "\n")


def _write(folder: Path, run: Run, chosen: Outcome, verifications: list[Verification]) -> Manifest:
    model = folder / f"{folder.name}.tflite"
    shutil.copyfile(chosen.candidate.model, model)
    shutil.copyfile(chosen.candidate.folder / RECIPE_FILE, folder / RECIPE_FILE)
    manifest = Manifest(
        name=folder.name,
        file=model.name,
        sha256=sha256_of(model),
        labels=run.facts.labels,
        kinds=run.facts.kinds,
        input=run.facts.input,
        thresholds=run.facts.thresholds,
        kind_thresholds=run.facts.kind_thresholds,
        recipe=chosen.recipe.name,
        training=provenance(run),
        figures=chosen.verification.model_dump(mode="json", exclude={"recipe", "failures", "max_loss"}),
    )
    (folder / FILE_NAME).write_text(manifest.model_dump_json(indent=1) + "\n")
    (folder / VERIFICATIONS_FILE).write_bytes(VERIFICATIONS.dump_json(verifications, indent=1) + b"\n")
    (folder / "verify.md").write_text(verification_report(folder.name, verifications))
    write_card(folder, manifest)
    save_half(read_keras(run.model), folder)
    return manifest


def provenance(run: Run) -> dict[str, JsonValue]:
    """Which run made the network, how, and from how many pictures of which source; no path of the machine."""
    options = read_record(run.path / "options.json")
    return {
        "run": run.name,
        "backbone": run.facts.backbone,
        "keras_sha256": sha256_of(run.model),
        **{key: _without_folders(value) for key, value in options.items()},
        "pictures": _picture_counts(run),
        "report": read_record(run.path / "report.json"),
    }


def _picture_counts(run: Run) -> dict[str, JsonValue]:
    """Number of pictures by part, source and label."""
    counts: dict[str, JsonValue] = {}
    parts: tuple[Part, ...] = ("train", "validation", "test")
    for part in parts:
        try:
            pictures = labelled_pictures(run, part, drawn=True)
        except InputError:
            continue  # a run need not have a test part
        found = Counter(
            (picture.source + (DRAWN if picture.drawn else ""), picture.label.value) for picture in pictures
        )
        sources: dict[str, JsonValue] = {}
        for source in sorted({source for source, _ in found}):
            sources[source] = {label: n for (of, label), n in sorted(found.items()) if of == source}
        counts[part] = sources
    return counts


def _without_folders(value: JsonValue) -> JsonValue:
    """Paths shortened to their last part: where files lay on the trainer's machine is nobody's business."""
    if isinstance(value, str):
        return PurePath(value).name if "/" in value else value
    if isinstance(value, Mapping):
        return {key: _without_folders(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_folders(item) for item in value]
    return value
