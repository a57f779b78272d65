"""PostgreSQL: one module per kind of object, its SQL in queries/, all on one `Database` (a pool).

Read: database (the pool), named_queries, rows and values (what a row becomes), migrate (migrations/ create the schema).
A recording: recordings, recording_list, corrections (place and start), sites, analyses, outbox; ledger (what a worker
does), registered_packs and segment_rows (what it saves), plan_extension, completion (the last segment finishes it),
score_arrays, stitching and recut (scores become events), events (as an array), timelines, lanes, detections and
detection_stream, listened (with or without a detection), surest, reviewed_detections, findings (in short), failures,
warnings, reviews and reviewing (saves them), precision (what reviews tell of confidences), thresholds, overview,
overview_counts, judged (by reviews), tally, effort_table (counts with hours), cursors, changes (what a stream of events
tells).
Review: review_queue (queue_values, unreviewed_events, strategies, queue_days), review_taxa.
Around it: packs, api_keys, sessions, workers and waiting (who is there, for how much), idempotency, audio_presence and
orphaned_audio, uploads (in parts) with upload_joining, exports (files made in the background) with export_making,
byte_indexes, retention, dead_letters, lost_messages, backlog, inspection (for `chorus doctor`).
May touch the database. Every call is one transaction, is safe from any thread, and raises TransientError while the
server is unavailable, NotFound for an unknown id, and Conflict if the current state does not allow the request.
"""
