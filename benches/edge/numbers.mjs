// Builds benches/edge in every way that docs/edge.md speaks of, measures, and writes the tables there. scripts/edge-numbers calls it.

import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const root = resolve(import.meta.dirname ?? ".", "../..");
const target = process.env.CARGO_TARGET_DIR;
const out = join(target, "edge-numbers");
const page = join(root, "docs/edge.md");
const keys = `ssk1.xchacha20poly1305.${randomBytes(32).toString("base64url")}`;

// What docs/edge.md tells those to set who count every byte.
const SMALL = "--cfg sha2_backend_soft=\"compact\"";

// Features, the compiler's flags, and the bytes that docs/edge.md says the crate stays below in a Worker.
const WAYS = {
  "without the crate": {},
  "`chacha`, `.schema_version(n)`": { features: "chacha", below: 215_000 },
  "… with the small SHA-256": { features: "chacha", flags: SMALL },
  "… with `dbsc`": { features: "chacha,dbsc" },
  "`aes`, `.schema_version(n)`": { features: "aes" },
  "`chacha`, `shape`": { features: "chacha,shape" },
  "`chacha`, `map`, `Encoding::Named`": { features: "chacha,named" },
  "`aes`, `chacha`, `shape`, `map` (default)": { features: "aes,chacha,shape,map", below: 330_000 },
};

const PLATFORMS = {
  Cloudflare: { build: buildWorker, start: startWorkerd },
  Fastly: { build: (...way) => buildProgram("fastly", "wasm32-wasip1", "fastly", ...way), start: startViceroy },
  "WASI-HTTP": { build: (...way) => buildProgram("wasi-http", "wasm32-wasip2", "wstd", ...way), start: startWasmtime },
};

function run(program, args, options = {}) {
  return execFileSync(program, args, { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8", ...options });
}

function environment(triple, flags) {
  const name = `CARGO_TARGET_${triple.toUpperCase().replaceAll("-", "_")}_RUSTFLAGS`;
  return { ...process.env, ...(flags && { [name]: flags }) };
}

function buildWorker(name, features, flags) {
  const directory = join(root, "benches/edge");
  run("worker-build", ["--release", "--out-dir", "build", "--", "--features", ["worker", features].filter(Boolean).join()], { cwd: directory, env: environment("wasm32-unknown-unknown", flags) });
  const into = join(out, `Cloudflare-${name}`);
  mkdirSync(into, { recursive: true });
  for (const file of ["index.js", "index_bg.wasm"]) copyFileSync(join(directory, "build", file), join(into, file));
  return join(into, "index_bg.wasm");
}

function buildProgram(bin, triple, feature, name, features, flags) {
  run("cargo", ["build", "--quiet", "--locked", "--release", "--manifest-path", join(root, "benches/edge/Cargo.toml"), "--target", triple, "--bin", bin,
    "--features", [feature, features].filter(Boolean).join()], { env: { ...environment(triple, flags), CARGO_PROFILE_RELEASE_STRIP: "symbols" } });
  const into = join(out, `${bin}-${name}.wasm`);
  mkdirSync(out, { recursive: true });
  copyFileSync(join(target, triple, "release", `${bin}.wasm`), into);
  return into;
}

// Servers, each on a free port. They end with this process, whatever it fails at.

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

function start(program, args, listens, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    running.add(child);
    let log = "";
    const hear = (bytes) => {
      log += bytes;
      const found = listens.exec(log);
      if (found) resolve({ port: Number(found[1]), stop: () => new Promise((ended) => (child.once("exit", ended), child.kill("SIGKILL"))) });
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    child.once("exit", () => running.delete(child));
    child.once("exit", () => reject(new Error(`${program} ended: ${log}`)));
  });
}

function startWorkerd(module) {
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "index.js", esModule = embed "index.js"), (name = "./index_bg.wasm", wasm = embed "index_bg.wasm")],
    compatibilityDate = "2026-11-01",
    bindings = [(name = "SESSION_KEYS", text = "${keys}")],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);`;
  const directory = join(module, "..");
  writeFileSync(join(directory, "config.capnp"), config);
  return start(process.env.WORKERD_BIN, ["serve", "--control-fd=1", "config.capnp"], /"socket":"http","port":(\d+)/, { cwd: directory });
}

function startViceroy(module) {
  const directory = mkdtempSync(join(tmpdir(), "edge-numbers-"));
  const stores = `[local_server.secret_stores]\nshop = [{ key = "SESSION_KEYS", data = "${keys}" }]\n`;
  writeFileSync(join(directory, "fastly.toml"), `manifest_version = 3\nname = "numbers"\nlanguage = "rust"\n${stores}`);
  return start("viceroy", ["serve", "-v", "--addr", "127.0.0.1:0", "-C", "fastly.toml", module], /http:\/\/127\.0\.0\.1:([1-9]\d*)/, { cwd: directory });
}

function startWasmtime(module) {
  const args = ["serve", "-O", "pooling-allocator=n", "-S", "cli=y", "--addr", "127.0.0.1:0", "--env", "SESSION_KEYS", module];
  return start("wasmtime", args, /http:\/\/127\.0\.0\.1:(\d+)/, { env: { ...process.env, SESSION_KEYS: keys } });
}

function get(port) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const sent = request({ port, host: "127.0.0.1", agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.on("data", () => {}).on("end", () => resolve(performance.now() - begun));
    });
    sent.on("error", reject).end();
  });
}

const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1];

/** Milliseconds of a cold start with each of the modules, in turns. */
async function coldStarts(platform, modules) {
  const times = modules.map(() => []);
  if (platform === "Cloudflare") {
    // A Worker starts cold once: from the process's start to the first answer.
    for (let round = 0; round < 15; round++) {
      for (const [at, module] of modules.entries()) {
        const begun = performance.now();
        const server = await startWorkerd(module);
        await get(server.port);
        times[at].push(performance.now() - begun);
        await server.stop();
      }
    }
  } else {
    // Each request has an instance of its own.
    const servers = await Promise.all(modules.map(PLATFORMS[platform].start));
    for (let round = 0; round < 210; round++) {
      for (const [at, { port }] of servers.entries()) {
        const time = await get(port);
        if (round >= 10) times[at].push(time);
      }
    }
    await Promise.all(servers.map((server) => server.stop()));
  }
  return times.map(median);
}

/** Nanoseconds by [suite][size][what], of a module in an engine. */
function speeds(engine, module) {
  const wasi = join(root, "scripts/wasi-run.mjs");
  const text = engine === "V8" ? run("node", ["--no-warnings", wasi, module]) : run("wasmtime", ["run", module]);
  return text.trim().split("\n").map((line) => line.split("\t"));
}

function buildSpeed(simd) {
  const directory = simd ? join(target, "simd") : target;
  run("cargo", ["build", "--quiet", "--locked", "--release", "--manifest-path", join(root, "benches/edge/Cargo.toml"), "--target", "wasm32-wasip1", "--bin", "speed",
    "--features", "speed", "--target-dir", directory],
    { env: { ...process.env, ...(simd && { CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS: "-Ctarget-feature=+simd128" }) } });
  return join(directory, "wasm32-wasip1/release/speed.wasm");
}

const number = (value) => Math.round(value).toLocaleString("en");
const table = (head, rows) => [head, head.map((_, at) => (at ? "--:" : "---")), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

/** Modules and their bytes by [platform][way]. */
function sizes() {
  const measured = {};
  for (const [platform, { build }] of Object.entries(PLATFORMS)) {
    measured[platform] = {};
    for (const [at, [way, { features = "", flags }]] of Object.entries(WAYS).entries()) {
      const module = build(String(at), features, flags);
      measured[platform][way] = { module, bytes: statSync(module).size };
    }
  }
  return measured;
}

function sizeTable(measured) {
  const [bare, ...ways] = Object.keys(WAYS);
  const columns = Object.entries(measured).map(([platform, modules]) => [platform, (way) => modules[way].bytes]);
  // What Cloudflare's limits count.
  columns.splice(1, 0, ["… compressed", (way) => gzipSync(readFileSync(measured.Cloudflare[way].module), { level: 9 }).length]);
  const rows = [[bare, ...columns.map(([, of]) => number(of(bare)))]];
  for (const way of ways) rows.push([way, ...columns.map(([, of]) => `+ ${number(of(way) - of(bare))}`)]);
  return table(["bytes of the module", ...columns.map(([head]) => head)], rows);
}

async function starts(measured) {
  const chosen = Object.keys(WAYS).filter((way) => !WAYS[way].features || WAYS[way].below);
  const rows = [];
  for (const [name, modules] of Object.entries(measured)) {
    const times = await coldStarts(name, chosen.map((way) => modules[way].module));
    rows.push([name, ...times.map((time, at) => (at ? `${time.toFixed(2)} (${(time - times[0] < 0 ? "− " : "+ ") + Math.abs(time - times[0]).toFixed(2)})` : time.toFixed(2)))]);
  }
  return table(["cold start, ms", ...chosen], rows);
}

function speed() {
  const rows = [];
  for (const simd of [false, true]) {
    const module = buildSpeed(simd);
    for (const engine of ["V8", "wasmtime"]) {
      const lines = speeds(engine, module);
      for (const name of new Set(lines.map(([suite]) => suite))) {
        const of = (size) => ["seal", "open"].map((what) => number(lines.find((line) => line[0] === name && line[1] === size && line[2] === what)[3])).join(" / ");
        rows.push([`${engine}${simd ? ", SIMD" : ""}: ${name}`, ...["empty", "shop", "3 KB"].map(of)]);
      }
    }
  }
  return table(["seal / open, ns", "empty", "the shop", "3 KB"], rows);
}

function replace(text, name, body) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`docs/edge.md has no ${begin}`);
  return `${text.slice(0, from + begin.length)}\n${body}\n${text.slice(to)}`;
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const measured = sizes();
const sizesTable = sizeTable(measured);
console.log(sizesTable);
const worker = measured.Cloudflare;
const added = (way) => worker[way].bytes - worker["without the crate"].bytes;
const grown = Object.entries(WAYS).filter(([way, { below }]) => below && added(way) >= below);
for (const [way, { below }] of grown) console.error(`${way} adds ${added(way)} bytes to a Worker, and docs/edge.md says less than ${below}`);
const tables = [["sizes", sizesTable]];
if (!process.argv.includes("--sizes")) {
  const [cold, fast] = [await starts(measured), speed()];
  console.log(`\n${cold}\n\n${fast}`);
  tables.push(["starts", cold], ["speeds", fast]);
}
let text = readFileSync(page, "utf8");
for (const [name, body] of tables) text = replace(text, name, body);
writeFileSync(page, text);
process.exit(grown.length ? 1 : 0);
