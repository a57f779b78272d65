"""Pagination of long lists: the header `Link: rel="next"` (RFC 8288), besides the cursor in the body."""

from starlette.requests import Request


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """Return the header with the URL of the next page, or no header if there is none."""
    if cursor is None:
        return {}
    return {"Link": f'<{request.url.include_query_params(cursor=cursor)}>; rel="next"'}
