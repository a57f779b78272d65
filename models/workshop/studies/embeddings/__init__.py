"""Pseudo-labels on frozen BirdNET embeddings: worlds made of real voices, cheap enough for many of them.

Read: voices (recordings), world (who sings where), embedder, bank (worlds as arrays); heads (linear classifiers of all
worlds at once), students (who learns what), lines (what is compared), questions, choice; tables, by_taxon, picture,
study (all of it).
May import everything else in the workshop; worlds are kept in the work folder.
"""
