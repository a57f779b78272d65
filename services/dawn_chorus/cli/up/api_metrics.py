"""The metrics of the API's process, shown among those of this one: the service has one port for all of them."""

from collections.abc import Callable, Iterator

from prometheus_client import REGISTRY, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from dawn_chorus.adapters import metrics


class ApiMetrics(Collector):
    """Reads them anew whenever somebody looks."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._names = tuple(family.name for metric in metrics.API for family in metric.describe())

    def describe(self) -> list[Metric]:
        return []  # not known yet: the API may not run

    def collect(self) -> Iterator[Metric]:
        for family in text_string_to_metric_families(self._read()):
            if family.name.removesuffix("_created") in self._names:
                yield family


def show_api_metrics(read: Callable[[], str]) -> None:
    """Show what `read` returns in place of this process' own, which counts no requests."""
    for metric in metrics.API:
        REGISTRY.unregister(metric)
    REGISTRY.register(ApiMetrics(read))
