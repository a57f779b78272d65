"""PostgreSQL: one module a noun, its SQL beside in `adapters/queries`, all on one `Database` (a pool).

Every call is one transaction, is safe from any thread, and raises TransientError while the server is away, NotFound for
an id that does not exist, and Conflict where the state of things forbids what was asked.
"""
