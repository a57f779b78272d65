"""Prints the API's OpenAPI document, of which the page's types are made; needs no database."""

import json
import sys
import tempfile
from pathlib import Path

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api.app import create_app
from dawn_chorus.api.settings import ApiSettings

with tempfile.TemporaryDirectory() as folder:
    app = create_app(ApiSettings(), Database("postgresql://"), open_audio_store(Path(folder).as_uri()))
    json.dump(app.openapi(), sys.stdout, indent=1)
