"""What the measurements depend on, as JSON: processor, compilers, commit, versions. No host's name and no paths. Called by scripts/performance."""

import json
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKED = ["cookie", "actix-session", "seshcookie", "tower-sessions-cookie-store", "biscotti", "branca", "pasetors", "ring", "base64", "base64-simd"]
TELLING = ["aes", "vaes", "avx2", "avx512f"]


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def processor():
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    field = lambda name: re.search(f"^{name}\\s*: (.*)", text, re.M)[1]
    flags = field("flags").split()
    offers = ", ".join(flag for flag in TELLING if flag in flags)
    return f"{field('model name')}, family {field('cpu family')}, model {field('model')}; {offers}", len(re.findall("^processor", text, re.M))


def commit():
    changed = [line for line in run("git", "status", "--porcelain", "--untracked-files=no").splitlines() if not re.search("docs/performance|README.md", line)]
    return run("git", "rev-parse", "--short=12", "HEAD") + (", and changes that are not committed" if changed else "")


def versions():
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    # Of several, the newest: the others come with what a peer is built on.
    of_crate = lambda name: re.findall(f'name = "{name}"\nversion = "([^"]+)"', lock)[-1]
    node = json.loads((ROOT / "benches/other-languages/node/package.json").read_text(encoding="utf-8"))["dependencies"]
    pinned = (ROOT / "benches/other-languages/python/requirements.txt").read_text(encoding="utf-8")
    python = dict(line.split("==") for line in pinned.splitlines() if "==" in line)
    pairs = [(name, of_crate(name)) for name in LOCKED] + list(node.items()) + [(name, python[name]) for name in ("django", "flask", "itsdangerous")]
    return ", ".join(f"{name} {version}" for name, version in pairs)


def main():
    model, cores = processor()
    print(
        json.dumps(
            {
                "processor": model,
                "cores": f"{cores}, shared with other work; every measurement on one of them",
                "kernel and C library": f"{platform.system()} {platform.release().split('-')[0]}, {' '.join(platform.libc_ver())}",
                "compilers": f"{run('rustc', '--version')}; Node.js {run('node', '--version')}; Python {platform.python_version()}",
                "commit": commit(),
                "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
                "versions": versions(),
            }
        )
    )


main()
