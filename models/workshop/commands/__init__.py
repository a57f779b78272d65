"""The command line, in the order of the work; what is heavy is imported when a command runs.

Read: options (what several commands share), archive, manifest, training, packs, studies.
May touch all rooms of the workshop.
"""
