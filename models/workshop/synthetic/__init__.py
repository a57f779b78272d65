"""Generates recordings with exactly known labels and events: the synthetic world.

Read: taxa, voices, places, world (the recordings), pack (builds the shipped pack `synthetic`).
May write to its output folder only; pack also uses training, packing and evaluation.
"""
