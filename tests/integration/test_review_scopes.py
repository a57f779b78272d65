"""With keys: what one reads of reviews takes the scope `read`, what one changes takes more than that."""

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of
from tests.integration.made_up import MadeUpWorker
from tests.servers.api import StartApi

READ = (
    "/v1/review-queue?taxon=eurrob1",
    "/v1/review-taxa",
    "/v1/taxa/eurrob1/precision",
    "/v1/thresholds",
    "/v1/overview",
    "/v1/reviews?format=csv",
    "/v1/detections?thresholds=saved&reviewed=any",
)


@pytest.fixture
def with_keys(start_api: StartApi, database: Database) -> httpx.Client:
    MadeUpWorker(database)
    create_key(database, "boss", ["admin"])
    return start_api().client


def headers(database: Database, *scopes: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_key(database, '-'.join(scopes), scopes)[1]}"}


def test_readers_see_what_there_is_to_review_and_nobody_else_does(with_keys: httpx.Client, database: Database) -> None:
    reads, others = headers(database, "read"), [headers(database, scope) for scope in ("review", "upload")]
    for url in READ:
        assert with_keys.get(url, headers=reads).status_code == 200, url
        problem_of(with_keys.get(url), 401, "unauthenticated")
        for other in others:
            problem_of(with_keys.get(url, headers=other), 403, "forbidden")


def test_readers_change_nothing(with_keys: httpx.Client, database: Database) -> None:
    reads = headers(database, "read")
    threshold = {"taxon": "eurrob1", "threshold": 0.7}
    problem_of(with_keys.put("/v1/thresholds", json=threshold, headers=reads), 403, "forbidden")
    problem_of(with_keys.delete("/v1/thresholds?taxon=eurrob1", headers=reads), 403, "forbidden")
