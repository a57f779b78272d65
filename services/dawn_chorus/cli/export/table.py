"""An answer that is one file, written while it comes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from dawn_chorus.cli.client.http_client import file_name, licenses
from dawn_chorus.cli.export.showing import open_display, show_bytes
from dawn_chorus.cli.export.whole_file import target_of, whole_file
from dawn_chorus.cli.output import print_warning

if TYPE_CHECKING:
    import httpx

    from dawn_chorus.cli.client.http_client import ServiceClient

STDOUT = Path("-")


def fetch_table(client: "ServiceClient", path: str, query: dict[str, Any], out: Path) -> dict[str, Any]:
    """Write what the service answers into a file or to stdout; return where it is, and how much.

    Raises RequestCut where the answer is cut: then there is no file. Of what went to stdout, a part may be there.
    """
    if out != STDOUT and not out.is_dir():
        target_of(out, "")  # before the service works for nothing
    with client.stream(path, params=query) as response:
        if left_out := response.headers.get("chorus-left-out"):
            print_warning(f"left out, as the format has no room for it: {left_out}")
        if out == STDOUT:
            size_bytes = _copy(response, sys.stdout.buffer)
            sys.stdout.flush()
            return {"file": None, "size_bytes": size_bytes, "licenses": licenses(response)}
        target = target_of(out, file_name(response) or "export")
        with whole_file(target) as file:
            size_bytes = _copy(response, file)
    return {"file": str(target), "size_bytes": size_bytes, "licenses": licenses(response)}


def _copy(response: "httpx.Response", file: BinaryIO) -> int:
    size_bytes = 0
    with open_display() as show:
        for chunk in response.iter_bytes():
            file.write(chunk)
            size_bytes += len(chunk)
            show(f"{show_bytes(size_bytes)} so far", 0, None)
    return size_bytes
