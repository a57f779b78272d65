"""Named SQL from `adapters/postgres/queries`, called with named parameters."""

from pathlib import Path
from typing import Any

import aiosql

QUERIES = Path(__file__).parent / "queries"


def load_queries(noun: str) -> Any:
    """Return one file's queries as functions of a connection; `^` queries return a row or None, `$` queries a value."""
    return aiosql.from_path(QUERIES / f"{noun}.sql", "psycopg")
