// The reader of examples/edge/reader, which was written from SPEC.md, against the test vectors: every value and request of typed data.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { reader } from "../../examples/edge/reader/session.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/v1.json", import.meta.url)));
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const whole = (text) => (typeof text === "string" ? text : text.head + text.repeat.repeat(text.times));

// At most 128 levels: each variant with parts, option that holds a value, and sequence.
function tree(data, room) {
  // What takes more bytes than there are is `undecodable`.
  const deeper = (room) => (room === 0 ? data.take(Infinity) : room - 1);
  const name = data.variant(["Leaf", "One", "Maybe", "Many"]);
  if (name === "Leaf") return name;
  const inside = deeper(room);
  if (name === "One") return { One: tree(data, inside) };
  if (name === "Maybe") return { Maybe: data.option(() => tree(data, deeper(inside))) };
  const within = deeper(inside);
  return { Many: data.sequence(() => tree(data, within)) };
}

const decoders = {
  Empty: () => null,
  Tree: (data) => tree(data, 128),
  Visit: (data) => ({ user: data.option(() => Number(data.varint())), cart: data.sequence(() => data.u32()) }),
};

async function readerFor(vector) {
  const server = { ...vectors.server, ...vector.server };
  const decode = server.shape_text === "named" ? undefined : decoders[server.data];
  // One with fewer suites, with data of another kind, or with other names, types or checks of its own, is another reader.
  const more = server.aliases.length > 0 || server.import !== null || server.upgrades || server.reject_created_before > 0;
  if (!decode || server.suites.length < 2 || more) return null;
  return reader(server.ring.join("\n"), {
    shape: bytes(server.shape), decode, cookieName: server.cookie_name, context: bytes(server.context),
    idle: BigInt(server.idle_timeout), absolute: BigInt(server.absolute_timeout),
  });
}

// It knows the flags 01, 02 and 04.
const applies = ({ flags_unknown: unknown = 0 } = {}) => unknown === 0 || (unknown & ~7) !== 0;

let values = 0;
for (const vector of vectors.values) {
  const reads = await readerFor(vector);
  // This one reads no data by name.
  if (!reads || !applies(vector.sealed) || vector.name === "ok_named_at_a_server_by_place") continue;
  values++;
  test(`value ${vector.name}`, async () => {
    const value = whole(vector.value), now = BigInt(vector.now);
    const outcome = await reads.open(value, now).then((session) => ({ word: "ok", session }), (refused) => ({ word: refused.message }));
    assert.equal(outcome.word, vector.expect);
    if (vector.sealed?.data !== undefined && outcome.session) assert.deepEqual(outcome.session.data, vector.sealed.data);
    const name = vector.server?.cookie_name ?? vectors.server.cookie_name;
    assert.equal((await reads.read(`${name}=${value}`, now)).status, vector.in_request ?? vector.expect);
  });
}

let requests = 0;
for (const vector of vectors.requests) {
  const read = (await readerFor(vector))?.read;
  // Whether a cookie was withheld matters to who writes.
  if (!read || vector.expect === "cross-site") continue;
  requests++;
  test(`request ${vector.name}`, async () => {
    const fields = vector.cookie_fields.map(whole);
    const { session, status } = await read(fields, BigInt(vector.now));
    assert.equal(status, vector.expect);
    if (session) assert.deepEqual(session.data, vector.data);
  });
}

test("most vectors are of this reader", () => assert.ok(values > 80 && requests > 50, `${values} values, ${requests} requests`));
