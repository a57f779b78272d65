"""Free ports on the loopback interface."""

import os
import random
import socket

_claims: dict[int, socket.socket] = {}
"""By port; kept until this process ends."""


def find_free_ports(count: int, among: range) -> list[int]:
    """Return ports that nobody listens on now, and that no other process of tests was given or will be."""
    candidates = random.Random(os.getpid()).sample(among, len(among))
    ports = []
    for port in candidates:
        if _claim(port) and _is_free(port):
            ports.append(port)
        if len(ports) == count:
            return ports
    raise RuntimeError(f"fewer than {count} free ports in {among}")


def _claim(port: int) -> bool:
    """Return whether the port is this process's own now, by an abstract socket: like a port, a name for one holder.

    Between the moment a port is found free and the moment a server listens on it, seconds pass. Two test processes
    that both found it free would have one of them talk to the other's server.
    """
    if port in _claims:
        return True
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0dawn-chorus-tests-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims[port] = claim
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
