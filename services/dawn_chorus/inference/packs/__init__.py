"""Model packs as files: read and checked; errors name the file and the field, and all of them are raised at once.

Read: faults (collects them), names, mel_table, manifest_tables and manifest (pack.toml), files (regular files, hashed
as they are read), tables, onnx_scan and network_file (a network with all that it keeps elsewhere), pack (the whole),
golden_file. To make and install packs: sealing ([files]), staging (a copy to try), placement (in place of the
older version).
May touch the pack's folder; networks are opened by `inference.member` through `session`.
"""
