"""Who sang when.

Read: analyses (how far one is, cancel, retry), events (the same as a stream), timeline, detections, taxa.
May touch the adapters' functions; it holds no state.
"""
