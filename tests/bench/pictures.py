"""What pictures and clips cost: CPU of the children that make them, and what 200 at once do to the API.

Beside the figures of the prototype (PAGE.md, measured on another day and load: constants here), and, for clips, beside
plain soundfile in a process that is warm and holds nothing back, in turns with the children.
"""

import asyncio
import io
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np
import psutil
import soundfile
from rich.console import Console
from rich.table import Table

from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.migrate import migrate
from tests.bench.meter import Meter, peak_resident_bytes
from tests.bench.recordings import RATE_HZ, write_day
from tests.bench.settings import BenchSettings
from tests.bench.timeline import open_api
from tests.integration.made_up import PACK

PROTOTYPE_TILES_MS = {
    "wav": {4: 23, 16: 35, 64: 121, 256: 133},
    "flac": {4: 16, 16: 44, 64: 184, 256: 327},
    "mp3": {4: 16, 16: 45, 64: 139, 256: 589},
}
PROTOTYPE_CLIPS_MS = {"flac": 7, "opus": 124, "mp3": 101}
TARGETS_MS = {"tile up to 64 s": 150, "cached tile": 5, "clip of 6 s as FLAC": 20}
CLIP_S = 6.0
ASKED = 8
"""Times that each is asked for in a round, each at another place."""
AT_ONCE = 200
NEW_EACH_TIME = httpx.Limits(max_keepalive_connections=0)
_SERVER = "dawn_chorus.inference.pictures"


class Bench:
    """An API with one recording in three formats."""

    def __init__(self, client: httpx.Client, pid: int, ids: dict[str, str]) -> None:
        self.client, self.ids, self._pid = client, ids, pid
        (self._server,) = (each for each in psutil.Process(pid).children() if _SERVER in each.cmdline())

    def cost(self, urls: list[str]) -> tuple[float, float]:
        """Return CPU milliseconds of one answer: of the child that makes it, and of the API and its database driver."""
        children, all_ = Meter([self._server.pid]), Meter([self._pid])
        for url in urls:
            self.client.get(url).raise_for_status()
        time.sleep(0.1)  # until the last child has been waited for
        child_s = children.read().cpu_s
        return child_s * 1000 / len(urls), (all_.read().cpu_s - child_s) * 1000 / len(urls)


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Print the tables; return what they were made of."""
    minutes = settings.bench_picture_minutes
    with tempfile.TemporaryDirectory(prefix="chorus-pictures-") as folder, ExitStack() as stack:
        paths = _write(Path(folder), settings.audio_dir, minutes * 60)
        server = EmbeddedPostgres(Path(folder) / "postgres", options={"fsync": "off"})
        stack.callback(server.stop)
        url = server.start()
        migrate(url)
        with Database(url) as database:
            PostgresLedger(database).register_pack(PACK)
        pid, client = stack.enter_context(open_api(url, Path(folder)))
        bench = Bench(client, pid, {form: _upload(client, path) for form, path in paths.items()})
        found = defaultdict[str, list[tuple[float, float]]](list)
        plain: dict[str, list[float]] = defaultdict(list)
        for recording_id in bench.ids.values():  # the first time it is found out where in an MP3 a second stands
            client.get(f"/v1/recordings/{recording_id}/spectrogram/2/0.webp?channel=mix").raise_for_status()
        for turn in range(settings.bench_rounds):
            for name, urls in _requests(bench.ids, turn, settings.bench_rounds, minutes * 60):
                found[name].append(bench.cost(urls))
            found["cached tile"].append(
                bench.cost([f"/v1/recordings/{bench.ids['wav']}/spectrogram/16/0.webp?channel=mix"] * 50)
            )
            for form in ("flac", "mp3"):
                plain[form].append(_plain_ms(paths["wav"], form, turn))
        console.print(_table(found, plain, minutes))
        flood = asyncio.run(_flood(bench, pid, minutes * 60))
        console.print(f"{AT_ONCE} tiles and clips at once: {flood}")
    return {"minutes": minutes, "cpu_ms": found, "plain_ms": plain, "flood": flood}


def _write(folder: Path, audio_dir: Path, duration_s: float) -> dict[str, Path]:
    paths = {"flac": write_day(folder / "long.flac", audio_dir, duration_s)}
    for form in ("wav", "mp3"):
        paths[form] = folder / f"long.{form}"
        with soundfile.SoundFile(paths["flac"]) as source, soundfile.SoundFile(paths[form], "w", RATE_HZ, 1) as target:
            for block in source.blocks(1 << 20, dtype="float32"):
                target.write(block)
    return paths


def _upload(client: httpx.Client, path: Path) -> str:
    with path.open("rb") as file:
        answer = client.post("/v1/recordings", files={"file": (path.name, file)}, data={"pack": PACK.name})
    return str(answer.raise_for_status().json()["id"])


def _requests(ids: dict[str, str], turn: int, turns: int, duration_s: float) -> list[tuple[str, list[str]]]:
    """Return names and addresses; no address comes in two turns, so that nothing is kept from the one before."""
    asked = []
    for form, recording_id in ids.items():
        url = f"/v1/recordings/{recording_id}"
        for span_s in PROTOTYPE_TILES_MS[form]:
            most = max(1, min(ASKED, int(duration_s // span_s) // turns))
            indexes = range(turn * most, (turn + 1) * most)
            asked.append(
                (f"tile {form} {span_s}", [f"{url}/spectrogram/{span_s}/{n}.webp?channel=mix" for n in indexes])
            )
    url = f"/v1/recordings/{ids['wav']}/clip"
    for form in PROTOTYPE_CLIPS_MS:
        spans = [f"start_s={start_s}&end_s={start_s + CLIP_S}" for start_s in _starts(turn, duration_s)]
        asked.append((f"clip {form}", [f"{url}?{span}&format={form}" for span in spans]))
    return asked


def _starts(turn: int, duration_s: float) -> list[float]:
    return [round((turn * ASKED + n) * 73.1 % (duration_s - CLIP_S), 3) for n in range(ASKED)]


def _plain_ms(path: Path, form: str, turn: int) -> float:
    """Return the CPU milliseconds of a clip in this process: open, seek, read, write to memory."""
    starts = _starts(turn, soundfile.info(path).duration)
    began = time.process_time()
    for start_s in starts:
        with soundfile.SoundFile(path) as file:
            file.seek(round(start_s * file.samplerate))
            samples = file.read(round(CLIP_S * file.samplerate), dtype="int16")
            soundfile.write(io.BytesIO(), np.asarray(samples), file.samplerate, format=form.upper())
    return (time.process_time() - began) * 1000 / len(starts)


async def _flood(bench: Bench, pid: int, duration_s: float) -> dict[str, Any]:
    """Ask for 200 at once; return statuses, peak memory, and how long others waited meanwhile."""
    url, before = f"/v1/recordings/{bench.ids['flac']}", peak_resident_bytes(pid)
    paths = [f"{url}/spectrogram/8/{n % int(duration_s // 8)}.webp?channel=mix" for n in range(AT_ONCE // 2)]
    paths += [
        f"{url}/clip?start_s={n % int(duration_s - 8)}.5&end_s={n % int(duration_s - 8) + 6.5}"
        for n in range(AT_ONCE // 2)
    ]
    waits: dict[str, list[float]] = defaultdict(list)
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with (
        httpx.AsyncClient(base_url=bench.client.base_url, timeout=300, limits=limits) as client,
        httpx.AsyncClient(base_url=bench.client.base_url, timeout=300, limits=NEW_EACH_TIME) as other,
    ):
        began = time.perf_counter()
        asking = asyncio.gather(*(client.get(path) for path in paths))
        while not asking.done():
            for path in ("/health/live", "/v1/recordings"):
                asked = time.perf_counter()
                (await other.get(path)).raise_for_status()
                waits[path].append(time.perf_counter() - asked)
        statuses = Counter(str(answer.status_code) for answer in await asking)
    return {
        "statuses": dict(statuses),
        "seconds": round(time.perf_counter() - began, 1),
        "others_median_s": {path: round(median(each), 3) for path, each in waits.items()},
        "others_longest_s": {path: round(max(each), 3) for path, each in waits.items()},
        "peak_mb_before": round(before / 1e6),
        "peak_mb": round(peak_resident_bytes(pid) / 1e6),
    }


def _table(found: dict[str, list[tuple[float, float]]], plain: dict[str, list[float]], minutes: int) -> Table:
    table = Table(
        "",
        "child CPU ms",
        "API CPU ms",
        "prototype ms",
        "plain soundfile ms",
        title=f"of {minutes} min at 48 kHz, mono",
    )
    for name, costs in found.items():
        kind, *which = name.split()
        prototype: Any = ""
        if kind == "tile":
            prototype = PROTOTYPE_TILES_MS[which[0]][int(which[1])]
        elif kind == "clip":
            prototype = PROTOTYPE_CLIPS_MS[which[0]]
        beside = plain.get(which[0]) if kind == "clip" else None
        child_ms, api_ms = (median(cost[side] for cost in costs) for side in (0, 1))
        table.add_row(
            name, f"{child_ms:.0f}", f"{api_ms:.1f}", str(prototype), f"{median(beside):.0f}" if beside else ""
        )
    return table
