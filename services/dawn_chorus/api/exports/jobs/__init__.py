"""Makes files of many detections in the background, in whichever process of the API takes one.

Read: tending (looks for work), making (one export, under a lease), files (what its file is called, and where it is
written), tables (rows of detections), clips (their sound) and archive (the zip of it).
May touch the database, the audio store, children that decode, and the folder of the cache.
"""
