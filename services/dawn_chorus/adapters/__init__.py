"""The outside world, one room a server: what is asked of each stands in `domain.ports`.

Read: postgres/ (where results land), queue/ (RabbitMQ and the queue in one process), audio_store/ (disk or S3),
embedded_postgres/ (a server of our own for `chorus up`); metrics, logs, status_server and retrying serve all.
May touch the network, the disk and `domain`; never `inference`. One library, one room: contracts in pyproject.toml.
"""
