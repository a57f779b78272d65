"""For whoever keeps a service: its deployables, and commands that work on its database and store.

Read: serve (`chorus api`, `relay`, `worker`, `migrate`), keys, dead_letters, retention/; database (which one is meant).
May touch the adapters; the image `operations` holds these and no inference.
"""
