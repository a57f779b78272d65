"""The HTTP API: accepts recordings and returns results. It decodes no audio and runs no model.

Read: app (wires everything), serving and parent_process (how it is run), routes/ (what each URL does), uploads/ (how a
file is received), models/ (request and response models), clips/ (stretches as files), exports/ (detections as files, in
answers and as jobs), spectrograms (pictures of sound, kept), decoders (has files read, in cages), http/ (what knows
nothing of recordings). dependencies, auth (with key_cache) and taxon_names serve the routes, idempotency and
analysis_request those that POST, detection_request lists across recordings, changes/ the streams of progress and of
everything, curl_lines whoever reads /docs.
May touch `adapters`, `cage` and `domain`; `inference` only as a process that it starts.
"""
