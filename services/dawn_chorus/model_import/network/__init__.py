"""A network's file, and what it says of itself.

Read: source (the file, by its content; other_kinds: what else it may be), graph (inputs, outputs, and the part that one
of them needs), inputs, outputs (which of them are the sound and the scores), finding (the whole, as it will be packed).
May touch the network's file, and what it keeps beside it.
"""
