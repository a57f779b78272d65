"""No password and no key is printed, wherever a library puts it."""

import pytest

from dawn_chorus.cli.doctor.secrets import find_secrets, hide

DATABASE = "postgresql://chorus:p%40ss-word@db:5432/chorus"
STORE = "s3://bucket/x?endpoint=https://s3&access_key_id=AKIA-1&secret_access_key=sec%2Fret"


@pytest.mark.parametrize(
    "said",
    [
        f"cannot parse {DATABASE}",
        "the password p@ss-word is wrong",
        "GET https://s3/bucket?X-Amz-Signature=abcdef0123",
        f"cannot open {STORE}",
        "the key sec/ret does not match",
        "amqp://other:never-named@host/ is away",
    ],
)
def test_what_is_secret_is_hidden(said: str) -> None:
    shown = hide(said, find_secrets([DATABASE, STORE, None]))
    assert "***" in shown
    for secret in ("p%40ss", "p@ss", "abcdef0123", "sec%2Fret", "sec/ret", "never-named"):
        assert secret not in shown


def test_words_that_are_no_secret_stay() -> None:
    assert hide("PostgreSQL at db:5432 is away", find_secrets(["postgresql://db:5432/chorus"])) == (
        "PostgreSQL at db:5432 is away"
    )


def test_a_password_of_two_letters_does_not_garble_every_word() -> None:
    said = hide("the database at amqp://a:at@host", find_secrets(["amqp://a:at@host"]))
    assert said == "the database at amqp://a:***@host"


def test_what_is_no_url_has_no_secrets_to_find() -> None:
    assert find_secrets(["http://[::1", ""]) == frozenset()
