"""The small recipe on real recordings, beside BirdNET: what a handful of clips a species is worth.

Read: collection (which recordings, which taxa), study (folds in turn), measures (what weak labels allow to measure).
May touch recordings and the work folder.
"""
