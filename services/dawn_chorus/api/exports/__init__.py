"""Exports in answers to requests: what a writer is told of the request, and what the answer tells besides its bytes.

Read: context (what a writer is told), answering (headers and bytes).
May touch what `detection_request` may.
"""
