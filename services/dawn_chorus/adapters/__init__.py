"""Implementations of `domain.ports`, one package per server.

Read: postgres/ (recordings and results), queue/ (RabbitMQ and the in-process queue), audio_store/ (disk or S3),
embedded_postgres/ (the server of `chorus up`); metrics, logs, status_server and retrying are used by all services.
May touch the network, the disk and `domain`; never `inference`. Each library is imported in one package only:
contracts in pyproject.toml.
"""
