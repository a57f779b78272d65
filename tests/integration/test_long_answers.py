"""Long answers are sent while they are read: nothing is held for a slow client, and no part is taken for the whole."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

import httpx
import pytest

from dawn_chorus.adapters.postgres.analyses import retry_analysis
from dawn_chorus.adapters.postgres.corrections import correct_recording
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.detection_stream import stream_detections
from dawn_chorus.adapters.postgres.detections import DetectionFilter, detections_of
from dawn_chorus.adapters.postgres.recordings import delete_recording
from dawn_chorus.adapters.postgres.timelines import TimelineFilter, read_timeline
from dawn_chorus.adapters.postgres.values import StoredRecording
from dawn_chorus.domain.errors import Replaced
from dawn_chorus.domain.recording import Place
from tests.integration.api_checks import wait_until
from tests.servers.api import StartedApi
from tests.servers.long_timeline import end_partial, post_long, save_segments
from tests.servers.postgres_fill import DAWN

TAXA = 12
HOURS = 3.0


@pytest.fixture
def long(database: Database) -> StoredRecording:
    """A recording whose last segment failed: 11 MB of timeline with frames, and it can be retried."""
    recording = post_long(database, HOURS, TAXA)
    end_partial(database, recording, TAXA)
    return recording


def timeline_url(recording: StoredRecording) -> str:
    return f"/v1/analyses/{recording.analyses[0].id}/timeline?frames=true"


@contextmanager
def begun(api: StartedApi, url: str) -> Iterator[Iterator[bytes]]:
    """Ask through a socket that takes little, and read the first bytes: the rest waits in the service."""
    options = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)]
    with (
        httpx.Client(base_url=api.url, transport=httpx.HTTPTransport(socket_options=options), timeout=60) as client,
        client.stream("GET", url) as response,
    ):
        assert response.status_code == 200
        assert response.headers["transfer-encoding"] == "chunked"
        parts = response.iter_raw()
        assert next(parts).startswith(b"{")
        yield parts


def test_it_is_the_whole_timeline(api: StartedApi, long: StoredRecording, database: Database) -> None:
    document = api.client.get(timeline_url(long)).json()
    assert [len(taxon["frames"]) for taxon in document["taxa"]] == [35 * 600] * TAXA
    assert [len(taxon["windows"]) for taxon in document["taxa"]] == [35 * 60] * TAXA
    found = [event for taxon in document["taxa"] for event in taxon["detections"]]
    assert len(found) == len(list(detections_of(database, long.analyses[0].id))) > 1000


def test_slow_clients_hold_no_connection_and_no_thread(api: StartedApi, long: StoredRecording) -> None:
    with ExitStack() as stack:
        for _ in range(45):  # more than there are connections, and more than there are threads
            stack.enter_context(begun(api, timeline_url(long)))
        assert api.client.get("/v1/recordings").status_code == 200
        assert api.client.get(f"/v1/analyses/{long.analyses[0].id}").status_code == 200


@pytest.mark.parametrize("change", ["deleted", "retried", "the table is gone"])
def test_what_changes_in_the_midst_breaks_the_connection(
    api: StartedApi, long: StoredRecording, database: Database, change: str
) -> None:
    received: list[bytes] = []
    with begun(api, timeline_url(long)) as parts:
        if change == "deleted":
            delete_recording(database, long.recording.id)
        elif change == "retried":
            retry_analysis(database, long.analyses[0].id)
        else:
            with database.transaction() as connection:
                connection.execute("ALTER TABLE timelines RENAME TO elsewhere")
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            received.extend(parts)
    with pytest.raises(json.JSONDecodeError):
        json.loads(b"".join(received))
    assert api.client.get("/health/live").status_code == 200


def test_a_client_that_goes_away_is_let_go(api: StartedApi, long: StoredRecording, database: Database) -> None:
    with begun(api, timeline_url(long)):
        pass
    wait_until(lambda: database.stats()["pool_available"] == database.stats()["pool_size"])
    assert api.client.get("/v1/recordings").status_code == 200


def test_head_stops_where_the_headers_are_known(api: StartedApi, long: StoredRecording) -> None:
    answer = api.client.head(timeline_url(long))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/json"
    assert "content-length" not in answer.headers


def test_what_is_saved_meanwhile_is_not_mixed_in(database: Database) -> None:
    recording = post_long(database, 0.5, 3)
    analysis_id = recording.analyses[0].id
    save_segments(database, recording, 3, range(2))
    rows = read_timeline(database, analysis_id, TimelineFilter(frames=True))
    found = [next(rows)]
    save_segments(database, recording, 3, range(2, 6))
    found += rows
    assert [(len(row.window_scores), len(row.frame_scores)) for row in found] == [(120, 1200)] * 3
    assert all(row.detections == () for row in found)
    again = list(read_timeline(database, analysis_id, TimelineFilter()))
    assert all(len(row.window_scores) == 360 and row.detections for row in again)


def test_a_timeline_belongs_to_the_status_beside_it(database: Database, long: StoredRecording) -> None:
    with pytest.raises(Replaced, match="ask again"):
        read_timeline(database, long.analyses[0].id, TimelineFilter(), revision=1)


class TestAcrossRecordings:
    """Rows of two recordings at once, more than a page of each."""

    @pytest.fixture
    def two(self, database: Database) -> list[StoredRecording]:
        found = [post_long(database, 4.0, 12) for _ in range(2)]
        for recording in found:
            end_partial(database, recording, 12)
        return found

    ALL = DetectionFilter(pack="chorus")

    def test_it_has_each_row_once_and_in_order(self, database: Database, two: list[StoredRecording]) -> None:
        found = list(stream_detections(database, self.ALL))
        assert len(set(found)) == len(found) == sum(len(list(detections_of(database, r.analyses[0].id))) for r in two)
        onsets = [each.detection.onset_s for each in found]
        assert onsets == sorted(onsets, reverse=True)

    @pytest.mark.parametrize("change", ["deleted", "retried", "moved", "another site"])
    def test_a_recording_that_changes_between_its_rows_ends_it(
        self, database: Database, two: list[StoredRecording], change: str
    ) -> None:
        rows = stream_detections(database, self.ALL)
        next(rows)
        recording = two[1]
        if change == "deleted":
            delete_recording(database, recording.recording.id)
        elif change == "retried":
            retry_analysis(database, recording.analyses[0].id)
        else:
            changes = {"site": "lake"} if change == "another site" else {"recorded_at": DAWN.replace(hour=6)}
            correct_recording(database, recording.recording.id, changes)
        with pytest.raises(Replaced, match=str(recording.analyses[0].id)):
            list(rows)

    def test_what_finishes_meanwhile_is_left_out(self, database: Database, two: list[StoredRecording]) -> None:
        rows = stream_detections(database, self.ALL)
        found = [next(rows)]
        late = post_long(database, 1.0, 12)
        save_segments(database, late, 12)
        found += rows
        assert {UUID(each.source.analysis_id) for each in found} == {r.analyses[0].id for r in two}

    def test_what_is_deleted_after_its_last_row_ends_nothing(
        self, database: Database, two: list[StoredRecording]
    ) -> None:
        for recording, day in zip(two, (3, 4), strict=True):
            correct_recording(database, recording.recording.id, {"recorded_at": DAWN.replace(day=day)})
        rows = stream_detections(database, self.ALL)
        later = len(list(detections_of(database, two[1].analyses[0].id)))
        found = [next(rows) for _ in range(later + 1500)]
        delete_recording(database, two[1].recording.id)
        found += rows
        assert len(found) == later + len(list(detections_of(database, two[0].analyses[0].id)))

    def test_undated_rows_come_too(self, database: Database, two: list[StoredRecording]) -> None:
        for recording in two:
            correct_recording(database, recording.recording.id, vars_of(Place()))
        assert len(list(stream_detections(database, self.ALL))) == sum(
            len(list(detections_of(database, r.analyses[0].id))) for r in two
        )


def vars_of(place: Place) -> dict[str, object]:
    return {"recorded_at": place.recorded_at, "site": place.site}
