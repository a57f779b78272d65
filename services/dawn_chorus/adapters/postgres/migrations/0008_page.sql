-- The page: what was found by an analysis, ready for lists, and which workers are there.

-- First the lock, as in 0006: whoever is in the middle of writing ends it before anything here begins. Readers go on.
LOCK TABLE analyses IN SHARE ROW EXCLUSIVE MODE;

-- == Findings: one row for each finished analysis, so that a list need not read the detections of days.
CREATE TABLE findings (
    analysis_id uuid PRIMARY KEY REFERENCES analyses ON DELETE CASCADE,
    detections integer NOT NULL,
    taxon_ids integer[] NOT NULL,
    confidences real[] NOT NULL,
    counts integer[] NOT NULL
);
COMMENT ON TABLE findings IS 'of each finished analysis how many detections it has, and its three surest taxa';
COMMENT ON COLUMN findings.taxon_ids IS 'the taxa whose surest detection is the surest; of each, confidences and counts say it';

CREATE FUNCTION note_findings(finished uuid) RETURNS void LANGUAGE sql AS $$
    INSERT INTO findings (analysis_id, detections, taxon_ids, confidences, counts)
    SELECT
        finished, coalesce(sum(n), 0),
        coalesce(array_agg(taxon_id ORDER BY place) FILTER (WHERE place <= 3), '{}'),
        coalesce(array_agg(confidence ORDER BY place) FILTER (WHERE place <= 3), '{}'),
        coalesce(array_agg(n ORDER BY place) FILTER (WHERE place <= 3), '{}')
    FROM (
        SELECT
            taxon_id, count(*)::integer AS n, max(confidence) AS confidence,
            row_number() OVER (ORDER BY max(confidence) DESC, count(*) DESC, taxon_id) AS place
        FROM detections WHERE analysis_id = finished GROUP BY taxon_id
    ) AS heard
    ON CONFLICT (analysis_id) DO UPDATE SET
        detections = excluded.detections, taxon_ids = excluded.taxon_ids,
        confidences = excluded.confidences, counts = excluded.counts
$$;

-- A trigger, so that workers and APIs of the version before this one keep the table too. It runs at the end of a statement,
-- which may have written the detections as well.
CREATE FUNCTION keep_findings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'finished' THEN
        PERFORM note_findings(NEW.id);
    ELSE
        DELETE FROM findings WHERE analysis_id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER findings_kept AFTER UPDATE OF state ON analyses FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND 'finished' IN (OLD.state, NEW.state)) EXECUTE FUNCTION keep_findings();

-- As note_findings does, for all that is there at once.
INSERT INTO findings (analysis_id, detections, taxon_ids, confidences, counts)
SELECT
    a.id, coalesce(sum(n), 0),
    coalesce(array_agg(taxon_id ORDER BY place) FILTER (WHERE place <= 3), '{}'),
    coalesce(array_agg(confidence ORDER BY place) FILTER (WHERE place <= 3), '{}'),
    coalesce(array_agg(n ORDER BY place) FILTER (WHERE place <= 3), '{}')
FROM analyses AS a
LEFT JOIN (
    SELECT
        analysis_id, taxon_id, count(*)::integer AS n, max(confidence) AS confidence,
        row_number() OVER (
            PARTITION BY analysis_id ORDER BY max(confidence) DESC, count(*) DESC, taxon_id
        ) AS place
    FROM detections GROUP BY analysis_id, taxon_id
) AS heard ON heard.analysis_id = a.id
WHERE a.state = 'finished'
GROUP BY a.id;

-- == Workers. Each says every few seconds that it is there; one that was killed is forgotten after a while.
CREATE TABLE workers (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    pack_name text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE workers IS 'workers that run; those of a version before this table are not in it';
COMMENT ON COLUMN workers.pack_name IS 'the pack that it opened first';

GRANT SELECT ON findings, workers TO reader;
