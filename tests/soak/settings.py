"""How long a soak lasts and which seed it has, from `SOAK_…` variables."""

import os

from tests.soak.run import Plan, pick_seed

FAULTS_PER_MINUTE = 4
_CLIENTS = 5


def read_plan() -> Plan:
    """Return the plan of `SOAK_MINUTES` (15), `SOAK_SEED` (another one each time) `SOAK_CLIENTS` (5) and
    `SOAK_STORE` (`disk`, or `s3`)."""
    minutes = float(os.environ.get("SOAK_MINUTES", os.environ.get("CHORUS_SOAK_MINUTES", "15")))
    seed = int(os.environ.get("SOAK_SEED") or pick_seed())
    clients = int(os.environ.get("SOAK_CLIENTS", _CLIENTS))
    at_least = max(10, round(FAULTS_PER_MINUTE * minutes))
    in_bucket = os.environ.get("SOAK_STORE", "disk") == "s3"
    return Plan(seed, 60 * minutes, people=clients, at_least=at_least, in_bucket=in_bucket)
