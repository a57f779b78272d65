-- name: list_thresholds(scientific_name, site, pack)
-- Of a site: those that hold there, its own before those of all sites.
SELECT * FROM thresholds AS t
WHERE (:scientific_name::text IS NULL OR scientific_name = :scientific_name::text)
    AND (:pack::text IS NULL OR pack_name = :pack::text)
    AND (
        :site::text IS NULL
        OR id = (SELECT id FROM threshold_of(t.scientific_name, t.pack_name, :site::text))
    )
ORDER BY scientific_name, pack_name, site NULLS FIRST;

-- name: get_threshold(scientific_name, site, pack)^
SELECT * FROM thresholds
WHERE scientific_name = :scientific_name AND pack_name = :pack AND site IS NOT DISTINCT FROM :site::text
FOR UPDATE;

-- name: save_threshold(scientific_name, site, pack, threshold, note, set_by)^
INSERT INTO thresholds AS t (scientific_name, site, pack_name, threshold, note, set_by)
VALUES (:scientific_name, :site, :pack, :threshold, :note, :set_by)
ON CONFLICT ON CONSTRAINT thresholds_key
DO UPDATE SET threshold = excluded.threshold, note = excluded.note, set_by = excluded.set_by, set_at = now()
RETURNING *;

-- name: remove_threshold(scientific_name, site, pack)^
DELETE FROM thresholds
WHERE scientific_name = :scientific_name AND pack_name = :pack AND site IS NOT DISTINCT FROM :site::text
RETURNING *;

-- name: saved_thresholds(pack, taxon_ids, site)
-- By the ids of taxa, which detections have. Null: of all packs, of all taxa, at all sites.
SELECT t.pack_name, x.id AS taxon_id, t.site, t.threshold
FROM thresholds AS t
JOIN taxa AS x ON lower(x.scientific_name) = lower(t.scientific_name) AND x.scientific_name = t.scientific_name
WHERE (:pack::text IS NULL OR t.pack_name = :pack::text)
    AND (:taxon_ids::integer[] IS NULL OR x.id = ANY(:taxon_ids::integer[]))
    AND (:site::text IS NULL OR t.site IS NULL OR t.site = :site::text);

-- name: rule_of_taxon(scientific_name, pack)^
-- In the version of the pack that was registered last: its rules, and the taxon's code; no row: it has no such taxon.
SELECT p.rules, x.code
FROM (SELECT id, rules FROM packs WHERE name = :pack ORDER BY id DESC LIMIT 1) AS p
JOIN pack_taxa AS pt ON pt.pack_id = p.id
JOIN taxa AS x ON x.id = pt.taxon_id
WHERE lower(x.scientific_name) = lower(:scientific_name) AND x.scientific_name = :scientific_name
ORDER BY pt.position LIMIT 1;

-- name: some_sites(site, n)^
-- Whether recordings have this site, and the names of some that they have.
SELECT
    EXISTS (SELECT FROM recordings WHERE site = :site) AS is_known,
    (SELECT array_agg(name) FROM (SELECT DISTINCT site AS name FROM recordings WHERE site IS NOT NULL ORDER BY site LIMIT :n) AS s)
        AS others;
