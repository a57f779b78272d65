"""RabbitMQ: the only package that imports pika.

Read: topology (exchanges, queues and bindings; __main__ prints it), connection, confirm_channel, publisher,
source; inspection (for `chorus doctor`).
May touch the broker, each connection from its own thread only.
"""

from dawn_chorus.adapters.queue.rabbitmq.publisher import RabbitPublisher
from dawn_chorus.adapters.queue.rabbitmq.source import RabbitSource

__all__ = ["RabbitPublisher", "RabbitSource"]
