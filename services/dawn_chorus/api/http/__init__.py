"""HTTP itself: what here knows nothing of recordings, held by a contract.

Read: problems (every error, RFC 9457) and error_handlers; then body_limit, rate_limit, request_metrics; then
content_negotiation, pagination, spooled_response; openapi amends the document that FastAPI makes.
May touch Starlette and FastAPI, `domain` errors and metrics; no database.
"""
