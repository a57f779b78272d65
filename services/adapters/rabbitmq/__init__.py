"""RabbitMQ: the only room that knows pika."""

from services.adapters.rabbitmq.publisher import RabbitPublisher
from services.adapters.rabbitmq.source import RabbitSource

__all__ = ["RabbitPublisher", "RabbitSource"]
