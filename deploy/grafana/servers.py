"""*Broker and database*: whether RabbitMQ and PostgreSQL hold."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.page_links import ANALYSIS, link_page
from deploy.grafana.panels import Face, draw_lines, hide_column, link_column, name_row, show_number, show_table
from deploy.grafana.sources import query, rows, series

_OURS = '{datname!~"template.*|postgres|"}'
_ALARMS = ("free_disk_space_watermark", "memory_used_watermark")


def build_servers() -> Dashboard:
    board = Dashboard("Broker and database").uid("chorus-servers").tags(["dawn-chorus"]).refresh("30s")
    board = board.description("Whether RabbitMQ and PostgreSQL hold.").time("now-3h", "now").readonly()
    board = link_page(board)
    for part in (_add_overview, _add_queues, _add_broker, _add_database, _add_tables):
        board = part(board)
    return board


def _add_overview(board: Dashboard) -> Dashboard:
    bad = (("red", 1.0),)
    down = (("red", 0.0), ("green", 1.0))
    broker = Face("RabbitMQ", "Nodes that answer.", "short", 6, 4)
    alarms = Face("Alarms", "1: RabbitMQ takes no more jobs for want of this.", "short", 6, 4)
    database = Face("PostgreSQL", "1: it lets the exporter in.", "short", 6, 4)
    size = Face("Database", "Size on disk.", "bytes", 6, 4)
    asked = [
        query(f"max(rabbitmq_alarms_{alarm})", alarm.partition("_")[0] if "disk" not in alarm else "disk", ref=ref)
        for alarm, ref in zip(_ALARMS, "AB", strict=True)
    ]
    return (
        board.with_row(name_row("Now"))
        .with_panel(show_number(broker, query('sum(up{job="rabbitmq"})', "nodes"), steps=down))
        .with_panel(show_number(alarms, *asked, steps=bad))
        .with_panel(show_number(database, query("min(pg_up)", "up"), steps=down))
        .with_panel(show_number(size, query(f"sum by (datname) (pg_database_size_bytes{_OURS})", "{{datname}}")))
    )


def _by_queue(metric: str) -> str:
    return f'sum by (queue) (rabbitmq_detailed_queue_{metric}{{queue=~"chorus\\\\..*"}})'


def _add_queues(board: Dashboard) -> Dashboard:
    ready = Face("Ready", "Messages that wait for a consumer.", "short")
    unacked = Face("In hand", "Messages that a consumer has and has not acknowledged.", "short")
    consumers = Face("Consumers", "Of each queue: workers of the lanes, the relay of dead letters.", "short")
    return (
        board.with_row(name_row("Queues"))
        .with_panel(draw_lines(ready, query(_by_queue("messages_ready"), "{{queue}}")))
        .with_panel(draw_lines(unacked, query(_by_queue("messages_unacked"), "{{queue}}")))
        .with_panel(draw_lines(consumers, query(_by_queue("consumers"), "{{queue}}")))
    )


def _add_broker(board: Dashboard) -> Dashboard:
    rates = Face("Messages", "Through RabbitMQ, in a second.", "cps")
    memory = Face("Memory of RabbitMQ", "Beside the watermark at which it blocks publishers.", "bytes")
    disk = Face("Disk of RabbitMQ", "What is free, beside the limit at which it blocks publishers.", "bytes")
    clients = Face("Clients of RabbitMQ", "Connections and channels.", "short", 24, 6)
    kinds = {"received": "A", "delivered": "B", "acknowledged": "C", "redelivered": "D"}
    messages = [
        query(f"sum(rate(rabbitmq_global_messages_{kind}_total[$__rate_interval]))", kind, ref=ref)
        for kind, ref in kinds.items()
    ]
    return (
        board.with_row(name_row("RabbitMQ"))
        .with_panel(draw_lines(rates, *messages))
        .with_panel(
            draw_lines(
                memory,
                query("rabbitmq_process_resident_memory_bytes", "{{instance}}"),
                query("min(rabbitmq_resident_memory_limit_bytes)", "watermark", ref="B"),
            )
        )
        .with_panel(
            draw_lines(
                disk,
                query("rabbitmq_disk_space_available_bytes", "{{instance}}"),
                query("max(rabbitmq_disk_space_available_limit_bytes)", "limit", ref="B"),
            )
        )
        .with_panel(
            draw_lines(
                clients,
                query("sum(rabbitmq_connections)", "connections"),
                query("sum(rabbitmq_channels)", "channels", ref="B"),
            )
        )
    )


def _add_database(board: Dashboard) -> Dashboard:
    connections = Face("Connections", "In use, beside what PostgreSQL allows.", "short", 6)
    transactions = Face("Transactions", "Committed and rolled back, in a second.", "ops", 6)
    cache = Face("Cache hits", "Blocks that PostgreSQL found in memory; below 0.9 it wants more.", "percentunit", 6)
    longest = Face("Longest transaction", "By state; minutes of `idle in transaction` are a bug.", "s", 6)
    rate = "sum(rate(pg_stat_database_{}{}[$__rate_interval]))"
    hit, read = rate.format("blks_hit", _OURS), rate.format("blks_read", _OURS)
    return (
        board.with_row(name_row("PostgreSQL"))
        .with_panel(
            draw_lines(
                connections,
                query("sum(pg_stat_database_numbackends)", "in use"),
                query("max(pg_settings_max_connections)", "allowed", ref="B"),
            )
        )
        .with_panel(
            draw_lines(
                transactions,
                query(rate.format("xact_commit", _OURS), "committed"),
                query(rate.format("xact_rollback", _OURS), "rolled back", ref="B"),
                query(rate.format("deadlocks", _OURS), "deadlocks", ref="C"),
            )
        )
        .with_panel(draw_lines(cache, query(f"{hit} / ({hit} + {read} > 0)", "in memory")))
        .with_panel(
            draw_lines(longest, query(f"max by (state) (pg_stat_activity_max_tx_duration{_OURS})", "{{state}}"))
        )
    )


def _add_tables(board: Dashboard) -> Dashboard:
    delay = Face(
        "Publishing, slowest of 20", "From written to confirmed by RabbitMQ, by lane; kept for a day.", "s", 12, 10
    )
    tables = Face("Tables", "By size; many dead rows mean that vacuum does not keep up.", "short", 12, 10)
    unfinished = Face(
        "Unfinished analyses", "The oldest 100; a recording's name leads to it on the page.", "short", 24, 10
    )
    letters = Face("Dead letters", "Not queued again yet: `chorus dead-letters requeue LETTER`.", "short", 24, 8)
    date = "dateTimeAsIso"
    sizes = {"Size": "bytes", "Dead": "percentunit", "Last vacuum": date}
    shares = {"Analyzed": "percentunit", "Posted": date}
    open_table = link_column(
        show_table(unfinished, rows("database", "unfinished"), units=shares), "Recording", "Look", ANALYSIS
    )
    letter_table = link_column(
        show_table(letters, rows("database", "dead_letters"), units={"Time": date}), "Analysis", "Look", ANALYSIS
    )
    return (
        board.with_row(name_row("Tables"))
        .with_panel(draw_lines(delay, series("database", "publish_delay")))
        .with_panel(show_table(tables, rows("database", "tables"), units=sizes))
        .with_panel(hide_column(open_table, "id").no_value("None: all is analyzed."))
        .with_panel(hide_column(letter_table, "id").no_value("None."))
    )
