"""The `chorus` command. A command imports what is heavy when it runs, so that `chorus --help` answers at once.

Read: app (all commands), then analyze/ (no service), up/ (a service on this machine), client/ (a running service),
models (packs), operations/ (for whoever keeps a service); settings, output, sources, installed_packs serve all.
May touch everything: here the parts are wired.
"""
