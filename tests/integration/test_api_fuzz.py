"""Sends valid and invalid requests that are generated from the API's own OpenAPI document."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import CaseMetadata

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api.app import create_app
from dawn_chorus.api.settings import ApiSettings
from tests.integration.made_up import MadeUpWorker, review, upload, wav_bytes
from tests.servers.api import run_api
from tests.servers.postgres import PostgresServer
from tests.servers.tus import send

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
# An API without servers behind it: only its document is read.
unwired = create_app(ApiSettings(), Database("postgresql://127.0.0.1:1/nowhere"), open_audio_store("file:///tmp"))
schema = schemathesis.openapi.from_dict(unwired.openapi()).exclude(path_regex="/events$")

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
EXAMPLES = int(os.environ.get("CHORUS_FUZZ_EXAMPLES", "20"))
"""Requests for each operation, and journeys through all of them."""
Target = tuple[str, dict[str, str], str]


@pytest.fixture(scope="module")
def target(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A service with one finished recording: its URL, the ids of recording and analysis, and an admin key."""
    url = postgres_server.make_database()
    store = open_audio_store(tmp_path_factory.mktemp("store").as_uri())
    with Database(url) as database, run_api(database, store, request_burst=1_000_000) as api:
        answer = upload(api.client)
        MadeUpWorker(database).finish(answer)
        sent = send(api.client, wav_bytes())
        ids = {"recording_id": answer["id"], "analysis_id": answer["analyses"][0]["id"], "upload_id": sent.id}
        ids["review_id"] = review(api.client, answer["id"])
        yield api.url, ids, create_key(database, "fuzz", ["admin"])[1]
    postgres_server.drop_database(url)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_response_conforms_to_the_document(case: "schemathesis.Case[Any]", target: Target) -> None:
    url, known, key = target
    replaced = {ParameterLocation.HEADER}  # the key below replaces a generated one, or none
    # Generated ids are unknown; half of the requests use known ids, except DELETE, which would remove the recording.
    if case.method != "DELETE" and len(str(case.query)) % 2:
        case.path_parameters = {name: known.get(name, value) for name, value in (case.path_parameters or {}).items()}
        replaced.add(ParameterLocation.PATH)
    # The schema cannot express every constraint: a taxon that exists, a time in the past.
    excluded = [schemathesis.checks.positive_data_acceptance]
    if case.meta and invalid_parts(case.meta) & replaced:
        # What was generated as invalid gave way to a valid key or id: the API may have nothing to reject.
        excluded.append(schemathesis.checks.negative_data_rejection)
    headers = {"Authorization": f"Bearer {key}"}
    response = case.call(base_url=url, headers=headers)
    if response.status_code == 501:  # the document says so: an extra is not installed here
        excluded.append(schemathesis.checks.not_a_server_error)
    sent = {"base_url": url, "headers": headers}
    case.validate_response(response, headers=headers, excluded_checks=excluded, transport_kwargs=sent)


def invalid_parts(meta: CaseMetadata) -> set[ParameterLocation]:
    return {place for place, part in meta.components.items() if part.mode is schemathesis.GenerationMode.NEGATIVE}
