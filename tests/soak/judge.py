"""Holds the ledger and the store against what clients were answered."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests.end_to_end.ledger import assert_ledger_exact
from tests.soak.promises import Promised, Promises
from tests.soak.stack import Stack

Row = dict[str, Any]
Heard = dict[int, str]
"""A hash of all scores and events of a segment, by index; -1: of all events."""


def judge(stack: Stack, promises: Promises, expected: dict[int, Heard]) -> None:
    """Note every difference. `expected`: what an undisturbed service heard of each sound."""
    try:
        assert_ledger_exact(stack.database_url)
    except AssertionError as error:
        for line in str(error).splitlines():
            promises.differ(f"ledger: {line}")
    with psycopg.connect(stack.database_url, row_factory=dict_row) as connection:
        for fault in _all_faults(connection, stack, promises, expected):
            promises.differ(fault)


def _all_faults(
    connection: psycopg.Connection[Row], stack: Stack, promises: Promises, expected: dict[int, Heard]
) -> Iterator[str]:
    rows = {row["id"]: row for row in _read(connection, "SELECT * FROM recordings")}
    yield from _recording_faults(rows, promises)
    analyses: dict[UUID, list[Row]] = defaultdict(list)
    for row in _read(connection, "SELECT * FROM analyses ORDER BY id"):
        analyses[row["recording_id"]].append(row)
    heard = read_heard(connection)
    for each in promises.recordings:
        if each.id in rows and not each.is_deleted:
            yield from _analysis_faults(each, analyses[each.id], heard, expected[each.sound.number])
    yield from _review_faults(_read(connection, "SELECT * FROM reviews"), promises)
    yield from _store_faults(connection, stack, promises)
    yield from _letter_faults(connection, promises)


def _recording_faults(rows: dict[UUID, Row], promises: Promises) -> Iterator[str]:
    kept = {each.id: each for each in promises.recordings if not each.is_deleted}
    gone = {each.id for each in promises.recordings if each.is_deleted}
    yield from (f"recording {each}, answered with 2xx, is not there" for each in kept.keys() - rows.keys())
    yield from (f"recording {each} was deleted, and is there" for each in gone & rows.keys())
    for recording_id in rows.keys() - kept.keys() - gone:
        word = "was refused" if rows[recording_id]["sha256"] in promises.refused else "nobody asked for"
        yield f"recording {recording_id}, which {word}, is there"
    for recording_id in kept.keys() & rows.keys():
        row, promised = rows[recording_id], kept[recording_id]
        if (row["sha256"], row["site"], row["size_bytes"]) != (
            promised.sound.sha256, promised.site, len(promised.sound.content),
        ):  # fmt: skip
            yield f"recording {recording_id} is {row['sha256']} of {row['site']}, not what was sent"
        if (row["audio_removed_at"] is None) != promised.has_audio:
            yield f"recording {recording_id}: audio removed {row['audio_removed_at']}, promised {promised.has_audio}"


def _analysis_faults(
    promised: Promised, analyses: list[Row], heard: dict[UUID, Heard], expected: Heard
) -> Iterator[str]:
    found = {row["id"] for row in analyses}
    yield from (f"analysis {each} of {promised.id} is not there" for each in promised.analyses - found)
    extra = [row for row in analyses if row["id"] not in promised.analyses]
    # Sent again after a failure, an upload begins an analysis anew: then one before it was run again by us.
    failed_before = sum(row["retries"] > 0 or row["result"] == "cancelled" for row in analyses)
    if len(extra) > promised.unsure_analyses + (failed_before if promised.sends > 1 else 0):
        yield f"recording {promised.id} has analyses nobody asked for: {[str(row['id']) for row in extra]}"
    for row in analyses:
        has_all = row["result"] == "succeeded"
        if not has_all and row["id"] not in promised.cancelled and promised.has_audio:
            yield f"analysis {row['id']} ended {row['result']}, after it was run again"
        segments = heard.get(row["id"], {})
        if has_all and segments != expected:
            wrong = [index for index in expected if segments.get(index) != expected[index]]
            yield f"analysis {row['id']} of sound {promised.sound.number} heard otherwise in segments {wrong}"
        elif any(digest != expected.get(index) for index, digest in segments.items() if index >= 0):
            yield f"analysis {row['id']}, {row['result']}, heard otherwise"


def read_heard(connection: psycopg.Connection[Row]) -> dict[UUID, Heard]:
    """Return what each analysis heard, without ids and times."""
    parts: dict[tuple[UUID, int], Any] = defaultdict(hashlib.sha256)
    for row in _read(connection, _SCORES):
        scores = [row["code"], row["window_scores"], row["peak"], bytes(row["frame_scores"]).hex()]
        parts[row["analysis_id"], row["segment_index"]].update(repr(scores).encode())
    for row in _read(connection, _SEGMENTS):
        facts = [row[name] for name in ("start_s", "end_s", "analyzed_s", "n_windows", "n_frames")]
        parts[row["analysis_id"], row["segment_index"]].update(repr(facts).encode())
    for row in _read(connection, _EVENTS):
        parts[row["analysis_id"], -1].update(repr([*row.values()][1:]).encode())
    heard: dict[UUID, Heard] = defaultdict(dict)
    for (analysis_id, index), digest in parts.items():
        heard[analysis_id][index] = digest.hexdigest()
    return heard


def _review_faults(rows: list[Row], promises: Promises) -> Iterator[str]:
    """Each reviewer decides one after the other: what stands is what was answered last."""
    found = {
        (row["recording_id"], row["reviewer"], row["scientific_name"], row["onset_ms"], row["offset_ms"]): row
        for row in rows
    }
    if len(found) != len(rows):
        yield f"{len(rows) - len(found)} reviews are there twice"
    wanted = {
        (each.id, each.reviewer, f"Tonus {code.removeprefix('tone_')}", onset_ms, offset_ms): verdict
        for each in promises.recordings
        if not each.is_deleted
        for (code, onset_ms, offset_ms), verdict in each.reviews.items()
    }
    yield from (f"review {key} is not there" for key in wanted.keys() - found.keys())
    yield from (f"review {key} is there, and should not" for key in found.keys() - wanted.keys())
    for key in wanted.keys() & found.keys():
        stands = (found[key]["verdict"], found[key]["corrected_taxon"])
        if stands != wanted[key]:
            yield f"review {key} says {stands}, the last one answered said {wanted[key]}"


def _store_faults(connection: psycopg.Connection[Row], stack: Stack, promises: Promises) -> Iterator[str]:
    files = stack.kept.keys()
    owned = {row["store_key"]: row for row in _read(connection, _OWNED)}
    yield from (f"bytes {each} are in the store, and nobody's" for each in files - owned.keys())
    yield from (f"bytes {key} of {owned[key]['owner']} are not in the store" for key in owned.keys() - files)
    for key in files & owned.keys():
        owner, sha256, size_bytes = (owned[key][name] for name in ("owner", "sha256", "size_bytes"))
        content = stack.kept.read(key) if sha256 or size_bytes is not None else b""
        if sha256 and hashlib.sha256(content).hexdigest() != sha256:
            yield f"the bytes of {owner} are not those that were sent"
        elif size_bytes is not None and len(content) != size_bytes:
            yield f"{owner} has {len(content)} bytes in the store, and should have {size_bytes}"
    left = {row["store_key"] for row in _read(connection, "SELECT store_key FROM audio_to_delete")} - owned.keys()
    yield from (f"bytes {key} wait to be deleted after the cleaner ran" for key in left)
    promises.count(f"files in the store at the end: {len(files)}")
    promises.count(f"unfinished multipart uploads in the bucket: {stack.kept.count_unfinished()}")


def _letter_faults(connection: psycopg.Connection[Row], promises: Promises) -> Iterator[str]:
    for row in _read(connection, "SELECT * FROM dead_letters"):
        body = bytes(row["body"])
        if row["analysis_id"] is None and body not in promises.poison:
            yield f"dead letter {row['id']} is nobody's: {row['reason']}: {body[:80]!r}"
        promises.count("dead letters: " + ("poison" if row["analysis_id"] is None else row["reason"][:60]))


def _read(connection: psycopg.Connection[Row], sql: LiteralString) -> list[Row]:
    return connection.execute(sql).fetchall()


_SCORES: LiteralString = """
    SELECT t.*, x.code FROM timelines AS t JOIN taxa AS x ON x.id = t.taxon_id
    ORDER BY analysis_id, segment_index, code"""
_SEGMENTS: LiteralString = "SELECT * FROM segments WHERE state = 'done' ORDER BY analysis_id, segment_index"
_EVENTS: LiteralString = """
    SELECT d.analysis_id, x.code, d.onset_s, d.offset_s, d.confidence FROM detections AS d
    JOIN taxa AS x ON x.id = d.taxon_id ORDER BY d.analysis_id, x.code, d.onset_s"""
_OWNED: LiteralString = """
    SELECT store_key, sha256, size_bytes, 'recording ' || id AS owner FROM recordings WHERE audio_removed_at IS NULL
    UNION ALL SELECT store_key, NULL, size_bytes, 'export ' || id FROM exports WHERE state = 'ready'
    UNION ALL SELECT store_key, NULL, NULL, 'upload ' || upload_id FROM upload_parts"""
