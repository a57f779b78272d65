-- name: insert_dead_letter(body, reason, analysis_id, segment_index)$
INSERT INTO dead_letters (body, reason, analysis_id, segment_index)
VALUES (:body, :reason, :analysis_id, :segment_index)
RETURNING id;

-- name: list_dead_letters(requeued, n)
SELECT * FROM dead_letters WHERE :requeued OR requeued_at IS NULL ORDER BY id DESC LIMIT :n;

-- name: lock_dead_letter(dead_letter_id)^
SELECT * FROM dead_letters WHERE id = :dead_letter_id FOR UPDATE;

-- name: mark_requeued(dead_letter_id)!
UPDATE dead_letters SET requeued_at = clock_timestamp() WHERE id = :dead_letter_id;

-- name: delete_dead_letter(dead_letter_id)!
DELETE FROM dead_letters WHERE id = :dead_letter_id;
