"""Large files go in pieces, so that after a cut, a killed API or Ctrl-C only the rest is sent.

Read: hashed_file (a file and the hashes of its pieces), transfer (one file on its way), remembered (uploads that were
begun, for the next run of the same command).
May touch the files, the state folder, and by `client` the service's public HTTP API.
"""
