import pytest

from dawn_chorus.api.http.browsers.hosts import AllowedHosts, Authority, own_names


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:8000",
        "localhost.",
        "localhost.:8000",
        "localhost:",
        "chorus.localhost",
        "a.b.localhost:1",
        "127.0.0.1",
        "127.0.0.1:8000",
        "0.0.0.0",  # noqa: S104 - a name to be called by, not to listen on
        "10.1.2.3:65535",
        "192.168.178.20",
        "[::1]",
        "[::1]:8000",
        "[2001:DB8::1]:443",
        "[::ffff:127.0.0.1]",
        "[fe80::1%25eth0]:8000",
        "::1",
    ],
)
def test_localhost_and_every_address_are_let_in(host: str) -> None:
    assert AllowedHosts(()).allow(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "evil-localhost",
        "localhostx",
        "127.0.0.1.evil.example",
        "127.0.0.1.nip.io",
        "evil.example@localhost",
        "localhost@evil.example",
        "localhost:8000@evil.example",
        "localhost:evil",
        "localhost:80:80",
        "localhost:99999",
        "localhost:-1",
        "localhost/evil.example",
        "localhost?evil.example",
        "localhost#evil",
        "localhost evil",
        "localhost,evil.example",
        "http://localhost",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "127.0.0.1:80:80",
        "[::1",
        "::1]",
        "[::1].evil.example",
        "[localhost]",
        "[127.0.0.1]",
        "[::1]x",
        ".localhost.evil",
        ".",
        "..",
        ":8000",
        "ｌｏｃａｌｈｏｓｔ",
        "localhost" + "." * 2,
        "a" * 301 + ".localhost",
    ],
)
def test_everything_else_is_not(host: str) -> None:
    assert not AllowedHosts(()).allow(host)


def test_a_name_is_known_in_any_case_with_any_port_and_the_dot_of_the_root() -> None:
    hosts = AllowedHosts(["Chorus.Example.ORG."])
    for host in ("chorus.example.org", "CHORUS.example.org:8443", "chorus.example.org."):
        assert hosts.allow(host)
    for host in ("example.org", "a.chorus.example.org", "chorus.example.org.evil.example", "xchorus.example.org"):
        assert not hosts.allow(host)


def test_a_name_with_a_dot_before_it_brings_all_below_it() -> None:
    hosts = AllowedHosts([".example.org"])
    for host in ("example.org", "a.example.org", "a.b.example.org:8000", "A.Example.org."):
        assert hosts.allow(host)
    for host in ("example.com", "evilexample.org", "example.org.evil.example", "org"):
        assert not hosts.allow(host)


def test_a_star_lets_every_name_in_but_nothing_that_is_no_name() -> None:
    hosts = AllowedHosts(["*"])
    assert hosts.allow("evil.example")
    assert not hosts.allow("evil@localhost")


def test_a_name_in_letters_of_its_own_is_known_as_browsers_send_it() -> None:
    assert AllowedHosts([".bücher.example"]).allow("vögel.bücher.example".encode("idna").decode())


@pytest.mark.parametrize(
    ("machine", "names"),
    [
        ("pi", ("pi", "pi.local")),
        ("pi.example.org", ("pi.example.org", "pi", "pi.example.org.local", "pi.local")),
        ("pi.local", ("pi.local", "pi", "pi.local.local")),
        ("", (".local",)),
    ],
)
def test_a_machine_is_known_by_its_own_name(machine: str, names: tuple[str, ...]) -> None:
    assert set(own_names(machine)) == set(names) - {".local"}


def test_an_authority_keeps_name_and_port_apart() -> None:
    assert Authority.parse("[::1]:8000") == Authority("::1", 8000)
    assert Authority.parse("Pi.local.:") == Authority("pi.local", None)
    assert Authority.parse("") is None
