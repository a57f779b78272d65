"""Odd addresses, keys and proxies end in one line that says what to do."""

import httpx
import pytest

from dawn_chorus.cli.client.address import check_key, find_proxy, is_this_machine, read_address
from dawn_chorus.cli.client.http_client import ServiceClient
from dawn_chorus.domain.errors import PermanentError

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000//", "http://127.0.0.1:8000"),
        ("  https://birds.example/chorus/ ", "https://birds.example/chorus"),
        ("HTTP://Birds.Example", "http://birds.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://bücher.example", "http://xn--bcher-kva.example"),
    ],
)
def test_an_address_may_be_written_in_many_ways(text: str, url: str) -> None:
    assert str(read_address(text)) == url


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("localhost:8000", "like http://localhost:8000"),
        ("birds.example", "like http://birds.example"),
        ("127.0.0.1", "like http://127.0.0.1"),
        ("", "like http://127.0.0.1:8000"),
        ("   ", "like http://127.0.0.1:8000"),
        ("http://", "no host"),
        ("http:///v1", "no host"),
        ("http://:8000", "no host"),
        ("ftp://birds.example", "http:// or https://"),
        ("file:///tmp", "http:// or https://"),
        ("http://a b", "space"),
        ("http://birds.example/my birds", "space"),
        ("http://birds.example:99999", "ports"),
        ("http://birds.example:0", "ports"),
        ("http://birds.example:http", "port"),
        ("http://[::1", "write it like"),
        ("http://birds.example?site=a", "?"),
        ("http://birds.example/#top", "#"),
        ("http://birds.example/v1", "/v1"),
        ("http://birds.example/v1/recordings", "/v1"),
        ("http://birds\x00.example", "write it like"),
        ("http://birds\udcff.example", "write it like"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_advice(text: str, advice: str) -> None:
    with pytest.raises(PermanentError) as caught:
        read_address(text)
    message = str(caught.value)
    assert advice in message
    assert "--url or CHORUS_URL" in message
    assert len(message.splitlines()) == 1
    message.encode()


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("chorus_abc\n", "a line break"),
        ("chorus_abc\r\nX-Evil: 1", "a line break"),
        ("chorus abc", "a space"),
        ("\tchorus", "a tab"),
        ("chorus_é", "a letter"),
        ("chorus_\u200b", "a letter"),
        ("chorus_\udcff", "a letter"),
        ("chorus_\x00", "a letter"),
    ],
)
def test_a_key_that_no_service_made_is_refused_and_not_shown(key: str, what: str) -> None:
    with pytest.raises(PermanentError) as caught:
        ServiceClient("http://127.0.0.1:8000", key)
    assert what in str(caught.value)
    assert "chorus keys create" in str(caught.value)
    assert "abc" not in str(caught.value)


def test_a_key_is_taken_as_it_is() -> None:
    assert check_key("chorus_aZ-_09") == "chorus_aZ-_09"


def test_a_user_name_in_the_address_and_a_key_exclude_each_other() -> None:
    ServiceClient("http://me:secret@birds.example", None)
    with pytest.raises(PermanentError, match="leave one of them out") as caught:
        ServiceClient("http://me:secret@birds.example", "chorus_a")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "localhost.", "api.localhost", "127.0.0.1", "127.8.9.10", "::1", "0.0.0.0"],  # noqa: S104
)
@pytest.mark.parametrize("proxy", ["nonsense", "socks5://127.0.0.1:9", "http://proxy:port", "http://127.0.0.1:9"])
def test_loopback_needs_no_proxy_whatever_the_variables_say(
    host: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    assert is_this_machine(host)
    ServiceClient(f"http://{f'[{host}]' if ':' in host else host}:8000", None)


@pytest.mark.parametrize(
    ("variable", "value", "what"),
    [
        ("HTTP_PROXY", "nonsense://proxy", "not the address of an HTTP proxy"),
        ("http_proxy", "ftp://proxy:21", "not the address of an HTTP proxy"),
        ("HTTP_PROXY", "http://", "not the address of an HTTP proxy"),
        ("HTTP_PROXY", "http://proxy:port", "not the address of an HTTP proxy"),
        ("HTTP_PROXY", "not a proxy", "not the address of an HTTP proxy"),
        ("HTTP_PROXY", "socks5://127.0.0.1:1080", "SOCKS"),
        ("ALL_PROXY", "socks5h://127.0.0.1:1080", "SOCKS"),
        ("all_proxy", "socks4://127.0.0.1:1080", "SOCKS"),
    ],
)
def test_a_proxy_variable_that_cannot_be_used_is_named(
    variable: str, value: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(PermanentError) as caught:
        ServiceClient("http://birds.example:8000", None)
    assert what in str(caught.value)
    assert variable.upper() in str(caught.value)
    assert "NO_PROXY=birds.example" in str(caught.value)


@pytest.mark.parametrize("value", ["proxy", "proxy:3128", "http://proxy:3128", "https://me:secret@proxy:3128"])
def test_a_proxy_is_used(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", value)
    found = find_proxy(httpx.URL("http://birds.example"))
    assert found is not None
    assert found.url.host == "proxy"
    assert find_proxy(httpx.URL("https://birds.example")) is None, "it is for http only"


def test_a_broken_proxy_for_another_scheme_is_nobodys_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://")
    ServiceClient("http://birds.example", None)


@pytest.mark.parametrize(
    ("no_proxy", "host"),
    [
        ("*", "birds.example"),
        ("birds.example", "birds.example"),
        (".example", "birds.example"),
        ("other, birds.example ,more", "birds.example"),
        ("birds.example:8000", "birds.example"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.0.0.0/8,192.168.0.0/16", "192.168.7.8"),
    ],
)
def test_no_proxy_is_heeded(no_proxy: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "nonsense://")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert find_proxy(httpx.URL(f"http://{host}:8000")) is None
    if no_proxy != "*":
        with pytest.raises(PermanentError):
            find_proxy(httpx.URL("http://172.16.0.1:8000"))
