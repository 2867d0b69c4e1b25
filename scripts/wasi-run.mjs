// Runs a wasm32-wasip1 program, as cargo's test runner for that target: node --no-warnings wasi-run.mjs PROGRAM.wasm [ARGUMENT …]
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [program, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [program, ...args], env: process.env, preopens: { ".": process.cwd() } });
const imports = wasi.getImportObject();
// Node 20 crashes at the end of a program whose memory grew to 20 MB, unless a function in JavaScript is between the program and node's own.
for (const functions of Object.values(imports)) {
  for (const [name, call] of Object.entries(functions)) functions[name] = (...values) => call(...values);
}
const module = await WebAssembly.compile(await readFile(program));
process.exit(wasi.start(await WebAssembly.instantiate(module, imports)));
