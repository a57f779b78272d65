"""PostgreSQL: one module a noun, its SQL beside it in queries/, all on one `Database` (a pool).

Read: database, then recordings, analyses, ledger (what a worker does), completion (the last segment finishes the
analysis), stitching and recut (scores become events), timelines, detections; outbox; migrations/ make the schema.
May touch the database. Every call is one transaction, is safe from any thread, and raises TransientError while the
server is away, NotFound for an id that does not exist, and Conflict where the state of things forbids what was asked.
"""
