"""A small network for each operator, and for each option that changes what it computes."""
