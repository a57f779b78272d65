"""What scales the workers, what watches, and the broker: told what the code and docker compose say, too."""

from typing import Any

import pytest
import yaml

from dawn_chorus.domain.jobs import Lane
from tests.unit.deploy.kubernetes import COMPOSE, OVERLAYS, ROOT, SERVING, main_container, of_kind, the

CPU, _ = OVERLAYS
PROMETHEUS: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())


@pytest.mark.parametrize("part", OVERLAYS)
def test_workers_follow_both_lanes(part: str) -> None:
    scaling = the(part, "ScaledObject", "worker")["spec"]
    triggers = [trigger["metadata"] for trigger in scaling["triggers"]]
    # What the queries count is held by tests/integration/test_postgres_outbox.py.
    assert [lane for trigger in triggers for lane in Lane if f"'{lane}'" in trigger["query"]] == list(Lane)
    assert {trigger["type"] for trigger in scaling["triggers"]} == {"postgresql"}
    assert {trigger["authenticationRef"]["name"] for trigger in scaling["triggers"]} == {"database"}
    assert scaling["scaleTargetRef"]["name"] in of_kind(part, "Deployment")
    assert scaling["minReplicaCount"] == 1
    assert "replicas" not in the(part, "Deployment", "worker")["spec"]
    (told,) = the(part, "TriggerAuthentication", "database")["spec"]["secretTargetRef"]
    assert told == {"parameter": "connection", "name": "chorus", "key": "database_url"}


def test_prometheus_asks_ports_that_there_are_under_the_jobs_that_alerts_know() -> None:
    monitor = the(CPU, "PodMonitor", "dawn-chorus")["spec"]
    assert monitor["jobLabel"] == "app.kubernetes.io/component"
    (components,) = (each["values"] for each in monitor["selector"]["matchExpressions"])
    assert set(components) == set(SERVING)
    assert monitor["podMetricsEndpoints"] == [{"port": "status", "path": "/metrics", "interval": "15s"}]
    jobs = PROMETHEUS["scrape_configs"]
    for component in SERVING:
        asked = next(job["dns_sd_configs"][0] for job in jobs if job["job_name"] == component)
        ports = {port["name"]: port["containerPort"] for port in main_container(CPU, component)["ports"]}
        assert (asked["names"], asked["port"]) == ([component], ports["status"])
    assert {*components, "rabbitmq"} <= {job["job_name"] for job in jobs}
    detailed = next(job for job in jobs if job["job_name"] == "rabbitmq-queues")
    theirs = the(CPU, "PodMonitor", "broker")["spec"]["podMetricsEndpoints"][1]
    assert (theirs["path"], theirs["params"]) == (detailed["metrics_path"], detailed["params"])


def test_rabbitmq_has_the_files_that_compose_gives_it() -> None:
    cluster = the(CPU, "RabbitmqCluster", "broker")["spec"]
    override = cluster["override"]["statefulSet"]["spec"]["template"]["spec"]
    (container,) = override["containers"]
    mounts = {mount["mountPath"]: mount["subPath"] for mount in container["volumeMounts"]}
    files = dict(reversed(each.split(":")[:2]) for each in COMPOSE["rabbitmq"]["volumes"] if "/deploy/rabbitmq" in each)
    files.pop("/etc/rabbitmq/enabled_plugins")  # the operator enables both of them itself
    users = next(each for each in COMPOSE["rabbitmq"]["secrets"] if each != "rabbitmq_cookie")
    assert mounts == {path: file.rpartition("/")[2] for path, file in files.items()} | {
        users["target"]: "rabbitmq_users.json"
    }
    volumes = {volume["name"]: volume for volume in override["volumes"]}
    shipped = the(CPU, "ConfigMap", volumes["files"]["configMap"]["name"])["data"]
    assert shipped == {file: (ROOT / "deploy" / "rabbitmq" / file).read_text() for file in shipped}
    assert cluster["image"] == COMPOSE["rabbitmq"]["image"]


def test_rabbitmq_can_do_nothing_but_its_work() -> None:
    pod = the(CPU, "RabbitmqCluster", "broker")["spec"]["override"]["statefulSet"]["spec"]["template"]["spec"]
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    containers = {each["name"]: each["securityContext"] for each in (*pod["initContainers"], *pod["containers"])}
    least = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert containers == {"setup-container": least, "rabbitmq": least}


def test_rabbitmq_has_three_nodes_apart_and_queues_that_grow_to_them() -> None:
    cluster = the(CPU, "RabbitmqCluster", "broker")["spec"]
    (apart,) = cluster["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert (cluster["replicas"], apart["topologyKey"]) == (3, "kubernetes.io/hostname")
    in_compose = (ROOT / "deploy" / "rabbitmq" / "cluster.conf").read_text().splitlines()
    grow = [line for line in in_compose if line.startswith("quorum_queue.")]
    assert cluster["rabbitmq"]["additionalConfig"].splitlines() == grow
