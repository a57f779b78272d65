"""Spectrograms of recordings: which pictures there are, who draws them, and where they are kept.

Read: subject (what is drawn: a recording, one channel or the mix), drawing (a picture, from the cache or by a child),
strips and overview (pictures of more than some minutes, which are put together of strips).
May touch `decoders`, the audio store and the disk cache; draws nothing itself.
"""
