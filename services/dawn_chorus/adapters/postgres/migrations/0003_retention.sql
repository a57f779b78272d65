-- Retention: recordings whose audio is gone while what was heard in it stays.

ALTER TABLE recordings
    ADD COLUMN audio_removed_at timestamptz,
    ADD COLUMN audio_restored_at timestamptz;
COMMENT ON COLUMN recordings.audio_removed_at IS 'null: the store holds the bytes under store_key';
COMMENT ON COLUMN recordings.audio_restored_at IS 'when the same sound was uploaded again after its removal';

CREATE TABLE audio_to_delete (
    store_key text PRIMARY KEY,
    size_bytes bigint NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE audio_to_delete IS
    'bytes that no recording promises any more; a row goes once its bytes are gone, so that none are forgotten';
