-- name: start_segment(analysis_id, segment_index, worker)^
-- No row: the segment is done, failed or cancelled already.
UPDATE segments
SET state = 'running', attempts = attempts + 1, worker = :worker, started_at = clock_timestamp()
WHERE analysis_id = :analysis_id AND segment_index = :segment_index AND state IN ('queued', 'running')
RETURNING
    segment_index, start_s, end_s, attempts,
    greatest(0, extract(epoch FROM clock_timestamp() - queued_at)) AS queued_s;

-- name: get_plan(analysis_id)^
-- The end of this analysis' plan; another analysis may have found the recording to be longer.
SELECT segment_index AS last_index, start_s AS last_start_s, end_s AS duration_s, state AS last_state
FROM segments WHERE analysis_id = :analysis_id ORDER BY segment_index DESC LIMIT 1;

-- name: mark_running(analysis_id)!
UPDATE analyses
SET state = 'running', started_at = coalesce(started_at, clock_timestamp()), revision = revision + 1
WHERE id = :analysis_id;

-- name: get_segment(analysis_id, segment_index)^
SELECT segment_index, state, start_s, end_s FROM segments
WHERE analysis_id = :analysis_id AND segment_index = :segment_index;

-- name: delete_timeline(analysis_id, segment_index)!
DELETE FROM timelines WHERE analysis_id = :analysis_id AND segment_index = :segment_index;

-- name: copy_timelines#
COPY timelines (
    analysis_id, segment_index, taxon_id, window_scores, frame_scores, peak, window_channels, frame_channels
) FROM STDIN (FORMAT binary);

-- name: delete_lost_stretches(analysis_id, segment_index)!
DELETE FROM lost_stretches WHERE analysis_id = :analysis_id AND segment_index = :segment_index;

-- name: insert_lost_stretches(analysis_id, segment_index, starts_s, ends_s, reasons)!
INSERT INTO lost_stretches (analysis_id, segment_index, start_s, end_s, reason)
SELECT :analysis_id, :segment_index, start_s, end_s, reason
FROM unnest(:starts_s::numeric[], :ends_s::numeric[], :reasons::text[]) AS t (start_s, end_s, reason);

-- name: delete_warnings(analysis_id, segment_index)!
DELETE FROM segment_warnings WHERE analysis_id = :analysis_id AND segment_index = :segment_index;

-- name: insert_warnings(analysis_id, segment_index, codes, details, starts_s, ends_s, channels)!
INSERT INTO segment_warnings (analysis_id, segment_index, code, detail, start_s, end_s, channel)
SELECT :analysis_id, :segment_index, code, detail, start_s, end_s, channel
FROM unnest(
    :codes::text[], :details::text[], :starts_s::numeric[], :ends_s::numeric[], :channels::smallint[]
) AS t (code, detail, start_s, end_s, channel);

-- name: finish_segment(analysis_id, segment_index, analyzed_s, lost, worker, stage_s, first_window, n_windows, first_frame, n_frames)!
UPDATE segments
SET state = 'done', error = NULL, analyzed_s = least(:analyzed_s::numeric(14, 6), end_s - start_s),
    lost = :lost, worker = :worker, stage_s = :stage_s,
    first_window = :first_window, n_windows = :n_windows, first_frame = :first_frame, n_frames = :n_frames,
    started_at = coalesce(started_at, clock_timestamp()), finished_at = clock_timestamp()
WHERE analysis_id = :analysis_id AND segment_index = :segment_index;

-- name: pin_pack(analysis_id, pack_version, provider)!
UPDATE analyses SET pack_version = :pack_version, provider = :provider WHERE id = :analysis_id;

-- name: fail_segment(analysis_id, segment_index, reason)!
UPDATE segments SET state = 'failed', error = :reason, finished_at = clock_timestamp()
WHERE analysis_id = :analysis_id AND segment_index = :segment_index AND state IN ('queued', 'running');

-- name: retry_segment(analysis_id, segment_index, reason, delay_s)!
-- The time in the queue is counted from the end of the backoff.
UPDATE segments
SET state = 'queued', error = :reason, queued_at = clock_timestamp() + make_interval(secs => :delay_s)
WHERE analysis_id = :analysis_id AND segment_index = :segment_index AND state = 'running';

-- name: requeue_bystander(analysis_id, segment_index, max_attempts)!
-- Counts as an attempt, so that no segment is requeued forever.
UPDATE segments SET state = 'queued', attempts = attempts + 1, queued_at = clock_timestamp()
WHERE analysis_id = :analysis_id AND segment_index = :segment_index
    AND state IN ('queued', 'running') AND attempts <= :max_attempts;

-- name: insert_job(analysis_id, segment_index, lane, delay_s)!
INSERT INTO outbox (analysis_id, segment_index, lane, delay_s)
VALUES (:analysis_id, :segment_index, :lane, :delay_s);

-- name: extend_segment(analysis_id, segment_index, end_s)!
UPDATE segments SET end_s = :end_s WHERE analysis_id = :analysis_id AND segment_index = :segment_index;

-- name: extend_recording(analysis_id, recording_id, duration_s, added)!
-- A recording's duration only increases: another analysis may have found more audio.
WITH planned AS (
    UPDATE analyses SET segments_total = segments_total + :added, revision = revision + 1 WHERE id = :analysis_id
)
UPDATE recordings SET duration_s = greatest(duration_s, :duration_s::numeric(14, 6)) WHERE id = :recording_id;
