"""When a recording starts, by the clock of its recorder: read from headers and names, and made one instant.

Read: readings (what a recorder noted, as values), names (clocks in file names), moments (times as people and recorders
write them), zones (an hour in a time zone, and the hours that summer time skips or repeats), start (which clock
counts).
May touch the standard library and the rest of `domain`.
"""
