#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: unending.py PORT N: N requests of HTTP/2 that never end, 100 on each connection, to a proxy on this
machine. Prints how many were answered, and holds all of them until its standard input ends."""
import socket
import struct
import sys

STREAMS = 100
HEADERS, SETTINGS = 1, 4
END_HEADERS = 4


def field(name, value):
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


REQUEST = b"".join(field(*pair) for pair in [(b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/"),
                                             (b":authority", b"x")])


def begin(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, b"") + b"".join(
        frame(HEADERS, END_HEADERS, 2 * i + 1, REQUEST) for i in range(STREAMS)))
    return connection


def answers(connection):
    stream, n = connection.makefile("rb"), 0
    while n < STREAMS:
        head = stream.read(9)
        if len(head) < 9:
            break
        stream.read(int.from_bytes(head[:3], "big"))
        n += head[3] == HEADERS
    return n


def main():
    port, n = map(int, sys.argv[1:])
    connections = [begin(port) for _ in range(n // STREAMS)]
    print(sum(map(answers, connections)), "answers", flush=True)
    sys.stdin.read()


main()
