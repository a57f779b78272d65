"""What the bench reads from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).parents[2]


class BenchSettings(BaseSettings):
    """`make bench` runs with the defaults; shorter runs serve while something is being made faster."""

    model_config = SettingsConfigDict(env_prefix="CHORUS_", frozen=True, extra="ignore")

    audio_dir: Path = ROOT.parent / "shared" / "audio"
    """Real recordings, in folders."""
    bench_minutes: int = Field(default=60, ge=2)
    """How many files of one minute."""
    bench_rounds: int = Field(default=3, ge=1)
    """How often each contestant runs; medians count."""
    bench_packs: str = "birdnet-native,birdnet"
    """Those to race with; none, if only the long recording is of interest."""
    bench_day_hours: float = Field(default=24.0, ge=0)
    """Length of the long recording; 0 leaves it out."""
    bench_old: Path | None = None
    """The folder `services` of another checkout, for benches that compare two."""
    bench_cost_files: int = Field(default=60, ge=1)
    """How many files of one minute each checkout takes in a turn of `file_cost`."""
    bench_detections: int = Field(default=10_000_000, ge=10_000)
    """How many detections the lists are read from; ten million take 5 GB of disk while they are there."""
    bench_keep: Path | None = None
    """A folder in which the bench `review` keeps its filled cluster; `--keep` says it, too."""
    bench_at: str | None = None
    """The URL of a filled database that runs already; `--at` says it, too."""
    bench_taxa: int = Field(default=50, ge=1)
    """How many taxa the timeline has, of `bench_day_hours`."""
    capacity_hours: int = Field(default=3, ge=1)
    """How many hours `make capacity` measures."""
    capacity_pack: str = "birdnet"
    capacity_recorders: int = Field(default=1000, ge=1)
    bench_relay_jobs: int = Field(default=10_000, ge=2)
    """How many messages the relay publishes."""
    bench_upload_s: float = Field(default=15.0, gt=0)
    """How long uploads are sent, each way and round."""
    bench_upload_pack: str = "synthetic"
    bench_upload_packs: Path | None = None
    """The pack that the worker uses meanwhile, and the folder that it is in; unset: `models/packs` of the checkout."""
    bench_picture_minutes: int = Field(default=60, ge=10)
    """How long the recordings are of which pictures and clips are made."""
    bench_out: Path = ROOT / ".cache" / "bench"
    """Where results are written."""

    @property
    def packs(self) -> list[str]:
        return [name for name in self.bench_packs.split(",") if name]
