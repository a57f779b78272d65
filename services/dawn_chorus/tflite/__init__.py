"""Reads networks in tflite's format and writes them as ONNX.

Read: conversion (`convert_tflite`, all steps); graph (what a file holds), reading, onnx_graph (what is written),
translation, which goes through the operators, operators/ (what each is in ONNX), comparison (with tflite's own
interpreter); merging (what a file holds twice).
May touch nothing but what it is given; none of it runs in a service.
"""

from dawn_chorus.tflite.conversion import convert_tflite

__all__ = ["convert_tflite"]
