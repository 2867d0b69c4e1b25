"""Measures the peers outside Rust beside this crate: one process each, asked in turn for short batches, round by round, so that what slows the
machine down slows all of them. Prints JSON as the bench `times` does. Called by scripts/performance:

    interleave.py PAYLOADS COMMAND -- COMMAND -- …      each command a process that speaks the protocol of `times serve`; ours first
"""

import json
import subprocess
import sys

ROUNDS = 31
BATCH_NS = 15_000_000
# Of each contender before it counts: JavaScript is compiled while it runs.
WARM_UP_NS = 150_000_000


class Process:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.lengths = json.loads(self.answer())

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args}: ended")
        return line

    def time(self, peer, operation, payload, count):
        self.process.stdin.write(f"{peer}\t{operation}\t{payload}\t{count}\n")
        self.process.stdin.flush()
        return float(self.answer())


def commands(arguments):
    command = []
    for argument in arguments:
        if argument == "--":
            yield command
            command = []
        else:
            command.append(argument)
    yield command


def measure(contenders, operation, payload):
    counts = []
    for process, peer in contenders:
        warm = 0
        while warm < WARM_UP_NS:
            warm += process.time(peer, operation, payload, 20) * 20
        count = 1
        # The least of several times: one alone may be that of another process.
        while min(process.time(peer, operation, payload, count) for _ in range(5)) * count < BATCH_NS / 2:
            count *= 2
        counts.append(count)
    rounds = [[] for _ in contenders]
    for turn in range(ROUNDS):
        for index in ((index + turn) % len(contenders) for index in range(len(contenders))):
            process, peer = contenders[index]
            rounds[index].append(process.time(peer, operation, payload, counts[index]))
    return rounds


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        payloads = json.load(file)
    processes = [Process(command) for command in commands(sys.argv[2:])]
    contenders = [(process, peer) for process in processes for peer in process.lengths]
    groups = []
    for payload in payloads:
        for operation in ("seal", "open"):
            measured = [
                {"name": peer, "less": None, "characters": process.lengths[peer][payload], "rounds": rounds}
                for (process, peer), rounds in zip(contenders, measure(contenders, operation, payload))
            ]
            groups.append({"payload": payload, "form": "elsewhere", "operation": operation, "contenders": measured, "refused": []})
    json.dump(groups, sys.stdout)


main()
