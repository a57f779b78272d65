"""Detections as rows for other tools: JSON, CSV, Raven, Audacity, BirdNET, Camtrap-DP, Darwin Core.

findings is a detection with its recording and its review, and the row that the API shows of it; tables are NDJSON,
JSON and CSV, selections what programs that show sound read, formats all of them by name; context is what an export is
told besides its findings, naming what it is called. occurrences says which findings biodiversity standards hold and of
what; camtrap and camtrap_package, and darwin_core, are two of these, readme what their archives say to people.

Pure functions from findings to text, line by line, so that a year of detections streams in bounded memory. Positions
are written to the millisecond and confidences to four decimals: finer than any frame or any calibration.

May touch the standard library.
"""
