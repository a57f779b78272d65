"""From detections to a species list: what people say of events, what was heard, how often and with what effort.

Read: precision (how often a taxon is right at a confidence), thresholds (from which confidence on its events count),
overview.
May touch the adapters' functions; it holds no state.
"""
