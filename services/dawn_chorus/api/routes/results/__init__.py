"""Progress and results of analyses: who sang when.

Read: analyses (begin, progress, cancel, retry), progress_stream (server-sent events), event_stream (of
everything),
shortcomings (failures and warnings), timeline, lanes, detections, taxa.
May touch the adapters' functions; it holds no state.
"""
