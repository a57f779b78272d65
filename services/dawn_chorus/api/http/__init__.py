"""HTTP code that knows nothing of recordings, and imports no database: a contract.

Read: browsers/ (what is let in at all), problems (every error, RFC 9457) and error_handlers; then what stands around
every request: request_ids, request_metrics, body_limit, limits/ (what is too much), head_requests, tus; then
content_negotiation, pagination, streamed_response, byte_range, disposition, disconnects; documentation/ (what the API
says of itself); h11_protocol and late_headers are what uvicorn speaks.
May touch Starlette and FastAPI, `domain` errors and metrics; no database.
"""
