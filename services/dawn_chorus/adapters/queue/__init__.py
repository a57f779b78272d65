"""Two adapters of one port, side by side: RabbitMQ, and the queue in one process that `chorus up` uses in its place.

Read: messages (what a job looks like on the wire), in_process, rabbitmq/.
May touch the broker; pika is known in rabbitmq/ only. Both pass the same contract tests.
"""
