"""From detections to a species list: what people say of events, what was heard, how often and with what effort.

Read: queue (which taxon, and which event comes next), reviews (make, remove), listing (of those made), saving (one of
them, many, or a table), table_rows (of such a table), precision (how often a taxon is right at a confidence),
thresholds (from which confidence on its events count), overview.
May touch `idempotency` and the adapters' functions; it holds no state.
"""
