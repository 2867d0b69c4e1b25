"""The JSON of `benches/servers/run.py` → the tables of whole servers."""

import json

from measured import Ratio
from statistics import median

ROWS = {
    "bare": "no session, no layer",
    "idle": "a layer that does nothing",
    "untouched": "**sealed-session, untouched**",
    "read": "**sealed-session, read**",
    "write": "**sealed-session, written**",
    "peer-read": {"axum": "PrivateJar + serde_json, read", "actix-web": "actix-session in a cookie, read"},
    "peer-write": {"axum": "PrivateJar + serde_json, written", "actix-web": "actix-session in a cookie, written"},
    "redis-read": {"axum": "tower-sessions in Redis, read", "actix-web": "actix-session in Redis, read"},
    "redis-write": {"axum": "tower-sessions in Redis, written", "actix-web": "actix-session in Redis, written"},
}


class Servers:
    def __init__(self, path):
        servers = json.loads(path.read_text(encoding="utf-8"))
        self.servers = {(server["framework"], server["variant"]): server for server in servers}

    def rounds(self, framework, variant, value):
        return [value(each) for each in self.servers[framework, variant]["rounds"]]

    def ratio(self, framework, variant, value):
        pairs = zip(self.rounds(framework, variant, value), self.rounds(framework, "bare", value))
        return Ratio([of / to for of, to in pairs])

    def table(self, framework, table):
        """Beside the bare server, in the same round."""
        rows = []
        for variant, label in ROWS.items():
            cells = [
                self.ratio(framework, variant, value)
                for value in (
                    lambda each: each["per_second"],
                    lambda each: each["cpu_seconds_per_million"],
                    lambda each: each["latency_ms"]["50"],
                    lambda each: each["latency_ms"]["90"],
                    lambda each: each["latency_ms"]["99"],
                )
            ]
            rows.append([label if isinstance(label, str) else label[framework], *cells])
        return table([f"{framework}: times bare", "requests per second", "processor time of a request", "latency, median", "90 %", "99 %"], rows)

    def cost(self, table):
        """A million requests beyond what the bare server takes for them."""
        rows = []
        for framework in ("axum", "actix-web"):
            bare = median(self.rounds(framework, "bare", lambda each: each["cpu_seconds_per_million"]))
            for variant, label in ROWS.items():
                if variant in ("bare", "idle"):
                    continue
                server = self.servers[framework, variant]
                cpu = median(self.rounds(framework, variant, lambda each: each["cpu_seconds_per_million"])) - bare
                redis = median(self.rounds(framework, variant, lambda each: each["redis_cpu_seconds_per_million"]))
                trips = {"redis-read": 1, "redis-write": 2}.get(variant, 0)
                label = label if isinstance(label, str) else label[framework]
                rows.append([f"{framework}: {label}", f"{server['up']:,}", f"{server['down']:,}", f"{cpu:.1f}", f"{redis:.1f}" if trips else "–", trips])
        heads = ["", "bytes up", "bytes down", "CPU-seconds of the server", "CPU-seconds of Redis", "round trips"]
        return table(heads, rows)
