"""From detections to a species list: what was heard, how often and with what effort.

Read: overview.
May touch the adapters' functions; it holds no state.
"""
