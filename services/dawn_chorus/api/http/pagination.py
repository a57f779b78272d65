"""Pages of long lists: `Link: rel="next"` (RFC 8288) beside the cursor."""

from starlette.requests import Request


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """Return the header that leads to the next page, if there is one."""
    if cursor is None:
        return {}
    return {"Link": f'<{request.url.include_query_params(cursor=cursor)}>; rel="next"'}
