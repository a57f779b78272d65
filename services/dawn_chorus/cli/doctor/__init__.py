"""`chorus doctor`: what is wrong with this installation, one line for each thing that it looks at.

Read: command (options), installation (what there is to look at), checks/ (a module for each thing), findings (what a
check says), examination (all checks at once, each bounded in time), secrets (kept out of every line), report.
May touch everything, and changes nothing: but for a file of six bytes that it writes to the audio store and removes,
as `/health/ready` does. What an image lacks is not looked at, so each check imports what it needs when it runs.
"""
