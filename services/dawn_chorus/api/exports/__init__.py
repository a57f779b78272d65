"""Exports: what a writer is told of the request, and what comes of its bytes.

Read: context (what a writer is told), answering (headers and bytes of an answer), jobs/ (files that are made in the
background).
May touch what `detection_request` and `uploads` may.
"""
