"""Trains the small recipe on a few real recordings per species and compares it with BirdNET.

Read: collection (which recordings and taxa), study (trains and measures fold by fold), measures.
May read recordings and write to the work folder.
"""
