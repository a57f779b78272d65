"""Clips of recordings: stretches of them as files that browsers play.

Read: wanted (what a request asks for, and what that comes to), names (what a clip is called), files (clips that were
made, kept for a while), making (has a clip made).
May touch decoders, and what `http` may; no database.
"""
