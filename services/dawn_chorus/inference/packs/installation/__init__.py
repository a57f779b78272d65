"""How the folder of a pack gets into the folder of packs: copied, tried there, put into place.

Read: staging (the copy that is tried), placement (in place of the older version, in one step).
May touch the folder of packs and the scratch folder in it.
"""
