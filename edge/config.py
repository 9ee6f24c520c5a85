"""The kiosk's one configuration schema; every default lives here and nowhere else."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.errors import ConfigError

SYSTEM_FILE = Path("/etc/maskgate/maskgate.toml")
"""Read where no other file is named and this one exists."""

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=3600)]
Pin = Annotated[int, Field(ge=0, le=27, description="BCM number of a line on the 40-pin header")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CameraConfig(_Section):
    """Where frames come from."""

    source: str = Field(default="usb:0", description="usb:N, rtsp://..., http(s)://..., a video file or a folder")


class DetectorConfig(_Section):
    """What counts as a face."""

    name: Literal["face-ssd", "res10", "yunet"] = Field(default="res10", description="which face detector")
    min_score: Share | None = Field(
        default=None, description="confidence below which a detection is no face; default: the detector's own"
    )
    start_score: Share = Field(default=0.7, description="confidence needed to begin following a new face")
    min_face: Share = Field(
        default=0.08, description="longer side of the smallest face judged, as a share of the picture's longer side"
    )


class ClassifierConfig(_Section):
    """Which network judges a face."""

    model: str = Field(default="mask-mobilenetv2", description="folder below models/, or a path to one")
    threads: int = Field(default=1, ge=1, le=8, description="threads of each network")


class PeopleConfig(_Section):
    """How faces become people, and readings a verdict."""

    min_iou: Share = Field(default=0.3, gt=0, description="overlap at which a face continues a track")
    memory_s: Seconds = Field(default=0.7, description="how long an unseen person is reckoned to stand there")
    min_presence_s: Seconds = Field(default=0.25, description="how long a face must be seen before it is a person")
    min_share: Share = Field(default=0.7, gt=0, description="share of the frames in which it must be seen meanwhile")
    window_s: Seconds = Field(default=1.0, gt=0, description="how long a reading counts")
    min_votes: int = Field(default=5, ge=1, description="readings needed before anything is said of a person")
    majority: Share = Field(default=0.6, gt=0.5, description="share of the readings that settles a verdict")


class AlarmConfig(_Section):
    """How the door's state follows the verdicts."""

    hold_s: Seconds = Field(default=2.0, description="how long ALERT outlasts its cause")
    settle_s: Seconds = Field(default=0.3, description="how long PASS or IDLE must be called for before it is shown")


class SignalsConfig(_Section):
    """Which lines light the lamps."""

    driver: Literal["auto", "gpio", "mock"] = Field(
        default="auto", description="gpio: the board's lines; mock: none; auto: whichever is there"
    )
    green: Pin = 17
    red: Pin = 27
    buzzer: Pin = 22
    active_high: bool = Field(default=True, description="false where a line switches its load by going low")

    @property
    def pins(self) -> dict[str, int]:
        return {"green": self.green, "red": self.red, "buzzer": self.buzzer}

    @model_validator(mode="after")
    def _each_pin_once(self) -> Self:
        if len(set(self.pins.values())) < len(self.pins):
            raise ValueError(f"each output needs a pin of its own, received {self.pins}")
        return self


class Config(_Section):
    """The whole file."""

    camera: CameraConfig = CameraConfig()
    detector: DetectorConfig = DetectorConfig()
    classifier: ClassifierConfig = ClassifierConfig()
    people: PeopleConfig = PeopleConfig()
    alarm: AlarmConfig = AlarmConfig()
    signals: SignalsConfig = SignalsConfig()


def load_config(path: Path | None) -> Config:
    """Read a TOML file; without one the system's, or the defaults if there is none.

    Raises:
        ConfigError: naming file, key, value and what is allowed, for every key that is wrong.
    """
    if path is None:
        if not SYSTEM_FILE.exists():
            return Config()
        path = SYSTEM_FILE
    try:
        return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is no TOML ({error})") from error
    except ValidationError as error:
        raise ConfigError("; ".join(_explain(path, problem) for problem in error.errors())) from error


def _explain(path: Path, problem: object) -> str:
    assert isinstance(problem, dict)
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{path}: {key}: no such key; see `maskgate check-config --help`"
    return f"{path}: {key} = {problem['input']!r}: {problem['msg']}"
