-- Doors and load: an outbox with lanes, packs known by all their files, lists that stay fast at ten million detections.

-- == The outbox

-- == Packs

-- == Lists. Their measured times, and what was tried and left out, stand in the bench `lists`.
CREATE INDEX detections_site_taxon_time ON detections (site, taxon_id, coalesce(started_at, '-infinity'), id);
CREATE INDEX detections_taxon_confidence ON detections (taxon_id, confidence DESC, id);
CREATE INDEX detections_sure_taxon_time ON detections (taxon_id, coalesce(started_at, '-infinity'), id)
    WHERE confidence >= 0.9::real;
CREATE INDEX detections_sure_time ON detections (coalesce(started_at, '-infinity'), id) WHERE confidence >= 0.9::real;
CREATE INDEX detections_sure_site_time ON detections (site, coalesce(started_at, '-infinity'), id)
    WHERE confidence >= 0.9::real;
DROP INDEX detections_analysis;
CREATE INDEX detections_analysis ON detections (analysis_id);

-- == Recordings and analyses
