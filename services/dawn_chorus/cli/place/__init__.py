"""Where and when recordings were made: by the options of a command, by sites.csv, by the recorder.

Read: options (what one command says), sites (what sites.csv says of a folder, and both together for one recording),
report (what is left without a time).
May touch sites.csv and the names of folders; recordings are read elsewhere.
"""
