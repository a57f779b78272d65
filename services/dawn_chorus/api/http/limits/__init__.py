"""What is too much is refused here, before anything is done for it.

Read: proxies (whose word on a client's address counts), admission (the middleware), rate_limit (token buckets),
upload_requests (which ones are uploads), places (of uploads, where a slow one gives way), early_refusal (of uploads, on
their first bytes), arrivals (whether their bytes still come).
May touch what `http` may.
"""
