"""`chorus export`: tables of detections, their sound, and reviews, from a running service into files.

Read: command and options, run (what is asked for, and in which way), table (an answer that is one file), job (a file
that the service makes in the background), whole_file (a file is there whole, or not at all), showing (how far it is).
May touch only the service's public HTTP API, and the files that it writes.
"""
