"""What each URL does, grouped by purpose.

Read: intake/ (upload, list, remove), audio/ (download), results/ (who sang when), review/ (what people say of it, and
what comes of that), exports/ (files made in the background), operations/ (health).
May touch everything in `api` but `app`; no SQL and no handling of bytes here, other modules do that.
"""
