"""Trains networks on recordings and exports them as model packs; part of the checkout, never imported by the services.

Read in the order of the work: data/ (manifests), recipe (all that decides a run), recipe_files (how
it is written), networks/, evaluation/, training/,
packing/ (networks to a pack), self_training/ (students of a pack); synthetic/ generates recordings with known truth,
studies/ repeat what models/README.md reports, commands/ and app are the command line; errors.
May import PyTorch, and of the services `inference` and `domain`, so that training and service compute the same.
"""
