"""Prints, as a table in Markdown, what each compressor adds to a smallest module for WebAssembly (weight/), in crates, bytes and unsafe code.
It builds for wasm32-unknown-unknown, whose standard library has to be there."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target"))
TRIPLE = "wasm32-unknown-unknown"
COMPRESSORS = ["compression", "miniz_oxide", "flate2", "zlib-rs", "lz4_flex", "ruzstd", "structured-zstd", "zstd"]
LEVELS = ["s", "3"]


def cargo(*arguments, **environment):
    return subprocess.run(["cargo", *arguments], cwd=HERE, check=True, text=True, stdout=subprocess.PIPE, env={**os.environ, **environment}).stdout


def module(feature, level):
    """The module's bytes and its bytes compressed, or nothing if there is no compiler for it."""
    if feature == "zstd" and not shutil.which("clang"):
        return None
    build = ["build", "--quiet", "--locked", "--release", "-p", "compression-weight", "--target", TRIPLE, "--features", feature]
    cargo(*build, CARGO_PROFILE_RELEASE_OPT_LEVEL=level)
    module = (TARGET / TRIPLE / "release/compression_weight.wasm").read_bytes()
    return len(module), len(gzip.compress(module, 9))


def crates(feature, edges):
    lines = cargo("tree", "--locked", "-p", "compression-weight", "--features", feature, "-e", edges, "--prefix", "none", "-f", "{p}")
    return {tuple(line.split()[:2]) for line in lines.splitlines() if line}


def unsafe_lines(sources):
    """Lines with the word, comments left out. Code that the features leave out is counted too."""
    count = 0
    for path in Path(sources).rglob("*.rs"):
        for line in path.read_text(encoding="utf-8").splitlines():
            count += bool(re.search(r"\bunsafe\b", line.split("//")[0]))
    return count


def unsafe_code(added, packages):
    found = []
    for name, version in sorted(added):
        sources = Path(packages[name, version.removeprefix("v")]).parent / "src"
        root = (sources / "lib.rs").read_text(encoding="utf-8")
        if "forbid(unsafe_code)" in root:
            found.append(f"{name}: forbidden{'' if '#![forbid(unsafe_code)]' in root else ' with these features'}")
        else:
            found.append(f"{name}: {unsafe_lines(sources)} lines")
    return "; ".join(found)


def main():
    metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1"))
    packages = {(package["name"], package["version"]): package["manifest_path"] for package in metadata["packages"]}
    bare = {level: module("", level) for level in LEVELS}
    print("| | crates | for its build | " + " | ".join(f"`opt-level` {level} | … gzip" for level in LEVELS) + " | unsafe code |")
    print("| --- | ---: | ---: |" + " ---: | ---: |" * len(LEVELS) + " --- |")
    print("| *without* | | | " + " | ".join(f"{size:,} | {packed:,}" for size, packed in bare.values()) + " | |")
    for compressor in COMPRESSORS:
        added = crates(compressor, "normal") - crates("", "normal")
        build = crates(compressor, "normal,build") - crates("", "normal,build") - added
        cells = []
        for level in LEVELS:
            built = module(compressor, level)
            cells += [f"+ {with_it - without:,}" for with_it, without in zip(built, bare[level])] if built else ["needs clang", "–"]
        version = [f"{name} {version.removeprefix('v')}" for name, version in added if name == compressor]
        print(f"| {(version or ['the feature `compression`'])[0]} | {len(added)} | {len(build)} | " + " | ".join(cells) + f" | {unsafe_code(added, packages)} |")
        sys.stdout.flush()


main()
