"""The stages of the chain as a configuration wants them; the one place where they are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from edge.chain.alarm import Alarm
from edge.chain.attention import Attention
from edge.chain.motion import MotionGate
from edge.chain.pipeline import Await, Decide, Find, Read, Register, Select, Settle, Track, Vouch, observe
from edge.chain.quality import QualityGate
from edge.chain.tracker import Tracker
from edge.chain.verdicts import Verdicts
from edge.chain.zones import Zones
from edge.config.schema import Config, QualityConfig
from edge.networks.detector import FaceDetector
from edge.timing import TellTime, timed
from edge.types import (
    AlarmState,
    Box,
    Face,
    Frame,
    Ignored,
    Image,
    Observation,
    Reading,
    Required,
    TrackedFace,
    Verdict,
)

Judge = Callable[[Image, Box], Reading]
"""Tells what the face in a box of a BGR picture wears: the classifier."""

Notice = Callable[[Image, Box, Reading], None]
"""Told what was read in a box of a BGR picture."""

Networks = tuple[FaceDetector, Judge]


@dataclass(frozen=True, slots=True)
class Stages:
    """One chain: `edge.chain.pipeline.observe` says what each stage does, each stage's class what it remembers."""

    find: Find
    select: Select
    track: Track
    vouch: Vouch
    read: Read
    settle: Settle
    await_votes: Await
    decide: Decide
    register: Register

    def observe(self, frames: Iterable[Frame]) -> Iterator[Observation]:
        """Look at each frame and say what the door should show."""
        return observe(
            frames,
            find=self.find,
            select=self.select,
            track=self.track,
            vouch=self.vouch,
            read=self.read,
            settle=self.settle,
            await_votes=self.await_votes,
            decide=self.decide,
            register=self.register,
        )


def take_at_its_word(_frame: Frame, tracked: tuple[TrackedFace, ...]) -> tuple[TrackedFace, ...]:
    """For a recording, which may well be still."""
    return tracked


def _number_nobody(
    _frame: Frame, _followed: tuple[TrackedFace, ...], ignored: tuple[Ignored, ...]
) -> tuple[Ignored, ...]:
    """For a chain whose account nobody reads."""
    return ignored


def _tell_nobody(_stage: str, _seconds: float) -> None:
    """For a chain that nobody measures."""


def notice_nobody(_image: Image, _box: Box, _reading: Reading) -> None:
    """For a chain whose readings count for nothing else."""


def build_stages(
    config: Config,
    networks: Networks,
    *,
    alarm: Alarm,
    is_on_duty: Callable[[], bool],
    ids: Iterator[int],
    vouch: Vouch = take_at_its_word,
    register: Register = _number_nobody,
    tell_time: TellTime = _tell_nobody,
    notice: Notice = notice_nobody,
    required: Callable[[], Required] | None = None,
) -> Stages:
    """A chain that knows nobody yet.

    Args:
        config: the whole configuration.
        networks: face detector and mask classifier.
        alarm: decides; it outlives the chain, as a lost camera or an exchanged network ends no alert.
        is_on_duty: the clock on the wall: whether it is within the opening hours.
        ids: numbers for people; shared by successive chains of one run, so that no two people share one.
        vouch: tells which faces live; like the alarm it outlives the chain, to know again what a stuck camera showed.
        register: numbers the faces that do not count; it outlives the chain, too, so that no two have one number.
        tell_time: told how long each call of a network took, by stage.
        notice: told every reading.
        required: the clock on the wall: which masks let somebody in now; default: `alarm.required`, at every hour.
    """
    detect, classify = networks
    detector, people = config.detector, config.people
    look, judge = timed("detect", detect, tell_time), timed("classify", classify, tell_time)
    why_unfit = _quality_gate(config.quality)

    verdicts_of = Verdicts(
        window_s=people.window_s,
        min_votes=people.min_votes,
        majority=people.majority,
        memory_s=people.memory_s,
        min_presence_s=people.min_presence_s,
        min_share=people.min_share,
        required=required or (lambda: config.alarm.required),
    )

    def read(image: Image, face: Face) -> Reading | Ignored:
        unfit = why_unfit(image, face)
        if unfit is not None:
            return unfit
        reading = judge(image, face.box)
        notice(image, face.box, reading)
        return reading

    def decide(verdicts: tuple[Verdict, ...], at: float) -> AlarmState:
        return alarm(verdicts, at, open_now=is_on_duty())

    return Stages(
        find=MotionGate(
            lambda frame: look(frame.least, frame.size),
            min_change=detector.min_change,
            still_s=detector.still_s,
            min_score=detect.min_score,
        ),
        select=Zones(
            min_face=detector.min_face,
            region=config.zones.region,
            ignored=config.zones.ignored,
            min_score=detect.min_score,
        ),
        track=Tracker(
            min_iou=people.min_iou,
            memory_s=people.memory_s,
            min_score=detect.min_score,
            start_score=detect.start_score if detector.start_score is None else detector.start_score,
            ids=ids,
        ),
        vouch=vouch,
        read=Attention(
            read,
            steady=people.min_votes,
            reread_s=people.reread_s,
            budget=people.max_readings,
            memory_s=people.memory_s,
            min_score=detect.min_score,
        ),
        settle=verdicts_of,
        await_votes=verdicts_of.awaited,
        decide=decide,
        register=register,
    )


def build_alarm(config: Config) -> Alarm:
    """What makes verdicts the door's state, as a configuration wants it."""
    alarm = config.alarm
    return Alarm(
        hold_s=alarm.hold_s,
        settle_s=alarm.settle_s,
        cool_down_s=alarm.cool_down_s,
        reminds_of_kind=alarm.wrong_kind == "remind",
    )


def _quality_gate(quality: QualityConfig) -> QualityGate:
    return QualityGate(
        min_face_px=quality.min_face_px,
        min_sharpness=quality.min_sharpness,
        min_aspect=quality.min_aspect,
        min_gap=quality.min_gap,
        min_brightness=quality.min_brightness,
    )
