"""A private RabbitMQ node for the tests, from the rabbitmq-server package of Debian or Ubuntu.

It has its own name, ports, cookie, epmd and data, and so disturbs no broker of the machine. With
CHORUS_TEST_BROKER_URL (and CHORUS_TEST_BROKER_MANAGEMENT_URL, unless port 15672 of the same host serves it) the tests
use that broker instead, each test in a virtual host of its own.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx
import pika
import pytest

from dawn_chorus.adapters.queue.rabbitmq.connection import BROKER_ERRORS
from tests.servers.ports import find_free_ports

RABBITMQ_BIN = Path("/usr/lib/rabbitmq/bin")
SHIPPED = Path(__file__).parents[2] / "deploy" / "rabbitmq"
SHIPPED_CONFIGURATION = SHIPPED / "rabbitmq.conf"
SHIPPED_PLUGINS = SHIPPED / "enabled_plugins"
START_S = 120.0
# The Erlang tools take 35672 and above, and connections going out begin at 32768: stay below both.
PORT_RANGE = range(5000, 6900)


class Broker:
    """A broker and the virtual hosts that tests make in it."""

    def __init__(self, url: str, management_url: str) -> None:
        self.url, self.management_url = url.rstrip("/"), management_url.rstrip("/")
        parts = urlsplit(url)
        self._user = parts.username or "guest"
        self._http = httpx.Client(
            base_url=self.management_url, auth=(self._user, parts.password or "guest"), timeout=30
        )

    def make_vhost(self) -> str:
        """Return the URL of a new, empty virtual host."""
        name = f"test-{uuid4().hex[:12]}"
        self.manage("PUT", f"/api/vhosts/{name}")
        self.manage("PUT", f"/api/permissions/{name}/{self._user}", {"configure": ".*", "write": ".*", "read": ".*"})
        return f"{self.url}/{name}"

    def drop_vhost(self, url: str) -> None:
        self.manage("DELETE", f"/api/vhosts/{url.rpartition('/')[2]}")

    def manage(self, method: str, path: str, document: object = None) -> httpx.Response:
        """Call the management API."""
        answer = self._http.request(method, path, json=document)
        answer.raise_for_status()
        return answer

    def is_up(self) -> bool:
        try:
            pika.BlockingConnection(pika.URLParameters(f"{self.url}/%2F")).close()
            self.manage("GET", f"/api/vhosts/{quote('/', safe='')}")
        except (*BROKER_ERRORS, httpx.HTTPError):
            return False
        return True


class RabbitNode(Broker):
    """A broker that the tests may stop, kill and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._port, self._management, self.metrics_port, self._dist, self._epmd = find_free_ports(5, PORT_RANGE)
        self._process: subprocess.Popen[bytes] | None = None
        super().__init__(f"amqp://guest:guest@127.0.0.1:{self._port}", f"http://127.0.0.1:{self._management}")
        self._write_configuration()

    def start(self) -> None:
        """Start and wait until it serves; fail with its log when it does not."""
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [RABBITMQ_BIN / "rabbitmq-server"], env=self._environment(), stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, cwd=self.folder, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while not self.is_up():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"rabbitmq-server did not start:\n{self.read_log()}")
            time.sleep(0.2)

    @property
    def pid(self) -> int:
        """Of the running node."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Shut down in order: clients get a close, data is on disk."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop_for_good(self) -> None:
        self.stop()
        # epmd outlives the node that started it.
        kill = ["epmd", "-port", str(self._epmd), "-kill"]
        subprocess.run(kill, env=self._environment(), check=False, stdout=subprocess.DEVNULL)

    def read_log(self, characters: int = 6000) -> str:
        return (self.folder / "output").read_text(errors="replace")[-characters:]

    def control(self, *command: str) -> None:
        """Run rabbitmqctl."""
        program = [str(RABBITMQ_BIN / "rabbitmqctl"), "--node", f"chorus-{self._port}@localhost", *command]
        done = subprocess.run(program, env=self._environment(), check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, how) if how is signal.SIGKILL else self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def _write_configuration(self) -> None:
        (self.folder / "rabbitmq.conf").write_text(
            SHIPPED_CONFIGURATION.read_text() + f"listeners.tcp.1 = 127.0.0.1:{self._port}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self._management}\n"
            f"prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {self.metrics_port}\n"
        )
        (self.folder / "enabled_plugins").write_text(SHIPPED_PLUGINS.read_text())
        cookie = self.folder / ".erlang.cookie"
        cookie.write_text(uuid4().hex)
        cookie.chmod(0o400)

    def _environment(self) -> dict[str, str]:
        folder = self.folder
        return {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder),
            "RABBITMQ_NODENAME": f"chorus-{self._port}@localhost", "RABBITMQ_DIST_PORT": str(self._dist),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"), "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"), "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"), "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "ERL_EPMD_PORT": str(self._epmd), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }  # fmt: skip


def start_node() -> RabbitNode:
    if not (RABBITMQ_BIN / "rabbitmq-server").exists():
        pytest.fail(
            "no RabbitMQ: run `make setup`, or set CHORUS_TEST_BROKER_URL to a broker's AMQP URL", pytrace=False
        )
    node = RabbitNode(Path(tempfile.mkdtemp(prefix="chorus-rabbitmq-")))
    node.start()
    return node


@pytest.fixture(scope="session")
def rabbit_node() -> Iterator[RabbitNode]:
    """A node of our own; whoever stops it starts it again."""
    node = start_node()
    yield node
    node.stop_for_good()
    shutil.rmtree(node.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def broker(request: pytest.FixtureRequest) -> Broker:
    """The broker at CHORUS_TEST_BROKER_URL, else a node of our own."""
    url = os.environ.get("CHORUS_TEST_BROKER_URL")
    if url is None:
        node: RabbitNode = request.getfixturevalue("rabbit_node")
        return node
    default = f"http://{urlsplit(url).hostname}:15672"
    return Broker(url, os.environ.get("CHORUS_TEST_BROKER_MANAGEMENT_URL", default))


@pytest.fixture
def broker_url(broker: Broker) -> Iterator[str]:
    """An empty virtual host."""
    url = broker.make_vhost()
    yield url
    broker.drop_vhost(url)


@pytest.fixture
def restartable_broker(rabbit_node: RabbitNode) -> Iterator[tuple[RabbitNode, str]]:
    """A broker to be stopped, and an empty virtual host in it; up again afterwards."""
    if not rabbit_node.is_up():
        rabbit_node.start()
    url = rabbit_node.make_vhost()
    yield rabbit_node, url
    if not rabbit_node.is_up():
        rabbit_node.start()
    rabbit_node.drop_vhost(url)
