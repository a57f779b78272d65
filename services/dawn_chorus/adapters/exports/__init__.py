"""Exports as bytes: one function writes every format, piece by piece.

Read: writing (the function), gathering (puts findings in the order of their recordings, on disk), zips (archives,
written as they are sent), parquet, parts (pieces of bytes). What each row says is in `domain.exports`.

May touch the disk, pyarrow (in parquet alone) and `domain`.
"""
