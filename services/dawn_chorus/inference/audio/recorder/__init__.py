"""What recorders write beside the sound: their clock, their position, their battery.

Read: notes (all of it), riff and tags (where the texts stand in a file), then a reader for each kind of text:
audiomoth, guano_text, broadcast_wave.
May touch the file it is given; metamoth, guano and PyAV. An error of any parser means no notes, never no sound.
"""
