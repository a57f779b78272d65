from starlette.responses import Response

from dawn_chorus.api.http.browsers.session_cookie import clear_session, sent_sessions, set_session

ROBIN, WREN = "r" * 43, "w" * 43


def sent(*headers: bytes, is_secure: bool = False) -> list[str]:
    scope = {"type": "http", "headers": [(b"cookie", header) for header in headers]}
    return sent_sessions(scope, is_secure=is_secure)


def test_over_http_the_bound_cookie_comes_first() -> None:
    both = f"chorus_session={WREN}; __Host-chorus_session={ROBIN}".encode()
    assert sent(both) == [ROBIN, WREN]
    assert sent(both, is_secure=True) == [ROBIN]


def test_over_https_what_another_host_of_the_domain_can_set_counts_for_nothing() -> None:
    assert sent(f"chorus_session={WREN}".encode(), is_secure=True) == []


def test_a_name_sent_a_hundred_times_is_one_session() -> None:
    assert sent(b"; ".join(f"chorus_session={letter * 43}".encode() for letter in "abc" * 33)) == ["a" * 43]


def test_the_name_is_exact() -> None:
    for name in ("Chorus_Session", "chorus_session2", "__host-chorus_session", "__Host-", "x chorus_session"):
        assert sent(f"{name}={ROBIN}".encode()) == []


def test_what_is_no_id_is_left_out() -> None:
    for value in ("", "r" * 42, "r" * 44, f'"{"r" * 43}"', f"{'r' * 42}=", f"{'r' * 42}\n"):
        assert sent(f"chorus_session={value}".encode()) == []
    assert sent(b"\xff\xfe; chorus_session=" + ROBIN.encode()) == [ROBIN]


def headers_of(response: Response) -> list[str]:
    return [value for name, value in response.headers.items() if name == "set-cookie"]


def test_a_bound_cookie_takes_the_place_of_a_plain_one() -> None:
    response = Response()
    set_session(response, ROBIN, is_secure=True, lifetime_s=60)
    bound, plain = headers_of(response)
    assert bound == f"__Host-chorus_session={ROBIN}; HttpOnly; Max-Age=60; Path=/; SameSite=strict; Secure"
    assert plain.startswith('chorus_session=""; HttpOnly; Max-Age=0; Path=/;')


def test_both_are_forgotten_and_browsers_take_the_word_of_a_bound_one_only_with_its_attributes() -> None:
    response = Response()
    clear_session(response, is_secure=False)
    bound, plain = headers_of(response)
    assert bound.startswith('__Host-chorus_session=""; ')
    assert bound.endswith("Max-Age=0; Path=/; SameSite=strict; Secure")
    assert "Secure" not in plain
