"""Which recordings exist, what they contain, and under which license.

Read: manifest (the table of recordings), recordings (builds a dataset from any source), folders, license_terms, folds,
subset, audio, whole_file (none is left in half); xeno_canto/ downloads recordings.
May read and write files; uses the network in xeno_canto/ only.
"""
