"""The API as an unkind client meets it: requests made up from its own OpenAPI document, right and wrong ones."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.keys import create_key
from dawn_chorus.api.app import create_app
from dawn_chorus.api.settings import ApiSettings
from tests.integration.made_up import MadeUpWorker, upload
from tests.servers.api import run_api
from tests.servers.postgres import PostgresServer

# Of an API that is wired to nothing: all it is asked for is its document.
unwired = create_app(ApiSettings(), Database("postgresql://127.0.0.1:1/nowhere"), open_audio_store("file:///tmp"))
schema = schemathesis.openapi.from_dict(unwired.openapi()).exclude(path="/v1/analyses/{analysis_id}/events")

Target = tuple[str, dict[str, str], str]


@pytest.fixture(scope="module")
def target(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A service with one finished recording in it: its address, the ids of both, and a key that may do all."""
    url = postgres_server.make_database()
    store = open_audio_store(tmp_path_factory.mktemp("store").as_uri())
    with Database(url) as database, run_api(database, store, request_burst=1_000_000) as api:
        answer = upload(api.client)
        MadeUpWorker(database).finish(answer)
        ids = {"recording_id": answer["id"], "analysis_id": answer["analyses"][0]["id"]}
        yield api.url, ids, create_key(database, "fuzz", ["admin"])[1]
    postgres_server.drop_database(url)


@schema.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_was_described(case: "schemathesis.Case[Any]", target: Target) -> None:
    url, known, key = target
    # Made-up ids lead nowhere; half of the requests go where something is, unless it were then gone.
    if case.method != "DELETE" and len(str(case.query)) % 2:
        case.path_parameters = {name: known.get(name, value) for name, value in (case.path_parameters or {}).items()}
    # The schema cannot say all that is asked of a value: a taxon that exists, a time in the past.
    case.call_and_validate(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"},
        excluded_checks=[schemathesis.checks.positive_data_acceptance],
    )
