"""An archive of recordings of all ages: taken in by a real API, kept in a real store, heard by a worker made up."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.retention import RetentionRule, plan_retention
from dawn_chorus.cli.operations.retention.run import carry_out, look_ahead
from dawn_chorus.domain.taxonomy import Taxon
from tests.integration.made_up import upload, wav_bytes
from tests.servers.postgres_fill import PACK, save

Song = tuple[Taxon, float, float, float]


class Archive:
    """Recordings of 20 s, no two alike."""

    def __init__(self, client: httpx.Client, database: Database, store_url: str) -> None:
        self.client, self.database = client, database
        self.ledger = PostgresLedger(database)
        self.ledger.register_pack(PACK)
        self._environment = {**os.environ, "CHORUS_DATABASE_URL": database.url, "CHORUS_STORE_URL": store_url}
        self._store_url = store_url
        self._seeds = count()

    def record(
        self,
        days: float,
        songs: Sequence[Song] = (),
        *,
        uploaded_days: float | None = None,
        finished: bool = True,
        dated: bool = True,
        site: str | None = None,
    ) -> dict[str, Any]:
        """Have a recording that was made so many days ago, and uploaded then unless said otherwise; return its JSON."""
        fields = {"pack": PACK.name} | ({"site": site} if site else {})
        if dated:
            fields["recorded_at"] = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        answer = upload(self.client, wav_bytes(seed=next(self._seeds)), **fields)
        if finished:
            save(self.ledger, UUID(answer["analyses"][0]["id"]), 0, songs)
        self.age(answer, days if uploaded_days is None else uploaded_days)
        return self.look(answer)

    def age(self, answer: dict[str, Any], days: float) -> None:
        """Have it uploaded and analyzed so many days earlier than it was."""
        values = {"ago": timedelta(days=days), "id": UUID(answer["id"])}
        with self.database.transaction() as connection:
            connection.execute("UPDATE recordings SET created_at = created_at - %(ago)s WHERE id = %(id)s", values)
            connection.execute(
                "UPDATE analyses SET finished_at = finished_at - %(ago)s WHERE recording_id = %(id)s", values
            )

    def look(self, answer: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(answer["links"]["self"]).json()
        return found

    def results(self, answer: dict[str, Any]) -> tuple[Any, Any]:
        """Return the timeline and the detections."""
        links = answer["analyses"][0]["links"]
        timeline = self.client.get(links["timeline"], params={"frames": "true"})
        return timeline.json(), self.client.get(links["detections"]).json()

    def has_audio(self, answer: dict[str, Any]) -> bool:
        """Ask for the bytes, and see that the recording says the same of them."""
        status = self.client.get(answer["links"]["audio"]).status_code
        assert (status == 410) == (self.look(answer)["audio_removed_at"] is not None)
        assert status in (200, 410)
        return status == 200

    def run(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run `chorus retention` as an operator does, in a process of its own."""
        command = [sys.executable, "-m", "dawn_chorus.cli", "retention", *words]
        return subprocess.run(
            command, env=self._environment | environment, capture_output=True, text=True, check=False, timeout=120
        )

    def retain(self, *, apply: bool = False, **rule: Any) -> dict[str, Any]:
        """Do what the command does, in this process; return what it would say with `--json`."""
        plan = plan_retention(self.database, RetentionRule(**{"audio_days": None, "results_days": None} | rule))
        outlook = look_ahead(self.database, plan)
        store = open_audio_store(self._store_url)
        removed = carry_out(self.database, store, plan, outlook) if apply else None
        return {"outlook": outlook.document(), "removed": removed and removed.document()}
