"""Reads networks in tflite's format and writes them as ONNX.

Read: graph (what a file holds), reading, and onnx_graph (what is written).
May touch nothing but what it is given; none of it runs in a service.
"""
