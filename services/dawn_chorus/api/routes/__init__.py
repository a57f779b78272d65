"""What each URL does, grouped by purpose.

Read: intake/ (upload, list, remove), audio/ (download), results/ (who sang when), operations/ (health and metrics).
May touch everything in `api` but `app`; no SQL and no audio bytes here, other rooms handle them.
"""
