"""`chorus models`: list, inspect, install and verify model packs.

Read: commands (all of them, in order), then listing, inspecting, installing (pack_installation: copied, tried, put into
place) and verifying.
May touch inference and birdnet, each imported when a command runs, and the folder of packs.
"""
