"""Makes a pack of a network as its author exported it: `chorus models import`.

Read: importing (all steps), request (the options, with trial_manifest), network/ (the file and what it declares),
converting (tflite) and first_look (its outputs), both in a process of their own: inference.apart; labels with
label_tables and label_json, questions, answers, front_end_files, front_end_notes; then manifest_text and writing. The
folder front_ends holds published front ends.
May touch the network's file, the pack's folder and `inference`; none of it runs in a service.
"""
