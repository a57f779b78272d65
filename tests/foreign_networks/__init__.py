"""Networks as their authors export them, and what each author's own code makes of a recording.

`graphs` builds small networks of random weights; each file of `authors` has one author's export and preprocessing, in
plain numpy, scipy and librosa; `foreign` is what they have in common; `service` is a real one with all of the packs.
Nothing here imports the code that is tested.
"""
