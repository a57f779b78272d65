"""*Pipeline*: whether recordings become timelines, how fast, and what is in the way."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh

from deploy.grafana.alarms import add_alarms
from deploy.grafana.page_links import link_page
from deploy.grafana.panels import Face, draw_lines, draw_stacked_bars, name_row, show_number, show_table
from deploy.grafana.sources import PROMETHEUS, query, query_now

_DONE = 'sum(rate(chorus_audio_analyzed_seconds_total{pack=~"$pack"}[$__rate_interval]))'
_PACE = "(sum(rate(chorus_audio_analyzed_seconds_total[10m])) + sum(rate(chorus_audio_lost_seconds_total[10m])))"


def build_pipeline() -> Dashboard:
    board = Dashboard("Pipeline").uid("chorus-pipeline").tags(["dawn-chorus"]).refresh("30s").time("now-3h", "now")
    board = board.description("Whether recordings become timelines, how fast, and what is in the way.").readonly()
    board = link_page(board.with_variable(_choose_pack()))
    for part in (add_alarms, _add_overview, _add_queues, _add_stages, _add_trouble, _add_uploads):
        board = part(board)
    return board


def _choose_pack() -> QueryVariable:
    asked: dict[str, object] = {"query": "label_values(chorus_segments_total, pack)", "refId": "pack"}
    chosen = QueryVariable("pack").label("Pack").description("The model pack.").datasource(PROMETHEUS).query(asked)
    chosen = chosen.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).multi(True).include_all(True).all_value(".*")
    return chosen.current(VariableOption(selected=True, text="All", value="$__all"))


def _add_overview(board: Dashboard) -> Dashboard:
    throughput = Face(
        "Throughput", "Seconds of sound analyzed in a second: how many times faster than real time.", "suffix: ×", 4, 5
    )
    eta = Face("Time to empty", "Until the backlog is done, at the pace of the last ten minutes.", "s", 4, 5)
    backlog = Face("Backlog", "Sound that waits or is in work.", "s", 4, 5)
    workers = Face("Workers", "Workers that answer; 0: nothing is analyzed.", "short", 4, 5)
    letters = Face("Dead letters", "Segments that the queue gave up, in the last 24 hours.", "short", 4, 5)
    failed = Face("Failed", "Segments that failed, of those that ended in the last hour.", "percentunit", 4, 5)
    failed_now = (
        'sum(increase(chorus_segments_total{outcome="failed"}[1h]))'
        ' / clamp_min(sum(increase(chorus_segments_total{outcome=~"done|failed"}[1h])), 1)'
    )
    return (
        board.with_row(name_row("Now"))
        .with_panel(show_number(throughput, query(_DONE, "all workers")))
        .with_panel(show_number(backlog, query("sum(max by (lane) (chorus_backlog_audio_seconds))", "sound")))
        .with_panel(
            show_number(
                eta, query(f"sum(max by (lane) (chorus_backlog_audio_seconds)) / ({_PACE} > 0)", "at this pace")
            )
        )
        .with_panel(show_number(workers, query('sum(up{job="worker"})', "up"), steps=(("red", 0), ("green", 1))))
        .with_panel(show_number(failed, query(failed_now, "of all"), steps=(("orange", 0.02), ("red", 0.1))))
        .with_panel(
            show_number(
                letters, query("round(sum(increase(chorus_dead_letters_total[24h])))", "given up"), steps=(("red", 1),)
            )
        )
    )


def _add_queues(board: Dashboard) -> Dashboard:
    by_pack = Face("Throughput by pack", "Seconds of sound analyzed in a second.", "suffix: ×")
    depth = Face("Queue depth", "Segments by lane that wait, in the outbox and in RabbitMQ, or are in work.", "short")
    age = Face("Oldest segment", "Since the segment that waits for longest was queued.", "s")
    wait = Face("Wait", "From queued to started: half of the segments, and 19 of 20, were faster.", "s")
    outbox = Face("Outbox lag", "Since when nothing could be published, if jobs wait. A backlog is no lag.", "s")
    waiting = Face("Outbox", "Jobs waiting to be published, and those published in a second.", "short")
    depths = "max by (lane) (chorus_backlog_segments)"
    waits = "sum by (lane, le) (rate(chorus_queue_wait_seconds_bucket[$__rate_interval]))"
    return (
        board.with_row(name_row("Queues"))
        .with_panel(
            draw_lines(
                by_pack,
                query(
                    'sum by (pack) (rate(chorus_audio_analyzed_seconds_total{pack=~"$pack"}[$__rate_interval]))',
                    "{{pack}}",
                ),
            )
        )
        .with_panel(draw_lines(depth, query(depths, "{{lane}}")))
        .with_panel(draw_lines(age, query("max by (lane) (chorus_backlog_oldest_seconds)", "{{lane}}")))
        .with_panel(
            draw_lines(
                wait,
                query(f"histogram_quantile(0.5, {waits})", "{{lane}}, half"),
                query(f"histogram_quantile(0.95, {waits})", "{{lane}}, 95 %", ref="B"),
            )
        )
        .with_panel(draw_lines(outbox, query("max(chorus_outbox_lag_seconds)", "oldest job"), limit=120))
        .with_panel(
            draw_lines(
                waiting,
                query("max(chorus_outbox_waiting)", "waiting"),
                query("sum(rate(chorus_outbox_published_total[$__rate_interval]))", "published in a second", ref="B"),
            )
        )
    )


def _mean(histogram: str, by: str) -> str:
    """Return the mean of a histogram's observations, by labels."""
    rates = (f"sum by ({by}) (rate({histogram}_{part}[$__rate_interval]))" for part in ("sum", "count"))
    return " / ".join(rates)


def _add_stages(board: Dashboard) -> Dashboard:
    stages = Face("Stages, mean", "Where the time of a segment goes.", "s")
    slow = Face("Stages, slowest of 20", "Below it are 19 of 20 segments.", "s")
    members = Face("Members of the ensemble", "Time a segment spends in one network, on average.", "s")
    speed = Face(
        "Speed of one segment",
        "Seconds of sound for a second of work on it, waiting for sessions included.",
        "suffix: ×",
    )
    fill = Face("Batch fill", "Windows in a batch beside what it could hold: low on a GPU is waste.", "percentunit")
    busy = Face("Segments in hand", "In workers' hands at this moment.", "short")
    workers = Face("Packs open, by provider", "What each kind of worker computes on.", "short", 24, 5)
    p95 = "histogram_quantile(0.95, sum by (stage, le) (rate(chorus_stage_seconds_bucket[$__rate_interval])))"
    opened = "count by (device, provider, pack, pack_version, version) (chorus_worker_pack_info > 0)"
    speed_of = _mean("chorus_real_time_factor_ratio", "pack")
    return (
        board.with_row(name_row("Workers"))
        .with_panel(draw_stacked_bars(stages, query(_mean("chorus_stage_seconds", "stage"), "{{stage}}")))
        .with_panel(draw_lines(slow, query(p95, "{{stage}}")))
        .with_panel(
            draw_lines(members, query(_mean("chorus_member_inference_seconds", "pack, member"), "{{pack}} {{member}}"))
        )
        .with_panel(draw_lines(speed, query(f"1 / ({speed_of})", "{{pack}}")))
        .with_panel(draw_lines(fill, query(_mean("chorus_batch_fill_ratio", "job"), "{{job}}")))
        .with_panel(draw_lines(busy, query('chorus_segments_in_flight{job="worker"}', "{{instance}}")))
        .with_panel(
            show_table(workers, query_now(opened, "{{provider}} {{pack}}")).no_value(
                "No worker has a pack open: see Workers."
            )
        )
    )


def _add_trouble(board: Dashboard) -> Dashboard:
    ended = Face("Segments ended", "By outcome, in a second.", "cps")
    reasons = Face("Failures by reason", "Segments failed or put back, by class of reason, over five minutes.", "short")
    letters = Face("Dead letters by reason", "Messages the queue gave up, over an hour.", "short")
    lost = Face("Sound lost", "Seconds that could not be analyzed, in a second.", "suffix: ×")
    again = Face("Segments begun again", "Attempted before: retried, or their worker died.", "cps")
    held = Face(
        "Held for the database", "Times that workers held a result, and rounds of the relay that failed.", "cps"
    )
    rate = "sum by ({}) (rate({}[$__rate_interval]))"
    return (
        board.with_row(name_row("Trouble"))
        .with_panel(
            draw_stacked_bars(
                ended, query(rate.format("outcome", 'chorus_segments_total{pack=~"$pack|none"}'), "{{outcome}}")
            )
        )
        .with_panel(
            draw_stacked_bars(
                reasons, query("sum by (reason) (increase(chorus_segment_failures_total[5m])) > 0", "{{reason}}")
            ).no_value("No segment failed.")
        )
        .with_panel(
            draw_stacked_bars(letters, query("sum by (reason) (increase(chorus_dead_letters_total[1h]))", "{{reason}}"))
        )
        .with_panel(
            draw_lines(lost, query(rate.format("job", 'chorus_audio_lost_seconds_total{job="worker"}'), "lost"))
        )
        .with_panel(
            draw_lines(again, query(rate.format("job", 'chorus_redeliveries_total{job="worker"}'), "begun again"))
        )
        .with_panel(
            draw_lines(
                held,
                query(rate.format("job", 'chorus_ledger_retries_total{job="worker"}'), "results held"),
                query(rate.format("job", 'chorus_outbox_failures_total{job="relay"}'), "relay's rounds", ref="B"),
            )
        )
    )


def _add_uploads(board: Dashboard) -> Dashboard:
    received = Face("Received", "Bytes of uploads, refused ones included.", "Bps")
    uploads = Face("Uploads", "By what became of them, in a second.", "cps")
    claimed = Face(
        "Sound accepted", "Seconds of sound in a second: more than Throughput, and the backlog grows.", "suffix: ×"
    )
    requests = Face("Requests", "Answered in a second, by status.", "reqps")
    slow = Face("Answers, slowest of 20", "Until the answer begins; uploads last as long as their bytes.", "s")
    disk = Face("Room for audio", "Free space of the volume with the audio.", "percentunit")
    p95 = "histogram_quantile(0.95, sum by (method, le) (rate(chorus_api_request_seconds_bucket[$__rate_interval])))"
    free = 'min(chorus_store_bytes{space="free"} / ignoring (space) chorus_store_bytes{space="total"})'
    rate = "sum{} (rate({}[$__rate_interval]))"
    return (
        board.with_row(name_row("Uploads"))
        .with_panel(draw_lines(received, query(rate.format("", "chorus_upload_bytes_total"), "received")))
        .with_panel(
            draw_stacked_bars(uploads, query(rate.format(" by (outcome)", "chorus_uploads_total"), "{{outcome}}"))
        )
        .with_panel(draw_lines(claimed, query(rate.format("", "chorus_upload_audio_seconds_total"), "accepted")))
        .with_panel(
            draw_stacked_bars(requests, query(rate.format(" by (status)", "chorus_api_requests_total"), "{{status}}"))
        )
        .with_panel(draw_lines(slow, query(p95, "{{method}}")))
        .with_panel(draw_lines(disk, query(free, "free")))
    )
