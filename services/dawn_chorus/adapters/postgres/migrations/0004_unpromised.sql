-- Bytes are written down before the first of them is stored: those of an upload that dies on the way are not forgotten.

ALTER TABLE audio_to_delete ADD COLUMN due_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN audio_to_delete.due_at IS 'an upload under way has until then to become a recording';
