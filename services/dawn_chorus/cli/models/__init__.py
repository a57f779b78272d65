"""`chorus models`: list, inspect, import, seal, install and verify model packs.

Read: commands (all of them, in order), then listing, inspecting, importing (from model_import), sealing (pack_sealing:
after an edit), installing (pack_installation: copied, tried, put into place) and verifying.
May touch inference, model_import and birdnet, each imported when a command runs, and the folder of packs.
"""
