"""Exports: files of many detections, made in the background.

Read: count (how many rows one would have), jobs (to ask for one, to follow and to end it), file (its bytes).
May touch all that the API holds.
"""
