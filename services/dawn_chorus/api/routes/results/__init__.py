"""Progress and results of analyses: who sang when.

Read: analyses (progress, cancel, retry), events (progress as a stream), timeline, detections, taxa.
May touch the adapters' functions; it holds no state.
"""
