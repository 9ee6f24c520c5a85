"""From labelled pictures to a tested mask classifier: split, crops, fine-tuning, calibration, conversion, figures."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError, UsageError
from edge.networks.detector import load_detector
from edge.networks.find import find_model, models_dir, weights_search
from edge.networks.manifest import MODEL_NAME, WEIGHTS_FILE, load_manifest
from training.classifier.backbones import BACKBONES
from training.classifier.finetune import finetune
from training.classifier.job import Job
from training.classifier.recipe import FinetuneRecipe, Keep
from training.data.layouts.names import Names
from training.data.readers import read_data
from training.data.samples import Part, Split
from training.evaluation.answers import Answers, ask
from training.evaluation.calibrate import calibrate
from training.evaluation.faces import LabelledFace, load_faces
from training.evaluation.figures import figures
from training.evaluation.outputs import Subject, write_outputs
from training.evaluation.predictors import load_predictor
from training.evaluation.report import Report, cards
from training.evaluation.scaling import Caution
from training.evaluation.tables import tables
from training.faces.cutting import cut_crops, summary
from training.faces.store import CropStore
from training.fit.paired import Paired, pair, verdict
from training.fit.pictures import prepare, report
from training.fit.sheet import save_faces
from training.fit.steps import Step, Steps
from training.runs import ModelFacts, RunFolder, load_json, load_model_facts, save_json

SHOWN_OFTEN = 5
"""How often an epoch shows each training crop, always another version."""
MOST_DRAWS = 4000
"""Crops of an epoch at most."""

BLEND = 0.5
"""Share of the old weights in the result. Measured on 65 held-out faces of one's own and 500 others: 59 and 481 right
before, 61 and 485 with it, 61 and 482 without; where one class was nearly missing 61 and 481, 63 and 485, 64 and
473."""

CAUTION = Caution(most_uncertain=0.01)
"""As the shipped models are calibrated."""

EPOCHS, RATE = 6, 4e-4
"""Of a training."""

CUT_S, LEARN_S, START_S, CONVERT_S = 0.06, 0.02, 15.0, 40.0
"""Guesses of times on two cores: a picture's faces cut, a crop learnt from, Keras loaded, a network converted."""


@dataclass(frozen=True, slots=True)
class FitPlan:
    """What `maskgate-train fit` was asked for.

    Attributes:
        data: folder of labelled pictures, or one of its annotation files.
        name: of the new model.
        start: name of a shipped model, or folder of one or of a finished run.
        run: folder for everything on the way.
        out: folder that the model's folder is written to.
        labels: what classes of the data are, `NAME=CLASS`.
        leave_out: go on without what is wrong in the data.
        epochs, rate, seed: of the training.
        force: replace a model of that name.
    """

    data: Path
    name: str
    start: str
    run: Path
    out: Path
    labels: tuple[str, ...] = ()
    leave_out: bool = False
    epochs: int = EPOCHS
    rate: float = RATE
    seed: int = 0
    force: bool = False

    @property
    def model(self) -> Path:
        return self.out / self.name

    def options(self) -> dict[str, object]:
        """What decides the result."""
        left_out = {"run", "out", "force"}
        return {key: value for key, value in asdict(self).items() if key not in left_out}


def fit(plan: FitPlan, *, resume: bool) -> Paired:
    """Do all steps, or those that a stopped run has not done yet, and tell the result.

    Raises:
        InputError: if the data cannot be read or something is wrong with them.
        ModelError: if the network to start from has no weights, or the new one cannot be published.
        UsageError: if the folders are in use.
    """
    cv2.setNumThreads(1)
    start, recipe = start_folder(plan.start), plan.run / "training"
    _begin(plan, resume=resume)
    split_file, crops, run = plan.run / "split.json", plan.run / "crops", RunFolder(recipe)
    steps = Steps(
        [
            Step("look at the pictures", split_file, 10),
            Step("cut the faces", crops / "report.md", 10),
            Step("learn", run.model, 120),
            Step("calibrate", plan.run / "calibrated.json", 10),
            Step("convert and verify", plan.run / "published.json", CONVERT_S),
            Step("compare", plan.run / "comparison.json", 10),
        ]
    )
    with steps.take("look at the pictures") as needed:
        if needed:
            _look(plan, split_file)
    split = Split.load(split_file)
    steps.guess("cut the faces", CUT_S * len({sample.file for sample in split.samples}))
    steps.guess("learn", START_S + plan.epochs * LEARN_S * _draws(2 * len(split.part(Part.TRAIN))))
    with steps.take("cut the faces") as needed:
        if needed:
            _cut(split, crops, plan)
    with steps.take("learn") as needed:
        if needed:
            _learn(plan, start, split_file, crops, run, after_s=steps.after_s("learn"))
    with steps.take("calibrate") as needed:
        if needed:
            _calibrate(plan, run, crops)
    with steps.take("convert and verify") as needed:
        if needed:
            _convert(plan, run, crops, resume=resume)
    with steps.take("compare") as needed:
        paired = _compare(plan, crops) if needed else _compared(plan)
    _tell(plan, paired)
    return paired


def check_name(name: str) -> None:
    """Refuse at once what publishing would refuse after minutes.

    Raises:
        UsageError: if a model cannot be called so.
    """
    if not re.fullmatch(MODEL_NAME, name):
        raise UsageError(f"{name}: is not a valid model name; use small letters, digits, `.`, `_` and `-`")


def start_folder(name: str) -> Path:
    """The run, or the model with weights beside it, that is learnt on from.

    Raises:
        ModelError: if there is no such model, or nothing to learn on from beside it.
    """
    if RunFolder(Path(name)).model.is_file():
        return Path(name)
    # A version that was installed in place of a shipped model brings no weights: what it began with does.
    for folder in (find_model(name), models_dir() / name):
        if (folder / WEIGHTS_FILE).is_file():
            return folder
    raise ModelError(
        f"{name}: has no {WEIGHTS_FILE} beside it to learn on from; take a model of a checkout of this project, or the "
        "folder of a finished run"
    )


def start_facts(folder: Path) -> ModelFacts:
    """What the network in a run's or a model's folder takes and gives.

    Raises:
        ModelError: if nobody knows what it is built on.
    """
    run = RunFolder(folder)
    if run.model.is_file():
        return load_model_facts(run)
    manifest = load_manifest(folder)
    backbone = manifest.training.get("backbone")
    if backbone not in BACKBONES:
        raise ModelError(f"{folder}: its manifest names no backbone out of {', '.join(BACKBONES)}")
    return ModelFacts(
        labels=manifest.labels, kinds=manifest.kinds, input=manifest.input, backbone=str(backbone),
        thresholds=manifest.thresholds, kind_thresholds=manifest.kind_thresholds,
    )  # fmt: skip


def _begin(plan: FitPlan, *, resume: bool) -> None:
    """Make the folder of the run, or check that it is the one to go on with."""
    check_name(plan.name)
    record = plan.run / "fit.json"
    if record.exists():
        if not resume:
            raise UsageError(
                f"{plan.run}: contains a fit; go on with it with --resume, or name another folder with --run"
            )
        before, now = load_json(record), json.loads(json.dumps(plan.options(), default=str))
        changed = sorted(key for key in now if before.get(key) != now[key])
        if changed:
            raise UsageError(f"{plan.run}: cannot resume with another {', '.join(changed)}; name another folder")
    if plan.model.exists() and not plan.force and not (plan.run / "published.json").exists():
        raise UsageError(f"{plan.model}: already exists; choose another --name or --out, or replace it with --force")
    plan.run.mkdir(parents=True, exist_ok=True)
    save_json(record, plan.options())


def _look(plan: FitPlan, split_file: Path) -> None:
    read = read_data(plan.data, Names.parse(plan.labels), source=plan.name)
    detect = load_detector(name="face-ssd", search=weights_search())
    prepared = prepare(read, detect, seed=plan.seed, leave_out=plan.leave_out)
    text = report(prepared)
    (plan.run / "found.md").write_text(f"# What was found in {plan.data.name}\n\n{text}\n")
    click.echo(text)
    prepared.split.save(split_file)


def _cut(split: Split, crops: Path, plan: FitPlan) -> None:
    detect = load_detector(name="face-ssd", search=weights_search())
    store, cut_report = cut_crops(split, detect, crops)
    save_faces(plan.run / "faces.png", store)
    text = summary(store, cut_report)
    click.echo(f"{text}\nLook at {plan.run / 'faces.png'}: are the classes right?")
    (crops / "report.md").write_text(f"# Faces of {plan.data.name}, as the kiosk sees them\n\n{text}\n")


def _draws(crops: int) -> int:
    return min(SHOWN_OFTEN * crops, MOST_DRAWS)


def _learn(plan: FitPlan, start: Path, split_file: Path, crops: Path, run: RunFolder, *, after_s: float) -> None:
    facts = start_facts(start)
    store = CropStore.load(crops)
    trained = sum(record.part is Part.TRAIN for record in store.records)
    recipe = FinetuneRecipe(
        head_epochs=0,
        upper_epochs=plan.epochs,
        upper_rate=plan.rate,
        blocks=4,
        dropout=0.1,
        balance=0.5,
        # With a few dozen validation faces the best epoch is the luckiest; the rate falls to 0 anyway.
        keep=Keep.LAST,
        patience=plan.epochs,
        draws=_draws(trained),
        blend=BLEND,
        seed=plan.seed,
    )
    job = Job(split_file, crops, BACKBONES[facts.backbone], None, facts.input.width, facts.input.margin, recipe, start)
    run.path.mkdir(parents=True, exist_ok=True)
    finetune(job, run, command="fit", after_s=after_s)


def _calibrate(plan: FitPlan, run: RunFolder, crops: Path) -> None:
    done = calibrate(run, load_faces(crops, Part.VALIDATION), CAUTION, biases=False)
    save_json(plan.run / "calibrated.json", {"temperature": done.scaling.temperature, "thresholds": done.thresholds})


def _convert(plan: FitPlan, run: RunFolder, crops: Path, *, resume: bool) -> None:
    """Conversion and this half meet in files: its command is called as a user would."""
    options = ["--crops", crops, "--name", plan.name, "--models", plan.out, "--recipe", "float16", "--recipe", "int8"]
    told = _call("run", run.path, *options, *(["--force"] if plan.force or resume else []))
    click.echo(told)
    save_json(plan.run / "published.json", {"told": told})


def _call(*arguments: object) -> str:
    """Run `maskgate-convert`; what it says, without what TensorFlow says.

    Raises:
        ModelError: with its last line, if it fails.
    """
    command = [sys.executable, "-m", "convert.command", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)  # noqa: S603 - our own
    own = [
        line for line in done.stderr.splitlines() if line.startswith(("maskgate-convert:", "Only ", "not published:"))
    ]
    if done.returncode:
        raise ModelError(own[-1].removeprefix("maskgate-convert: ") if own else done.stderr.strip()[-500:])
    return "\n".join([*done.stdout.splitlines(), *own])


def _compare(plan: FitPlan, crops: Path) -> Paired:
    faces = load_faces(crops, Part.TEST)
    new, old = (load_predictor(str(model)) for model in (plan.model, plan.start))
    answers, before = ask(new, faces), ask(old, faces)
    paired = pair(_right(answers, faces), _right(before, faces))
    values = figures(answers)
    subject = Subject("crops", str(plan.model), new, Path(plan.name), Part.TEST)
    compared = {"name": old.name, "right": paired.old, "new": paired.new, "gained": paired.gained, "lost": paired.lost}
    compared |= {"low": paired.interval[0], "high": paired.interval[1], "chance": paired.chance}
    page = Report(f"{plan.name} on your own faces", subject.facts(), "", cards(values), tables(values))
    folder = plan.run / "evaluation"
    write_outputs(folder, subject, values, page, mistakes=(), docs=None, more={"compared": compared})
    _call("card", plan.model, "--evaluation", folder / "evaluation.json")
    text = f"# {plan.name} and {old.name} on {len(faces)} held-out faces\n\n{verdict(paired, plan.name, old.name)}\n\n"
    text += _table(answers, before, plan.name, old.name)
    (plan.run / "report.md").write_text(text)
    for file in ("found.md", "report.md"):
        shutil.copyfile(plan.run / file, plan.model / f"fit-{file}")
    save_json(plan.run / "comparison.json", asdict(paired))
    return paired


def _compared(plan: FitPlan) -> Paired:
    return Paired(**load_json(plan.run / "comparison.json"))  # type: ignore[arg-type]


def _right(answers: Answers, faces: list[LabelledFace]) -> list[bool]:
    """Of each face, whether it was called what it is; uncertain is wrong."""
    called: NDArray[np.int64] = answers.called
    labels = [*answers.labels, None]
    return [labels[index] is face.label for index, face in zip(called, faces, strict=True)]


def _table(new: Answers, old: Answers, name: str, old_name: str) -> str:
    """Faces of each class called rightly by both models."""
    lines = [f"| class | faces | {name} right | {old_name} right |", "|---|---:|---:|---:|"]
    for index, label in enumerate(new.labels):
        of_class = new.truth == index
        if of_class.any():
            counts = [int((answers.called == answers.truth)[of_class].sum()) for answers in (new, old)]
            lines.append(f"| {label} | {int(of_class.sum())} | {counts[0]} | {counts[1]} |")
    return "\n".join(lines) + "\n"


def _tell(plan: FitPlan, paired: Paired) -> None:
    config = plan.run / f"{plan.name}.toml"
    config.write_text(f'[classifier]\nmodel = "{plan.model.resolve()}"\n')
    replaced = f" --model {plan.start}" if "/" not in plan.start else ""
    click.echo(f"\n{verdict(paired, plan.name, Path(plan.start).name)}\n")
    click.echo(f"{plan.model}/ holds the model with its card; {plan.run}/ the report and all that was done. To use it:")
    click.echo(f"  maskgate detect PICTURE.jpg --config {config}")
    click.echo(f"  maskgate models pack {plan.model} {plan.name}.bundle --version 1 --key KEY.pem{replaced}")
    click.echo(f"  sudo maskgate models install {plan.name}.bundle")
