"""Model packs as files: read and checked; errors name the file and the field that is wrong.

Read: manifest (pack.toml, key by key), pack (the folder: taxa, members, hashes), weight_precision.
May touch the pack's folder; networks are opened by `inference.member` through `session`.
"""
