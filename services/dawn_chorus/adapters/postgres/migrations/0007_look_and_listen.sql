-- Look and listen: sessions of browsers, resumable uploads, and what lists for a page need.

-- == Sessions, and the scope of reviewers.
ALTER TABLE api_keys
    DROP CONSTRAINT api_keys_scopes_check,
    ADD CONSTRAINT api_keys_scopes_check
        CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'upload', 'review', 'admin']);

-- == Uploads in parts (tus).

-- == Byte indexes of files that cannot be read from the middle.

-- == Lists and the stream of events.
