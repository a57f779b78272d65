"""The dashboards after real work, and pictures of what their panels would show.

watched: a service that works, and a Prometheus that watches it. choices: what the boards' variables stand for. answers:
each panel's queries, run, with what is wrong with the answers. shown: numbers in a panel's unit. plots and drawing:
pictures of the boards. May run real servers through tests.servers and tests.end_to_end, and Chromium.
"""
