"""How good a pack is on recordings it has not seen.

Read: pack_scores (through the service's own pipeline), metrics (which say what they skip), held_out (all of them).
May touch `inference` and files.
"""
