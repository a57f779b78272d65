"""pandas and pyarrow read CSV, NDJSON and Parquet: the same rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

Rows = list[dict[str, Any]]
Saved = Callable[..., Path]


def flat(rows: Rows) -> Rows:
    """Return rows with the review's fields among the others, as tables have them."""
    review = ("verdict", "corrected_taxon", "reviewer", "reviewed_at", "note")
    return [{**row, **{name: (row["review"] or {}).get(name) for name in review}} for row in rows]


def test_pandas_reads_csv(saved: Saved, rows: Rows) -> None:
    table = pd.read_csv(saved("across", "csv"))
    names = [name for name in table.columns if name != "channel"]
    assert table["onset_s"].tolist() == [row["onset_s"] for row in rows]
    for row, expected in zip(table[names].to_dict("records"), flat(rows), strict=True):
        assert {name: each for name, each in row.items() if not pd.isna(each)} == {
            name: expected[name] for name in names if expected[name] not in (None, "")
        }


def test_pandas_reads_ndjson(saved: Saved, rows: Rows) -> None:
    table = pd.read_json(saved("across", "ndjson"), lines=True, dtype=False)
    assert table["confidence"].tolist() == [row["confidence"] for row in rows]
    assert [each if isinstance(each, dict) else None for each in table["review"]] == [row["review"] for row in rows]


@pytest.mark.parametrize("url", ["one", "across"])
def test_pyarrow_reads_parquet(saved: Saved, rows: Rows, url: str) -> None:
    read = pq.ParquetFile(saved(url, "parquet"))
    table = read.read().to_pylist()
    of_url = [row for row in rows if url == "across" or row["file"] == "Höhe, 1.wav"]
    key = "onset_s" if url == "one" else "started_at"
    expected = sorted(flat(of_url), key=lambda row: row[key]) if url == "one" else flat(of_url)
    for row, wanted in zip(table, expected, strict=True):
        for name in ("started_at", "ended_at", "reviewed_at"):
            assert row[name] == (None if wanted[name] is None else pd.Timestamp(wanted[name])), name
        for name in (
            "scientific_name",
            "onset_s",
            "offset_s",
            "file",
            "site",
            "latitude",
            "verdict",
            "corrected_taxon",
        ):
            assert row[name] == wanted[name], name
        assert round(row["confidence"], 4) == wanted["confidence"]
    assert read.schema_arrow.field("started_at").type.tz == "UTC"
    assert read.schema_arrow.metadata[b"license of birdnet"] == b"CC-BY-NC-SA-4.0"


def test_parquet_keeps_the_clock_of_the_recorder(saved: Saved) -> None:
    table = pd.read_parquet(saved("across", "parquet"))
    offsets = table.groupby("file", observed=True)["recorded_utc_offset_s"].first().to_dict()
    assert offsets["b.wav"] == 7200
    assert offsets["c.wav"] == 0
    assert pd.isna(offsets["nowhere.wav"])
