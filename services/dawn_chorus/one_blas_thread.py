"""Pins BLAS and OpenMP to one thread. Import this before anything that imports numpy: they read their variables once.

Decoders and sessions work side by side, one core each: threads inside one matrix product would take cores from the
next. And a sum over several threads differs in its last bits from a sum over one: samples and scores must not depend on
how many cores a machine has. The entry points of command line, worker and decoders import this, and so do the tests.
"""

import os

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"
