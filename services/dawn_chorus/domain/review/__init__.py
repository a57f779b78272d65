"""What people say of events, and what follows from it.

verdicts is a review and its fields; matching says which review an event shows, replacing which reviews of the same
reviewer a new one takes the place of; table is reviews as CSV, in and out; precision is how often a taxon is right at a
confidence, and kept what a threshold leaves; thresholds are those that people chose.

May touch the standard library; replacing, precision and kept numpy, too.
"""
