"""Downloads recordings from Xeno-canto: searches by tags, checks licenses, and records whom to credit.

Read: fetch (all steps), api, recording (Xeno-canto's description of one), rate_limit.
May call Xeno-canto's API, at most one request a second, and write to the dataset's folder.
"""
