// The peers in JavaScript, in the protocol of `times serve`: first the cookies' lengths by peer and payload, then nanoseconds of one
// iteration for each line `peer<TAB>operation<TAB>payload<TAB>count`. Started by ../interleave.py with the payloads' file.

import { randomBytes, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { sealData, unsealData } from "iron-session";
import { EncryptJWT, jwtDecrypt } from "jose";

const FORTNIGHT = 14 * 86_400;
const payloads = JSON.parse(readFileSync(process.argv[2], "utf8"));

const password = randomBytes(32).toString("base64url");
const key = await webcrypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

const peers = {
  "iron-session (Node.js)": {
    seal: (data) => sealData(data, { password, ttl: FORTNIGHT }),
    open: (value) => unsealData(value, { password, ttl: FORTNIGHT }),
  },
  "jose, JWE dir A256GCM (Node.js)": {
    seal: (data) =>
      new EncryptJWT(data).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).setIssuedAt().setExpirationTime(`${FORTNIGHT}s`).encrypt(key),
    open: async (value) => (await jwtDecrypt(value, key)).payload,
  },
};

const lengths = {};
const runs = new Map();
for (const [peer, { seal, open }] of Object.entries(peers)) {
  lengths[peer] = {};
  for (const [payload, data] of Object.entries(payloads)) {
    const value = await seal(data);
    const opened = await open(value);
    for (const [field, expected] of Object.entries(data)) {
      if (JSON.stringify(opened[field]) !== JSON.stringify(expected)) throw new Error(`${peer} does not give ${payload} back`);
    }
    lengths[peer][payload] = encodeURIComponent(value).length;
    runs.set(`${peer}\tseal\t${payload}`, () => seal(data));
    runs.set(`${peer}\topen\t${payload}`, () => open(value));
  }
}
console.log(JSON.stringify(lengths));

for await (const line of createInterface({ input: process.stdin })) {
  const at = line.lastIndexOf("\t");
  const run = runs.get(line.slice(0, at));
  const count = Number(line.slice(at + 1));
  const start = process.hrtime.bigint();
  for (let n = 0; n < count; n++) await run();
  console.log(Number(process.hrtime.bigint() - start) / count);
}
