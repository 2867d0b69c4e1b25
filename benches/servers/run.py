"""Whole servers, asked by wrk in turns → servers.json. Called by scripts/performance:

    run.py SERVER ROUNDS SECONDS

SERVER is the binary of this package. Every variant runs as a process of its own on one core, wrk (and Redis) on another. In each round
each variant is asked once, in an order that is turned from round to round, so that what else the machine does falls on all alike.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

SERVER, ROUNDS, SECONDS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
VARIANTS = ["bare", "idle", "untouched", "read", "write", "peer-read", "peer-write", "redis-read", "redis-write"]
FRAMEWORKS = ["axum", "actix-web"]
TICKS = os.sysconf("SC_CLK_TCK")
SERVER_CORE, CLIENT_CORE = ("0", "1") if os.cpu_count() > 1 else ("0", "0")
CONNECTIONS = 16


STARTED = []  # what ends with this


def on_core(core, *command, **options):
    process = subprocess.Popen(["taskset", "-c", core, *command], **options)
    STARTED.append(process)
    return process


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Redis:
    """A redis-server with nothing on disk."""

    def __init__(self):
        self.port = free_port()
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = on_core(CLIENT_CORE, *command, stdout=subprocess.DEVNULL)
        wait_for(self.port)

    def url(self):
        return f"redis://127.0.0.1:{self.port}"


class Server:
    def __init__(self, framework, variant, redis):
        self.framework, self.variant, self.redis = framework, variant, redis if variant.startswith("redis") else None
        command = [SERVER, framework, variant, redis.url()]
        self.process = on_core(SERVER_CORE, *command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.rounds = []
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", "/begin")
        response = connection.getresponse()
        response.read()
        cookies = [value.split(";")[0] for name, value in response.getheaders() if name.lower() == "set-cookie"]
        # A bare server is asked with a cookie of the same length as ours, which it has no use for.
        self.cookie = "; ".join(cookies) or "__Host-Http-session=" + "A" * 290
        connection.request("GET", "/", headers={"cookie": self.cookie})
        response = connection.getresponse()
        self.body = response.read()
        assert response.status == 200, (framework, variant, response.status, self.body)
        self.up = len("Cookie: \r\n") + len(self.cookie) if variant not in ("bare", "idle") else 0
        self.down = sum(len(f"{n}: {v}\r\n") for n, v in response.getheaders() if n.lower() in ("set-cookie", "vary", "cache-control"))

    def ask(self):
        before, redis_before = cpu_seconds(self.process.pid), self.redis and cpu_seconds(self.redis.process.pid)
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-H", f"Cookie: {self.cookie}", f"http://127.0.0.1:{self.port}/"]
        said = on_core(CLIENT_CORE, *command, stdout=subprocess.PIPE, text=True).communicate()[0]
        assert "Non-2xx" not in said and "Socket errors" not in said, f"{self.framework} {self.variant}: {said}"
        requests = int(re.search(r"(\d+) requests in", said)[1])
        self.rounds.append({
            "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]),
            "cpu_seconds_per_million": (cpu_seconds(self.process.pid) - before) / requests * 1e6,
            "redis_cpu_seconds_per_million": (cpu_seconds(self.redis.process.pid) - redis_before) / requests * 1e6 if self.redis else 0,
            "latency_ms": {percentile: milliseconds(said, percentile) for percentile in ("50", "90", "99")},
        })


def milliseconds(said, percentile):
    number, unit = re.search(rf"^\s+{percentile}%\s+([\d.]+)(us|ms|s)$", said, re.M).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def free_port():
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("redis-server does not start")


def main():
    try:
        redis = Redis()
        servers = [Server(framework, variant, redis) for framework in FRAMEWORKS for variant in VARIANTS]
        assert len({server.body for server in servers}) == 1, "the servers answer differently"
        for number in range(ROUNDS):
            print(f"servers: round {number + 1} of {ROUNDS}", file=sys.stderr)
            turn = number % len(VARIANTS)
            for framework in FRAMEWORKS:
                of_framework = [server for server in servers if server.framework == framework]
                for server in of_framework[turn:] + of_framework[:turn]:
                    server.ask()
        fields = ("framework", "variant", "up", "down", "rounds")
        print(json.dumps([{field: getattr(server, field) for field in fields} for server in servers]))
    finally:
        for process in STARTED:
            process.kill()


main()
