"""Stores the bytes of recordings in a folder or an S3 bucket, chosen by URL. The only package that imports obstore.

Read: open (from a URL to a store), store (implements the port), local_files and download_cache (a recording as a local
file), threaded_upload (from chunks on the event loop to an upload on a thread), object_errors.
May touch the folder or the bucket.
"""

from dawn_chorus.adapters.audio_store.open import CacheOptions, open_audio_store
from dawn_chorus.adapters.audio_store.store import ObjectAudioStore

__all__ = ["CacheOptions", "ObjectAudioStore", "open_audio_store"]
