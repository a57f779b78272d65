"""Recordings from Xeno-canto: searched by tags, on terms that permit it, with thanks to the recordists.

Read: fetch (the whole way), api, recording (as Xeno-canto describes one), rate_limit (a polite guest).
May touch Xeno-canto's API, one request a second, and the dataset's folder.
"""
