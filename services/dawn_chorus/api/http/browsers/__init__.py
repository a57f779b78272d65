"""Which requests are let in at all, before any route and any key: a browser must not be turned against the service.

Read: hosts (the names that this service answers to), cross_site (what pages of other sites may not do), then gate, the
middleware that asks both; response_headers says what a browser may do with a response, session_cookie how it keeps a
session.
May touch `http.problems` and `http.body_limit`; knows no settings, no keys, whose session it is, and no database.
"""
