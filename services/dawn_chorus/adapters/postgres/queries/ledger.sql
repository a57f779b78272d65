-- name: start_segment(analysis_id, segment_index, worker)^
-- Lock, transition and all that a worker needs to know. No row: the segment is done, failed or cancelled already, or the
-- analysis finished or gone. The analysis is locked first, as in every transition; what it waited for may have extended the
-- plan, which is read as it was before: planned_s then is less than end_s.
WITH analysis AS (
    UPDATE analyses
    SET state = 'running', started_at = coalesce(started_at, clock_timestamp()), revision = revision + 1
    WHERE id = :analysis_id AND state <> 'finished' AND EXISTS (
        SELECT FROM segments
        WHERE analysis_id = :analysis_id AND segment_index = :segment_index AND state IN ('queued', 'running')
    )
    RETURNING id, recording_id, pack_name, pack_version, settings, segment_s
), started AS (
    UPDATE segments AS s
    SET state = 'running', attempts = s.attempts + 1, worker = :worker, started_at = clock_timestamp()
    FROM analysis AS a
    WHERE s.analysis_id = a.id AND s.segment_index = :segment_index AND s.state IN ('queued', 'running')
    RETURNING
        s.segment_index, s.start_s, s.end_s, s.attempts,
        greatest(0, extract(epoch FROM clock_timestamp() - s.queued_at)) AS queued_s
)
SELECT
    r.*, a.pack_name, a.pack_version, a.settings, a.segment_s, s.segment_index, s.start_s, s.end_s, s.attempts, s.queued_s,
    plan.last_index, plan.planned_s
FROM started AS s
CROSS JOIN analysis AS a
JOIN recordings AS r ON r.id = a.recording_id
CROSS JOIN LATERAL (
    SELECT segment_index AS last_index, end_s AS planned_s FROM segments
    WHERE analysis_id = a.id ORDER BY segment_index DESC LIMIT 1
) AS plan;

-- name: get_plan(analysis_id)^
-- The end of this analysis' plan; another analysis may have found the recording to be longer.
SELECT segment_index AS last_index, start_s AS last_start_s, end_s AS duration_s, state AS last_state
FROM segments WHERE analysis_id = :analysis_id ORDER BY segment_index DESC LIMIT 1;

-- name: get_segment(analysis_id, segment_index)^
SELECT segment_index, state, start_s, end_s FROM segments
WHERE analysis_id = :analysis_id AND segment_index = :segment_index;

-- name: lock_only(analysis_id)!
SELECT FROM analyses WHERE id = :analysis_id FOR NO KEY UPDATE;

-- name: save_segment(analysis_id, segment_index, start_s, end_s, pack_version, registered_at, provider, worker, stage_s, analyzed_s, lost, first_window, n_windows, first_frame, n_frames, taxon_ids, window_scores, frame_scores, peaks, window_channels, frame_channels, window_spreads, lost_starts_s, lost_ends_s, lost_reasons, codes, details, warning_starts_s, warning_ends_s, warning_channels, result, event_taxa, onsets_s, offsets_s, confidences, event_channels, event_spreads)^
-- All rows of a segment that is queued or running, after lock_only, which lets it see what became of its neighbors. No row:
-- nothing was written, since something is not as expected. With a result the segment is all there is of the analysis: the
-- events are those of the whole, and it is finished; there are no older ones, since a segment with events is never queued
-- again. window_scores holds n_windows for each taxon, one after the other.
WITH ready AS (
    SELECT a.id, a.recording_id, s.segment_index
    FROM analyses AS a
    JOIN segments AS s ON s.analysis_id = a.id
    JOIN packs AS p ON p.name = a.pack_name AND p.version = :pack_version
    WHERE a.id = :analysis_id AND s.segment_index = :segment_index
        AND a.state <> 'finished' AND s.state IN ('queued', 'running')
        AND coalesce(a.pack_version, :pack_version) = :pack_version AND p.registered_at = :registered_at
        AND s.start_s = :start_s::numeric(14, 6) AND s.end_s = :end_s::numeric(14, 6)
        AND (:result::text IS NULL OR a.segments_total = 1)
), scored AS (
    INSERT INTO timelines (
        analysis_id, segment_index, taxon_id, window_scores, frame_scores, peak, window_channels, frame_channels,
        window_spread
    )
    SELECT
        r.id, r.segment_index, t.taxon_id,
        (:window_scores::real[])[(t.n - 1) * :n_windows::integer + 1 : t.n * :n_windows::integer],
        t.frame_scores, t.peak, t.window_channels, t.frame_channels, t.window_spread
    FROM ready AS r
    CROSS JOIN unnest(
        :taxon_ids::integer[], :frame_scores::bytea[], :peaks::real[], :window_channels::bytea[], :frame_channels::bytea[],
        :window_spreads::bytea[]
    ) WITH ORDINALITY AS t (taxon_id, frame_scores, peak, window_channels, frame_channels, window_spread, n)
), missed AS (
    INSERT INTO lost_stretches (analysis_id, segment_index, start_s, end_s, reason)
    SELECT r.id, r.segment_index, t.start_s, t.end_s, t.reason
    FROM ready AS r
    CROSS JOIN unnest(:lost_starts_s::numeric[], :lost_ends_s::numeric[], :lost_reasons::text[]) AS t (
        start_s, end_s, reason
    )
), warned AS (
    INSERT INTO segment_warnings (analysis_id, segment_index, code, detail, start_s, end_s, channel)
    SELECT r.id, r.segment_index, t.code, t.detail, t.start_s, t.end_s, t.channel
    FROM ready AS r
    CROSS JOIN unnest(
        :codes::text[], :details::text[], :warning_starts_s::numeric[], :warning_ends_s::numeric[],
        :warning_channels::smallint[]
    ) AS t (code, detail, start_s, end_s, channel)
), heard AS (
    -- Locked, so that its place is not corrected while it is copied.
    SELECT id, site, recorded_at FROM recordings
    WHERE :result::text IS NOT NULL AND id = (SELECT recording_id FROM ready)
    FOR NO KEY UPDATE
), found AS (
    INSERT INTO detections (
        analysis_id, recording_id, taxon_id, site, onset_s, offset_s, started_at, ended_at, confidence, channel,
        spread
    )
    SELECT
        r.id, h.id, t.taxon_id, h.site, t.onset_s, t.offset_s,
        h.recorded_at + make_interval(secs => t.onset_s), h.recorded_at + make_interval(secs => t.offset_s),
        t.confidence, t.channel, t.spread
    FROM ready AS r
    CROSS JOIN heard AS h
    CROSS JOIN unnest(
        :event_taxa::integer[], :onsets_s::float8[], :offsets_s::float8[], :confidences::real[],
        :event_channels::smallint[], :event_spreads::real[]
    ) AS t (taxon_id, onset_s, offset_s, confidence, channel, spread)
), done AS (
    UPDATE segments AS s
    SET state = 'done', error = NULL, analyzed_s = least(:analyzed_s::numeric(14, 6), s.end_s - s.start_s),
        lost = :lost, worker = :worker, stage_s = :stage_s,
        first_window = :first_window, n_windows = :n_windows, first_frame = :first_frame, n_frames = :n_frames,
        started_at = coalesce(s.started_at, clock_timestamp()), finished_at = clock_timestamp()
    FROM ready AS r WHERE s.analysis_id = r.id AND s.segment_index = r.segment_index
), told AS (
    UPDATE analyses AS a
    SET pack_version = :pack_version, provider = :provider, revision = a.revision + 1,
        state = CASE WHEN :result::text IS NULL THEN a.state ELSE 'finished' END,
        result = :result, finished_at = CASE WHEN :result::text IS NOT NULL THEN clock_timestamp() END
    FROM ready AS r WHERE a.id = r.id
)
SELECT NOT EXISTS (
    SELECT FROM segments AS s
    WHERE s.analysis_id = r.id AND s.segment_index <> r.segment_index AND s.state IN ('queued', 'running')
) AS is_complete
FROM ready AS r;

-- name: reopen_segment(analysis_id, segment_index)!
-- Removes what was saved of a segment that is done, so that it can be saved again.
WITH timeline AS (
    DELETE FROM timelines WHERE analysis_id = :analysis_id AND segment_index = :segment_index
), missed AS (
    DELETE FROM lost_stretches WHERE analysis_id = :analysis_id AND segment_index = :segment_index
), warned AS (
    DELETE FROM segment_warnings WHERE analysis_id = :analysis_id AND segment_index = :segment_index
)
UPDATE segments SET state = 'running', analyzed_s = 0, finished_at = NULL
WHERE analysis_id = :analysis_id AND segment_index = :segment_index AND state = 'done';

-- name: delete_lost_stretches(analysis_id, segment_index)!
DELETE FROM lost_stretches WHERE analysis_id = :analysis_id AND segment_index = :segment_index;

-- name: insert_lost_stretches(analysis_id, segment_index, starts_s, ends_s, reasons)!
INSERT INTO lost_stretches (analysis_id, segment_index, start_s, end_s, reason)
SELECT :analysis_id, :segment_index, start_s, end_s, reason
FROM unnest(:starts_s::numeric[], :ends_s::numeric[], :reasons::text[]) AS t (start_s, end_s, reason);

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
INSERT INTO outbox (analysis_id, segment_index, lane, delay_s, available_at, turn)
SELECT
    :analysis_id, :segment_index, lane, :delay_s,
    CASE WHEN :delay_s::double precision > 0 THEN clock_timestamp() + make_interval(secs => :delay_s) END, turn
FROM outbox_lanes WHERE lane = :lane;

-- name: extend_segment(analysis_id, segment_index, end_s)!
UPDATE segments SET end_s = :end_s WHERE analysis_id = :analysis_id AND segment_index = :segment_index;

-- name: extend_recording(analysis_id, recording_id, duration_s, added, lane)!
-- A recording's duration only increases: another analysis may have found more audio.
WITH planned AS (
    UPDATE analyses SET segments_total = segments_total + :added, lane = :lane, revision = revision + 1
    WHERE id = :analysis_id
)
UPDATE recordings SET duration_s = greatest(duration_s, :duration_s::numeric(14, 6)) WHERE id = :recording_id;
