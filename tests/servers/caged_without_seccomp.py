"""The server of scripts on a machine without seccomp."""

import socket
import sys
from dataclasses import replace

from dawn_chorus.cage import enter, fork_server
from tests.servers.caged_scripts import run_script

if __name__ == "__main__":
    layers = replace(enter.find_layers(), has_seccomp=False)
    vars(fork_server)["find_layers"] = lambda: layers
    fork_server.serve_jobs(socket.socket(fileno=int(sys.argv[1])), {"script": run_script})
