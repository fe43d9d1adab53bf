#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: grpc_talk.py serve PORT
       grpc_talk.py call ADDRESS SERVICE/METHOD...
       grpc_talk.py tick ADDRESS SERVICE/METHOD
       grpc_talk.py repeat ADDRESS SERVICE/METHOD CHANNELS SECONDS

A server that has every service, and clients of it. What a method is goes by its name: Say... is unary,
Count... streams answers, Chat... streams both ways. `call` makes the calls one after the other on one
channel and prints a status for each, then how often the channel connected and whom the server took the
client for. `tick` holds one stream open, and prints the number of each answer. `repeat` makes
calls one after the other on each of so many channels, and prints how many had which status."""
import collections
import concurrent.futures
import itertools
import sys
import time
import urllib.parse

import grpc

ANSWERS = 5
PATIENCE = 10  # seconds
OPTIONS = [("grpc.enable_http_proxy", 0)]


# --- the server: messages are bytes as they are --------------------------------------------------

def say(request, context):
    return context.peer().encode() + b" " + request


def count(request, _context):
    for n in range(ANSWERS):
        yield b"%d %s" % (n, request)


def chat(requests, _context):
    for request in requests:
        yield b"you said " + request


class Everything(grpc.GenericRpcHandler):
    def service(self, handler_call_details):
        name = handler_call_details.method.rsplit("/", 1)[1]
        if name.startswith("Say"):
            return grpc.unary_unary_rpc_method_handler(say)
        if name.startswith("Count"):
            return grpc.unary_stream_rpc_method_handler(count)
        return grpc.stream_stream_rpc_method_handler(chat)


def serve(port):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=8))
    server.add_generic_rpc_handlers((Everything(),))
    server.add_insecure_port(f"[::]:{port}")
    server.start()
    print("ready", flush=True)
    server.wait_for_termination()


# --- clients -------------------------------------------------------------------------------------

class Client:
    def __init__(self, address):
        self.channel = grpc.insecure_channel(address, options=OPTIONS)
        self.connected = 0
        self.seen_as = "nobody"
        self.channel.subscribe(self.note)

    def note(self, state):
        self.connected += state is grpc.ChannelConnectivity.READY

    def say(self, method):
        answer = self.channel.unary_unary(method)(b"hello", timeout=PATIENCE).decode()
        peer, said = answer.split()
        family, _, end = urllib.parse.unquote(peer).partition(":")
        self.seen_as = end.rpartition(":")[0].strip("[]") if family in ("ipv4", "ipv6") else peer
        return said == "hello"

    def count(self, method):
        answers = self.channel.unary_stream(method)(b"hello", timeout=PATIENCE)
        return list(answers) == [b"%d hello" % n for n in range(ANSWERS)]

    def chat(self, method):
        said = [b"a", b"b" * 100000, b"c"]
        answers = self.channel.stream_stream(method)(iter(said), timeout=PATIENCE)
        return list(answers) == [b"you said " + word for word in said]

    def call(self, method):
        name = method.rsplit("/", 1)[1]
        how = self.say if name.startswith("Say") else self.count if name.startswith("Count") else self.chat
        try:
            return "OK" if how("/" + method) else "GARBLED"
        except grpc.RpcError as error:
            return error.code().name

    def tick(self, method):
        def words():
            for n in itertools.count():
                yield b"%d" % n
                time.sleep(0.1)

        for answer in self.channel.stream_stream("/" + method)(words()):
            print(answer.decode(), flush=True)


def repeat(address, method, channels, seconds):
    until = time.monotonic() + seconds

    def make_calls(_):
        client = Client(address)
        statuses = collections.Counter()
        while time.monotonic() < until:
            statuses[client.call(method)] += 1
            time.sleep(0.05)
        return statuses

    with concurrent.futures.ThreadPoolExecutor(max_workers=channels) as pool:
        total = sum(pool.map(make_calls, range(channels)), collections.Counter())
    print(", ".join(f"{n} {status}" for status, n in total.most_common()))


def main():
    mode, *words = sys.argv[1:]
    if mode == "serve":
        serve(words[0])
        return
    if mode == "repeat":
        repeat(words[0], words[1], int(words[2]), float(words[3]))
        return
    client = Client(words[0])
    if mode == "tick":
        client.tick(words[1])
        return
    statuses = [client.call(method) for method in words[1:]]
    time.sleep(0.1)  # what the channel has to say of its connections comes from another thread
    print(*statuses, f"connections={client.connected}", f"as={client.seen_as}")


main()
