from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from dawn_chorus.adapters.postgres.api_keys import any_keys, create_key, find_key, list_keys, revoke_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.idempotency import (
    Claim,
    KeyInProgress,
    KeyMismatch,
    Response,
    claim_key,
    complete_claim,
    prune_responses,
    release_claim,
)
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.packs import list_packs, search_taxa
from dawn_chorus.domain.errors import NotFound, PermanentError
from tests.servers.postgres_fill import CRICKET, PACK, ROBIN

ANSWER = Response(202, {"Location": "/v1/recordings/1"}, b'{"id": 1}\x00')


def test_a_key_lives_from_made_to_revoked(database: Database) -> None:
    assert not any_keys(database)
    made, key = create_key(database, "field laptop", ["upload", "read"])
    assert any_keys(database)
    assert key.startswith(made.prefix)
    found = find_key(database, key)
    assert found is not None
    assert (found.id, found.scopes) == (made.id, frozenset({"read", "upload"}))
    (listed,) = list_keys(database)
    assert listed.last_used_at is not None
    revoked = revoke_key(database, made.id)
    assert revoke_key(database, made.id) == revoked
    assert find_key(database, key) is None
    assert any_keys(database)
    assert list_keys(database) == [revoked]


def test_the_key_itself_is_nowhere_in_the_database(database: Database) -> None:
    _, key = create_key(database, "k", ["admin"])
    with database.transaction() as connection:
        row = connection.execute("SELECT k::text AS text FROM api_keys AS k").fetchone()
    assert row is not None
    assert key not in row["text"]


def test_the_use_of_a_key_is_noted_once_a_minute(database: Database) -> None:
    _, key = create_key(database, "k", ["read"])
    find_key(database, key)
    noted = list_keys(database)[0].last_used_at
    find_key(database, key)
    assert list_keys(database)[0].last_used_at == noted


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "root"]])
def test_a_key_needs_a_scope_that_exists(database: Database, scopes: list[str]) -> None:
    with pytest.raises(PermanentError, match="read, upload, review, admin"):
        create_key(database, "k", scopes)


def test_unknown_keys_open_nothing(database: Database) -> None:
    assert find_key(database, "chorus_nonsense") is None
    assert find_key(database, "\x00") is None
    with pytest.raises(NotFound):
        revoke_key(database, uuid4())


def test_an_answer_is_given_again_to_the_same_request_only(database: Database) -> None:
    claim = claim_key(database, "key", "print")
    assert isinstance(claim, Claim)
    assert claim_key(database, "key", "print") == KeyInProgress()
    assert claim_key(database, "key", "other") == KeyMismatch()
    complete_claim(database, claim, ANSWER)
    assert claim_key(database, "key", "print") == ANSWER
    assert claim_key(database, "key", "other") == KeyMismatch()


def test_of_many_equal_requests_at_once_one_goes_first(database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda _: claim_key(database, "key", "print"), range(6)))
    assert sum(isinstance(claim, Claim) for claim in claims) == 1
    assert claims.count(KeyInProgress()) == 5


def test_a_failed_request_can_be_made_again(database: Database) -> None:
    claim = claim_key(database, "key", "print")
    assert isinstance(claim, Claim)
    release_claim(database, claim)
    assert isinstance(claim_key(database, "key", "corrected"), Claim)


def test_a_claim_whose_owner_died_goes_to_the_next_for_good(database: Database) -> None:
    dead = claim_key(database, "key", "print", lease_s=0)
    heir = claim_key(database, "key", "print")
    assert isinstance(dead, Claim)
    assert isinstance(heir, Claim)
    release_claim(database, dead)
    complete_claim(database, dead, Response(500, {}, b""))
    assert claim_key(database, "key", "print") == KeyInProgress()
    complete_claim(database, heir, ANSWER)
    release_claim(database, heir)
    assert claim_key(database, "key", "print") == ANSWER


def test_an_answer_is_forgotten_when_its_time_is_over(database: Database) -> None:
    claim = claim_key(database, "key", "print", ttl_s=0)
    assert isinstance(claim, Claim)
    complete_claim(database, claim, ANSWER)
    assert prune_responses(database) == 1
    assert isinstance(claim_key(database, "key", "other"), Claim)
    assert prune_responses(database) == 0


def test_packs_are_listed_and_their_taxa_found_by_part_of_a_name(database: Database) -> None:
    assert list_packs(database) == []
    PostgresLedger(database).register_pack(PACK)
    (listed,) = list_packs(database)
    assert (listed.name, listed.version, listed.n_taxa, listed.frame_s) == ("woods", "1.0.0", 3, 0.5)
    assert search_taxa(database, "ROBIN") == [ROBIN]
    assert search_taxa(database, "gryll") == [CRICKET]
    assert search_taxa(database, "%") == []
    # Names that begin with it come first.
    assert [taxon.common_name for taxon in search_taxa(database, "eur")] == ["Eurasian Wren", "European Robin"]
    assert len(search_taxa(database, "", limit=2)) == 2
