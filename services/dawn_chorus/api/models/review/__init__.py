"""Request and response models of review and of what comes of it.

Read: queue, reviews, table_example (reviews as CSV), precision (what reviews tell of confidences), thresholds (which
confidences count), overview and effort_csv (the same as a table).
May touch `domain` and the values of `adapters.postgres`.
"""
