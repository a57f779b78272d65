-- The queues of review: indexes on the events that show no review yet, and on those that do. They take a while to build;
-- readers go on meanwhile.

LOCK TABLE detections IN SHARE MODE;

-- The surest first, and of each band of confidence some.
CREATE INDEX detections_queue_confidence ON detections (taxon_id, confidence DESC, id) WHERE NOT is_reviewed;
-- A fair sample: they lie in the order of a hash of their ids, and a seed says where one begins.
CREATE INDEX detections_queue_shuffled ON detections (taxon_id, hashint8(id), id) WHERE NOT is_reviewed;
-- Those that were reviewed, one in a hundred or so: what reviews tell of a taxon, a site or a month begins at them.
CREATE INDEX detections_reviewed ON detections (taxon_id) WHERE is_reviewed;
-- How long the longest event is, which bounds where the events of a review begin.
CREATE INDEX detections_long ON detections ((offset_s - onset_s)) WHERE offset_s - onset_s > 60;
-- Which local days are over at all recorders: the offsets from UTC that there are.
CREATE INDEX recordings_utc_offset ON recordings (recorded_utc_offset_s) WHERE recorded_at IS NOT NULL;
