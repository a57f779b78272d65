"""RabbitMQ: the only room that knows pika."""

from dawn_chorus.adapters.rabbitmq.publisher import RabbitPublisher
from dawn_chorus.adapters.rabbitmq.source import RabbitSource

__all__ = ["RabbitPublisher", "RabbitSource"]
