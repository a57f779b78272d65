"""Compares packs, and other programs' intervals, with known onsets and offsets.

Read: truth (recordings and blocks), sources (what a pack or a program says), units (what is resampled), counts (hits,
misses, errors), frames (their ROC-AUC), psds, measures (all metrics and their intervals), rules (chosen on other
recordings), comparison (from sources to tables), report (the tables), picture.
May import `evaluation`'s metrics and scores, and read files; no torch.
"""
