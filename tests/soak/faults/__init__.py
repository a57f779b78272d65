"""What goes wrong: kinds (the table of all), processes, servers and disks (what each does, and undoes).

May end, freeze and start processes of a stack, and no others.
"""
