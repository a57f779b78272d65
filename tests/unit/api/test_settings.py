import pytest
from pydantic import ValidationError

from dawn_chorus.adapters.variables import read_settings
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.domain.errors import PermanentError


def test_names_come_from_the_address_the_public_url_and_the_list() -> None:
    settings = ApiSettings(
        host="station.lan", public_url="https://Chorus.example.org:8443/birds", allowed_hosts=" api, .example.net ,,"
    )
    assert settings.host_names == ("station.lan", "chorus.example.org", "api", ".example.net")
    assert ApiSettings(public_url="", allowed_hosts="").host_names == ("127.0.0.1",)


@pytest.mark.parametrize("url", ["chorus.example.org", "ftp://chorus.example.org", "https://", "https://a b", "//a"])
def test_a_public_url_is_a_url(url: str) -> None:
    with pytest.raises(ValidationError, match="https://chorus"):
        ApiSettings(public_url=url)


@pytest.mark.parametrize(
    "hosts", ["https://a.org", "a.org:8000", "a.org b.org", "a@b", "a.org/x", ".", "*.a.org", "a..b"]
)
def test_an_allowed_host_is_a_name_only(hosts: str) -> None:
    with pytest.raises(ValidationError, match="without scheme and port"):
        ApiSettings(allowed_hosts=f"good.org,{hosts}")


def test_a_variable_that_cannot_be_followed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_ALLOWED_HOSTS", "https://a.org")
    with pytest.raises(PermanentError, match=r"^CHORUS_ALLOWED_HOSTS: .https://a\.org. is no host"):
        read_settings(ApiSettings)


@pytest.mark.parametrize("hosts", ["*", "a", ".a", "a.b.org.", "bücher.example", "10.0.0.7"])
def test_what_may_be_let_in(hosts: str) -> None:
    assert ApiSettings(allowed_hosts=hosts).host_names[1:] == (hosts,)
