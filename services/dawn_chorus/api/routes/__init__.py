"""What each URL does, grouped by purpose.

Read: intake/ (upload, list, remove), audio/ (download), results/ (who sang when), review/ (what was heard, and with
what effort), operations/ (health).
May touch everything in `api` but `app`; no SQL and no handling of bytes here, other modules do that.
"""
