"""Ports of this machine that nobody uses."""

import random
import socket

BELOW_OUTGOING_CONNECTIONS = range(10_000, 32_000)  # Linux takes theirs from 32,768 on


def free_port() -> int:
    """Return a port of loopback that nobody listens on, another one each time."""
    while True:
        port = random.choice(BELOW_OUTGOING_CONNECTIONS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
