"""Each image holds what its part imports, and no other part's code or packages."""

import json
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).parents[3]
REQUIREMENTS = ROOT / "deploy" / "requirements"
DOCKERFILE = (ROOT / "deploy" / "docker" / "Dockerfile").read_text().replace("\\\n", " ")
ENTRIES = {
    "api": ("dawn_chorus.api.__main__", "dawn_chorus.inference.pictures.__main__"),
    "relay": ("dawn_chorus.relay.__main__",),
    "worker": ("dawn_chorus.worker.__main__", "dawn_chorus.inference.decoders.__main__"),
    "operations": (
        "dawn_chorus.adapters.postgres.migrate",
        "dawn_chorus.cli.operations.keys",
        "dawn_chorus.cli.operations.dead_letters",
        "dawn_chorus.cli.operations.retention.command",
        "dawn_chorus.cli.doctor.command",
    ),
    "packs": ("dawn_chorus.cli.models.commands", "dawn_chorus.birdnet.install"),
}
IMAGES = ("api", "relay", "worker", "worker-gpu", "operations", "packs")


@cache
def graph() -> Any:
    return grimp.build_graph("dawn_chorus", include_external_packages=True)


@cache
def needed(image: str) -> frozenset[str]:
    """Return the modules that an image's entry points import, and the packages of others."""
    return frozenset({m for entry in ENTRIES[image] for m in (entry, *graph().find_upstream_modules(entry))})


def copied(image: str) -> set[str]:
    """Return the modules of the stages that make up an image's code."""
    found: set[str] = set()
    for stage in ("source", f"code-{image}"):
        body = re.search(rf"^FROM \S+ AS {stage}\n(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
        assert body, stage
        for sources in re.findall(r"^COPY (services\S*(?: +services\S*)*) +\S+$", body[1], re.MULTILINE):
            found |= {module for source in sources.split() for module in modules_in(source)}
    return found


def modules_in(source: str) -> set[str]:
    files = (file for path in ROOT.glob(source) for file in ([path] if path.is_file() else path.rglob("*.py")))
    names = (
        ".".join(file.relative_to(ROOT / "services").with_suffix("").parts) for file in files if file.suffix == ".py"
    )
    return {name.removesuffix(".__init__") for name in names}


def pinned(file: str) -> dict[str, str]:
    """Return the versions in a requirements file by name; of several for several Pythons, that of the newest."""
    lines = (REQUIREMENTS / f"{file}.txt").read_text().splitlines()
    return dict(match.groups() for line in lines if (match := re.match(r"([a-z0-9._-]+)==([^ ;\\]+)", line)))  # type: ignore[misc]


@pytest.mark.parametrize("image", ENTRIES)
def test_an_image_holds_all_the_code_that_it_imports(image: str) -> None:
    ours = {module for module in needed(image) if module.startswith("dawn_chorus")}
    assert ours - copied(image) == set()


def test_the_command_line_starts_with_its_own_code_alone() -> None:
    """Each image has the rooms that its commands need: the rest is imported by the command that needs it."""
    code = "import sys, dawn_chorus.cli.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout
    ours = {module for module in loaded.split() if module.startswith("dawn_chorus.")}
    rooms = {module.split(".")[1] for module in ours}
    assert rooms == {"cli", "domain", "one_blas_thread"}
    assert not {"numpy", "httpx", "psycopg", "onnxruntime"} & set(loaded.split())


@pytest.mark.parametrize("image", ["api", "relay", "worker"])
def test_an_image_holds_little_else(image: str) -> None:
    """Packages are copied whole, except where another part's code would come along."""
    whole = (
        "dawn_chorus.adapters.postgres",
        "dawn_chorus.adapters.queue.rabbitmq",
        "dawn_chorus.inference",
        "dawn_chorus.cage",
        "dawn_chorus.domain",
        "dawn_chorus.one_blas_thread",
    )
    held = copied(image)
    rooms = {module.rpartition(".")[0] for module in held}
    assert {module for module in held - rooms - needed(image) if not module.startswith(whole)} == set()


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_all_the_packages_that_it_imports(image: str) -> None:
    distributions = packages_distributions()
    imported = {module for module in needed(image.removesuffix("-gpu")) if not module.startswith("dawn_chorus")}
    third_party = {re.sub(r"[_.]", "-", distributions[name][0]).lower() for name in imported if name in distributions}
    exchanged = {"onnxruntime"} if image == "worker-gpu" else set()
    assert third_party - set(pinned(image)) == exchanged


@pytest.mark.parametrize(
    ("image", "foreign"),
    [
        ("api", {"onnxruntime", "librosa", "pika", "numba"}),
        ("relay", {"onnxruntime", "fastapi", "av", "obstore"}),
        ("worker", {"onnxruntime-gpu", "fastapi", "uvicorn"}),
        ("worker-gpu", {"onnxruntime", "fastapi", "uvicorn"}),
        ("operations", {"onnxruntime", "fastapi", "librosa"}),
    ],
)
def test_an_image_is_spared_the_packages_of_others(image: str, foreign: set[str]) -> None:
    assert foreign & set(pinned(image)) == set()


WITHOUT_THE_REST = """
import json, runpy, sys
ours, foreign = json.loads(sys.argv[1])
class Image:
    def __init__(self, finder):
        self._finder = finder
    def __getattr__(self, name):
        return getattr(self._finder, name)
    def find_spec(self, name, path=None, target=None):
        if (name.startswith("dawn_chorus.") and name not in ours) or name.partition(".")[0] in foreign:
            return None
        return self._finder.find_spec(name, path, target)
sys.meta_path = [Image(finder) for finder in sys.meta_path]
sys.argv[1:] = ["doctor", "--json"]
runpy.run_module("dawn_chorus.cli", run_name="__main__")
"""


@pytest.mark.parametrize(
    ("image", "not_looked_at"),
    [("operations", {"work"}), ("packs", {"database", "work", "broker", "store"})],  # of work a database has to answer
)
def test_the_doctor_looks_at_what_an_image_can_reach(image: str, not_looked_at: set[str], tmp_path: Path) -> None:
    """As it is called in a container: all that the image lacks is missing, and no server is there."""
    foreign = {
        module for module, (name, *_) in packages_distributions().items()
        if re.sub(r"[_.]", "-", name).lower() not in {*pinned(image), "dawn-chorus"}
    }  # fmt: skip
    rooms = {module.rpartition(".")[0] for module in copied(image)}
    away = {
        "CHORUS_DATABASE_URL": "postgresql://127.0.0.1:1/x", "CHORUS_BROKER_URL": "amqp://127.0.0.1:1/",
        "CHORUS_STORE_URL": tmp_path.as_uri(), "CHORUS_URL": "http://127.0.0.1:1",
        "CHORUS_PACKS_DIR": str(ROOT / "models" / "packs"), "HOME": str(tmp_path),
            "CHORUS_ALERTS_TO": "",
    }  # fmt: skip
    told = json.dumps([sorted(copied(image) | rooms), sorted(foreign)])
    command = [sys.executable, "-P", "-c", WITHOUT_THE_REST, told]
    said = subprocess.run(command, capture_output=True, text=True, check=False, env=away)
    assert said.stdout, said.stderr
    found = json.loads(said.stdout)["findings"]
    assert {each["check"] for each in found if each["level"] == "not looked at"} - {"clock"} == not_looked_at
    (packs,) = (each["text"] for each in found if each["check"] == "packs" and each["level"] == "ok")
    assert ("onnxruntime is not installed here" in packs) == (image == "operations")


@pytest.mark.parametrize("image", IMAGES)
def test_images_run_the_versions_that_the_tests_ran_with(image: str) -> None:
    tested = pinned("dev")
    here = {name: version for name, version in pinned(image).items() if name in tested}
    assert here == {name: tested[name] for name in here}


@pytest.mark.parametrize("file", [*IMAGES, "build"])
def test_every_package_is_pinned_by_hash(file: str) -> None:
    text = (REQUIREMENTS / f"{file}.txt").read_text().replace("\\\n", " ")
    requirements = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert requirements
    assert all("--hash=sha256:" in line for line in requirements)


def test_the_gpu_image_brings_cuda_and_cudnn() -> None:
    assert {"onnxruntime-gpu", "nvidia-cublas", "nvidia-cudnn-cu13"} <= set(pinned("worker-gpu"))


@pytest.mark.parametrize("image", IMAGES)
def test_every_image_is_run_by_somebody_without_rights(image: str) -> None:
    assert re.search(rf"^FROM runtime AS {image}$", DOCKERFILE, re.MULTILINE)
    runtime = DOCKERFILE[DOCKERFILE.index("AS runtime") :]
    assert "USER chorus" in runtime
    assert "USER root" not in runtime
