"""The kiosk's one configuration schema; every default lives here and nowhere else."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, tzinfo
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from edge.cameras.capture import CameraSettings, Metering
from edge.config.environment import Key, Override, override, read_overrides
from edge.config.hours import parse_required, parse_span, strictest
from edge.config.secrets import SECRET_KEYS, CameraSource, Secret, quoted
from edge.errors import ConfigError, cause_of
from edge.host import sound_devices
from edge.host.doors import the_door
from edge.host.pages import page
from edge.languages.language import LANGUAGES, Language
from edge.languages.messages import DOOR, DoorText
from edge.reports.schedule import parse_schedule
from edge.types import Required

TEXT_EXPECTED = frozenset({"string_type", "path_type"})
"""What pydantic calls it when a key wants text."""

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=3600)]
Moments = Annotated[float, Field(ge=0, le=5)]
"""Seconds that a person would wait at a door, or a passer-by be overlooked."""
Pin = Annotated[int, Field(ge=0, le=27, description="BCM number of a line on the 40-pin header")]


Point = tuple[Share, Share]
"""x and y as shares of the picture's width and height."""

Address = Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^\[\]:\s]+):[0-9]{1,5}$")]
"""Where to listen: a host or `[IPv6]`, and a port; see `split_address`."""


def _at_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"nobody here has the home {path.parts[0]}; write the folder out") from error


UserPath = Annotated[Path, AfterValidator(_at_home)]
"""A path in which `~` stands for the home of whoever runs the program."""


NO_PROXY: Final = 'not an address ("10.0.0.5"), a network ("10.0.0.0/24"), or "*" for every one'


def _proxy(text: str) -> str:
    if text != "*":
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            raise PydanticCustomError("proxy", NO_PROXY) from error
    return text


Proxy = Annotated[str, AfterValidator(_proxy)]
"""Whom to believe in what it says of others; no host name, as whoever answers for that name would be believed."""


def _spans(hours: tuple[str, ...]) -> tuple[str, ...]:
    for text in hours:
        parse_span(text)
    return hours


OutputRole = Literal["green", "amber", "red", "buzzer", "relay"]
InputRole = Literal["contact", "exit_button", "lockdown", "fire"]

DoorSeconds = Annotated[float, Field(ge=1, le=30)]
"""How long a door may be unlocked, or somebody takes to walk through it."""


class Section(BaseModel):
    """A table of the file. A change of a key waits for a restart unless LIVE names it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    LIVE: ClassVar[frozenset[str]] = frozenset()
    """Keys whose new value is used from a reload on: whoever needs it asks the configuration in use."""

    @classmethod
    def is_live(cls, key: str) -> bool:
        """Whether a reload takes over this key."""
        return key in cls.LIVE


class _LiveSection(Section):
    """A section that a reload takes over as a whole."""

    @classmethod
    def is_live(cls, key: str) -> bool:
        return key in cls.model_fields


class CameraConfig(_LiveSection):
    """Where frames come from."""

    source: CameraSource = Field(
        default="usb:0",
        validate_default=True,
        description="picamera, picamera:N, usb:N, /dev/video..., rtsp(s)://..., http(s)://..., a video file, a folder",
    )
    width: int | None = Field(default=None, ge=160, le=4608, description="pixels; default: the camera's own")
    height: int | None = Field(default=None, ge=120, le=4608, description="pixels; default: the camera's own")
    fps: int | None = Field(default=None, ge=1, le=120, description="pictures per second; default: the camera's own")
    turn_deg: Literal[0, 90, 180, 270] = Field(default=0, description="clockwise turn that makes the picture upright")
    mirrored: bool = Field(default=False, description="whether the picture is mirrored, after the turn")
    loop: bool = Field(default=False, description="begin a clip or folder again at its end, to try things on a desk")
    focus_m: float | None = Field(
        default=None,
        ge=0.05,
        le=100,
        description="distance in metres that the lens is focused at (camera module); default: autofocus",
    )
    exposure_ms: float | None = Field(
        default=None,
        ge=0.1,
        le=1000,
        description="exposure time in milliseconds (camera module, USB); default: automatic",
    )
    gain: float | None = Field(
        default=None, ge=1, le=64, description="gain of the sensor, 1 for none (camera module); default: automatic"
    )
    exposure_ev: float | None = Field(
        default=None,
        ge=-8,
        le=8,
        description="exposure compensation in stops; positive values are brighter (camera module); default: 0",
    )
    metering: Metering | None = Field(
        default=None, description="what automatic exposure looks at (camera module); default: the module's own"
    )
    flicker_hz: Literal[50, 60] | None = Field(
        default=None, description="mains frequency whose lamp flicker is suppressed (camera module); default: none"
    )

    @property
    def settings(self) -> CameraSettings:
        """What a live camera is asked for."""
        return CameraSettings(**{field.name: getattr(self, field.name) for field in fields(CameraSettings)})


class DetectorConfig(_LiveSection):
    """What counts as a face."""

    name: str = Field(
        default="face-ssd",
        min_length=1,
        description='face detector: "face-ssd", "res10", "yunet", or one of your own, as for classifier.model',
    )
    min_score: Share | None = Field(
        default=None, description="confidence below which a detection is no face; default: the detector's own"
    )
    start_score: Share | None = Field(
        default=None, description="confidence needed to start tracking a new face; default: the detector's own"
    )
    min_face: Share = Field(
        default=0.08, description="longer side of the smallest face judged, as a share of the picture's longer side"
    )
    still_s: float = Field(
        default=0.5,
        ge=0,
        le=2,
        description="after this long without movement, faces are detected only this often; 0: in every frame",
    )
    min_change: float = Field(
        default=6.0,
        ge=0,
        le=64,
        description="change of brightness, in a 32nd of the picture's width, that counts as movement",
    )


class ClassifierConfig(_LiveSection):
    """Which network judges a face."""

    model: str = Field(
        default="mask-mobilenetv2-fast", description="name of a folder in models/, or a path to a model folder"
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=8,
        description="processor threads of each network; default: one for each core but one, at most three, shared by "
        "the board's doors",
    )


class PeopleConfig(_LiveSection):
    """How faces become people, and readings a verdict."""

    min_iou: Share = Field(default=0.3, gt=0, description="overlap at which a face continues a track")
    memory_s: Moments = Field(default=0.7, description="how long a person who is out of sight still counts as present")
    min_presence_s: Moments = Field(default=0.25, description="how long a face must be seen before it is a person")
    min_share: Share = Field(default=0.7, gt=0, description="share of the frames in that time in which it must be seen")
    window_s: Moments = Field(default=1.0, gt=0, description="how long a reading counts")
    min_votes: int = Field(default=5, ge=1, le=30, description="readings needed before there is a verdict on a person")
    majority: Share = Field(default=0.6, gt=0.5, description="share of the readings that settles a verdict")
    max_readings: int = Field(
        default=4, ge=1, le=16, description="faces judged in one frame; the others wait for their turn"
    )

    @property
    def reread_s(self) -> float:
        """Seconds between two readings: one more than are needed lie in any window, and three in a second."""
        return min(self.window_s / (self.min_votes + 1), 1 / 3)


class ZonesConfig(_LiveSection):
    """Where in the picture people are looked for."""

    region: tuple[Point, ...] | None = Field(
        default=None,
        min_length=3,
        max_length=64,
        description="corners of the only part that counts; default: the whole picture",
    )
    ignored: tuple[Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)], ...] = Field(
        default=(), max_length=32, description="parts that never count, such as a poster with a face; corners of each"
    )


class QualityConfig(_LiveSection):
    """Which faces are fit to be judged; one that is not keeps its person undecided."""

    min_face_px: int = Field(default=24, ge=1, le=1000, description="longer side of the smallest face, in pixels")
    min_sharpness: float = Field(
        default=0.0,
        ge=0,
        le=10_000,
        description="smallest sharpness of a face, as the variance of the Laplacian; 0 accepts every face",
    )
    min_aspect: Share = Field(
        default=0.4, description="smallest ratio of a face's width to its height; a full profile is narrow"
    )
    min_gap: Share = Field(
        default=0.01,
        description="smallest gap to the picture's edge, as a share of its longer side; a nearer face is cut off",
    )
    min_brightness: float = Field(
        default=0.0, ge=0, le=255, description="smallest mean grey value of a face, 0 to 255; 0 accepts every face"
    )


class AlarmConfig(_LiveSection):
    """How the door's state follows the verdicts."""

    mode: Literal["enforce", "remind"] = Field(
        default="enforce", description="remind: lamps and sound only, signals.relay is never driven"
    )
    hold_s: Annotated[float, Field(ge=0, le=60)] = Field(
        default=2.0, description="how long lamp and sound of ALERT outlast its cause, unless everybody may pass"
    )
    settle_s: Moments = Field(
        default=0.3, description="how long everybody must be masked before PASS; nothing delays its end"
    )
    cool_down_s: Seconds = Field(default=0.0, description="how long after an alert a new one is shown without sound")
    mute_s: Seconds = Field(default=300.0, description="how long a long press of the button silences the buzzer")
    hours: tuple[str, ...] = Field(
        default=(),
        max_length=32,
        description='when the kiosk is on duty, local time, such as ["Mon-Fri 07:00-19:00", "Sat 09:00-12:00"], or '
        '["07:00-19:00"] for every day; default: always',
    )

    required: Required = Field(
        default=Required.ANY,
        description="which masks let somebody in, by their shape: any, medical (surgical or respirator), respirator",
    )
    required_hours: tuple[str, ...] = Field(
        default=(),
        max_length=32,
        description='what is required at other hours, local time, such as ["respirator 07:00-19:00"]; of two that '
        "overlap the stricter one applies",
    )
    wrong_kind: Literal["alert", "remind"] = Field(
        default="alert",
        description="what a mask of the wrong kind, properly worn, comes to; remind: it is shown and said, and the "
        "door opens",
    )

    @field_validator("hours")
    @classmethod
    def _are_spans(cls, hours: tuple[str, ...]) -> tuple[str, ...]:
        return _spans(hours)

    @field_validator("required_hours")
    @classmethod
    def _are_required(cls, required_hours: tuple[str, ...]) -> tuple[str, ...]:
        for text in required_hours:
            parse_required(text)
        return required_hours

    @property
    def strictest(self) -> Required:
        """What is required at some hour, at most."""
        return strictest((self.required, *(parse_required(text)[0] for text in self.required_hours)))


class RelayConfig(_LiveSection):
    """When the lock behind `signals.relay` opens; docs/door.md says what comes first."""

    mode: Literal["hold", "pulse"] = Field(
        default="hold", description="hold: energised as long as PASS lasts; pulse: for pulse_s at most, once a PASS"
    )
    pulse_s: Annotated[float, Field(ge=1, le=10)] = Field(
        default=3.0, description="longest pulse; it ends with PASS, so a lock that must stay open longer has a timer"
    )
    exit_s: DoorSeconds = Field(default=5.0, description="how long a press of inputs.exit_button opens the door")
    open_hours: tuple[str, ...] = Field(
        default=(),
        max_length=32,
        description="when the door is unlocked for everybody, local time, but in ALERT and FAULT; default: never",
    )

    @field_validator("open_hours")
    @classmethod
    def _are_spans(cls, open_hours: tuple[str, ...]) -> tuple[str, ...]:
        return _spans(open_hours)


class InputsConfig(_LiveSection):
    """Contacts and buttons of the door, each between its line and ground; docs/hardware.md draws them."""

    contact: Pin | None = Field(default=None, description="door contact, closed while the door is shut")
    exit_button: Pin | None = Field(default=None, description="exit button; a press opens the door for relay.exit_s")
    lockdown: Pin | None = Field(default=None, description="lock-down switch; while it is on only fire opens the door")
    fire: Pin | None = Field(
        default=None, description="contact of the fire alarm, open in a fire: opens the door until it is reset"
    )
    active_low: tuple[InputRole, ...] = Field(
        default=("exit_button", "lockdown"),
        max_length=4,
        description="inputs that mean something while their line is low; the others while it is high",
    )
    pull: Literal["up", "down", "none"] = Field(
        default="up", description="the lines' own resistors; down or none for contacts that switch 3.3 V"
    )
    debounce_s: Annotated[float, Field(ge=0.02, le=1)] = Field(
        default=0.05, description="how long a level must last; a fire contact's half a second at least"
    )
    grace_s: DoorSeconds = Field(
        default=5.0, description="how long after the lock shut the door may still be opened, by a lock with a timer"
    )
    held_open_s: Annotated[float, Field(ge=1, le=3600)] = Field(
        default=30.0, description="a door that stands open longer is held open: sound, event, page"
    )

    @property
    def pins(self) -> dict[str, int]:
        """BCM number of each role in use."""
        return {role: getattr(self, role) for role in get_args(InputRole) if getattr(self, role) is not None}


class SignalsConfig(_LiveSection):
    """Which lines light the lamps."""

    driver: Literal["auto", "gpio", "mock"] = Field(
        default="auto", description="gpio: the board's lines; mock: none; auto: whichever is there"
    )
    chip: str | None = Field(
        default=None,
        min_length=1,
        max_length=31,
        description="label of the GPIO chip with the lines, as `gpiodetect` shows it; default: a Raspberry Pi's header",
    )
    green: Pin = 17
    red: Pin = 27
    buzzer: Pin = 22
    amber: Pin | None = Field(default=None, description="lamp for CHECKING and, with the red one, FAULT")
    relay: Pin | None = Field(
        default=None,
        description="opens the door: energised on PASS, and as [relay] and [inputs] say, released on all else",
    )
    relay_pulse_hz: float | None = Field(
        default=None,
        ge=1,
        le=50,
        description="pulses a second that hold the relay: for a timer relay that lets go when they end; default: a "
        "steady level",
    )
    button: Pin | None = Field(
        default=None, description="button; press: silence this alert; hold: mute for alarm.mute_s"
    )
    active_low: tuple[OutputRole, ...] = Field(
        default=(),
        max_length=5,
        description="outputs that switch their load by going low; a button always connects to ground",
    )
    sound: Literal["intermittent", "beep", "tonal"] = Field(
        default="intermittent", description="the buzzer's pattern; tonal needs a passive piezo"
    )

    @property
    def pins(self) -> dict[str, int]:
        """BCM number of each role in use."""
        roles: tuple[str, ...] = (*get_args(OutputRole), "button")
        return {role: getattr(self, role) for role in roles if getattr(self, role) is not None}

    @model_validator(mode="after")
    def _each_pin_once(self) -> Self:
        if len(set(self.pins.values())) < len(self.pins):
            raise ValueError(f"each line has one role, received {self.pins}")
        return self


class EventsConfig(Section):
    """What is written down; never a picture."""

    LIVE = frozenset({"max_age_days", "max_megabytes"})

    database: UserPath | None = Field(
        default=None, description="SQLite file; default: events.db in the service's state folder, none without one"
    )
    max_age_days: float = Field(default=90.0, gt=0, le=3650, description="older events are deleted")
    max_megabytes: int = Field(
        default=64, ge=1, le=100_000, description="the oldest events are deleted beyond this size"
    )


class MetricsConfig(Section):
    """What Prometheus may read; it needs the extra `metrics`."""

    listen: Address | None = Field(
        default=None,
        description='address and port that answer /metrics, such as "127.0.0.1:9464" for this machine alone, or '
        '"[::]:9464" for everybody who can reach it; default: off',
    )


class MqttConfig(Section):
    """Telemetry and commands by an MQTT 5 broker; it needs the extra `mqtt`."""

    host: str | None = Field(default=None, description="the broker's name or address; default: no MQTT")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="the broker's port; default: 8883, or 1883 without TLS"
    )
    tls: bool = Field(
        default=True,
        description="whether to use TLS; without it, everybody on the network can read the messages and the password",
    )
    authorities: UserPath | None = Field(
        default=None,
        description="PEM file of the certificate authorities trusted for the broker; default: the system's",
    )
    certificate: UserPath | None = Field(default=None, description="PEM file of the kiosk's own certificate")
    key: UserPath | None = Field(default=None, description="PEM file with that certificate's private key")
    username: str | None = Field(default=None, description="user name at the broker; default: none")
    password_file: UserPath | None = Field(default=None, description="file with the password on its first line")
    prefix: str = Field(
        default="maskgate", pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", description="first part of every topic"
    )
    name: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="this kiosk's unique name in topics; default: the host's name, and the door's if it has one",
    )
    home_assistant: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
        description='where Home Assistant listens for new devices, usually "homeassistant"; default: off',
    )
    queue_events: int = Field(
        default=10_000,
        ge=100,
        le=1_000_000,
        description="largest number of events that wait for the broker; the oldest are dropped beyond it",
    )

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together; name both or neither")
        if self.name == "all":
            raise ValueError('name = "all" stands for every kiosk; choose another')
        return self


NoticeRule = Literal["alert", "fault", "camera", "forced", "held_open", "report"]
"""What people may be told of."""


class NotifyConfig(Section):
    """Who is told, by mail, Telegram, Slack, ntfy and others, and of what; addresses need the extra `notify`."""

    LIVE = frozenset({"rules", "alert_s", "fault_s", "quiet_hours", "per_hour", "picture", "report"})

    urls: tuple[Secret, ...] = Field(
        default=(),
        max_length=16,
        description="who is told, each by an Apprise address such as "
        '"mailtos://user:password@example.org?to=desk@example.org"; they are secrets and never shown; default: nobody',
    )
    urls_file: UserPath | None = Field(default=None, description="file with further such addresses, one a line")
    webhook: Secret | None = Field(
        default=None, description="address that is sent each message as signed JSON; https, or http; default: none"
    )
    webhook_secret_file: UserPath | None = Field(
        default=None, description="file with the secret, on its first line, that signs what the webhook is sent"
    )
    rules: tuple[NoticeRule, ...] = Field(
        default=("alert", "fault", "camera", "forced", "held_open", "report"),
        max_length=6,
        description="what is told: alert, fault, camera, forced, held_open, report",
    )
    alert_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=10.0, description="an alert is told when it has lasted this long"
    )
    fault_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=30.0, description="a fault, or a lost camera, is told when it has lasted this long, and when it ends"
    )
    quiet_hours: tuple[str, ...] = Field(
        default=(),
        max_length=32,
        description='when nothing is sent, local time, such as ["22:00-06:00"]; it is summed up afterwards; default: '
        "never",
    )
    per_hour: int = Field(
        default=12, ge=1, le=1000, description="messages in an hour at most, to each; the rest is summed up in one"
    )
    queue: int = Field(
        default=1000,
        ge=10,
        le=100_000,
        description="messages that wait at most, for each; the oldest are dropped beyond it",
    )
    picture: bool = Field(
        default=False, description="whether an alert's message has its snapshot, faces blurred; needs web.snapshots"
    )

    report: str | None = Field(
        default=None,
        description='when a report is sent, local time: "daily 07:00" tells of the day before, "weekly mon 07:00" of '
        "seven days; default: never",
    )

    @field_validator("report")
    @classmethod
    def _is_a_schedule(cls, report: str | None) -> str | None:
        if report is not None:
            parse_schedule(report)
        return report

    @field_validator("quiet_hours")
    @classmethod
    def _are_spans(cls, quiet_hours: tuple[str, ...]) -> tuple[str, ...]:
        return _spans(quiet_hours)

    @field_validator("webhook")
    @classmethod
    def _is_http(cls, webhook: Secret | None) -> Secret | None:
        if webhook is not None and webhook.scheme not in ("http", "https"):
            raise ValueError('expected an address that begins with "https://" or "http://"')
        return webhook

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if (self.webhook is None) != (self.webhook_secret_file is None):
            raise ValueError("webhook and webhook_secret_file belong together; name both or neither")
        return self

    @property
    def needs_apprise(self) -> bool:
        """Whether anybody is told by way of Apprise."""
        return bool(self.urls) or self.urls_file is not None

    @property
    def is_on(self) -> bool:
        """Whether anybody is told."""
        return self.needs_apprise or self.webhook is not None


class ModelsConfig(_LiveSection):
    """Which new models may be installed; it needs the extra `models`."""

    keys: tuple[UserPath, ...] = Field(
        default=(),
        max_length=32,
        description="PEM files of the public Ed25519 keys that may sign bundles; default: none",
    )


class WebConfig(Section):
    """Status page, door screen and API for a browser; they need the extra `web`."""

    LIVE = frozenset(
        {"login_header", "host_names", "show_faces", "open_door_screen", "languages", "snapshots", "snapshot_days"}
    )

    listen: Address | None = Field(
        default=None,
        description='address and port, such as "127.0.0.1:8080" for this machine alone, or "[::]:8080" for everybody '
        "who can reach it; default: off",
    )
    certificate: UserPath | None = Field(
        default=None, description="PEM file with the certificate chain; with it: https"
    )
    key: UserPath | None = Field(default=None, description="PEM file with the certificate's private key")
    trusted_proxies: tuple[Proxy, ...] = Field(
        default=(), max_length=32, description="addresses of reverse proxies whose forwarding headers are trusted"
    )
    login_header: Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,64}$")] | None = Field(
        default=None,
        description="header in which a trusted proxy names the user who has logged in with it, such as Remote-User; "
        "default: nobody is believed",
    )
    host_names: tuple[str, ...] = Field(
        default=(),
        max_length=32,
        description="names by which browsers call the kiosk over plain http, such as door.example.org; its address, "
        "its own name, and names without a dot or in .local, .internal or .home.arpa need not be listed",
    )
    folder: UserPath | None = Field(
        default=None,
        description="where password, tokens, snapshots and changed settings are kept; default: the service's state "
        "folder",
    )
    doors: bool = Field(
        default=False,
        description="whether a page lists all kiosks of the same mqtt.prefix at the broker: state, figures of today",
    )
    show_faces: bool = Field(default=False, description="whether the live picture shows faces; default: blurred")
    open_door_screen: bool = Field(default=False, description="whether the door screen needs no login")
    languages: tuple[Language, ...] = Field(
        default=("en",),
        min_length=1,
        max_length=len(LANGUAGES),
        description="languages of the door screen, shown in turn, the first one first",
    )
    snapshots: bool = Field(default=False, description="whether each alert keeps one picture, faces blurred")
    snapshot_days: float = Field(default=7.0, gt=0, le=90, description="older snapshots are deleted")

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together; name both or neither")
        return self

    @model_validator(mode="after")
    def _login_header_has_its_proxy(self) -> Self:
        if self.login_header and (not self.trusted_proxies or "*" in self.trusted_proxies):
            raise ValueError('login_header lets in whom a proxy names: list its address in trusted_proxies, not "*"')
        return self


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("expected one line of text")
    return text


OwnText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_one_line)
]
"""One line, short enough to be read in passing."""


class DoorScreenConfig(_LiveSection):
    """What the door screen shows; its languages are named in [web]."""

    logo: UserPath | None = Field(
        default=None, description="PNG, JPEG, WebP or SVG file of at most 512 kB, shown above the sign; default: none"
    )
    title: OwnText | None = Field(default=None, description="line beside the logo, such as the house's name")
    texts: Mapping[Language, Mapping[Literal[DoorText, "title"], OwnText]] = Field(
        default={},
        description='texts of your own, by language and state: texts.de.idle = "Bitte Maske tragen"; states are title, '
        + ", ".join(DOOR),
    )
    mirror: bool = Field(
        default=False,
        description="whether people see their own outline, drawn from the faces' boxes, and what is uncovered",
    )


Said = Literal[
    "checking", "pass", "without_mask", "incorrect_mask", "needs_respirator", "needs_medical", "held_open", "fault"
]


class VoiceConfig(Section):
    """What is said aloud, through the loudspeaker, in the languages of the door screen (`web.languages`)."""

    LIVE = frozenset({"say", "repeat_s", "volume", "hours", "folder"})

    enabled: bool = Field(default=False, description="whether anything is said")
    device: str = Field(
        default="default",
        min_length=1,
        max_length=100,
        description='ALSA device, such as "plughw:CARD=Headphones"; `aplay -L` lists them',
    )
    say: tuple[Said, ...] = Field(
        default=get_args(Said),
        max_length=8,
        description=f"what is said: {', '.join(get_args(Said))}",
    )
    repeat_s: Annotated[float, Field(ge=1, le=3600)] = Field(
        default=20.0, description="how long the same is not said again to the same person"
    )
    volume: Share = Field(default=0.8, description="share of full loudness")
    hours: tuple[str, ...] = Field(
        default=(), max_length=32, description='when it speaks, local time, such as ["07:00-19:00"]; default: always'
    )
    folder: UserPath | None = Field(
        default=None,
        description="own sounds, as LANGUAGE/PROMPT.wav (or .flac, .ogg, .opus), such as en/pass.wav; default: the "
        "shipped ones",
    )

    @field_validator("hours")
    @classmethod
    def _are_spans(cls, hours: tuple[str, ...]) -> tuple[str, ...]:
        return _spans(hours)

    @field_validator("device")
    @classmethod
    def _is_a_device(cls, device: str) -> str:
        if not sound_devices.is_sound_device(device):
            raise ValueError(sound_devices.EXPECTED)
        return device


class CollectConfig(_LiveSection):
    """Faces the model was least sure of, kept for labelling, see docs/privacy.md."""

    until: date | None = Field(
        default=None, description="last day on which faces are kept, such as 2026-12-24; default: none are kept"
    )
    days: float = Field(default=14.0, gt=0, le=90, description="older ones are deleted")
    most: int = Field(default=200, ge=1, le=2000, description="faces that are kept; of more the least sure stay")
    max_margin: Share = Field(
        default=0.5, description="difference of the two greatest probabilities above which the model was sure enough"
    )
    blur_eyes: bool = Field(default=True, description="whether eyes are blurred in what is kept")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ValueError("no time zone of this machine; `timedatectl list-timezones` names them all") from error
    return name


class DoorConfig(_LiveSection):
    """What the door is called, and by which clock it goes."""

    name: OwnText | None = Field(
        default=None, description='what people call it, such as "Main entrance": on the pages and in Home Assistant'
    )
    place: OwnText | None = Field(default=None, description='where it is, such as "Building 3, ground floor"')
    time_zone: Annotated[str, AfterValidator(_zone)] | None = Field(
        default=None,
        description='whose hours and days are meant, such as "Europe/Berlin": in all hours of this file, on the pages, '
        "in figures and tables; default: the machine's",
    )

    @property
    def zone(self) -> tzinfo | None:
        """None: this machine's."""
        return None if self.time_zone is None else ZoneInfo(self.time_zone)


class Config(Section):
    """The whole configuration file."""

    door: DoorConfig = DoorConfig()
    camera: CameraConfig = CameraConfig()
    detector: DetectorConfig = DetectorConfig()
    classifier: ClassifierConfig = ClassifierConfig()
    zones: ZonesConfig = ZonesConfig()
    quality: QualityConfig = QualityConfig()
    people: PeopleConfig = PeopleConfig()
    alarm: AlarmConfig = AlarmConfig()
    signals: SignalsConfig = SignalsConfig()
    relay: RelayConfig = RelayConfig()
    inputs: InputsConfig = InputsConfig()
    voice: VoiceConfig = VoiceConfig()
    events: EventsConfig = EventsConfig()
    models: ModelsConfig = ModelsConfig()
    metrics: MetricsConfig = MetricsConfig()
    mqtt: MqttConfig = MqttConfig()
    notify: NotifyConfig = NotifyConfig()
    web: WebConfig = WebConfig()
    door_screen: DoorScreenConfig = DoorScreenConfig()
    collect: CollectConfig = CollectConfig()

    @property
    def drives_door(self) -> bool:
        """Whether there is a lock to drive: a kiosk that only reminds has none."""
        return self.alarm.mode == "enforce" and self.signals.relay is not None

    def required_of(self, model: str) -> Required:
        """Which masks a rule asks the classifier of this name to tell, at some hour; any if another one is in use."""
        return self.alarm.strictest if model == self.classifier.model else Required.ANY

    @model_validator(mode="after")
    def _each_line_once(self) -> Self:
        taken = {gpio: f"signals.{role}" for role, gpio in self.signals.pins.items()}
        for role, gpio in self.inputs.pins.items():
            if gpio in taken:
                raise ValueError(f"GPIO {gpio} is both {taken[gpio]} and inputs.{role}; each line has one role")
            taken[gpio] = f"inputs.{role}"
        return self


def load_config(path: Path | None, environment: Mapping[str, str] = os.environ) -> Config:
    """Read a TOML file; without one the door's, or the defaults if a board has none. The environment overrides it.

    Raises:
        ConfigError: naming file or variable, key, value and what is allowed, for every key that is wrong.
    """
    door = the_door()
    if path is None and (door.name or door.config_file.exists()):
        path = door.config_file
    values = {} if path is None else _read_file(path)
    overrides = read_overrides(environment)
    override(values, overrides)
    try:
        return _validated(values, overrides)
    except ValidationError as error:
        told = [_explain(path, overrides, problem) for problem in error.errors()]
        sections = {str((*problem["loc"], "")[0]) for problem in error.errors()}
        pages = sorted(page("configuration.md", name if name in Config.model_fields else "") for name in sections)
        raise ConfigError(f"{'; '.join(told)}; see {', '.join(pages)}") from error


def _validated(values: dict[str, Any], overrides: Mapping[Key, Override]) -> Config:
    """The configuration of these values; a number in the environment is text where a key wants text.

    Raises:
        ValidationError: if a value is refused.
    """
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        wants_text = {tuple(map(str, one["loc"])) for one in error.errors() if one["type"] in TEXT_EXPECTED}
        texts = {key: Override(one.variable, one.text, one.text) for key, one in overrides.items() if key in wants_text}
        if not texts:
            raise
        override(values, texts)
        return Config.model_validate(values)


def split_address(listen: str) -> tuple[str, int]:
    """Address and port of a `listen` value; `[::]:80` is ("::", 80)."""
    address, _, port = listen.rpartition(":")
    return address.strip("[]"), int(port)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        # Editors on Windows begin a file with a byte order mark.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # tomllib's own error, bytes that are no text, digits without end
        raise ConfigError(f"{path}: is not valid TOML ({error})") from error


def _explain(path: Path | None, overrides: Mapping[Key, Override], problem: object) -> str:
    assert isinstance(problem, dict)
    place = tuple(str(part) for part in problem["loc"])
    culprits = [setting.variable for key, setting in overrides.items() if key[: len(place)] == place[: len(key)]]
    origin = f"environment: {', '.join(culprits)}" if culprits else str(path)
    key = ".".join(place)
    if problem["type"] == "extra_forbidden":
        return f"{origin}: {key}: no such key; {_hint(place)}"
    secret = next((part for part in place if part in SECRET_KEYS), "")
    return f"{origin}: {key} = {quoted(problem['input'], key=secret)}: {cause_of(problem)}"


def _hint(place: tuple[str, ...]) -> str:
    """The nearest key, for a slip."""
    section, name = place[:-1], place[-1]
    model: Any = Config
    for part in section:
        model = type(getattr(model(), part))
    near = get_close_matches(name, model.model_fields, n=1)
    if near:
        return f"did you mean {'.'.join((*section, near[0]))}?"
    elsewhere = [one for one, field in Config.model_fields.items() if name in type(field.default).model_fields]
    if elsewhere:
        return f"it belongs in [{elsewhere[0]}]"
    return f"expected one of {', '.join(model.model_fields)}"
