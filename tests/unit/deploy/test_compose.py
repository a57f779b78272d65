"""What docker-compose.yml promises, as far as it can be told without Docker."""

import base64
import hashlib
import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.cli.settings import CliSettings
from dawn_chorus.relay.settings import RelaySettings
from dawn_chorus.worker.settings import WorkerSettings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BUILDS: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.override.yml").read_text())["services"]
ONCE = {"folders", "migrate", "packs", "bucket"}
BY_HAND = {"chorus", "doctor"}
STAY = sorted(set(SERVICES) - ONCE - BY_HAND)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the script that makes secrets, where it lies in a checkout."""
    script = tmp_path / "deploy" / "docker" / "make-secrets"
    script.parent.mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "docker" / "make-secrets", script)
    return tmp_path


def make_secrets(checkout: Path, *changed: str) -> dict[str, str]:
    subprocess.run([sys.executable, checkout / "deploy" / "docker" / "make-secrets", *changed], check=True)
    return {path.name: path.read_text() for path in (checkout / "secrets").iterdir()}


def passed_on(service: dict[str, Any]) -> set[str]:
    """Return the variables that a service gets as they are in `.env`, or not at all."""
    environment = service.get("environment", {})
    return {name for name, value in environment.items() if value is None}


def test_only_the_api_and_the_pages_of_servers_that_watch_are_published_and_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service and name != "tls"}
    assert set(published) == {"api", "grafana", "rabbitmq", "prometheus", "alertmanager"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


@pytest.mark.parametrize("name", ["postgres", "postgres-exporter", "relay", "worker", "seaweedfs"])
def test_what_needs_no_way_out_has_none(name: str) -> None:
    internal = {network for network, options in COMPOSE["networks"].items() if options.get("internal")}
    assert set(SERVICES[name]["networks"]) <= internal


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bounded(name: str) -> None:
    service = SERVICES[name]
    assert {"memory", "pids"} <= set(service["deploy"]["resources"]["limits"])
    assert service["logging"]["options"]["max-size"]
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", STAY)
def test_what_stays_up_is_started_again(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert "healthcheck" in SERVICES[name] or name in BUILDS


@pytest.mark.parametrize("name", sorted(ONCE))
def test_what_is_done_once_is_waited_for_and_not_repeated(name: str) -> None:
    assert SERVICES[name]["restart"] == "no"
    waits = [service["depends_on"][name] for service in SERVICES.values() if name in service.get("depends_on", ())]
    assert waits
    assert all(wait["condition"] == "service_completed_successfully" for wait in waits)


def test_the_doctor_reaches_every_server_waits_for_none_and_is_given_settings_of_its_own() -> None:
    doctor, worker = SERVICES["doctor"], SERVICES["worker"]
    assert "depends_on" not in doctor
    assert doctor["secrets"] == worker["secrets"]
    assert set(doctor["networks"]) == set(worker["networks"]) - {"watch"}
    assert set(doctor["networks"]) & set(SERVICES["api"]["networks"])
    assert doctor["env_file"] == worker["env_file"]
    assert set(doctor["volumes"]) <= set(worker["volumes"])
    assert set(doctor["environment"]) <= {
        f"CHORUS_{name.upper()}" for name in (*CliSettings.model_fields, "secrets_dir")
    }
    assert doctor["environment"]["CHORUS_URL"] == "http://api:8000"


@pytest.mark.parametrize("name", BUILDS)
def test_our_own_containers_can_do_nothing_but_their_work(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["cap_drop"] == ["ALL"]


STEP_DOWN = {"postgres", "rabbitmq", "seaweedfs"}
"""Those whose entry points begin as root."""
CLUSTER: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "docker" / "cluster.yml").read_text())["services"]
OTHERS = {name: service for name, service in SERVICES.items() if name not in BUILDS}


@pytest.mark.parametrize("name", OTHERS)
def test_others_containers_have_the_least_rights_that_they_run_with(name: str) -> None:
    service = OTHERS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert not service.get("privileged")
    added = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"} if name in STEP_DOWN else set()
    added |= {"NET_BIND_SERVICE"} if name == "tls" else set()
    assert set(service.get("cap_add", ())) == added
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", sorted(set(CLUSTER) - {"rabbitmq"}))
def test_further_nodes_of_rabbitmq_have_no_more_rights_than_the_first(name: str) -> None:
    same = ("image", "read_only", "cap_drop", "cap_add", "tmpfs", "security_opt")
    assert {key: CLUSTER[name][key] for key in same} == {key: SERVICES["rabbitmq"][key] for key in same}


@pytest.mark.parametrize("name", OTHERS)
def test_others_images_have_an_exact_version(name: str) -> None:
    # PostgreSQL's and SeaweedFS' versions are two numbers, those of all others three.
    numbers = 2 if name in {"postgres", "seaweedfs", "bucket"} else 3
    assert re.search(rf":v?\d+(\.\d+){{{numbers - 1}}}(-[a-z]+)?$", OTHERS[name]["image"])


def test_our_images_stand_on_an_exact_version() -> None:
    dockerfile = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
    (python,) = re.findall(r"^ARG PYTHON=(.*)$", dockerfile, re.MULTILINE)
    assert re.fullmatch(r"3\.13\.\d+-slim-trixie", python)
    outside = {base for base in re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) if ":" in base}
    assert outside == {"python:${PYTHON}"}


def test_metrics_are_published_nowhere() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert not [port for port in published if re.search(r":91\d\d$", port)]


def test_no_password_stands_in_the_compose_file() -> None:
    words = re.compile(r"password|secret|key(?!_cache_s)", re.IGNORECASE)
    for service in SERVICES.values():
        for variable, value in (service.get("environment") or {}).items():
            assert not words.search(variable) or str(value).startswith("/run/secrets"), variable


def test_every_secret_is_made_and_the_folder_is_closed_to_others(checkout: Path) -> None:
    made = make_secrets(checkout)
    for secret in COMPOSE["secrets"].values():
        file = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", secret["file"])
        assert (ROOT / file).exists() or file.removeprefix("secrets/") in made
    assert "store_url.seaweedfs" in made
    assert stat.S_IMODE((checkout / "secrets").stat().st_mode) == 0o700
    passwords = [text for name, text in made.items() if name.endswith("password")]
    assert len(set(passwords)) == len(passwords)
    assert min(map(len, passwords)) >= 40


def test_secrets_stay_unless_they_are_to_change(checkout: Path) -> None:
    first = make_secrets(checkout)
    assert make_secrets(checkout) == first
    changed = make_secrets(checkout, "database_password")
    differ = {name for name in first if first[name] != changed[name]}
    assert differ == {"database_password", "database_url"}


def test_an_empty_password_is_drawn_and_a_folder_in_its_place_is_told(checkout: Path) -> None:
    make_secrets(checkout)
    path = checkout / "secrets" / "database_password"
    path.chmod(0o600)
    path.write_text("")
    assert len(make_secrets(checkout)["database_password"]) >= 40
    path.unlink()
    path.mkdir()
    script = [sys.executable, str(checkout / "deploy" / "docker" / "make-secrets")]
    done = subprocess.run(script, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{path} is a folder, where a file should be: remove it")


def test_compose_looks_for_the_secrets_before_it_builds_anything(checkout: Path) -> None:
    assert "run-make-secrets-first" in make_secrets(checkout)
    assert all(
        service["env_file"][0] == "secrets/run-make-secrets-first"
        for service in SERVICES.values()
        if "env_file" in service
    )


def test_every_volume_is_a_folder_of_the_data_where_that_is_set() -> None:
    mounted = [
        volume.rpartition("${CHORUS_DATA_DIR:+${CHORUS_DATA_DIR:-}/}")
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        # The volume of PostgreSQL, wherever the data are: it notes where.
        if not volume.startswith(("./", "${CHORUS_CERTIFICATES", "postgres:/volumes/"))
    ]
    assert all(marked for _, marked, _ in mounted)
    assert {place.split(":")[0] for _, _, place in mounted} == set(COMPOSE["volumes"])


def test_a_password_that_there_is_not_cannot_be_changed(checkout: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        make_secrets(checkout, "databse_password")


def test_rabbitmq_is_told_hashes_that_fit_the_passwords(checkout: Path) -> None:
    made = make_secrets(checkout)
    users = {user["name"]: user for user in json.loads(made["rabbitmq_users.json"])["users"]}
    assert set(users) == {"admin", "chorus"}
    for name, secret in (("admin", "rabbitmq_admin_password"), ("chorus", "broker_password")):
        salted = base64.b64decode(users[name]["password_hash"])
        assert salted[4:] == hashlib.sha256(salted[:4] + made[secret].encode()).digest()
    assert users["chorus"]["tags"] == []


def test_git_and_the_images_take_in_neither_secrets_nor_settings() -> None:
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"/secrets/", "/.env", "/backup/", "/chorus-backup/", "*.dump"} <= set(ignored)
    assert (ROOT / ".dockerignore").read_text().split("\n")[1] == "*"


def test_the_settings_that_are_shown_are_those_that_there_are() -> None:
    shown = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    docker = ROOT / "deploy" / "docker"
    files = [ROOT / "docker-compose.yml", *docker.glob("CHORUS_ACCEPT_LICENSE/*/*.env"), *docker.glob("back*")]
    known = {name for file in files for name in re.findall(r"\b([A-Z][A-Z_]{5,})\b", file.read_text())}
    assert shown - {"COMPOSE_PROFILES", "COMPOSE_FILE"} <= known
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text())) - {"COMPOSE_PROJECT_NAME"}
    assert asked.union(*map(passed_on, SERVICES.values())) <= shown


@pytest.mark.parametrize(
    ("service", "settings"), [("api", ApiSettings), ("relay", RelaySettings), ("worker", WorkerSettings)]
)
def test_the_settings_that_are_passed_on_are_those_of_the_service(service: str, settings: type[BaseSettings]) -> None:
    assert passed_on(SERVICES[service]) <= {f"CHORUS_{field.upper()}" for field in settings.model_fields}


def test_the_api_is_known_by_its_name_in_the_stack_and_by_what_is_set() -> None:
    environment = SERVICES["api"]["environment"]
    hosts = environment["CHORUS_ALLOWED_HOSTS"]
    for mine in ("", "station.lan,.example.org"):
        names = ApiSettings(allowed_hosts=hosts.replace("${CHORUS_ALLOWED_HOSTS:-}", mine)).host_names
        assert set(names) >= {"api", *filter(None, mine.split(","))}
    assert "CHORUS_PUBLIC_URL" in environment
