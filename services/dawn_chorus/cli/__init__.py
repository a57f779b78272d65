"""The `chorus` command. Commands import heavy packages only when they run, so that `chorus --help` is fast.

Read: app (all commands), then analyze/ (no service), up/ (a service on this machine), client/, submit/ and export/ (a
running service), models/ (packs), operations/ (for operators of a service), doctor/ (what is wrong); place/ (where and
when recordings were made), settings, shared_options, output, sources and install_hint, installed_packs are shared.
May touch everything: the commands wire the other packages together.
"""
