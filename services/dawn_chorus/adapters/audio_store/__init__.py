"""Keeps the bytes of recordings: in a folder or an S3 bucket, chosen by URL."""

from dawn_chorus.adapters.audio_store.open import CacheOptions, open_audio_store
from dawn_chorus.adapters.audio_store.store import ObjectAudioStore

__all__ = ["CacheOptions", "ObjectAudioStore", "open_audio_store"]
