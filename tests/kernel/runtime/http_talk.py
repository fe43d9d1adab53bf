#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: http_talk.py serve PORT
       http_talk.py socket ADDRESS PORT PATH
       http_talk.py slow ADDRESS PORT PATH

A server of HTTP: it sends 100 MiB for GET /.../large, a tenth of what it promised for /.../early, echoes
what comes over a websocket at /.../socket, and says whom it takes its client for and how much came for all
else. `socket` prints the status of an upgrade and how much was echoed; `slow` sends a request byte by
byte, and prints the status."""
import base64
import hashlib
import http.server
import itertools
import socket
import sys
import threading
import time

LARGE = 100 << 20
PIECE = 1 << 16
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455
ECHOED = 1 << 20


# --- the server ----------------------------------------------------------------------------------

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words):
        pass

    def begin(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def say(self, got):
        said = f"{self.client_address[0].removeprefix('::ffff:')} {got}\n".encode()
        self.begin(200, Content_Length=len(said))
        self.wfile.write(said)

    def do_GET(self):
        word = self.path.rsplit("/", 1)[1]
        if word == "large":
            self.begin(200, Content_Length=LARGE)
            for _ in range(LARGE // PIECE):
                self.wfile.write(b"a" * PIECE)
        elif word == "early":
            self.begin(200, Content_Length=1000)
            self.wfile.write(b"a" * 100)
            self.close_connection = True
        elif word == "socket":
            proof = hashlib.sha1((self.headers["Sec-WebSocket-Key"] + GUID).encode()).digest()
            self.begin(101, Upgrade="websocket", Connection="Upgrade",
                       Sec_WebSocket_Accept=base64.b64encode(proof).decode())
            while piece := self.connection.recv(PIECE):
                self.connection.sendall(piece)
            self.close_connection = True
        else:
            self.say(0)

    def pieces(self, n):
        while n:
            piece = self.rfile.read(min(n, PIECE))
            n -= len(piece)
            yield len(piece)

    def chunks(self):
        while n := int(self.rfile.readline(), 16):
            yield from self.pieces(n)
            self.rfile.readline()
        self.rfile.readline()

    def do_POST(self):
        length = self.headers["Content-Length"]
        self.say(sum(self.chunks() if length is None else self.pieces(int(length))))


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

    def handle_error(self, request, client_address):
        pass  # clients leave as they like


# --- clients -------------------------------------------------------------------------------------

def ask(path, *headers):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: shop", *headers, "", ""]).encode()


def status(connection):
    head = b""
    while b"\r\n\r\n" not in head and (piece := connection.recv(PIECE)):
        head += piece
    return head.decode().split()[1]


def talk_socket(connection, path):
    connection.sendall(ask(path, "Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {KEY}",
                           "Sec-WebSocket-Version: 13"))
    got = status(connection)
    if got != "101":
        print(got)
        return
    sent = bytes(itertools.islice(itertools.cycle(range(251)), ECHOED))
    threading.Thread(target=connection.sendall, args=(sent,), daemon=True).start()
    echoed = b""
    while len(echoed) < ECHOED and (piece := connection.recv(PIECE)):
        echoed += piece
    print(got, len(echoed) if echoed == sent else "garbled")


def talk_slowly(connection, path):
    for byte in ask(path):
        connection.sendall(bytes([byte]))
        time.sleep(0.03)
    print(status(connection))


def main():
    mode, *words = sys.argv[1:]
    if mode == "serve":
        Server(("::", int(words[0])), Handler).serve_forever()
    with socket.create_connection((words[0], int(words[1])), timeout=10) as connection:
        (talk_socket if mode == "socket" else talk_slowly)(connection, words[2])


main()
