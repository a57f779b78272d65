"""Commands for operators: start the API, relay and worker, and work on their database and audio store.

Read: serve (`chorus api`, `relay`, `worker`, `migrate`), keys, dead_letters, retention/; database opens the right one.
May touch the adapters. The image `operations` runs all of these but `api`, `relay` and `worker`, which have their own.
"""
