"""A short soak for every day: quick faults on servers that other tests use too."""

from tests.servers.postgres import PostgresNode
from tests.servers.rabbitmq import RabbitNode
from tests.soak.picture import draw
from tests.soak.report import write_report
from tests.soak.run import Plan, soak


def test_the_ledger_is_what_clients_were_answered_whatever_goes_wrong(
    postgres_node: PostgresNode, rabbit_node: RabbitNode
) -> None:
    postgres_node.start()
    if not rabbit_node.is_up():
        rabbit_node.start()
    plan = Plan(seed=7, seconds=8, people=3, faults_at_once=4, at_least=10, is_short=True)
    soaked = soak(plan, postgres_node, rabbit_node)
    report = write_report(soaked)
    assert soaked.is_good, report
    assert len({each.kind for each in soaked.happened}) >= 10
    assert "| upload | " in report
    assert draw(soaked).count("<rect") == 1 + 2 * len(soaked.happened)
