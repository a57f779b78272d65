"""Trains networks on recordings and exports them as model packs; part of the checkout, never imported by the services.

Read in the order of the work: data/ (manifests), networks/, training/, packing/ (networks to a pack), evaluation/;
studies/ repeat what models/README.md reports, synthetic/ generates recordings with known truth, commands/ is the
command line. May import PyTorch, and of the services `inference` and `domain`, so that training and service compute
the same.
"""
