"""What the names in a PromQL expression stand for."""

import re
from pathlib import Path

from prometheus_client import REGISTRY

from dawn_chorus.adapters import metrics

_NAME = re.compile(r"\b(?:up|ALERTS(?:_FOR_STATE)?|(?:chorus|rabbitmq|pg)_\w+)\b(?!\s*=)")
_LABELS = re.compile(r"\{[^}]*\}")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)")
FROM_EXPORTERS = frozenset(
    {
        "up",
        "ALERTS",
        "ALERTS_FOR_STATE",
        "rabbitmq_alarms_free_disk_space_watermark",
        "rabbitmq_alarms_memory_used_watermark",
        "rabbitmq_channels",
        "rabbitmq_connections",
        "rabbitmq_detailed_queue_consumers",
        "rabbitmq_detailed_queue_messages_ready",
        "rabbitmq_detailed_queue_messages_unacked",
        "rabbitmq_disk_space_available_bytes",
        "rabbitmq_disk_space_available_limit_bytes",
        "rabbitmq_global_messages_acknowledged_total",
        "rabbitmq_global_messages_delivered_total",
        "rabbitmq_global_messages_received_total",
        "rabbitmq_global_messages_redelivered_total",
        "rabbitmq_process_resident_memory_bytes",
        "rabbitmq_resident_memory_limit_bytes",
        "pg_database_size_bytes",
        "pg_settings_max_connections",
        "pg_stat_activity_max_tx_duration",
        "pg_stat_database_blks_hit",
        "pg_stat_database_blks_read",
        "pg_stat_database_deadlocks",
        "pg_stat_database_numbackends",
        "pg_stat_database_xact_commit",
        "pg_stat_database_xact_rollback",
        "pg_up",
    }
)
"""Of RabbitMQ's plugin and the exporter of PostgreSQL; tests/integration/test_dashboards_live.py meets them all."""


def list_rabbitmq_metrics() -> set[str]:
    """Return the names that RabbitMQ 4.3 has, which the tests' older one cannot tell; the file names its source."""
    return _read_names("rabbitmq-4.3-metrics.txt")


def list_exporter_metrics() -> set[str]:
    """Return names that postgres-exporter 0.19 has, which is not run in tests; the file names its source."""
    return _read_names("postgres-exporter-0.19-metrics.txt")


def _read_names(file: str) -> set[str]:
    listed = (Path(__file__).parent / file).read_text().splitlines()
    return {name for name in listed if not name.startswith("#")}


def names_in(expression: str) -> set[str]:
    """Return the metrics that an expression asks for."""
    return set(_NAME.findall(_GROUPING.sub("", _LABELS.sub("", expression))))


def list_own_metrics() -> set[str]:
    """Return the names of all series that the services export."""
    assert metrics.segments
    kinds = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    return {
        f"{family.name}{suffix}"
        for family in REGISTRY.collect()
        if family.name.startswith("chorus_")
        for suffix in kinds[family.type]
    }
