"""Free ports on the loopback interface."""

import os
import random
import socket


def find_free_ports(count: int, among: range) -> list[int]:
    """Return ports that nobody listens on now; each process looks in its own order, so that two rarely meet."""
    candidates = random.Random(os.getpid()).sample(among, len(among))
    ports = []
    for port in candidates:
        if _is_free(port):
            ports.append(port)
        if len(ports) == count:
            return ports
    raise RuntimeError(f"fewer than {count} free ports in {among}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
