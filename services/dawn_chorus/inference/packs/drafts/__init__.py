"""A pack with faults, read as far as it goes: all of them are told, and none that only follows from another.

Read: places (where in pack.toml), reasons (what is wrong there, in plain words), unknown_keys (what was meant), rules
(between keys), manifest_draft (pack.toml with stand-ins for what is wrong), pack_draft (the folder, checked with it).
May touch the pack's folder.
"""
