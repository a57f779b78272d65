"""Keeps the bytes of recordings: in a folder or an S3 bucket, chosen by URL. The only room that knows obstore.

Read: open (from a URL to a store), store (the port), local_files and download_cache (a recording as a local file),
threaded_upload (chunks off the event loop into an upload on a thread), object_errors.
May touch the folder or the bucket.
"""

from dawn_chorus.adapters.audio_store.open import CacheOptions, open_audio_store
from dawn_chorus.adapters.audio_store.store import ObjectAudioStore

__all__ = ["CacheOptions", "ObjectAudioStore", "open_audio_store"]
