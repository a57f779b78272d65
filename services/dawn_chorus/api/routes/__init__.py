"""What each URL does, by what people want of it.

Read: intake/ (recordings come in), audio/ (and can be heard), results/ (who sang when), operations/ (health).
May touch everything in `api` but `app`; no SQL and no bytes here, they are called for.
"""
