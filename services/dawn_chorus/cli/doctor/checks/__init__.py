"""What `chorus doctor` looks at: each module takes the installation and returns its lines.

Read: program (what runs here), packs, database, work (workers, dead letters, keys), broker, store, disk, clock, ports,
alerts (whether anybody is told); sizes writes amounts, http_answer asks a URL.
May touch what it looks at, and only read it; adapters and inference are imported when a check runs.
"""
