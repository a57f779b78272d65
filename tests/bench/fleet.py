"""What many recorders cost that never stop: the arithmetic, and nothing else."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

DAY_S = 86_400.0
_GB = 1e9


@dataclass(frozen=True)
class Hour:
    """What one hour of sound costs."""

    hours_measured: int
    audio_bytes: float
    """As FLAC, 48 kHz mono in 16 bit."""
    message_bytes: int
    """Of one message's body."""
    rows: dict[str, float]
    """New ones, by table."""
    size_bytes: dict[str, float]
    """By table, with indexes and what is stored out of line."""
    kept_by_floor: dict[str, float]
    """Share of the timelines that would be there with another `floor`."""
    wal_bytes: float
    cpu_s: dict[str, float]
    """By process, what their children used included; servers also use some when there is nothing to do."""
    wall_s: float
    """From the first upload to the last commit."""

    def document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Fleet:
    """Recorders round the clock: as many hours of sound an hour."""

    recorders: int
    hour: Hour

    @property
    def hours_a_day(self) -> float:
        return self.recorders * 24.0

    @property
    def messages_a_s(self) -> float:
        return self.hours_a_day * self.hour.rows["outbox"] / DAY_S

    @property
    def rows_a_day(self) -> dict[str, float]:
        return {table: rows * self.hours_a_day for table, rows in self.hour.rows.items()}

    @property
    def database_bytes_a_day(self) -> float:
        """Without the outbox, which is pruned a day after it is published."""
        return self.hours_a_day * sum(size for table, size in self.hour.size_bytes.items() if table != "outbox")

    @property
    def audio_bytes_a_day(self) -> float:
        return self.hours_a_day * self.hour.audio_bytes

    @property
    def wal_bytes_a_day(self) -> float:
        return self.hours_a_day * self.hour.wal_bytes

    @property
    def cores(self) -> dict[str, float]:
        """Busy all day long, by part."""
        return {name: self.hours_a_day * cpu_s / DAY_S for name, cpu_s in self.hour.cpu_s.items()}

    def document(self) -> dict[str, Any]:
        return {
            "recorders": self.recorders,
            "hours_a_day": self.hours_a_day,
            "messages_a_s": self.messages_a_s,
            "rows_a_day": self.rows_a_day,
            "database_bytes_a_day": self.database_bytes_a_day,
            "audio_bytes_a_day": self.audio_bytes_a_day,
            "wal_bytes_a_day": self.wal_bytes_a_day,
            "cores": self.cores,
        }


def draw_hour(hour: Hour) -> Table:
    table = Table("", "rows", "kB", "bytes a row", title=f"One hour of sound, of {hour.hours_measured} measured")
    for name, rows in hour.rows.items():
        size = hour.size_bytes[name]
        # A table grows by pages: a few rows may still fit into the last one.
        table.add_row(name, f"{rows:,.1f}", f"{size / 1e3:,.1f}", f"{size / rows:,.0f}" if rows and size else "")
    table.add_section()
    for floor, share in hour.kept_by_floor.items():
        table.add_row(f"timelines with floor {floor}", f"{share * hour.rows['timelines']:,.1f}")
    table.add_row("log of PostgreSQL", "", f"{hour.wal_bytes / 1e3:,.1f}")
    table.add_row("audio", "", f"{hour.audio_bytes / 1e3:,.0f}")
    for name, cpu_s in hour.cpu_s.items():
        table.add_row(f"CPU of {name}", f"{cpu_s:,.2f} s")
    table.add_row("wall time", f"{hour.wall_s:,.1f} s")
    return table


def draw_fleet(fleet: Fleet) -> Table:
    table = Table("", "a day", "", title=f"{fleet.recorders:,} recorders round the clock")
    table.add_row("hours of sound", f"{fleet.hours_a_day:,.0f}")
    for name, rows in fleet.rows_a_day.items():
        table.add_row(f"rows of {name}", f"{rows:,.0f}", f"{rows / DAY_S:,.1f} a second")
    body = f"{fleet.messages_a_s:,.1f} a second, {fleet.hour.message_bytes} bytes each"
    table.add_row("messages", f"{fleet.messages_a_s * DAY_S:,.0f}", body)
    table.add_row("database", f"{fleet.database_bytes_a_day / _GB:,.1f} GB", "outbox not counted")
    table.add_row("log of PostgreSQL", f"{fleet.wal_bytes_a_day / _GB:,.1f} GB")
    table.add_row(
        "audio", f"{fleet.audio_bytes_a_day / _GB:,.0f} GB", f"{fleet.audio_bytes_a_day / DAY_S / 1e6:,.1f} MB/s"
    )
    for name, cores in fleet.cores.items():
        table.add_row(f"cores for {name}", f"{cores:,.2f}")
    return table
