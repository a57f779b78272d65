"""What people say of events, and what follows from it.

verdicts is a review and its fields; matching says which review an event shows.

May touch the standard library.
"""
