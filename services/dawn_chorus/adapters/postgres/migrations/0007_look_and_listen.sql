-- Look and listen: sessions of browsers, resumable uploads, and what lists for a page need.

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

-- == Uploads in parts (tus).

-- == Byte indexes of files that cannot be read from the middle.

-- == Lists and the stream of events.
