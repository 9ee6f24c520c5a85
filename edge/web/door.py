"""The door screen: one page, and the streams that it listens to."""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import AsyncIterator, Iterator

from anyio import to_thread
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from edge import __version__
from edge.cameras.supply import FEW
from edge.config.logo import Logo, read_logo
from edge.config.schema import Config
from edge.errors import ConfigError
from edge.languages.catalogue import translate
from edge.languages.language import LANGUAGES, RIGHT_TO_LEFT, Language
from edge.languages.messages import DOOR, DoorText
from edge.types import AlarmState, Label, Required
from edge.web.rendering import render
from edge.web.site import Site
from edge.web.status import Status

log = logging.getLogger(__name__)

DOOR_PATHS = frozenset(
    {"/door", "/door/stream", "/door/mirror", "/door/logo"}
    | {"/static/door.css", "/static/door.js", "/static/mirror.js"}
)
"""The page and all that it loads."""


class DoorStatus(BaseModel):
    """All that the door screen is told; with another `page` it is out of date, `setup`: staff see a sharp picture.

    `reminds`: the sentence keeps nobody out.
    """

    shows: DoorText
    reminds: bool
    progress: float
    setup: bool
    page: str


def door_routes(site: Site) -> Iterator[BaseRoute]:
    """Everything the door screen asks for, but for files."""
    screen = _Screen(site)
    yield Route("/door", screen.page)
    yield Route("/door/stream", screen.stream)
    yield Route("/door/mirror", screen.mirror)
    yield Route("/door/logo", screen.logo)


class _Screen:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._began = time.time_ns()

    async def page(self, request: Request) -> Response:
        config = self._site.in_use()
        codes = request.query_params.getlist("lang")
        asked = [language for code in codes for language in LANGUAGES if language == code]
        spoken = list(dict.fromkeys(asked or config.web.languages))
        return render(
            "door",
            language=spoken[0],
            words={language: _words(config, language) for language in spoken},
            right_to_left=sorted(RIGHT_TO_LEFT),
            logo=await to_thread.run_sync(self._logo) is not None,
            mirror=config.door_screen.mirror,
            page=self._page(config),
        )

    async def stream(self, _: Request) -> Response:
        async def statuses() -> AsyncIterator[BaseModel]:
            async for status in self._site.feed.listen():
                yield self._status(status)

        return _events(statuses())

    async def mirror(self, _: Request) -> Response:
        if not self._site.in_use().door_screen.mirror:
            raise HTTPException(404, "there is no mirror: see door_screen.mirror")
        return _events(self._site.mirror.listen())

    async def logo(self, _: Request) -> Response:
        logo = await to_thread.run_sync(self._logo)
        if logo is None:
            raise HTTPException(404, "there is no logo: see door_screen.logo")
        return Response(logo.content, media_type=logo.media_type)

    def _logo(self) -> Logo | None:
        """A screen without the logo is better than none."""
        path = self._site.in_use().door_screen.logo
        if path is None:
            return None
        try:
            return read_logo(path)
        except ConfigError as error:
            log.warning("logo=missing cause=%r", str(error))
            return None

    def _page(self, config: Config) -> str:
        """Names what the page shows of the configuration; a restart may bring another logo, or another version."""
        shown = (self._began, __version__, config.web.languages, config.door_screen)
        return f"{zlib.crc32(repr(shown).encode()):08x}"

    def _status(self, status: Status) -> DoorStatus:
        config = self._site.in_use()
        return DoorStatus(
            shows=what_is_shown(status),
            reminds=status.state is AlarmState.PASS and status.reason is not None,
            progress=progress_of(status, config.people.min_votes),
            setup=status.setup_s > 0,
            page=self._page(config),
        )


def what_is_shown(status: Status) -> DoorText:
    """Which sign and sentence: the first that applies, of what rules the lock, what keeps people out, and the rest."""
    door, state = status.door, status.state
    is_wrong_kind, is_respirator = status.reason is Label.WRONG_KIND, status.required is Required.RESPIRATOR
    applies: dict[DoorText, bool] = {
        "released": door is not None and door.fire,
        "locked": door is not None and door.lockdown,
        "incorrect_mask": state is AlarmState.ALERT and status.reason is Label.INCORRECT_MASK,
        "needs_respirator": is_wrong_kind and is_respirator,
        "needs_medical": is_wrong_kind,
        "without_mask": state is AlarmState.ALERT,
        "fault": state is AlarmState.FAULT,
        "held_open": door is not None and door.warning is not None,
        "pass": state is AlarmState.PASS,
        # Nobody waits for a kiosk that cannot decide.
        "undecided": any(problem.component == FEW for problem in status.problems),
        "checking": state is AlarmState.CHECKING,
    }
    return next((shown for shown, is_so in applies.items() if is_so), "idle")


def progress_of(status: Status, needed: int) -> float:
    """The share of the readings needed that are in, of whoever has the fewest; 1 but while somebody is looked at."""
    votes = [person.votes for person in status.people if person.label is Label.UNCERTAIN]
    if status.state is not AlarmState.CHECKING or not votes:
        return 1.0
    return round(min(1.0, min(votes) / needed), 2)


def _words(config: Config, language: Language) -> dict[str, str]:
    """What the screen says, by state, and its title: the owner's words where there are any."""
    words: dict[str, str] = {"title": config.door_screen.title or ""}
    words.update((shown, translate(text, language)) for shown, text in DOOR.items())
    words.update(config.door_screen.texts.get(language, {}).items())
    return words


def _events(values: AsyncIterator[BaseModel]) -> Response:
    async def lines() -> AsyncIterator[str]:
        async for value in values:
            yield f"data: {value.model_dump_json()}\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream")
