"""What models/README.md reports, each repeatable by one command.

Read: ablation (each trick of the winners, where the truth is known), real_recordings/ (a recipe beside BirdNET).
May touch all other rooms of the workshop; finished steps stay in the work folder.
"""
