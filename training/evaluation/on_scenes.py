"""Judge detector and classifier together, on whole pictures, as a kiosk meets people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import InputError, UsageError
from edge.networks.detector import Detector
from edge.networks.preprocess import crop_square
from edge.pictures import read_picture
from edge.types import Box
from training.data.samples import Split
from training.data.scenes import (
    MIN_SHARE,
    PICTURES_FOLDER,
    Scene,
    picture_hash,
    read_scenes,
    scenes_of_part,
    sources_with_classes,
)
from training.evaluation.answers import Answers
from training.evaluation.contact_sheet import Mistake, worst
from training.evaluation.figures import figures
from training.evaluation.leaks import Learnt
from training.evaluation.outputs import Subject, write_outputs
from training.evaluation.report import Card, Report, cards
from training.evaluation.scene_judge import JudgedScene, SceneJudge, answers_of, labelled_matches, save_predictions
from training.evaluation.scene_score import SceneTally, score
from training.evaluation.tables import scene_recall_table, scene_table, scene_tag_table, share, tables

ALL_SOURCES = "all"


@dataclass(frozen=True, slots=True)
class SceneChoice:
    """Which scenes are judged, and which of their faces count.

    Attributes:
        split: file that says which picture lies in which part; may be missing if all parts are asked for.
        sources: data sets; empty for all that tell what faces wear.
        min_share: faces whose longer side is below this share of the picture's longer side do not count.
        original: judge by the sets' own labels, whatever was found when they were checked.
    """

    split: Path | None = None
    sources: tuple[str, ...] = ()
    min_share: float = MIN_SHARE
    original: bool = False


def choose_scenes(subject: Subject, choice: SceneChoice) -> list[Scene]:
    """The scenes to judge.

    Raises:
        UsageError: if a part is asked for without a split file.
        InputError: if no scene is left.
    """
    folder, part = subject.data, subject.part
    scenes = read_scenes(folder, original=choice.original)
    sources = choice.sources or sources_with_classes(scenes)
    scenes = [scene for scene in scenes if scene.source in sources]
    if part is not None:
        if choice.split is None:
            raise UsageError(
                f"{folder}: which scenes are the {part} part? Name a split file with --split, or --part all"
            )
        scenes = scenes_of_part(scenes, folder, Split.load(choice.split), part)
    if not scenes:
        raise InputError(f"{folder}: no scene of {', '.join(sources)} lies in part {subject.part_name}")
    return scenes


def evaluate_scenes(
    subject: Subject, choice: SceneChoice, detect: Detector, *, detector_name: str, out: Path, docs: Path | None
) -> SceneTally:
    """Judge, and write the results to `out`, with the predictions in the form of `maskgate detect --json`.

    Returns:
        the counts of all data sets together.

    Raises:
        UsageError: if a part is asked for without a split file.
        InputError: if there is nothing to judge, or it was learnt from.
    """
    scenes = choose_scenes(subject, choice)
    pictures = [picture_hash(subject.data, scene) for scene in scenes]
    copies = Learnt.by(subject.model).copies(pictures, subject.part, subject.data)
    judge = SceneJudge(detect, subject.predictor)
    judged = list(judge(scenes, subject.data))
    tallies = tally_sources(judged, min_share=choice.min_share)
    whole = tallies[ALL_SOURCES]
    answers = answers_of(whole, judged, subject.predictor)
    values = figures(answers)
    milliseconds = judge.cpu_s / len(scenes) * 1e3
    report = Report(
        title=f"{subject.predictor.name} with {detector_name} on whole scenes",
        facts=(
            *subject.facts(),
            ("detector", detector_name),
            ("smallest face", f"{choice.min_share:.0%} of the picture"),
            ("labels", "the data sets' own" if choice.original else "checked ones where there are any"),
        ),
        caution=subject.caution(copies),
        cards=(*_scene_cards(whole, milliseconds), *cards(values, "of found: ")),
        tables=(scene_table(tallies), scene_recall_table(tallies), scene_tag_table(whole), *tables(values)),
    )
    write_outputs(
        out,
        subject,
        values,
        report,
        mistakes=_mistakes(answers, whole, subject),
        docs=docs,
        more={
            "detector": detector_name,
            "min_share": choice.min_share,
            "original_labels": choice.original,
            "scenes": {name: tally.record() for name, tally in tallies.items()},
            "measured": {"cpu_ms_per_picture": milliseconds},
        },
    )
    save_predictions(out / "predictions.jsonl", judged, classes=len(subject.predictor.labels))
    return whole


def tally_sources(judged: Sequence[JudgedScene], *, min_share: float = MIN_SHARE) -> dict[str, SceneTally]:
    """Counts of each data set, and under `all` of all together."""
    sources = sorted({one.scene.source for one in judged})
    chosen = {source: [one for one in judged if one.scene.source == source] for source in sources}
    chosen[ALL_SOURCES] = list(judged)
    return {
        name: score(((one.scene, one.called) for one in ones), min_share=min_share) for name, ones in chosen.items()
    }


def _scene_cards(tally: SceneTally, milliseconds: float) -> tuple[Card, ...]:
    shares = tally.shares()
    return (
        Card("faces found", share(shares["found"])),
        Card("end to end, all classes", share(shares["end_to_end3"])),
        Card("end to end, mask or not", share(shares["end_to_end2"])),
        Card("false faces a picture", share(shares["false_per_image"])),
        Card("cpu-ms a picture", f"{milliseconds:.0f}"),
    )


def _mistakes(answers: Answers, tally: SceneTally, subject: Subject) -> list[Mistake]:
    matches = labelled_matches(tally)
    mistakes = []
    for index in worst(answers):
        truth, match = matches[index]
        image = read_picture(subject.data / PICTURES_FOLDER / match.scene.file)
        x1, y1, x2, y2 = (round(edge) for edge in match.called.box)
        face = crop_square(image, Box(x1, y1, x2, y2), margin=subject.predictor.input.margin)
        mistakes.append(Mistake(face, truth, match.called.label, float(answers.probabilities[index].max())))
    return mistakes
