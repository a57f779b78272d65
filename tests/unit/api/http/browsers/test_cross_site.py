import pytest
from starlette.datastructures import Headers

from dawn_chorus.api.http.browsers.cross_site import is_cross_site

HOST = "chorus.example.org"


def is_refused(*headers: tuple[str, str], method: str = "POST", host: str = HOST) -> bool:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    return is_cross_site(method, Headers(raw=raw), host)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post", "ANYTHING"])
def test_what_changes_something_is_refused_to_other_sites(method: str) -> None:
    assert is_refused(("Origin", "https://evil.example"), method=method)
    assert is_refused(("Sec-Fetch-Site", "cross-site"), method=method)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_what_changes_nothing_is_not(method: str) -> None:
    assert not is_refused(("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), method=method)


def test_what_comes_from_no_browser_passes() -> None:
    assert not is_refused(("User-Agent", "curl/8"), ("Cookie", "session=1"))


@pytest.mark.parametrize(
    ("site", "refused"),
    [
        ("same-origin", False),
        ("none", False),
        ("same-site", True),
        ("cross-site", True),
        ("", True),
        ("Same-Origin", True),
        ("same-origin, cross-site", True),
        ("unheard-of", True),
    ],
)
def test_the_browsers_own_word_counts_where_it_is_there(site: str, *, refused: bool) -> None:
    for origin in (f"https://{HOST}", "https://evil.example", "null"):
        assert is_refused(("Sec-Fetch-Site", site), ("Origin", origin)) is refused
    assert is_refused(("Sec-Fetch-Site", site)) is refused


def test_a_header_sent_twice_is_refused() -> None:
    assert is_refused(("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site"))
    assert is_refused(("Origin", f"https://{HOST}"), ("Origin", "https://evil.example"))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://chorus.example.org", "chorus.example.org"),
        ("http://chorus.example.org", "chorus.example.org"),
        ("https://chorus.example.org", "chorus.example.org:443"),
        ("https://chorus.example.org:443", "chorus.example.org"),
        ("http://chorus.example.org:80", "chorus.example.org"),
        ("http://chorus.example.org", "chorus.example.org:80"),
        ("https://chorus.example.org:8443", "chorus.example.org:8443"),
        ("http://CHORUS.example.org:8000", "chorus.EXAMPLE.org:8000"),
        ("http://localhost:8000", "localhost:8000"),
        ("https://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_an_origin_of_this_host_and_port_passes_whatever_its_scheme(origin: str, host: str) -> None:
    assert not is_refused(("Origin", origin), host=host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("null", HOST),
        ("", HOST),
        ("https://evil.example", HOST),
        ("https://chorus.example.org.evil.example", HOST),
        ("https://a.chorus.example.org", HOST),
        ("https://example.org", HOST),
        ("https://chorus.example.org:8443", "chorus.example.org"),
        ("http://chorus.example.org", "chorus.example.org:8000"),
        ("https://chorus.example.org", "chorus.example.org:80"),
        ("http://localhost:3000", "localhost:8000"),
        ("http://127.0.0.1:8000", "localhost:8000"),
        ("https://chorus.example.org@evil.example", HOST),
        ("https://evil.example@chorus.example.org", HOST),
        ("https://chorus.example.org/", HOST),
        ("chorus.example.org", HOST),
        ("chrome-extension://abcdefghijklmnop", HOST),
        ("file://", HOST),
        ("https://", HOST),
    ],
)
def test_any_other_origin_is_refused(origin: str, host: str) -> None:
    assert is_refused(("Origin", origin), host=host)
