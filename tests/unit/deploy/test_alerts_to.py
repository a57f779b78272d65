"""Who is told of alerts: what Alertmanager's start script makes of CHORUS_ALERTS_TO, checked by amtool."""

import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from tests.servers.programs import find_program

SCRIPT = Path(__file__).parents[3] / "deploy" / "prometheus" / "alertmanager-start"


def start(folder: Path, alerts_to: str, secret: str = "") -> subprocess.CompletedProcess[str]:
    """Run the script with something in place of Alertmanager that says what it is given."""
    alertmanager = folder / "alertmanager"
    alertmanager.write_text('#!/bin/sh\necho "$@"\n')
    alertmanager.chmod(0o755)
    (folder / "secret").write_text(secret)
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}", "CHORUS_ALERTS_TO": alerts_to, "TMPDIR": str(folder),
        "ALERTS_SECRET_FILE": str(folder / "secret"),
    }  # fmt: skip
    return subprocess.run(["sh", SCRIPT, "--more"], env=environment, capture_output=True, text=True, check=False)


def configure(folder: Path, alerts_to: str, secret: str = "") -> dict[str, Any]:
    done = start(folder, alerts_to, secret)
    written = folder / "alertmanager.yml"
    assert (done.returncode, done.stdout) == (0, f"--config.file={written} --more\n"), done.stderr
    subprocess.run([find_program("amtool"), "check-config", written], check=True, capture_output=True)
    (receiver,) = yaml.safe_load(written.read_text())["receivers"]
    assert receiver.pop("name") == "operators"
    return dict(receiver)


def test_nobody_is_told_unless_it_is_said_whom_and_the_log_says_so(tmp_path: Path) -> None:
    assert configure(tmp_path, "") == {}
    assert "nobody is told" in start(tmp_path, "").stderr


@pytest.mark.parametrize("url", ["https://chat.example.org/hooks/chorus?a=b&c=%20d", "http://10.0.0.2:8080"])
def test_a_webhook_is_told_with_its_token_if_it_has_one(tmp_path: Path, url: str) -> None:
    (plain,) = configure(tmp_path, url)["webhook_configs"]
    assert plain == {"url": url, "send_resolved": True}
    (known,) = configure(tmp_path, url, secret="token")["webhook_configs"]
    assert known["http_config"] == {"authorization": {"credentials_file": str(tmp_path / "secret")}}


@pytest.mark.parametrize(
    ("alerts_to", "begins"),
    [
        ("ntfy://ntfy.sh/birds", "https://ntfy.sh/birds"),
        ("ntfy+https://ntfy.example.org/birds", "https://ntfy.example.org/birds"),
        ("ntfy+http://10.0.0.2:8080/birds", "http://10.0.0.2:8080/birds"),
    ],
)
def test_ntfy_is_told_how_to_make_a_readable_message(tmp_path: Path, alerts_to: str, begins: str) -> None:
    (hook,) = configure(tmp_path, alerts_to)["webhook_configs"]
    asked = parse_qs(urlsplit(hook["url"]).query)
    assert hook["url"].startswith(f"{begins}?")
    assert asked == {
        "tpl": ["1"],
        "t": ["{{.status}}: {{.commonLabels.alertname}}"],
        "m": ["{{range .alerts}}{{.annotations.summary}}\n{{.annotations.runbook_url}}\n{{end}}"],
    }


def test_mail_goes_by_the_server_that_is_named_with_a_password_from_a_file(tmp_path: Path) -> None:
    to = "mailto:field@example.org?smtp=mail.example.org:587&from=chorus@example.org&user=chorus"
    (mail,) = configure(tmp_path, to, secret="password")["email_configs"]
    assert mail == {
        "to": "field@example.org", "from": "chorus@example.org", "smarthost": "mail.example.org:587",
        "require_tls": True, "send_resolved": True, "auth_username": "chorus",
        "auth_password_file": str(tmp_path / "secret"),
    }  # fmt: skip


def test_mail_goes_by_a_relay_that_wants_neither_password_nor_tls(tmp_path: Path) -> None:
    (mail,) = configure(tmp_path, "mailto:field@example.org?smtp=10.0.0.2:25&tls=no")["email_configs"]
    assert (mail["from"], mail["require_tls"], "auth_username" in mail) == ("field@example.org", False, False)


@pytest.mark.parametrize(
    "alerts_to",
    [
        "field@example.org",
        "mailto:field@example.org",
        "mailto:?smtp=mail.example.org:25",
        "mailto:a@b.org?smtp=mail.example.org",
        "mailto:a@b.org?smtp=mail.example.org:25&user=me",
        "mailto:a@b.org?smtp=mail.example.org:25&password=x",
        "ntfy://ntfy.sh",
        "ntfy://ntfy.sh/",
        "ntfy://ntfy.sh/a/b",
        "ntfy:///topic",
        "https://",
        "https:///hook",
        "https://me:pass@example.org/hook",
        "ftp://example.org",
        "https://example.org/'\nroute: x",
        "https://example.org/{{.X}}",
    ],
)
def test_what_cannot_be_understood_is_said_in_one_line_and_nothing_starts(tmp_path: Path, alerts_to: str) -> None:
    done = start(tmp_path, alerts_to)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("CHORUS_ALERTS_TO is not understood: ")
    assert done.stderr.count("\n") == 1
