"""Five authors and their siblings: perch, opensoundscape, kaggle, time_major, custom_classifier, other_authors."""
