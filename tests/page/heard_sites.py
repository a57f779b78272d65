"""Two sites and four days with a gap, an undated recording and a silent one: what was heard there is known exactly."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.recording import Place
from dawn_chorus.domain.taxonomy import Taxon
from tests.page.made_states import VOICE, WOODS, MadeStates, Song
from tests.servers.chorus_up import Service
from tests.servers.postgres_fill import CRICKET, ROBIN, WREN

PACK = WOODS.name
MANY = 60
"""So many other taxa sing at the fen on the last day."""


def _at(site: str | None, start: str | None) -> Place:
    return Place(site, 52.5, 13.4, None if start is None else datetime.fromisoformat(start))


def fill_sites(states: MadeStates) -> None:
    pond: tuple[tuple[str, list[Song]], ...] = (
        ("2026-05-03T04:30:00+02:00", [Song(ROBIN, 5.0), Song(WREN, 30.0, score=0.6)]),
        ("2026-05-03T04:40:00+02:00", [Song(ROBIN, 20.0, score=0.8)]),
        ("2026-05-03T05:10:00+02:00", [Song(ROBIN, 12.0, score=0.7), Song(VOICE, 40.0)]),
        ("2026-05-06T04:00:00+02:00", [Song(ROBIN, 8.0, score=0.9), Song(CRICKET, 20.0, score=0.55)]),
        ("2026-05-06T12:00:00+02:00", []),
    )
    for number, (start, songs) in enumerate(pond):
        states.post(f"pond-{number}.flac", place=_at("pond", start)).do(0, *songs)
    many = [Song(_numbered(i), 2.0 + (i % 50), score=0.5 + i / 200) for i in range(MANY)]
    states.post("fen.flac", place=_at("fen", "2026-05-04T04:45:00+02:00")).do(0, Song(WREN, 3.0), *many)
    states.post("box.flac", place=_at("fen", None)).do(0, Song(ROBIN, 9.0, score=0.66))


def _numbered(number: int) -> Taxon:
    return next(taxon for taxon in WOODS.taxa if taxon.code == f"taxon{number}")


@contextmanager
def heard_sites(service: Service) -> Iterator[MadeStates]:
    url = (service.folder / "data" / "database-url").read_text().strip()
    with Database(url) as database:
        states = MadeStates(service, database)
        fill_sites(states)
        yield states


def review(
    api: httpx.Client, event: dict[str, object], verdict: str, reviewer: str = "Ada", *, corrected: str | None = None
) -> None:
    body = {"recording_id": event["recording_id"], "taxon": event["scientific_name"], "verdict": verdict}
    body |= {} if corrected is None else {"corrected_taxon": corrected}
    span = {name: event[name] for name in ("onset_s", "offset_s")}
    api.post("/v1/reviews", json={**body, **span, "reviewer": reviewer}).raise_for_status()
