"""What the service `tls` makes of its one setting; what Caddy then does is in tests/end_to_end/tls."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dawn_chorus.api.settings import ApiSettings
from tests.servers.caddy import DEPLOY, read_environment

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY.parents[1] / "docker-compose.yml").read_text())
TLS: dict[str, Any] = COMPOSE["services"]["tls"]


def start(folder: Path, url: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the script with `adapt`: Caddy prints what it would do, and does nothing."""
    return subprocess.run(
        ["sh", DEPLOY / "start", "adapt"],
        env=read_environment(folder, url, **settings), capture_output=True, text=True, check=False,
    )  # fmt: skip


def adapted(folder: Path, url: str, **settings: str) -> dict[str, Any]:
    done = start(folder, url, **settings)
    assert done.returncode == 0, done.stderr
    apps: dict[str, Any] = json.loads(done.stdout)["apps"]
    return apps


def issuers(apps: dict[str, Any]) -> list[str]:
    policies = apps.get("tls", {}).get("automation", {}).get("policies", [])
    return [issuer["module"] for policy in policies for issuer in policy.get("issuers", [])]


@pytest.mark.parametrize("url", ["https://chorus.example.org", "https://chorus.example.org/", "https://10.example.org"])
def test_a_name_of_the_internet_gets_a_public_certificate_and_browsers_remember_it(tmp_path: Path, url: str) -> None:
    apps = adapted(tmp_path, url)
    assert "internal" not in issuers(apps)
    assert "max-age=31536000" in json.dumps(apps)


@pytest.mark.parametrize(
    "host", ["laptop", "station.lan", "pi.local", "field.home.arpa", "192.168.1.5", "[fd00::5]", "pi.local:8443"]
)
def test_a_name_or_address_that_only_a_local_network_knows_gets_a_certificate_from_here(
    tmp_path: Path, host: str
) -> None:
    apps = adapted(tmp_path, f"https://{host}")
    assert issuers(apps) == ["internal"]
    assert "Strict-Transport-Security" not in json.dumps(apps)
    assert f"https://{host}" in json.dumps(apps), "where HTTP leads to"


def test_the_setting_wins_over_the_name(tmp_path: Path) -> None:
    assert issuers(adapted(tmp_path, "https://chorus.example.org", CHORUS_TLS="local")) == ["internal"]


def test_ones_own_certificate_is_taken_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "certificates").mkdir()
    for name in ("certificate.pem", "key.pem"):
        (tmp_path / "certificates" / name).touch()
    apps = adapted(tmp_path, "https://chorus.example.org")
    (files,) = apps["tls"]["certificates"]["load_files"]
    assert files["certificate"] == str(tmp_path / "certificates" / "certificate.pem")


def test_a_name_at_another_port_is_not_remembered_by_browsers(tmp_path: Path) -> None:
    apps = adapted(tmp_path, "https://chorus.example.org:8443")
    assert "Strict-Transport-Security" not in json.dumps(apps)


@pytest.mark.parametrize(
    ("url", "settings", "says"),
    [
        ("", {}, "set CHORUS_PUBLIC_URL=https://NAME in .env"),
        ("http://chorus.example.org", {}, "does not begin with https://"),
        ("https://", {}, "does not begin with https://"),
        ("https://chorus.example.org", {"CHORUS_TLS": "none"}, "none of public, own, local"),
        ("https://chorus.example.org", {"CHORUS_TLS": "own"}, "no certificate.pem that can be read"),
    ],
)
def test_what_is_missing_is_said_in_one_line(tmp_path: Path, url: str, settings: dict[str, str], says: str) -> None:
    done = start(tmp_path, url, **settings)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_container_gets_what_the_script_reads_and_one_capability(tmp_path: Path) -> None:
    assert TLS["profiles"] == ["tls"]
    assert {"./deploy/caddy:/etc/caddy:ro"} <= set(TLS["volumes"])
    assert {"CHORUS_PUBLIC_URL", "CHORUS_TLS"} <= set(TLS["environment"])
    assert (TLS["cap_add"], TLS["read_only"]) == (["NET_BIND_SERVICE"], True)
    apps = adapted(tmp_path, "https://chorus.example.org")
    assert {port for server in apps["http"]["servers"].values() for port in server["listen"]} == {":80", ":443"}
    assert '"api:8000"' in json.dumps(apps)


def test_the_api_believes_this_service_by_its_name_and_what_is_set() -> None:
    proxies = COMPOSE["services"]["api"]["environment"]["CHORUS_TRUSTED_PROXIES"]
    assert proxies == "tls,${CHORUS_TRUSTED_PROXIES:-127.0.0.1}"
    assert ApiSettings(trusted_proxies="tls,127.0.0.1").trusted_proxies.startswith("tls,")
    shared = set(TLS["networks"]) & set(COMPOSE["services"]["api"]["networks"])
    assert shared == {"outside"}
