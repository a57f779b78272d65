"""The HTTP API: accepts recordings and returns results. It decodes no audio and runs no model.

Read: app (wires everything), routes/ (what each URL does), uploads/ (how a file is received), models/ (request and
response models), http/ (what knows nothing of recordings). dependencies, auth and taxon_names serve the routes,
idempotency and analysis_request those that POST, revision_watch the progress stream.
May touch `adapters` and `domain`; `inference` only as a child process that reads a header.
"""
