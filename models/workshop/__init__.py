"""Makes model packs out of recordings: a tool of the checkout, never imported by the services.

Read in the order of the work: data/ (manifests), networks/, training/, packing/ (networks to a pack), evaluation/;
studies/ repeat what models/README.md reports, synthetic/ is a world with known truth, commands/ the command line.
May touch PyTorch, and of the services `inference` and `domain`, so that both hear alike.
"""
