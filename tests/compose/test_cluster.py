"""RabbitMQ on three nodes, one of which dies under load; and all data in a folder of the host."""

import json
from pathlib import Path

import numpy as np
import soundfile

from tests.compose.stack import Stack
from tests.end_to_end.service import wait_until

_RECORDINGS = 40


def leader_and_members(cluster: Stack, queue: str, node: str = "rabbitmq") -> tuple[str, int]:
    """Return the service that leads the queue, and how many nodes hold it."""
    ctl = ("gosu", "rabbitmq", "rabbitmqctl", "--quiet", "--formatter=json")
    listed = cluster.run_in(node, *ctl, "list_queues", "name", "leader", "members")
    found = next(each for each in json.loads(listed) if each["name"] == queue)
    return found["leader"].removeprefix("rabbit@"), len(found["members"])


def test_the_leader_dies_under_load_and_nothing_is_lost_or_done_twice(cluster: Stack, tmp_path: Path) -> None:
    queue = "chorus.segments.express"
    wait_until(lambda: leader_and_members(cluster, queue)[1] == 3, "the queue has three members", within_s=120)
    key = cluster.make_key()
    analyses = []
    for number in range(_RECORDINGS):
        if number == _RECORDINGS // 2:
            leader, _ = leader_and_members(cluster, queue)
            cluster.compose("kill", "--signal", "SIGKILL", leader)
        noise = np.random.default_rng(number).normal(0, 1e-3, 16000 * 20)
        soundfile.write(tmp_path / f"{number}.flac", noise, 16000)
        analyses.append(cluster.upload(tmp_path / f"{number}.flac", key))
    results = [cluster.wait_for(each, key) for each in analyses]
    assert {(each["result"], each["analyzed_s"], each["failed_s"]) for each in results} == {("succeeded", 20.0, 0.0)}
    assert cluster.query("SELECT count(*) FROM segments") == str(_RECORDINGS)
    assert cluster.query("SELECT count(*) FROM outbox WHERE published_at IS NULL") == "0"
    assert cluster.query("SELECT count(*) FROM dead_letters") == "0"
    cluster.up()


def test_all_data_lies_in_the_folder_of_the_host_and_is_there_after_down_and_up(
    cluster: Stack, recording: Path
) -> None:
    key = cluster.make_key()
    analysis = cluster.wait_for(cluster.upload(recording, key), key)
    cluster.down("--volumes")
    folder = cluster.folder.parent / "data"
    kept = {path.name for path in folder.iterdir() if any(path.iterdir())}
    assert kept >= {"postgres", "rabbitmq", "rabbitmq-2", "rabbitmq-3", "audio", "packs", "prometheus"}
    # The sandbox's Grafana keeps nothing; its folder is its own all the same.
    assert (folder / "grafana").stat().st_uid == 472
    cluster.up()
    assert cluster.curl(analysis["links"]["self"], key=key)["result"] == "succeeded"
    again = cluster.curl(f"{analysis['links']['recording']}/analyses", "--json", '{"pack": "tones"}', key=key)
    assert cluster.wait_for(again["id"], key)["result"] == "succeeded"
