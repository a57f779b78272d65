"""The types that all services share, the rules between them, the ports and the errors.

Read: recording, same_recording (which one an upload means), analysis, lost_audio, warnings, taxonomy, pack, timeline;
event_rules and detections (scores become events: a detection is an event of one taxon, a finding is a detection with
its recording); jobs (the messages on the queue); ports (the protocols that adapters implement); errors (which failures
are retried); names (of files and sites); clock/ (when a recording starts, by the clock of its recorder); review/ (what
people say of events, and what follows); exports/ (rows for other tools); pictures/ (where pictures of sound are).
May touch the standard library and numpy, nothing else.
"""
