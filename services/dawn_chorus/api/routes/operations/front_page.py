"""What a browser is shown at `/`: where to go from here. It works without scripts, and needs no key."""

import hashlib
from base64 import b64encode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from dawn_chorus.api.http.browsers.response_headers import text_policy

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}"
)
_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dawn Chorus</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Dawn Chorus</h1>
<p>This service listens to recordings and tells who sang when.</p>
<ul>
<li><a href="/docs">How to use it</a>: every call, and a form to try it</li>
<li><a href="/v1/recordings">Recordings</a>, as JSON</li>
<li><a href="/v1/detections">Detections</a>, as JSON</li>
<li><a href="/v1/packs">Model packs</a>, as JSON</li>
<li><a href="/health/ready">Whether all is well</a></li>
</ul>
</main>
</body>
</html>
"""
_HEADERS = {"Content-Security-Policy": text_policy(b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode())}
router = APIRouter()


@router.get("/", include_in_schema=False)
async def get_front_page() -> HTMLResponse:
    return HTMLResponse(_PAGE, headers=_HEADERS)
