"""`docker compose up` as its users meet it. The tests share one stack, and each leaves it healthy."""

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.compose.listener import ADDRESS, alerts_heard, alerts_shown, listen
from tests.compose.stack import Stack
from tests.end_to_end.service import wait_until
from tests.runbook import find_scripts

OURS = ("api", "relay", "worker")


def service_of(container: dict[str, Any]) -> str:
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


def test_everything_is_healthy_and_what_is_done_once_went_well(stack: Stack) -> None:
    states = {service_of(each): each["State"] for each in stack.containers()}
    assert {"postgres", "rabbitmq", "api", "relay", "worker", "prometheus", "alertmanager", "grafana"} < set(states)
    for service, state in states.items():
        if service in {"folders", "migrate", "packs"}:
            assert (state["Status"], state["ExitCode"]) == ("exited", 0), service
        else:
            assert state["Health"]["Status"] == "healthy", service


def test_a_posted_recording_becomes_a_timeline(stack: Stack, recording: Path) -> None:
    key = stack.make_key()
    analysis = stack.wait_for(stack.upload(recording, key), key)
    assert (analysis["result"], analysis["analyzed_s"], analysis["failed_s"]) == ("succeeded", 30.0, 0.0)
    found = stack.curl(f"/v1/analyses/{analysis['id']}/detections", key=key)["items"]
    assert [(each["code"], each["onset_s"], each["offset_s"]) for each in found] == [("tone_1000", 10.0, 15.0)]
    assert stack.query("SELECT t.code FROM detections d JOIN taxa t ON t.id = d.taxon_id") == "tone_1000"


def test_without_a_licence_accepted_the_pack_that_comes_along_serves(stack: Stack, recording: Path) -> None:
    key = stack.make_key()
    analysis = stack.wait_for(stack.upload(recording, key, "site=anywhere"), key)
    assert (analysis["result"], analysis["pack"]["name"]) == ("succeeded", "synthetic")


def test_nothing_is_answered_without_a_key(stack: Stack) -> None:
    assert stack.curl("/v1/recordings")["status"] == 401


def test_only_five_ports_are_published_and_on_loopback(stack: Stack) -> None:
    published = {
        (service_of(each), binding["HostIp"])
        for each in stack.containers()
        for bindings in each["NetworkSettings"]["Ports"].values()
        for binding in bindings or ()
    }
    assert published == {
        (service, "127.0.0.1") for service in ("api", "grafana", "rabbitmq", "prometheus", "alertmanager")
    }


@pytest.mark.parametrize(
    ("user", "secret"), [("guest", None), ("chorus", "broker_password")], ids=["guest", "the services' own user"]
)
def test_rabbitmqs_panel_is_closed_to(stack: Stack, user: str, secret: str | None) -> None:
    password = stack.secret(secret) if secret else "guest"
    url = f"http://127.0.0.1:{stack.rabbitmq_port}/api/queues"
    assert httpx.get(url, auth=(user, password)).status_code == 401


def test_rabbitmqs_panel_shows_the_lanes_to_its_administrator(stack: Stack) -> None:
    url = f"http://127.0.0.1:{stack.rabbitmq_port}/api/queues"
    queues = httpx.get(url, auth=("admin", stack.secret("rabbitmq_admin_password"))).json()
    lanes = {queue["name"]: queue for queue in queues}
    assert set(lanes) == {
        "chorus.segments.express",
        "chorus.segments.bulk",
        "chorus.segments.retry",
        "chorus.dead",
    }
    assert lanes["chorus.segments.express"]["policy"] == "chorus-bounds"


@pytest.mark.parametrize(("user", "password"), [("postgres", "postgres"), ("chorus", "chorus")])
def test_postgresql_knows_no_password_that_can_be_guessed(stack: Stack, user: str, password: str) -> None:
    url = f"postgresql://{user}:{password}@127.0.0.1/chorus"
    done = stack.compose("exec", "-T", "postgres", "psql", url, "-c", "SELECT 1", check=False)
    assert "password authentication failed" in done.stderr


def test_the_dashboards_role_reads_results_and_nothing_else(stack: Stack) -> None:
    url = f"postgresql://reader:{stack.secret('database_reader_password')}@127.0.0.1/chorus"

    def ask(sql: str) -> str:
        return stack.compose("exec", "-T", "postgres", "psql", url, "-c", sql, check=False).stderr

    assert ask("SELECT count(*) FROM detections") == ""
    assert "permission denied" in ask("SELECT * FROM api_keys")
    assert "read-only" in ask("DELETE FROM outbox")


@pytest.mark.parametrize("service", OURS)
def test_our_containers_have_no_root_nothing_to_build_with_and_nowhere_to_write(stack: Stack, service: str) -> None:
    assert stack.run_in(service, "id", "-u").strip() == "10001"
    assert stack.run_in(service, "sh", "-c", "command -v pip gcc cc make; true") == ""
    assert stack.run_in(service, "python", "-c", "import setuptools", check=False) == ""
    denied = stack.compose("exec", "-T", service, "touch", "/opt/chorus/x", check=False)
    assert "Read-only file system" in denied.stderr


@pytest.mark.parametrize(
    "service", ["postgres", "rabbitmq", "prometheus", "alertmanager", "grafana", "postgres-exporter"]
)
def test_others_servers_run_without_rights_and_cannot_write_to_their_system(stack: Stack, service: str) -> None:
    # The first process is the server: its entry point became it, as another account.
    status = dict(line.split(":\t", 1) for line in stack.run_in(service, "cat", "/proc/1/status").splitlines())
    assert status["NoNewPrivs"] == "1"
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert set(status["Uid"].split()) & {"0"} == set()
    denied = stack.compose("exec", "-T", service, "touch", "/etc/x", check=False)
    assert "Read-only file system" in denied.stderr


def test_metrics_are_not_on_the_port_that_is_published(stack: Stack) -> None:
    assert stack.curl("/metrics")["status"] == 404


def test_prometheus_reads_the_api_on_another_port_and_probes_pass_by_ip_and_name(stack: Stack) -> None:
    def ask(url: str) -> str:
        return stack.run_in("prometheus", "wget", "-qO-", url)

    targets = json.loads(ask("http://127.0.0.1:9090/api/v1/targets?state=active"))["data"]["activeTargets"]
    (scraped,) = (httpx.URL(target["scrapeUrl"]) for target in targets if target["labels"]["job"] == "api")
    assert (scraped.port, scraped.path) == (9103, "/metrics")
    assert "chorus_api_requests_total" in ask(str(scraped))
    for host in (scraped.host, "api"):
        for probe in ("live", "ready"):
            assert json.loads(ask(f"http://{host}:8000/health/{probe}"))["status"] in {"live", "ready"}
    assert json.loads(stack.run_in("api", "healthcheck", "http://127.0.0.1:8000/health/ready"))["status"] == "ready"


def test_the_database_and_the_broker_cannot_leave_the_machine(stack: Stack) -> None:
    networks = {
        name: json.loads(stack.engine.run(["docker", "network", "inspect", f"{stack.name}_{name}"]).stdout)[0]
        for name in ("database", "broker", "watch", "store")
    }
    assert all(network["Internal"] for network in networks.values())


def test_as_many_workers_run_as_env_says_and_prometheus_reaches_every_one(stack: Stack) -> None:
    assert stack.healthy_workers() == 3

    def is_reached() -> bool:
        says = stack.run_in("prometheus", "wget", "-qO-", "http://127.0.0.1:9090/api/v1/targets?state=active")
        targets = json.loads(says)["data"]["activeTargets"]
        jobs = [target["labels"]["job"] for target in targets]
        everybody = {"api", "relay", "rabbitmq", "postgres", "grafana", "alertmanager", "prometheus"} <= set(jobs)
        return everybody and jobs.count("worker") == 3 and all(target["health"] == "up" for target in targets)

    wait_until(is_reached, "three workers and all others are up for Prometheus", within_s=120)


def test_a_receiver_is_tried_as_documented_and_workers_that_stopped_are_seen_on_the_board(stack: Stack) -> None:
    stack.configure(CHORUS_ALERTS_TO=ADDRESS)
    stack.up()
    listen(stack)
    (attempt,) = find_scripts("What each alert means")
    stack.run_script(attempt.replace("compose exec", "compose exec -T"))
    stack.compose("stop", "worker")
    wait_until(lambda: alerts_shown(stack).get("NoWorker") in {"pending", "firing"}, "the board shows it", within_s=90)
    wait_until(lambda: alerts_heard(stack), "the receiver is told", within_s=90)
    assert [(each["labels"]["alertname"], each["status"]) for each in alerts_heard(stack)] == [("Try", "firing")]
    stack.configure(CHORUS_ALERTS_TO="")
    stack.up()


def test_a_changed_setting_and_an_upgrade_keep_three_workers(stack: Stack) -> None:
    stack.configure(CHORUS_LOG_LEVEL="DEBUG")
    stack.up()
    assert stack.healthy_workers() == 3
    (upgrade,) = find_scripts("Upgrade")
    backups = stack.folder.parent / "backups"
    stack.run_script(f'export CHORUS_BACKUP_DIR={backups}\ngit() {{ test "$*" = pull; }}\n{upgrade}')
    assert stack.healthy_workers() == 3


def test_all_is_there_again_after_down_and_up(stack: Stack, recording: Path) -> None:
    key = stack.make_key()
    analysis = stack.wait_for(stack.upload(recording, key), key)
    stack.down()
    stack.up()
    assert stack.healthy_workers() == 3
    assert stack.curl(f"/v1/analyses/{analysis['id']}", key=key)["result"] == "succeeded"
    assert len(stack.curl(f"/v1/analyses/{analysis['id']}/detections", key=key)["items"]) == 1
    assert stack.upload(recording, key) == analysis["id"]


def test_changed_passwords_take_effect_with_a_new_start(stack: Stack, recording: Path) -> None:
    key = stack.make_key()
    before = stack.secret("database_url")
    (change,) = find_scripts("Secrets")
    stack.run_script(change.replace("compose exec", "compose exec -T"))
    assert stack.secret("database_url") != before
    assert stack.healthy_workers() == 3
    assert stack.wait_for(stack.upload(recording, key), key)["result"] == "succeeded"


def test_retention_removes_the_audio_and_keeps_what_was_heard(stack: Stack, recording: Path) -> None:
    key = stack.make_key()
    analysis = stack.wait_for(stack.upload(recording, key, "pack=tones", "site=old-marsh"), key)
    stack.query("UPDATE analyses SET finished_at = finished_at - interval '1 day'")
    rule = ("--audio-days", "0", "--stored-days", "0", "--keep-best", "0", "--site", "old-marsh")
    told = stack.compose("run", "--rm", "-T", "chorus", "retention", *rule, "--apply", "--json").stdout
    assert json.loads(told)["removed"] == {
        "audio": 1, "with_results": 0, "reviews": 0, "freed_bytes": recording.stat().st_size,
    }  # fmt: skip
    assert stack.curl(f"{analysis['links']['recording']}/audio", key=key)["status"] == 410
    assert len(stack.curl(analysis["links"]["detections"], key=key)["items"]) == 1


def test_all_that_was_lost_comes_back_from_a_backup(stack: Stack, recording: Path) -> None:
    key = stack.make_key()
    analysis = stack.wait_for(stack.upload(recording, key), key)
    back_up, restore = find_scripts("Back up and restore")
    backups = stack.folder.parent / "backups"
    where = f"export CHORUS_BACKUP_DIR={backups}\n"
    untouched = stack.commit_checkout()
    stack.run_script(where + back_up)
    assert untouched() == ""
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (backups, *backups.rglob("*"))} == {0}
    stack.down("--volumes")
    shutil.rmtree(stack.folder / "secrets")
    stack.run_script(where + restore)
    assert untouched() == ""
    assert stack.healthy_workers() == 3
    assert stack.curl(analysis["links"]["self"], key=key)["result"] == "succeeded"
    assert len(stack.curl(analysis["links"]["detections"], key=key)["items"]) == 1
    # Its audio is there: it can be heard again.
    again = stack.curl(f"{analysis['links']['recording']}/analyses", "--json", '{"pack": "tones"}', key=key)
    assert stack.wait_for(again["id"], key)["result"] == "succeeded"
