"""Whether anybody is told of alerts, said without what must stay secret."""

from pathlib import Path

import pytest

from dawn_chorus.cli.doctor.checks.alerts import look_at_alerts
from dawn_chorus.cli.doctor.findings import Level
from dawn_chorus.cli.doctor.installation import Form, Installation
from dawn_chorus.cli.settings import CliSettings


def say(to: str | None, form: Form = Form.SERVERS) -> tuple[Level, str]:
    (found,) = look_at_alerts(Installation(form, CliSettings(alerts_to=to, data_dir=Path("/nowhere"))))
    return found.level, found.text


def test_that_nobody_is_told_is_a_warning_which_names_the_setting() -> None:
    level, text = say("")
    assert level is Level.WARNING
    assert text.startswith("nobody is told of alerts: set CHORUS_ALERTS_TO")


@pytest.mark.parametrize(
    ("to", "receiver"),
    [
        ("https://chat.example.org/hooks/hush?token=hush", "a webhook at chat.example.org;"),
        ("ntfy://ntfy.sh/hush", "a topic of ntfy at ntfy.sh;"),
        ("ntfy+http://inside:8080/hush", "a topic of ntfy at inside;"),
        ("mailto:hush@example.org?smtp=mail.example.org:587&user=hush", "mail at mail.example.org;"),
    ],
)
def test_of_a_receiver_only_the_kind_and_host_are_shown(to: str, receiver: str) -> None:
    level, text = say(to)
    assert level is Level.OK
    assert receiver in text
    assert "hush" not in text


@pytest.mark.parametrize("to", ["hush", "gopher://host/hush", "https://[hush", "mailto:hush@example.org"])
def test_what_alertmanager_does_not_understand_is_a_warning_that_does_not_repeat_it(to: str) -> None:
    level, text = say(to)
    assert level is Level.WARNING
    assert "hush" not in text


@pytest.mark.parametrize(("to", "form"), [(None, Form.SERVERS), ("", Form.EMBEDDED), ("", Form.ALONE)])
def test_where_no_alertmanager_is_known_nothing_is_looked_at(to: str | None, form: Form) -> None:
    assert say(to, form)[0] is Level.SKIPPED
