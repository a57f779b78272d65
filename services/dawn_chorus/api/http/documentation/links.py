"""Adds links to the OpenAPI document: which operations take the ids that a response brings."""

import re
from collections.abc import Mapping
from typing import Any

Sources = Mapping[tuple[str, str], Mapping[str, str]]
"""By method and path of an operation: where in its answer the values of path parameters are, as runtime expressions."""


def add_links(document: dict[str, Any], sources: Sources) -> None:
    """Link the successful responses of every source to every other operation whose path takes its ids."""
    targets = [
        (path, operation["operationId"])
        for path, operations in document["paths"].items()
        for operation in operations.values()
    ]
    for (method, path), known in sources.items():
        source = document["paths"][path][method]
        links = {
            target: {"operationId": target, "parameters": {name: known[name] for name in names}}
            for target_path, target in targets
            if (names := re.findall(r"{(\w+)}", target_path)) and set(names) <= set(known)
            if target != source["operationId"]
        }
        for status, response in source["responses"].items():
            if status < "300":
                response["links"] = links
