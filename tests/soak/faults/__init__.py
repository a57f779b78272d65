"""What goes wrong: kinds (the table of all), processes, servers, disks and buckets (what each does, and undoes).

May end, freeze and start processes of a stack, and no others.
"""
