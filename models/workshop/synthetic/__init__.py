"""A world with known truth: voices, places and recordings that nobody had to label.

Read: taxa, voices, places, world (recordings of it), pack (the shipped pack `synthetic`).
May touch numpy and the folder it writes.
"""
