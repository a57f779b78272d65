"""Who uses the service: crowd (all of them), person (one), uploading, reviewing, reading, analyzing, removing.

May talk to the APIs, and run `chorus retention`; each person owns their recordings, so that each answer is a promise.
"""
