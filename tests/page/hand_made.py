"""Recordings made by hand in the database of a running `chorus up`: how far each is, the test alone decides.

No job of theirs reaches the service's own worker, and they have no audio.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import Place
from dawn_chorus.domain.taxonomy import Taxon
from tests.servers.chorus_up import Service
from tests.servers.postgres_fill import DAWN, PACK, job, new_recording, save, start

SEGMENT_S = 300.0
Song = tuple[Taxon, float, float, float]
"""Taxon, onset_s, offset_s, score."""
_DROP_JOBS = """
CREATE FUNCTION drop_job() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER drop_jobs BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION drop_job()
"""
_KEEP_JOBS = "DROP TRIGGER drop_jobs ON outbox; DROP FUNCTION drop_job()"
_COPY = """
INSERT INTO recordings SELECT (jsonb_populate_record(r, jsonb_build_object(
    'id', uuidv7(), 'filename', format('%%s-%%s.wav', %(name)s::text, lpad(n::text, 4, '0')),
    'sha256', encode(sha256(convert_to(%(name)s::text || n, 'UTF8')), 'hex'), 'store_key', %(name)s::text || n
))).* FROM recordings AS r, generate_series(1, %(n)s::int) AS n WHERE r.id = %(id)s
"""


class HandMade:
    """Makes recordings, and does or fails their segments."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ledger = PostgresLedger(database)
        self._ledger.register_pack(PACK)

    def post(
        self,
        name: str,
        *,
        segments: int = 1,
        site: str | None = "pond",
        start_at: datetime | None = DAWN,
        sha256: str | None = None,
    ) -> tuple[str, UUID]:
        """Return the ids of the recording and of its analysis, all of which waits."""
        new = new_recording(segments * SEGMENT_S, Place(site, 52.5, 13.4, start_at), sha256=sha256)
        new = replace(new, filename=name)
        made = create_recording(self._database, new, AnalysisRequest(PACK.name, Lane.EXPRESS, SEGMENT_S))
        return str(made.recording.id), made.analyses[0].id

    def post_card(self, name: str, n: int) -> list[str]:
        """Post and finish recordings that begin an hour after one another; return their ids."""
        made = [self.post(f"{name}-{i}.wav", start_at=DAWN + timedelta(hours=i)) for i in range(n)]
        for _, analysis in made:
            self.do(analysis, 0)
        return [recording for recording, _ in made]

    def begin(self, analysis: UUID, segment: int = 0) -> None:
        start(self._ledger, analysis, segment)

    def do(self, analysis: UUID, segment: int, songs: Sequence[Song] = ()) -> None:
        save(self._ledger, analysis, segment, songs)

    def fail(self, analysis: UUID, segment: int, reason: str) -> None:
        start(self._ledger, analysis, segment)
        self._ledger.fail_segment(job(analysis, segment), reason)

    def copy(self, recording: str, name: str, n: int) -> None:
        """Make many more of a recording, without analyses."""
        with self._database.transaction() as connection:
            connection.execute(_COPY, {"id": recording, "name": name, "n": n})


@contextmanager
def made_by_hand(service: Service) -> Iterator[HandMade]:
    url = (service.folder / "data" / "database-url").read_text().strip()
    with Database(url) as database:
        with database.transaction() as connection:
            connection.execute(_DROP_JOBS)
        yield HandMade(database)
        with database.transaction() as connection:
            connection.execute(_KEEP_JOBS)
