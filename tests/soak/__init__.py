"""A soak: the brokered form under random faults, and its ledger held against what clients were answered.

Read: run (the order), stack (what is started) with line, disks and store (what can break), faults, drive (when
they happen), people with patience and sounds (who uses the service meanwhile), promises (what they were answered),
watch (processes), settle and judge (the verdict), report and picture, settings, test_soak and test_judge.
May start, end and freeze processes of its own, mount disks in memory, and listen on loopback.
"""
