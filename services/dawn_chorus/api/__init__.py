"""The HTTP API: takes recordings in, and says who sang when. Decodes nothing and scores nothing.

Read: app (all wired), routes/ (what each URL does), uploads/ (how a file comes in), models/ (what is asked and
answered), http/ (what knows nothing of recordings); dependencies, auth and idempotency serve all routes.
May touch `adapters` and `domain`; `inference` only as a child process that reads a header.
"""
