"""PostgreSQL: one module per kind of object, its SQL in queries/, all on one `Database` (a pool).

Read: database, then recordings, analyses, ledger (what a worker does), completion (the last segment finishes the
analysis), stitching and recut (scores become events), timelines, detections; outbox; migrations/ create the schema.
May touch the database. Every call is one transaction, is safe from any thread, and raises TransientError while the
server is unavailable, NotFound for an unknown id, and Conflict if the current state does not allow the request.
"""
