-- The queues of review: indexes on the events that show no review yet. They take a while to build; readers go on meanwhile.

LOCK TABLE detections IN SHARE MODE;

-- The surest first, and of each band of confidence some.
CREATE INDEX detections_queue_confidence ON detections (taxon_id, confidence DESC, id) WHERE NOT is_reviewed;
-- A fair sample: they lie in the order of a hash of their ids, and a seed says where one begins.
CREATE INDEX detections_queue_shuffled ON detections (taxon_id, hashint8(id), id) WHERE NOT is_reviewed;
-- Which local days are over at all recorders: the offsets from UTC that there are.
CREATE INDEX recordings_utc_offset ON recordings (recorded_utc_offset_s) WHERE recorded_at IS NOT NULL;
