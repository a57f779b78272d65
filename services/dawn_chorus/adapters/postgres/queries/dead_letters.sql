-- name: insert_letter(body, reason, analysis_id, segment_index)$
INSERT INTO dead_letters (body, reason, analysis_id, segment_index)
VALUES (:body, :reason, :analysis_id, :segment_index)
RETURNING id;

-- name: list_letters(requeued, n)
SELECT * FROM dead_letters WHERE :requeued OR requeued_at IS NULL ORDER BY id DESC LIMIT :n;

-- name: lock_letter(letter_id)^
SELECT * FROM dead_letters WHERE id = :letter_id FOR UPDATE;

-- name: mark_requeued(letter_id)!
UPDATE dead_letters SET requeued_at = clock_timestamp() WHERE id = :letter_id;

-- name: delete_letter(letter_id)!
DELETE FROM dead_letters WHERE id = :letter_id;
