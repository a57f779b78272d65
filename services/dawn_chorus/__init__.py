"""Dawn Chorus: a self-hosted service that answers *who sang when*.

Read: domain/ (the nouns and the ports), inference/ (sound in, scores out), adapters/ (the outside world), then what
runs: api/, relay/, worker/; cage/ (where files are decoded); tflite/ and birdnet/ (converters), model_import/ (makes
packs of networks) and cli/ (the `chorus` command).
one_blas_thread is imported first.
May touch: what each room says for itself. Imports go one way; contracts in pyproject.toml enforce it.
services/README.md has the map.
"""

import os

# ONNX Runtime reports its use to its makers, from 1.32 on under Linux too, unless it finds this as it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
