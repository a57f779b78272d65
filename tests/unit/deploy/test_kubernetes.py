"""What the manifests say is true of the code, of the images and of docker compose."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from dawn_chorus.adapters.readiness import Readiness
from dawn_chorus.adapters.status_server import StatusServer
from dawn_chorus.api.http.browsers.hosts import AllowedHosts
from dawn_chorus.api.routes.operations import health
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.cli.settings import CliSettings
from dawn_chorus.relay.settings import RelaySettings
from dawn_chorus.worker.settings import WorkerSettings
from tests.unit.deploy.kubernetes import (
    BUILDS,
    COMPOSE,
    FOLDER,
    OVERLAYS,
    PORT_NAMES,
    ROOT,
    SERVING,
    containers,
    environment,
    image_by_default,
    main_container,
    of_kind,
    pod_specs,
    read_services,
    render,
    the,
    to_bytes,
)

CPU, GPU = OVERLAYS
DOCKERFILE = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
SETTINGS: dict[str, type[BaseSettings]] = {
    "api": ApiSettings, "relay": RelaySettings, "worker": WorkerSettings, "migrate": CliSettings,
    "operations": CliSettings,
}  # fmt: skip
INSTALL_PACKS = (ROOT / "deploy" / "docker" / "install-packs").read_text()
EVERY_CONTAINER = [(part, *each) for part in OVERLAYS for each in containers(part)]
NAMED = [f"{part}: {container['name']}" for part, _, container in EVERY_CONTAINER]


def service_name(component: str) -> str:
    return "chorus" if component == "operations" else component


def compose(component: str) -> dict[str, Any]:
    return dict(COMPOSE[service_name(component)])


def stage(target: str) -> str:
    body = re.search(rf"^FROM runtime AS {target}\n(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert body, target
    return body[1]


def names(settings: Any) -> set[str]:
    return {f"CHORUS_{field.upper()}" for field in settings.model_fields} | {"CHORUS_SECRETS_DIR"}


@pytest.mark.parametrize(("part", "component", "container"), EVERY_CONTAINER, ids=NAMED)
def test_containers_can_do_nothing_but_their_work(part: str, component: str, container: dict[str, Any]) -> None:
    spec = pod_specs(part)[component]
    uid = int(re.search(r"useradd --uid (\d+)", DOCKERFILE)[1])  # type: ignore[index]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert {spec["securityContext"][key] for key in ("runAsUser", "runAsGroup", "fsGroup")} == {uid}
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}
    }  # fmt: skip
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert {"cpu", "memory", "ephemeral-storage"} <= set(container["resources"]["requests"])
    assert {"memory", "ephemeral-storage"} <= set(container["resources"]["limits"])


@pytest.mark.parametrize("component", [*SERVING, "migrate", "packs", "operations"])
def test_images_and_bounds_are_those_of_compose(component: str) -> None:
    container, service = main_container(CPU, component), compose(component)
    assert container["image"] == image_by_default(service)
    assert stage(BUILDS[service_name(component)]["build"]["target"])
    limit = re.sub(r"\$\{.*:-(.*)\}", r"\1", str(service["deploy"]["resources"]["limits"]["memory"]))
    assert container["resources"]["limits"]["memory"] == limit.replace("g", "Gi").replace("m", "Mi")


@pytest.mark.parametrize("component", SETTINGS)
def test_every_variable_that_a_part_is_given_is_one_of_its_settings(component: str) -> None:
    for part in OVERLAYS:
        given = main_container(part, component).get("env", ())
        assert {each["name"] for each in given} - used_by_others(given) <= names(SETTINGS[component])


def used_by_others(variables: Iterable[dict[str, Any]]) -> set[str]:
    """Return the variables that stand in the values of others only."""
    return {name for each in variables for name in re.findall(r"\$\((\w+)\)", each.get("value", ""))}


def test_the_shared_variables_are_settings_of_somebody() -> None:
    read = {name for settings in SETTINGS.values() for name in names(settings)}
    for part in OVERLAYS:
        for component, container in containers(part):
            for name in set(environment(part, container)) - used_by_others(container.get("env", ())):
                assert name in read or name in INSTALL_PACKS, f"{component}: {name}"


@pytest.mark.parametrize("component", SERVING)
def test_ports_are_those_that_the_image_exposes_and_the_code_listens_on(component: str) -> None:
    ports = {port["name"]: port["containerPort"] for port in main_container(CPU, component)["ports"]}
    exposed = re.search(r"^EXPOSE (.*)$", stage(component), re.MULTILINE)
    assert exposed
    assert [*ports.values()] == [int(port) for port in exposed[1].split()]
    fields = SETTINGS[component].model_fields
    listening = {"http": fields["port"].default} if component == "api" else {}
    assert ports == listening | {"status": fields["status_port"].default}
    assert "CHORUS_STATUS_HOST=0.0.0.0" in stage(component)


def test_no_two_services_share_a_status_port() -> None:
    ports = {component: SETTINGS[component].model_fields["status_port"].default for component in SERVING}
    assert ports == {"worker": 9101, "relay": 9102, "api": 9103}


@pytest.mark.parametrize("component", SERVING)
def test_probes_ask_for_what_the_service_answers(component: str) -> None:
    container = main_container(CPU, component)
    probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {probe["port"] for probe in probes.values()} == {PORT_NAMES[component]}
    # Live only: what a part waits for may be away for long, and a new start would not bring it back.
    paths = {kind: probe["path"] for kind, probe in probes.items()}
    assert paths == {"startup": "/health/live", "liveness": "/health/live", "readiness": "/health/ready"}
    if component == "api":
        assert set(paths.values()) <= {getattr(route, "path", None) for route in health.router.routes}
    else:
        with StatusServer("127.0.0.1", 0, ready=Readiness({})) as status:
            assert {status.answer(path)[0] for path in paths.values()} == {200}


def test_there_is_time_to_finish_what_is_in_hand() -> None:
    specs = pod_specs(CPU)
    for component in SERVING:
        assert specs[component]["terminationGracePeriodSeconds"] >= int(compose(component)["stop_grace_period"][:-1])
    assert specs["worker"]["terminationGracePeriodSeconds"] > WorkerSettings().grace_s
    wait_s = main_container(CPU, "api")["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert specs["api"]["terminationGracePeriodSeconds"] > wait_s + ApiSettings().shutdown_s


@pytest.mark.parametrize("component", [*SETTINGS, "packs"])
def test_secrets_are_files_of_the_names_that_settings_read(component: str) -> None:
    spec, container = pod_specs(CPU)[component], main_container(CPU, component)
    wanted = {each["source"]: each["target"] for each in compose(component).get("secrets", ())}
    given = {item["key"]: item["path"] for each in spec["volumes"] for item in each.get("secret", {}).get("items", ())}
    assert given == wanted
    if given:
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert environment(CPU, container)["CHORUS_SECRETS_DIR"] == mounts["secrets"]
        assert {path.upper() for path in given.values()} <= names(SETTINGS[component])


@pytest.mark.parametrize("component", ["api", "worker", "packs"])
def test_what_is_written_goes_to_volumes_where_the_image_expects_them(component: str) -> None:
    mounts = {mount["name"]: mount["mountPath"] for mount in main_container(CPU, component)["volumeMounts"]}
    in_compose = dict(each.split(":")[:2] for each in compose(component)["volumes"])
    for name in {"cache", "packs"} & set(in_compose):
        assert mounts[name] == in_compose[name]
        assert f"CHORUS_{name.upper()}_DIR={mounts[name]}" in DOCKERFILE
    assert "tmp" in mounts


@pytest.mark.parametrize("component", ["api", "worker"])
def test_the_cache_is_smaller_than_its_volume_and_that_than_what_the_pod_may_use(component: str) -> None:
    spec, container = pod_specs(CPU)[component], main_container(CPU, component)
    (volume,) = (each["emptyDir"]["sizeLimit"] for each in spec["volumes"] if each["name"] == "cache")
    told = environment(CPU, container)
    cache_bytes = int(told["CHORUS_CACHE_BYTES"]) + int(told["CHORUS_TILE_CACHE_BYTES"])
    if component == "api":  # one export of clips and one of rows are written at once
        cache_bytes += 2 * int(told["CHORUS_EXPORT_MAX_BYTES"])
    assert cache_bytes < to_bytes(volume) < to_bytes(container["resources"]["limits"]["ephemeral-storage"])


@pytest.mark.parametrize("component", SERVING)
def test_disruptions_take_one_pod_at_a_time_and_never_block_a_node(component: str) -> None:
    budget = the(CPU, "PodDisruptionBudget", component)["spec"]
    deployment = the(CPU, "Deployment", component)["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == deployment["selector"]
    assert budget["selector"]["matchLabels"].items() <= deployment["template"]["metadata"]["labels"].items()


def test_the_service_leads_to_the_api() -> None:
    service = the(CPU, "Service", "api")["spec"]
    labels = the(CPU, "Deployment", "api")["spec"]["template"]["metadata"]["labels"]
    assert service["selector"].items() <= labels.items()
    assert service["ports"] == [{"name": "http", "port": 8000, "targetPort": "http"}]
    assert set(of_kind(CPU, "Service")) == {"api"}


def test_workers_use_the_cores_that_they_asked_for() -> None:
    told = {each["name"]: each for each in main_container(CPU, "worker")["env"]}["CHORUS_SESSIONS"]
    assert told["valueFrom"] == {"resourceFieldRef": {"containerName": "worker", "resource": "requests.cpu"}}
    assert main_container(CPU, "worker")["resources"]["requests"]["cpu"].isdigit()


def test_a_gpu_worker_has_one_gpu_and_no_way_back_to_the_cpu() -> None:
    container, gpu = main_container(GPU, "worker"), read_services(ROOT / "deploy" / "docker" / "gpu.yml")
    service = gpu["worker"]
    assert container["image"] == image_by_default(service)
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    variables = environment(GPU, container)
    assert variables["CHORUS_DEVICE"] == service["environment"]["CHORUS_DEVICE"] == "cuda"
    assert f"${{CHORUS_SESSIONS:-{variables['CHORUS_SESSIONS']}}}" == service["environment"]["CHORUS_SESSIONS"]
    (toleration,) = pod_specs(GPU)["worker"]["tolerations"]
    assert toleration == {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def test_no_secret_is_made_here() -> None:
    assert not [each for part in OVERLAYS for each in render(part) if each["kind"] == "Secret"]
    words = re.compile(r"(?i)(password|secret_access_key)\s*[:=]")
    assert not [path for path in FOLDER.rglob("*.yaml") if words.search(path.read_text())]


@pytest.mark.parametrize("part", OVERLAYS)
def test_the_api_is_known_by_its_names_in_the_cluster(part: str) -> None:
    container = main_container(part, "api")
    namespace = the(part, "Deployment", "api")["metadata"]["namespace"]
    names = environment(part, container)["CHORUS_ALLOWED_HOSTS"]
    outside = the(part, "ConfigMap", container["envFrom"][0]["configMapRef"]["name"])["data"]["CHORUS_ALLOWED_HOSTS"]
    hosts = AllowedHosts(
        ApiSettings(
            allowed_hosts=names.replace("$(NAMESPACE)", namespace).replace("$(OUTSIDE_HOSTS)", outside)
        ).host_names
    )
    for host in ("api:8000", f"api.{namespace}.svc:8000", f"api.{namespace}.svc.cluster.local:8000", "10.0.0.7:8000"):
        assert hosts.allow(host)
    assert not hosts.allow("api.elsewhere.svc")
    order = [each["name"] for each in container["env"]]
    assert order.index("CHORUS_ALLOWED_HOSTS") > max(order.index("NAMESPACE"), order.index("OUTSIDE_HOSTS"))
