"""Implementations of `domain.ports`, one package per server.

Read: postgres/ (recordings and results), queue/ (RabbitMQ and the in-process queue), audio_store/ (disk or S3),
embedded_postgres/ (the server of `chorus up`), exports/ (findings as files); metrics, logs, variables, readiness and
status_server serve all, retrying the relay and the worker, disk_cache the API, available_cores the worker and the
command line.
May touch the network, the disk and `domain`; never `inference`. pika, obstore and PostgreSQL's libraries are imported
where their server is and nowhere else: contracts in pyproject.toml.
"""
