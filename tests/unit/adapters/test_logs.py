import io
import json
import logging
from typing import Any
from uuid import UUID

import pytest

from dawn_chorus.adapters.logs import configure_logs, get_logger, log_ids

ANALYSIS = UUID("01920000-0000-7000-8000-000000000001")


def lines(logged_lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged_lines.getvalue().splitlines()]


def test_a_line_is_json_and_carries_the_ids_of_the_current_work(logged_lines: io.StringIO) -> None:
    with log_ids(analysis_id=ANALYSIS, segment=3):
        get_logger("worker").info("segment saved", seconds=1.5)
    get_logger("worker").info("idle")
    saved, idle = lines(logged_lines)
    assert saved["event"] == "segment saved"
    assert saved["analysis_id"] == str(ANALYSIS)
    assert saved["segment"] == 3
    assert saved["seconds"] == 1.5
    assert saved["level"] == "info"
    assert saved["timestamp"].endswith("Z")
    assert "analysis_id" not in idle


def test_lines_of_libraries_look_like_our_own_and_carry_the_ids_too(logged_lines: io.StringIO) -> None:
    with log_ids(segment=7):
        logging.getLogger("psycopg.pool").error("lost %s", "it", extra={"port": 5672})
    (line,) = lines(logged_lines)
    assert (line["event"], line["logger"], line["segment"], line["port"]) == ("lost it", "psycopg.pool", 7, 5672)


def test_a_librarys_colored_copy_of_a_message_is_dropped(logged_lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("up", extra={"color_message": "\x1b[1mup"})
    (line,) = lines(logged_lines)
    assert line["event"] == "up"
    assert "color_message" not in line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("logged_lines")
def test_a_terminal_is_told_nothing_by_whoever_chooses_a_path() -> None:
    terminal = Terminal()
    configure_logs("INFO", stream=terminal)
    get_logger("api").info("request", path="/v1/\x1b]0;owned\x07\x9b31m")
    logging.getLogger("uvicorn.error").info("up", extra={"color_message": "\x1b[1mup"})
    text = terminal.getvalue()
    assert r"/v1/\x1b]0;owned\x07\x9b31m" in text
    assert [each for each in ("\x1b]", "\x07", "\x9b", "color_message") if each in text] == []


@pytest.mark.parametrize(
    ("facts", "secret"),
    [
        ({"url": "amqp://guest:hunter2@mq:5672/"}, "hunter2"),
        ({"url": "s3://bucket/x?secret_access_key=hunter2&region=eu"}, "hunter2"),
        ({"authorization": "Bearer hunter2"}, "hunter2"),
        ({"header": "authorization: Bearer hunter2"}, "hunter2"),
        ({"db_password": "hunter2"}, "hunter2"),
        ({"api_key": "hunter2"}, "hunter2"),
    ],
)
def test_secrets_are_not_logged(logged_lines: io.StringIO, facts: dict[str, str], secret: str) -> None:
    get_logger("relay").warning("server away", **facts)
    assert secret not in logged_lines.getvalue()
    assert "***" in logged_lines.getvalue()


def test_a_secret_inside_a_traceback_is_not_logged(logged_lines: io.StringIO) -> None:
    get_logger("relay").error("server away", exc_info=OSError("no way to postgresql://chorus:hunter2@db/chorus"))
    (line,) = lines(logged_lines)
    assert "postgresql://chorus:***@db/chorus" in line["exception"]
