"""Request and response models of review and of what comes of it.

Read: overview.
May touch `domain` and the values of `adapters.postgres`.
"""
