-- Look and listen: sessions of browsers, resumable uploads, and what lists for a page need.

-- First of all the locks, in the order of 0006: whoever is in the middle of writing ends it before anything here begins.
LOCK TABLE recordings, analyses IN SHARE ROW EXCLUSIVE MODE;

-- == Sessions, and the scope of reviewers.
ALTER TABLE api_keys
    DROP CONSTRAINT api_keys_scopes_check,
    ADD CONSTRAINT api_keys_scopes_check
        CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'upload', 'review', 'admin']);

CREATE TABLE sessions (
    sha256 bytea PRIMARY KEY CHECK (length(sha256) = 32),
    key_id uuid NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_key ON sessions (key_id, created_at);
COMMENT ON TABLE sessions IS 'of browsers, each begun with a key whose scopes it has; not for the role reader';
COMMENT ON COLUMN sessions.sha256 IS 'of the id in the cookie, which is stored nowhere';

-- == Uploads in parts (tus). The role `reader` sees none of these: an id is all that is needed to go on with an upload.
CREATE TABLE uploads (
    id uuid PRIMARY KEY,
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    filename text NOT NULL,
    metadata text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'joining', 'ready', 'used', 'expired', 'terminated', 'broken')),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    joiner uuid,
    lease_until timestamptz,
    store_key text,
    sha256 text,
    recording_id uuid,
    CHECK (state NOT IN ('ready', 'used') OR (store_key IS NOT NULL AND sha256 IS NOT NULL))
);
CREATE INDEX uploads_joining ON uploads (lease_until) WHERE state = 'joining';
CREATE INDEX uploads_expiry ON uploads (expires_at);
COMMENT ON TABLE uploads IS 'files that arrive in parts, until they become recordings; see upload_parts';
COMMENT ON COLUMN uploads.metadata IS 'the header Upload-Metadata as it was sent';
COMMENT ON COLUMN uploads.expires_at IS
    'some days after the last byte; then the bytes are deleted. Of an upload that has ended: when its row is deleted';
COMMENT ON COLUMN uploads.joiner IS 'who joins the parts, until lease_until; then another may';
COMMENT ON COLUMN uploads.store_key IS 'of the whole file once it is ready; until it is used, audio_to_delete lists it too';
COMMENT ON COLUMN uploads.recording_id IS 'the recording that it became; that one may be deleted by now';

CREATE TABLE upload_parts (
    upload_id uuid NOT NULL REFERENCES uploads ON DELETE CASCADE,
    start_byte bigint NOT NULL CHECK (start_byte >= 0),
    size_bytes integer NOT NULL CHECK (size_bytes > 0),
    number integer NOT NULL CHECK (number BETWEEN 1 AND 10000),
    store_key text NOT NULL,
    PRIMARY KEY (upload_id, start_byte)
);
COMMENT ON TABLE upload_parts IS 'the bytes that count, each part an object of its own in the store; they leave no gap';

-- == Byte indexes of files that cannot be read from the middle.
-- Made from the bytes alone, and made again where a row is missing. Without positions: this file has no such index.
CREATE TABLE byte_indexes (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    codec text NOT NULL,
    frame_samples integer NOT NULL,
    skipped integer NOT NULL,
    frames bigint NOT NULL,
    step integer NOT NULL,
    positions bigint[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- == Lists and the stream of events.

-- What changed, for the stream of events, whoever changed it: workers and APIs of the version before this one, too. Rows are
-- read by transaction, not by time or number: so none is missed that was committed late. They are kept for an hour.
CREATE TABLE changes (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    recording_id uuid NOT NULL,
    analysis_id uuid,
    is_deleted boolean NOT NULL DEFAULT false,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX changes_xid ON changes (xid);
COMMENT ON TABLE changes IS 'which recordings and analyses changed; no foreign key: what was deleted has a row, too';
COMMENT ON COLUMN changes.analysis_id IS 'null: the recording itself changed';

CREATE FUNCTION note_recording() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (recording_id, is_deleted)
    VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END, TG_OP = 'DELETE');
    RETURN NULL;
END
$$;
CREATE TRIGGER recording_noted AFTER INSERT OR DELETE ON recordings FOR EACH ROW EXECUTE FUNCTION note_recording();
CREATE TRIGGER recording_change_noted AFTER UPDATE ON recordings FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION note_recording();

CREATE FUNCTION note_analysis() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (recording_id, analysis_id) VALUES (NEW.recording_id, NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER analysis_noted AFTER INSERT ON analyses FOR EACH ROW EXECUTE FUNCTION note_analysis();
CREATE TRIGGER analysis_change_noted AFTER UPDATE OF revision ON analyses FOR EACH ROW
    WHEN (OLD.revision <> NEW.revision) EXECUTE FUNCTION note_analysis();
