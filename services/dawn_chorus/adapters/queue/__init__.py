"""Two adapters of one port: RabbitMQ, and the in-process queue that `chorus up` uses instead.

Read: messages (the format of a message), in_process, rabbitmq/.
May touch the broker; only rabbitmq/ imports pika. Both adapters pass the same contract tests.
"""
