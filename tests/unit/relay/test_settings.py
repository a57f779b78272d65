import pytest
from pydantic import ValidationError

from dawn_chorus.relay.settings import RelaySettings


def test_settings_are_read_from_chorus_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_BROKER_URL", "amqp://rabbit/chorus")
    monkeypatch.setenv("CHORUS_RECOVER_AFTER_S", "60")
    settings = RelaySettings()
    assert (settings.broker_url, settings.recover_after_s) == ("amqp://rabbit/chorus", 60.0)


def test_an_invalid_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_POLL_S", "0")
    with pytest.raises(ValidationError, match="poll_s"):
        RelaySettings()
