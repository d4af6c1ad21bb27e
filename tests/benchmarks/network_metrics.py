"""The rows of sockets by Python: its callbacks beside our protocols, its
streams beside ours.

    network_metrics.py asyncio|uvloop [--list | ROW...]

As the C++ programs: a rate of this process's CPU time, one line a row. The
counts are a tenth of theirs.
"""

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time

SCALE = float(os.environ.get("BENCH_SCALE", "1"))
WALL = os.environ.get("BENCH_CLOCK") == "wall"
now = time.perf_counter if WALL else time.process_time

ECHO = bytes(64)
BLOCK = bytes(64 * 1024)
CONNECTORS = 8


def count(n):
    return max(1, int(n * SCALE))


def echoes_each(connections):
    return max(1, count(2e4 if connections == 1 else 4e4) // connections)


def connect_ends(wire):
    """A pair of connected sockets: the client's and the server's."""
    if wire == "unix":
        ends = socket.socketpair()
    elif wire == "udp":
        ends = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(2)]
        for end in ends:
            end.bind(("127.0.0.1", 0))
        ends[0].connect(ends[1].getsockname())
        ends[1].connect(ends[0].getsockname())
    else:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = socket.create_connection(listener.getsockname())
            ends = client, listener.accept()[0]
        for end in ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for end in ends:
        end.setblocking(False)
    return ends


class Race:
    """How many clients have not ended yet."""

    def __init__(self, clients):
        self.clients = clients
        self.end_time = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def end(self):
        self.clients -= 1
        if self.clients == 0:
            self.end_time = now()
            self.done.set_result(None)


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        datagrams = hasattr(transport, "sendto")
        self.write = transport.sendto if datagrams else transport.write

    def data_received(self, data):
        self.write(data)

    def datagram_received(self, data, _):
        self.write(data)


class Ping(Echo):
    def __init__(self, race, n):
        self.race, self.left = race, n

    def data_received(self, data):
        self.left -= 1
        if self.left > 0:
            self.write(ECHO)
        else:
            self.race.end()

    def datagram_received(self, data, _):
        self.data_received(data)


async def protocol_rtt(wire, connections):
    loop = asyncio.get_running_loop()
    make = loop.create_connection
    if wire == "udp":
        make = loop.create_datagram_endpoint
    elif wire == "unix":
        make = loop.create_unix_connection
    race, each, clients = Race(connections), echoes_each(connections), []
    for _ in range(connections):
        client, server = connect_ends(wire)
        await make(Echo, sock=server)
        clients.append((await make(lambda: Ping(race, each), sock=client))[1])
    start = now()
    for client in clients:
        client.write(ECHO)
    await race.done
    return each * connections / (race.end_time - start)


async def open_stream(wire, sock):
    if wire == "unix":
        return await asyncio.open_unix_connection(sock=sock)
    return await asyncio.open_connection(sock=sock)


async def stream_rtt(wire, connections):
    race, each, tasks = Race(connections), echoes_each(connections), []

    async def echo(reader, writer):
        while data := await reader.read(64):
            writer.write(data)
            await writer.drain()

    async def ping(reader, writer):
        for _ in range(each):
            writer.write(ECHO)
            await writer.drain()
            await reader.read(64)
        race.end()

    pairs = []
    for _ in range(connections):
        client, server = connect_ends(wire)
        pairs.append((await open_stream(wire, client),
                      await open_stream(wire, server)))
    start = now()
    for client, server in pairs:
        tasks.append(asyncio.create_task(echo(*server)))
        tasks.append(asyncio.create_task(ping(*client)))
    await race.done
    for task in tasks:
        task.cancel()
    return each * connections / (race.end_time - start)


async def sock_rtt(connections):
    loop = asyncio.get_running_loop()
    race, each, tasks = Race(connections), echoes_each(connections), []

    async def echo(sock):
        while data := await loop.sock_recv(sock, 64):
            await loop.sock_sendall(sock, data)

    async def ping(sock):
        for _ in range(each):
            await loop.sock_sendall(sock, ECHO)
            await loop.sock_recv(sock, 64)
        race.end()

    start = now()
    for _ in range(connections):
        client, server = connect_ends("tcp")
        tasks.append(asyncio.create_task(echo(server)))
        tasks.append(asyncio.create_task(ping(client)))
    await race.done
    for task in tasks:
        task.cancel()
    await asyncio.sleep(0)
    return each * connections / (race.end_time - start)


class Source(asyncio.Protocol):
    paused = False
    left = 0

    def connection_made(self, transport):
        self.transport = transport

    def pause_writing(self):
        self.paused = True

    def resume_writing(self):
        self.paused = False
        self.pump()

    def pump(self):
        """A block in each turn of the loop in which it may."""
        if self.left <= 0 or self.paused:
            return
        self.left -= len(BLOCK)
        self.transport.write(BLOCK)
        if not self.paused:
            asyncio.get_running_loop().call_soon(self.pump)


class Sink(asyncio.Protocol):
    def __init__(self, race, n):
        self.race, self.left = race, n

    def data_received(self, data):
        self.left -= len(data)
        if self.left <= 0:
            self.race.end()


async def protocol_bulk():
    loop = asyncio.get_running_loop()
    race, total = Race(1), count(1638) * len(BLOCK)
    client, server = connect_ends("tcp")
    await loop.create_connection(lambda: Sink(race, total), sock=server)
    _, source = await loop.create_connection(Source, sock=client)
    source.left = total
    start = now()
    source.pump()
    await race.done
    return total / (race.end_time - start) / 1e9


async def transfer(reader, writer, total):
    async def fill():
        for _ in range(0, total, len(BLOCK)):
            writer.write(BLOCK)
            await writer.drain()

    start, left = now(), total
    filling = asyncio.create_task(fill())
    while left > 0:
        left -= len(await reader.read(len(BLOCK)))
    rate = total / (now() - start) / 1e9
    await filling
    return rate


async def stream_bulk():
    client, server = connect_ends("tcp")
    _, writer = await asyncio.open_connection(sock=client)
    reader, _ = await asyncio.open_connection(sock=server)
    return await transfer(reader, writer, count(1638) * len(BLOCK))


def make_contexts():
    with tempfile.NamedTemporaryFile(suffix=".pem") as pem:
        subprocess.run(
            ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-subj", "/CN=localhost", "-days", "2",
             "-keyout", pem.name, "-out", pem.name + ".crt"],
            check=True, capture_output=True)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(pem.name + ".crt", pem.name)
        os.unlink(pem.name + ".crt")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    return client, server


async def tls_bulk():
    client, server = make_contexts()
    accepted = asyncio.get_running_loop().create_future()
    listener = await asyncio.start_server(
        lambda *streams: accepted.set_result(streams), "127.0.0.1", 0,
        ssl=server)
    _, writer = await asyncio.open_connection(
        *listener.sockets[0].getsockname(), ssl=client)
    reader, _ = await accepted
    rate = await transfer(reader, writer, count(409) * len(BLOCK))
    listener.close()
    return rate


class Refusal(asyncio.Protocol):
    def connection_made(self, transport):
        transport.close()


class Guest(asyncio.Protocol):
    def __init__(self):
        self.gone = asyncio.get_running_loop().create_future()

    def connection_lost(self, _):
        self.gone.set_result(None)


async def connect_rate(listener, once):
    host, port = listener.sockets[0].getsockname()
    race, each = Race(CONNECTORS), count(1600) // CONNECTORS + 1

    async def again():
        for _ in range(each):
            await once(host, port)
        race.end()

    start = now()
    tasks = [asyncio.create_task(again()) for _ in range(CONNECTORS)]
    await race.done
    await asyncio.gather(*tasks)
    listener.close()
    return each * CONNECTORS / (race.end_time - start)


async def protocol_connect_rate():
    loop = asyncio.get_running_loop()

    async def once(host, port):
        _, guest = await loop.create_connection(Guest, host, port)
        await guest.gone

    return await connect_rate(
        await loop.create_server(Refusal, "127.0.0.1", 0), once)


async def stream_connect_rate():
    async def dismiss(_, writer):
        writer.close()

    async def once(host, port):
        reader, writer = await asyncio.open_connection(host, port)
        await reader.read(1)
        writer.close()

    return await connect_rate(
        await asyncio.start_server(dismiss, "127.0.0.1", 0), once)


ROWS = {
    "tcp_rtt_1": lambda: protocol_rtt("tcp", 1),
    "tcp_rtt_64": lambda: protocol_rtt("tcp", 64),
    "unix_rtt_1": lambda: protocol_rtt("unix", 1),
    "unix_rtt_64": lambda: protocol_rtt("unix", 64),
    "udp_rtt_1": lambda: protocol_rtt("udp", 1),
    "udp_rtt_64": lambda: protocol_rtt("udp", 64),
    "tcp_bulk": protocol_bulk,
    "connect_rate": protocol_connect_rate,
    "tcp_rtt_1_stream": lambda: stream_rtt("tcp", 1),
    "tcp_rtt_64_stream": lambda: stream_rtt("tcp", 64),
    "unix_rtt_1_stream": lambda: stream_rtt("unix", 1),
    "unix_rtt_64_stream": lambda: stream_rtt("unix", 64),
    "tcp_bulk_stream": stream_bulk,
    "tls_bulk": tls_bulk,
    "connect_rate_stream": stream_connect_rate,
    "tcp_rtt_1_sock": lambda: sock_rtt(1),
    "tcp_rtt_64_sock": lambda: sock_rtt(64),
}


def run(row):
    if sys.argv[1] == "uvloop":
        import uvloop

        loop = uvloop.new_event_loop()
    else:
        loop = asyncio.SelectorEventLoop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(row())


def main():
    if sys.argv[2:] == ["--list"]:
        print("\n".join(ROWS))
        return
    for name in sys.argv[2:] or ROWS:
        print(f"{name} {run(ROWS[name]):.6g}", flush=True)


if __name__ == "__main__":
    main()
