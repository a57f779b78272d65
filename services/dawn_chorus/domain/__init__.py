"""The nouns that every service speaks, the rules between them, the ports and the errors.

Read: recording, analysis, timeline, detections; jobs (what is on the queue); ports (what the parts want of each other);
errors (which failures come again and which do not); exports (rows for other tools).
May touch the standard library and numpy, nothing else.
"""
