"""RabbitMQ: the only room that knows pika.

Read: topology (exchange, queues and bindings, in one place), connection, publisher, source; __main__ prints them.
May touch the broker, each connection on a thread of its own.
"""

from dawn_chorus.adapters.queue.rabbitmq.publisher import RabbitPublisher
from dawn_chorus.adapters.queue.rabbitmq.source import RabbitSource

__all__ = ["RabbitPublisher", "RabbitSource"]
