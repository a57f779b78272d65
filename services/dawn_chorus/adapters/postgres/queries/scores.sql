-- name: find_open_segment(analysis_id)$
-- From the end, where the ones to come lie: mostly one row is read, however many segments there are.
SELECT segment_index FROM segments WHERE analysis_id = :analysis_id AND state IN ('queued', 'running')
ORDER BY segment_index DESC LIMIT 1;

-- name: get_outcomes(analysis_id)
-- The states that its segments ended in, and the seconds lost in each.
SELECT state, sum(failed_s) AS failed_s FROM segments WHERE analysis_id = :analysis_id GROUP BY state;

-- name: get_done_segments(analysis_id)
-- The positions of each done segment's scores in the recording.
SELECT segment_index, first_window, n_windows, first_frame, n_frames FROM segments
WHERE analysis_id = :analysis_id AND state = 'done' ORDER BY segment_index;

-- name: get_scored_analysis(analysis_id)^
-- What cutting events needs; grid and rules are null while no segment is saved.
SELECT
    a.id, a.recording_id, a.retries, a.settings, a.pack_name, a.pack_version, a.finished_at, p.window_s, p.frame_s, p.rules,
    r.filename, r.format, r.sample_rate_hz, r.site, r.latitude, r.longitude, r.recorded_at, r.recorded_utc_offset_s,
    (SELECT max(end_s) FROM segments AS s WHERE s.analysis_id = a.id) AS duration_s
FROM analyses AS a
JOIN recordings AS r ON r.id = a.recording_id
LEFT JOIN packs AS p ON p.name = a.pack_name AND p.version = a.pack_version
WHERE a.id = :analysis_id;

-- name: frame_rows(analysis_id, taxon_ids)
-- taxon_ids that are null: all taxa; likewise below.
SELECT t.taxon_id, t.segment_index, t.frame_scores AS scores, t.frame_channels AS channels, t.window_spread AS spread,
    x.code, x.scientific_name, x.common_name, x.taxonomic_class
FROM timelines AS t JOIN taxa AS x ON x.id = t.taxon_id
WHERE t.analysis_id = :analysis_id AND (:taxon_ids::integer[] IS NULL OR t.taxon_id = ANY(:taxon_ids::integer[]))
ORDER BY t.taxon_id, t.segment_index;

-- name: window_rows(analysis_id, taxon_ids)
SELECT t.taxon_id, t.segment_index, t.window_scores AS scores, t.window_channels AS channels, t.window_spread AS spread,
    x.code, x.scientific_name, x.common_name, x.taxonomic_class
FROM timelines AS t JOIN taxa AS x ON x.id = t.taxon_id
WHERE t.analysis_id = :analysis_id AND (:taxon_ids::integer[] IS NULL OR t.taxon_id = ANY(:taxon_ids::integer[]))
ORDER BY t.taxon_id, t.segment_index;

-- name: taxa_by_peak(analysis_id, taxon_ids, min_score, shown)
-- Those of which something was kept in the segments that are shown; the peak is that of all segments.
SELECT t.taxon_id, max(t.peak) AS peak, x.code, x.scientific_name, x.common_name, x.taxonomic_class
FROM timelines AS t JOIN taxa AS x ON x.id = t.taxon_id
WHERE t.analysis_id = :analysis_id
    AND (:taxon_ids::integer[] IS NULL OR t.taxon_id = ANY(:taxon_ids::integer[]))
GROUP BY t.taxon_id, x.id
HAVING max(t.peak) >= :min_score::real AND bool_or(t.segment_index <@ :shown::int4multirange)
ORDER BY max(t.peak) DESC, x.scientific_name, t.taxon_id;

-- name: get_retries(analysis_id)$
SELECT retries FROM analyses WHERE id = :analysis_id;

-- name: rows_of_taxon(analysis_id, taxon_id, shown, frames)
-- Of these segments; frame scores, which are many times as long, only where they are wanted.
SELECT s.first_window, s.first_frame, t.window_scores, CASE WHEN :frames THEN t.frame_scores END AS frame_scores
FROM timelines AS t JOIN segments AS s USING (analysis_id, segment_index)
WHERE t.analysis_id = :analysis_id AND t.taxon_id = :taxon_id AND t.segment_index <@ :shown::int4multirange
ORDER BY t.segment_index;

-- name: windows_of_taxa(analysis_id, taxon_ids, indexes)
SELECT taxon_id, segment_index, window_scores AS scores FROM timelines
WHERE analysis_id = :analysis_id AND segment_index = ANY(:indexes::integer[]) AND taxon_id = ANY(:taxon_ids::integer[]);

-- name: frames_of_taxa(analysis_id, taxon_ids, indexes)
SELECT taxon_id, segment_index, frame_scores AS scores FROM timelines
WHERE analysis_id = :analysis_id AND segment_index = ANY(:indexes::integer[]) AND taxon_id = ANY(:taxon_ids::integer[]);

-- name: lost_within(analysis_id, from_s, to_s)
-- What was lost within segments, and, where no stretches are known, segments that were lost as a whole, or of which an
-- older version only said that something was.
SELECT start_s, end_s, reason FROM lost_stretches
WHERE analysis_id = :analysis_id AND start_s < :to_s::float8 AND end_s > :from_s::float8
UNION ALL
SELECT start_s, end_s, coalesce(CASE state WHEN 'done' THEN lost ELSE error END, 'lost') AS reason FROM segments AS s
WHERE analysis_id = :analysis_id AND start_s < :to_s::float8 AND end_s > :from_s::float8 AND failed_s > 0
    AND NOT EXISTS (
        SELECT FROM lost_stretches AS l WHERE l.analysis_id = s.analysis_id AND l.segment_index = s.segment_index
    )
ORDER BY start_s, end_s;

-- name: events_of(analysis_id, taxon_ids, from_s, to_s, min_confidence)
SELECT taxon_id, onset_s, offset_s, confidence, coalesce(channel, 0), coalesce(spread, 'NaN') FROM detections
WHERE analysis_id = :analysis_id AND (:taxon_ids::integer[] IS NULL OR taxon_id = ANY(:taxon_ids::integer[]))
    AND onset_s < :to_s::float8 AND offset_s > :from_s::float8 AND confidence >= :min_confidence::real
ORDER BY onset_s, id;

-- name: get_taxa(ids)
SELECT id, code, scientific_name, common_name, taxonomic_class FROM taxa WHERE id = ANY(:ids::integer[]);

-- name: delete_detections(analysis_id)!
DELETE FROM detections WHERE analysis_id = :analysis_id;

-- name: copy_detections#
COPY detections (
    analysis_id, recording_id, taxon_id, site, onset_s, offset_s, started_at, ended_at, confidence, channel, spread
) FROM STDIN;

-- name: lock_recording_of(analysis_id)^
SELECT r.id FROM analyses AS a JOIN recordings AS r ON r.id = a.recording_id
WHERE a.id = :analysis_id FOR NO KEY UPDATE OF r;

-- name: finish_analysis(analysis_id, result)!
UPDATE analyses
SET state = 'finished', result = :result, finished_at = clock_timestamp(), revision = revision + 1
WHERE id = :analysis_id;

-- name: bump_revision(analysis_id)!
UPDATE analyses SET revision = revision + 1 WHERE id = :analysis_id;
