"""Measurements → the tables and plots of docs/performance.md. Called by scripts/performance, which makes the files in DIRECTORY:

    page.py DIRECTORY

What stands between `<!-- begin NAME -->` and `<!-- end NAME -->` in the page is written anew, and nothing else is; and in README.md the row of
its table that states lengths.
"""

import json
import re
import sys
from pathlib import Path

from measured import Ratio, read, short
from plot import plot
from servers import Servers

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/performance.md"
PAYLOADS = ["empty", "small", "shop", "1 KB", "3 KB"]
PROFILES = {"lto": "fat LTO, one codegen unit", "release": "cargo's default release profile"}
OURS, XCHACHA, JAR = "sealed-session", "sealed-session, XChaCha20-Poly1305", "PrivateJar + serde_json"
NONCE, POSTCARD, BASE64, AEAD = "part: nonce (getrandom, 24 bytes)", "part: postcard", "part: base64", "part: AEAD (ring, AES-256-GCM)"
XAES, XCHACHA_PART = "part: XAES-256-GCM (RustCrypto)", "part: XChaCha20-Poly1305 (RustCrypto)"
SUM = {"seal": [POSTCARD, NONCE, AEAD, BASE64], "open": [BASE64, AEAD, POSTCARD]}
SIGNED = ["Django signed cookies (Python)", "Flask session (Python)"]
# A browser takes 4,096 bytes of name and value.
LARGEST_VALUE = 4_096 - len("session")
TICK = {True: "yes", False: "**no**"}


def table(heads, rows):
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


class Page:
    def __init__(self, directory):
        self.directory = directory
        self.times = {profile: read(directory / f"{profile}.json") for profile in PROFILES}
        self.elsewhere = read(directory / "elsewhere.json")
        self.servers = Servers(directory / "servers.json")
        self.machine = json.loads((directory / "machine.json").read_text())
        self.allocations = json.loads((directory / "allocations.json").read_text())

    # What was measured where.

    def machine_table(self):
        return table(["", ""], self.machine.items()).replace("| ---: |", "| --- |")

    # Sizes.

    def lengths(self):
        """Name → form → characters per payload."""
        lengths = {}
        for form in ("typed", "map"):
            for payload in PAYLOADS:
                group = self.times["lto"][payload, form, "seal"]
                for name in group.names():
                    key = {OURS: OURS if form == "typed" else f"{OURS}, `Map`"}.get(name, name if form == "typed" else None)
                    if key and name != XCHACHA:
                        lengths.setdefault(key, {})[payload] = group.characters[name]
        for payload in PAYLOADS:
            for name, characters in self.elsewhere[payload, "elsewhere", "seal"].characters.items():
                if not name.startswith(OURS):
                    lengths.setdefault(name, {})[payload] = characters
        return lengths

    def refused(self, name, payload):
        return name in self.times["lto"][payload, "typed", "seal"].refused

    def sizes(self):
        lengths = self.lengths()
        label = lambda name: "*least possible*" if name == "floor" else f"**{name}**" if name.startswith(OURS) else name

        def cell(name, payload):
            characters = lengths[name].get(payload)
            if characters is None:
                return "refused" if self.refused(name, payload) else "–"
            return f"{characters:,}" + (" †" if characters > LARGEST_VALUE else "")

        rows = [[label(name), "signed" if name in SIGNED else "yes", *(cell(name, p) for p in PAYLOADS)] for name in lengths]
        return table(["characters of the value", "encrypted", *PAYLOADS], rows)

    def smaller_than_ours(self):
        lengths = self.lengths()
        lines = []
        for name, line in lengths.items():
            if name == "floor" or name.startswith(OURS):
                continue
            smaller = [f"{payload} ({line[payload]:,} to our {lengths[OURS][payload]:,})" for payload in PAYLOADS if line.get(payload, 10**9) < lengths[OURS][payload]]
            if smaller:
                lines.append(f"- {name}{', which is signed and can be read' if name in SIGNED else ''}: {', '.join(smaller)}.")
        return "\n".join(lines) or "No peer's cookie is shorter than the typed session's at any payload."

    # Times beside the peers.

    def beside(self, operation, form, profile):
        groups = {payload: self.times[profile].get((payload, form, operation)) for payload in PAYLOADS}
        names = []
        for group in groups.values():
            names += [name for name in (group.names() if group else []) if name not in names and name != OURS]
        names.sort(key=lambda name: (name != "floor", not name.startswith(OURS)))

        def cell(name, payload):
            group = groups[payload]
            if group is None:
                return "–"
            if name not in group.rounds:
                return "refused" if name in group.refused else "–"
            return group.ratio(name, OURS)

        rows = [["*floor*" if name == "floor" else name, *(cell(name, payload) for payload in PAYLOADS)] for name in names]
        return table(["times ours", *PAYLOADS], rows)

    def elsewhere_table(self):
        rows = []
        for operation in ("seal", "open"):
            groups = {payload: self.elsewhere[payload, "elsewhere", operation] for payload in PAYLOADS}
            for name in groups["shop"].rounds:
                if name != OURS:
                    label = name.replace(f"{OURS}, Map", f"{OURS}, `Map`")
                    rows.append([f"{operation}: {label}", *(groups[p].ratio(name, OURS) for p in PAYLOADS)])
        return table(["times ours", *PAYLOADS], rows)

    def slower_than(self):
        """A row for each peer that is ahead in one of the profiles."""
        rows = []
        for (payload, form, operation), group in self.times["lto"].items():
            if operation not in ("seal", "open", "change", "read"):
                continue
            groups = [self.times[profile][payload, form, operation] for profile in PROFILES]
            for name in group.names():
                if name != "floor" and not name.startswith(OURS):
                    ratios = [each.ratio(name, OURS) for each in groups]
                    if any(ratio.median < 1 for ratio in ratios):
                        rows.append([f"{operation}, {payload}, {'`Map`' if form == 'map' else 'typed'}: {name}", *ratios])
        return table(["times ours", *PROFILES.values()], rows) if rows else "None, in either profile."

    # The parts.

    def parts(self):
        rows = []
        for operation in ("seal", "open"):
            groups = [self.times[profile]["shop", "typed", operation] for profile in PROFILES]
            names = [name for name in groups[0].rounds if name.startswith("part: ")]
            for name in names:
                label = name.removeprefix("part: ") + ("" if name in SUM[operation] else ", for comparison")
                rows.append([f"{operation}: {label}", *(group.ratio(name, group.sum(SUM[operation])) for group in groups)])
            rows.append([f"{operation}: **the whole, XAES-256-GCM**", *(f"**{group.ratio(OURS, group.sum(SUM[operation]))}**" for group in groups)])
            suite = [XAES if name == AEAD else name for name in SUM[operation]]
            rows.append([f"{operation}: the whole, to the sum with XAES-256-GCM", *(group.ratio(OURS, group.sum(suite)) for group in groups)])
            suite = [XCHACHA_PART if name == AEAD else name for name in SUM[operation]]
            rows.append(
                [f"{operation}: XChaCha20-Poly1305's whole, to the sum with it", *(group.ratio(XCHACHA, group.sum(suite)) for group in groups)]
            )
        return table(["shop, typed: times the sum of the parts", *PROFILES.values()], rows)

    def parts_by_payload(self):
        rows = []
        for profile, title in PROFILES.items():
            for operation in ("seal", "open"):
                groups = [self.times[profile][payload, "typed", operation] for payload in PAYLOADS]
                rows.append([f"{operation}, {title}", *(group.ratio(OURS, group.sum(SUM[operation])) for group in groups)])
        return table(["the whole, times the sum of its parts", *PAYLOADS], rows)

    # Rejections and rings.

    def against_ours(self, payload, operations, head):
        rows = []
        for operation in operations:
            groups = [self.times[profile][payload, "typed", operation] for profile in PROFILES]
            base = next(iter(groups[0].rounds))
            suite = "XChaCha20-Poly1305" if operation.endswith("XChaCha20-Poly1305") else "XAES-256-GCM"
            what = "seal, " if "seal" in operation else "open, " if "open" in operation else ""
            for name in groups[0].rounds:
                if name != base:
                    rows.append([f"{suite}: {what}{name}", *(group.ratio(name, base) for group in groups)])
        return table([head, *PROFILES.values()], rows)

    def rejections(self):
        parts = [
            self.against_ours(payload, ["reject", "reject, XChaCha20-Poly1305"], f"{payload}: times opening a good cookie of that length")
            for payload in ("shop", "3 KB")
        ]
        return "\n\n".join(parts)

    def rings(self):
        operations = ["ring open", "ring seal", "ring open, XChaCha20-Poly1305", "ring seal, XChaCha20-Poly1305"]
        return self.against_ours("shop", operations, "shop: times a ring of one key")

    # Allocations and instructions.

    def allocation_table(self):
        heads = ["allocations", "the data's own", "seal", "open", "open, beyond the data's own", "untouched request"]
        rows = [
            [f"{row['payload']}, {'`Map`' if row['form'] == 'map' else 'typed'}", row["data"], row["seal"], row["open"], row["open_beyond"], row["untouched"]]
            for row in self.allocations
        ]
        return table(heads, rows)

    def instructions(self):
        counts = {}
        for line in (self.directory / "counts").read_text(encoding="utf-8").splitlines():
            suite, payload, form, operation, count = line.split()
            counts[suite, payload, form, operation] = int(count)
        payloads = list(dict.fromkeys(payload for _, payload, _, _ in counts))
        operations = list(dict.fromkeys(operation for _, _, _, operation in counts))
        rows = [
            # An empty session cannot be bound, and a refresh was counted once.
            [f"{operation}, {'`Map`' if form == 'map' else form}", *(f"{count:,}" if (count := counts.get(("xaes", payload, form, operation))) else "–" for payload in payloads)]
            for operation in operations
            for form in ("typed", "map")
            if any(("xaes", payload, form, operation) in counts for payload in payloads)
        ]
        return table(["instructions, XAES-256-GCM", *(re.sub("(\\d)KB", "\\1 KB", payload) for payload in payloads)], rows)

    # The project's own marks.

    def marks(self):
        rows = []

        def mark(text, *values):
            """A value per profile, each with whether it is reached."""
            cells = [f"{value}: {TICK[reached]}" for value, reached in values]
            rows.append([text, *(cells * 2 if len(cells) == 1 else cells)])

        def shop(operation):
            return [self.times[profile]["shop", "typed", operation] for profile in PROFILES]

        for operation in ("seal", "open"):
            ratios = [group.ratio(OURS, group.sum(SUM[operation])) for group in shop(operation)]
            mark(f"{operation} of the shop takes at most 1.25 times the sum of its parts", *((r, r.median <= 1.25) for r in ratios))
        ratios = [group.ratio(JAR, OURS) for group in shop("open")]
        mark("PrivateJar with JSON takes at least 4 times as long to open the shop", *((r, r.median >= 4) for r in ratios))
        ratios = [group.ratio(JAR, OURS) for group in shop("seal")]
        mark("… at least 2.8 times as long to seal it", *((r, r.median >= 2.8) for r in ratios))
        without = [[a - b for a, b in zip(group.rounds[OURS], group.rounds[NONCE])] for group in shop("seal")]
        ratios = [group.ratio(JAR, ours) for group, ours in zip(shop("seal"), without)]
        mark("… at least 4.5 times, our nonce's system call subtracted", *((r, r.median >= 4.5) for r in ratios))
        for operations, what in ((("seal", "open"), "seal and open"), (("change", "read"), "whole requests")):
            closest = [self.closest_peer(profile, operations) for profile in PROFILES]
            mark(f"faster than every peer in Rust at every payload, typed, {what}; the closest", *((f"{r} ({peer})", r.median > 1) for r, peer in closest))
        ring = [self.times[profile]["shop", "typed", "ring open"] for profile in PROFILES]
        ratios = [max((group.ratio(name, OURS) for name in ("first of 64 keys", "last of 64 keys")), key=lambda r: r.median) for group in ring]
        mark("opening with a ring of 64 keys takes at most 1.05 times as long as with one", *((r, r.median <= 1.05) for r in ratios))
        dearest = [self.dearest_rejection(profile) for profile in PROFILES]
        mark("no rejection takes longer than opening a good cookie of that length; the dearest", *((f"{r} ({what})", r.median <= 1.0) for r, what in dearest))
        lengths = self.lengths()
        mark("the empty typed session takes 79 characters", (lengths[OURS]["empty"], lengths[OURS]["empty"] == 79))
        encrypting = [line for name, line in lengths.items() if name != "floor" and name not in SIGNED and not name.startswith(OURS)]
        shortest = all(lengths[OURS][p] < min(line[p] for line in encrypting if p in line) for p in PAYLOADS[1:])
        mark("the typed cookie is the shortest of all that encrypt, from `small` up", ("measured above", shortest))
        most = max(row["open_beyond"] for row in self.allocations), max(row["seal"] for row in self.allocations)
        mark("opening allocates at most twice beyond the data's own", (most[0], most[0] <= 2))
        mark("sealing allocates at most twice", (most[1], most[1] <= 2))
        return table(["mark", *PROFILES.values()], rows)

    def closest_peer(self, profile, operations):
        peers = [
            (group.ratio(name, OURS), f"{name}, {operation}, {payload}")
            for (payload, form, operation), group in self.times[profile].items()
            if form == "typed" and operation in operations
            for name in group.names()
            if name != "floor" and not name.startswith(OURS)
        ]
        return min(peers, key=lambda peer: peer[0].median)

    def dearest_rejection(self, profile):
        cases = []
        for (payload, _, operation), group in self.times[profile].items():
            if operation.startswith("reject"):
                base, *names = group.rounds
                cases += [(group.ratio(name, base), f"{name}, {payload}, {base}") for name in names]
        return max(cases, key=lambda case: case[0].median)

    # Plots.

    def plots(self):
        lengths = self.lengths()
        floor = lengths["floor"]
        relative = {name: [line[p] / floor[p] if p in line else None for p in PAYLOADS] for name, line in lengths.items()}
        ours_first = sorted(relative.items(), key=lambda item: (not item[0].startswith(OURS), item[0] != "floor"))
        lines = {name.replace("`", ""): line for name, line in ours_first}
        (ROOT / "docs/performance-length.svg").write_text(
            plot("Length of the cookie's value", "times the least possible", PAYLOADS, lines), encoding="utf-8"
        )
        for operation in ("seal", "open"):
            typed = {p: self.times["lto"][p, "typed", operation] for p in PAYLOADS}
            maps = {p: self.times["lto"][p, "map", operation] for p in PAYLOADS}
            lines = {
                OURS: [typed[p].ratio(OURS, "floor").median for p in PAYLOADS],
                f"{OURS}, Map": [maps[p].ratio(OURS, "floor").median for p in PAYLOADS],
                "floor": [1.0] * len(PAYLOADS),
            }
            for name in typed["shop"].names():
                if name not in lines:
                    lines[name] = [typed[p].ratio(name, "floor").median if name in typed[p].rounds else None for p in PAYLOADS]
            svg = plot(f"Time to {operation}, {PROFILES['lto']}", "times the floor", PAYLOADS, lines)
            (ROOT / f"docs/performance-{operation}.svg").write_text(svg, encoding="utf-8")

    def sections(self):
        sections = {
            "machine": self.machine_table,
            "marks": self.marks,
            "sizes": self.sizes,
            "smaller": self.smaller_than_ours,
            "slower": self.slower_than,
            "elsewhere": self.elsewhere_table,
            "parts": self.parts,
            "parts-by-payload": self.parts_by_payload,
            "rejections": self.rejections,
            "rings": self.rings,
            "allocations": self.allocation_table,
            "instructions": self.instructions,
            "servers-axum": lambda: self.servers.table("axum", table),
            "servers-actix-web": lambda: self.servers.table("actix-web", table),
            "servers-cost": lambda: self.servers.cost(table),
        }
        for profile in PROFILES:
            for form in ("typed", "map"):
                for operation in ("seal", "open", "change", "read"):
                    name = f"{operation}-{form}-{profile}"
                    sections[name] = lambda operation=operation, form=form, profile=profile: self.beside(operation, form, profile)
        return sections


def readme(text, lengths):
    """The README's one row of lengths."""
    shop = {name: f"{line['shop']:,}" for name, line in lengths.items() if "shop" in line}
    cells = [
        "shop.json",
        f"{shop[OURS]} typed, {shop[f'{OURS}, `Map`']} by name or as `Map`",
        f"{shop[JAR]} with serde_json",
        shop["seshcookie"],
        shop["actix-session, cookie store"],
        f"{shop['tower-sessions, cookie store']} in that cookie store",
        shop["iron-session (Node.js)"],
    ]
    text, found = re.subn(r"^\| shop\.json \|.*\|$", f"| {' | '.join(cells)} |", text, flags=re.MULTILINE)
    return text if found == 1 else sys.exit("README.md has no row `shop.json`")


def fill(text, sections):
    missing = set(sections)

    def section(match):
        name = match[1]
        missing.discard(name)
        return f"<!-- begin {name} -->\n{sections[name]()}\n<!-- end {name} -->"

    text = re.sub(r"<!-- begin (\S+) -->\n.*?<!-- end \1 -->", section, text, flags=re.DOTALL)
    if missing:
        sys.exit(f"{PAGE.name} has no place for: {', '.join(sorted(missing))}")
    return text


def main():
    page = Page(Path(sys.argv[1]))
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8"), page.sections()), encoding="utf-8")
    page.plots()
    front = ROOT / "README.md"
    front.write_text(readme(front.read_text(encoding="utf-8"), page.lengths()), encoding="utf-8")


main()
