"""Reads networks in tflite's format and writes them as ONNX.

May touch nothing but what it is given; none of it runs in a service.
"""
