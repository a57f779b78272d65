"""Model packs as files: read and checked; errors name the file and the field, and all of them are raised at once.

Read: faults (collects them), names, table (keys and the rules between them), mel_table, manifest_tables, member_rules
and manifest (pack.toml), files (regular files, hashed as they are read), tables, onnx_scan and network_file (a network
with all that it keeps elsewhere), contents (of a pack), drafts/ (what of it could be read), pack (the whole),
golden_file. To make packs: sealing ([files]); to install them: installation/.
May touch the pack's folder; networks are opened by `inference.member` through `session`.
"""
