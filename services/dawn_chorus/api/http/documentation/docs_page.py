"""The page at `/docs`: Swagger UI from files of this service, with a policy that lets its own script run."""

import hashlib
import re
from base64 import b64encode

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from dawn_chorus.api.http.browsers.response_headers import docs_policy

_FILES = "/static-offline-docs"
"""Where FastAPIOffline serves the files of Swagger UI."""
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def add_docs_page(app: FastAPI) -> None:
    """Serve the page, which is made once."""
    page = get_swagger_ui_html(
        openapi_url=app.openapi_url or "",
        title=app.title,
        swagger_js_url=f"{_FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{_FILES}/swagger-ui.css",
        swagger_favicon_url=f"{_FILES}/favicon.png",
    )
    html = bytes(page.body).decode()
    (script,) = _SCRIPT.findall(html)
    policy = docs_policy(b64encode(hashlib.sha256(script.encode()).digest()).decode())

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})
