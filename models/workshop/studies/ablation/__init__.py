"""Measures the gain of each trick of both winners' recipes in synthetic worlds, where the truth is known.

Read: world (what a line is trained on), references (control and oracle), lines (the lines of each table), measuring,
tables, study (all worlds, in parallel processes).
May import everything but the other studies, and write to the work folder, where finished steps are kept.
"""
