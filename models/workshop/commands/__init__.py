"""The command line, in the order of the work; heavy modules are imported when a command runs.

Read: options (shared by several commands), archive, manifest, training, packs, scoring, studies.
May import everything in the workshop.
"""
