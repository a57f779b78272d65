-- The queues of review: indexes on the events that show no review yet, and on those that do. They take a while to build;
-- readers go on meanwhile.

LOCK TABLE detections IN SHARE MODE;

-- The surest first, and of each band of confidence some.
CREATE INDEX detections_queue_confidence ON detections (taxon_id, confidence DESC, id) WHERE NOT is_reviewed;
-- A fair sample: they lie in the order of a hash of their ids, and a seed says where one begins.
CREATE INDEX detections_queue_shuffled ON detections (taxon_id, hashint8(id), id) WHERE NOT is_reviewed;
-- Those that were reviewed, one in a hundred or so: what reviews tell of a taxon, a site or a month begins at them.
CREATE INDEX detections_reviewed ON detections (taxon_id) WHERE is_reviewed;
CREATE INDEX detections_reviewed_analysis ON detections (analysis_id) WHERE is_reviewed;
-- How long the longest event is, which bounds where the events of a review begin.
CREATE INDEX detections_long ON detections ((offset_s - onset_s)) WHERE offset_s - onset_s > 60;
-- How long the longest recording is, which bounds where those begin that reach into a span.
CREATE INDEX recordings_duration ON recordings (duration_s);
-- Taxa by their common names, as by their codes and scientific names.
CREATE INDEX taxa_common_name ON taxa (lower(common_name));
-- Which local days are over at all recorders: the offsets from UTC that there are.
CREATE INDEX recordings_utc_offset ON recordings (recorded_utc_offset_s) WHERE recorded_at IS NOT NULL;
-- The surest of a taxon at a site: with the site in the index, those elsewhere are passed over in it. 8 bytes a detection.
DROP INDEX detections_taxon_confidence;
CREATE INDEX detections_taxon_confidence ON detections (taxon_id, confidence DESC, id) INCLUDE (site);
