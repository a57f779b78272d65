"""Which recordings there are, what is on them, and on whose terms.

Read: manifest (the one table), recordings (any source becomes a dataset), folders, license_terms, folds, subset;
xeno_canto/ fetches from an archive.
May touch files; the network in xeno_canto/ only.
"""
