// Runs a wasm32-wasip1 program, as cargo's test runner for that target: node --no-warnings wasi-run.mjs PROGRAM.wasm [ARGUMENT …]
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [program, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [program, ...args], env: process.env, preopens: { ".": process.cwd() } });
const module = await WebAssembly.compile(await readFile(program));
process.exit(wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject())));
