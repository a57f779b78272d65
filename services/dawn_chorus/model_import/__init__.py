"""Makes a pack of a network as its author exported it: `chorus models import`.

May touch the network's file, the pack's folder and `inference`; none of it runs in a service. The folder front_ends
holds published front ends as TOML.
"""
