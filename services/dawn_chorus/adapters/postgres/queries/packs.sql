-- name: insert_pack(name, version, license, attribution, manifest_sha256, window_s, frame_s, rules, has_occurrence)$
-- No row: the pack is registered already.
INSERT INTO packs (name, version, license, attribution, manifest_sha256, window_s, frame_s, rules, has_occurrence)
VALUES (:name, :version, :license, :attribution, :manifest_sha256, :window_s, :frame_s, :rules, :has_occurrence)
ON CONFLICT (name, version) DO NOTHING
RETURNING id;

-- name: complete_pack(name, version, has_occurrence)!
UPDATE packs SET has_occurrence = :has_occurrence
WHERE name = :name AND version = :version AND has_occurrence IS NULL;

-- name: get_manifest(name, version)$
SELECT manifest_sha256 FROM packs WHERE name = :name AND version = :version;

-- name: insert_taxa(codes, scientific_names, common_names, classes)!
-- In one order everywhere, so that two workers that register at the same time do not deadlock.
INSERT INTO taxa (code, scientific_name, common_name, taxonomic_class)
SELECT * FROM unnest(:codes::text[], :scientific_names::text[], :common_names::text[], :classes::text[])
ORDER BY 1, 2, 3, 4
ON CONFLICT DO NOTHING;

-- name: insert_pack_taxa(pack_id, codes, scientific_names, common_names, classes)!
INSERT INTO pack_taxa (pack_id, position, taxon_id)
SELECT :pack_id, t.position - 1, x.id
FROM unnest(:codes::text[], :scientific_names::text[], :common_names::text[], :classes::text[])
    WITH ORDINALITY AS t (code, scientific_name, common_name, taxonomic_class, position)
JOIN taxa AS x USING (code, scientific_name, common_name, taxonomic_class);

-- name: analyze_taxa()!
-- Thousands of rows were inserted at once: until statistics exist, the planner chooses slow plans that visit them all.
ANALYZE taxa, pack_taxa;

-- name: get_pack(name, version)^
SELECT id, window_s, frame_s, rules, registered_at FROM packs WHERE name = :name AND version = :version;

-- name: taxon_ids(pack_id)
SELECT x.code, x.id FROM pack_taxa AS pt JOIN taxa AS x ON x.id = pt.taxon_id WHERE pt.pack_id = :pack_id;

-- name: list_packs()
-- Of each pack the version that was registered last, by name.
SELECT DISTINCT ON (p.name) p.*, (SELECT count(*) FROM pack_taxa WHERE pack_id = p.id) AS n_taxa
FROM packs AS p ORDER BY p.name, p.id DESC;

-- name: latest_version(name)$
SELECT version FROM packs WHERE name = :name ORDER BY id DESC LIMIT 1;

-- name: find_taxon_ids(names, classes)
-- Both in lower case; null: any. Each kind of name by its own index.
SELECT id FROM taxa
WHERE (
        :names::text[] IS NULL
        OR id IN (
            SELECT id FROM taxa WHERE lower(code) = ANY(:names::text[])
            UNION SELECT id FROM taxa WHERE lower(scientific_name) = ANY(:names::text[])
            UNION SELECT id FROM taxa WHERE lower(common_name) = ANY(:names::text[])
        )
    )
    AND (:classes::text[] IS NULL OR lower(taxonomic_class) = ANY(:classes::text[]));

-- name: find_scientific_names(names)
-- In lower case; in the order in which taxa were registered.
SELECT code, scientific_name FROM taxa
WHERE lower(scientific_name) = ANY(:names::text[]) OR lower(code) = ANY(:names::text[])
ORDER BY id;

-- name: voices()
-- By the index taxa_voices: candidates.
SELECT id, code, scientific_name, common_name, taxonomic_class FROM taxa
WHERE lower(scientific_name) ~ '^(human|homo|speech)' OR lower(common_name) ~ '^(human|homo|speech)';

-- name: list_classes()
SELECT DISTINCT taxonomic_class FROM taxa ORDER BY taxonomic_class;

-- name: search_taxa(text, n)
-- text must be in lower case.
SELECT code, scientific_name, common_name, taxonomic_class FROM taxa
WHERE position(:text IN lower(common_name)) > 0 OR position(:text IN lower(scientific_name)) > 0
    OR position(:text IN lower(code)) > 0
ORDER BY
    NOT EXISTS (SELECT FROM detections AS d WHERE d.taxon_id = taxa.id),
    NOT (starts_with(lower(common_name), :text) OR starts_with(lower(scientific_name), :text)),
    common_name, scientific_name, code
LIMIT :n;

-- name: find_taxon(named, pack)^
-- By its code or scientific name, in any case. A code may mean different taxa in different packs: this pack's comes first.
SELECT x.code, x.scientific_name, x.common_name, x.taxonomic_class
FROM taxa AS x
WHERE lower(x.code) = lower(:named) OR lower(x.scientific_name) = lower(:named)
ORDER BY
    EXISTS (
        SELECT FROM pack_taxa AS pt JOIN packs AS p ON p.id = pt.pack_id WHERE pt.taxon_id = x.id AND p.name = :pack::text
    ) DESC,
    x.id DESC
LIMIT 1;

-- name: ids_of_taxon(scientific_name)$
-- Packs may give a taxon different codes, or common names, and so have rows of their own.
SELECT coalesce(array_agg(id), '{}') FROM taxa
WHERE lower(scientific_name) = lower(:scientific_name) AND scientific_name = :scientific_name;
