// Reads sealed sessions of version 1 (SPEC.md), in Node and in Workers: WebCrypto, and @noble/ciphers for XChaCha20-Poly1305. It never
// seals: it neither refreshes a session nor deletes one, and leaves cookies as they are.

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";

const SUITES = { xaes256gcm: "XAES-256-GCM", xchacha20poly1305: "XChaCha20-Poly1305" };
const DAY = 86_400n;

/** Why a cookie does not open: a word of SPEC §8. */
class Refused extends Error {}

/**
 * @param {string} ringText the key ring (§11), as the servers have it
 * @param {{ shape: Uint8Array, decode: (data: Bytes) => any, cookieName?: string, context?: Uint8Array, idle?: bigint, absolute?: bigint }} configuration
 *   `shape`: the four bytes of the data's structure (see `shapeOf`); `decode`: takes the data from postcard's bytes; timeouts in seconds
 */
export async function reader(ringText, { shape, decode, cookieName = "__Host-Http-session", context = new Uint8Array(), idle = 14n * DAY, absolute = 30n * DAY }) {
  const keys = await ring(ringText);
  const name = utf8(cookieName);

  /** §8, a value outside a request. */
  async function open(value, now) {
    if (value.length > 14_000) throw new Refused("too-long");
    if (FIRST_PIECE.test(value)) throw new Refused("pieces");
    const envelope = base64url(value);
    if (!envelope?.length) throw new Refused("malformed");
    if (envelope[0] !== 1) throw new Refused("unknown-version");
    if (envelope.length < 55) throw new Refused("malformed");
    const key = keys.get(hex(envelope.subarray(1, 5)));
    if (!key) throw new Refused("unknown-key");
    if (now >= (key.openUntil ?? 1n << 64n)) throw new Refused("key-ended");
    const aad = concat(envelope.subarray(0, 5), [name.length & 255, name.length >> 8], name, context);
    const plaintext = await key.open(envelope.subarray(5, 29), envelope.subarray(29), aad);
    let bytes = new Bytes(plaintext);
    const flags = bytes.byte();
    if (flags & ~(COMPRESSED | EXTENDED | PADDED)) throw new Refused("unknown-form");
    const claims = readClaims(bytes);
    if (flags & EXTENDED) readExtensions(bytes);
    if (flags & PADDED) bytes.unpad();
    if (hex(claims.shape) !== hex(shape)) throw new Refused("other-shape");
    if (claims.issued > now + 120n) throw new Refused("from-the-future");
    const over = expired(claims, now);
    if (over) throw Object.assign(new Refused(over), { issued: claims.issued });
    if (flags & COMPRESSED) bytes = new Bytes(await inflate(bytes.rest()));
    const data = decode(bytes);
    if (!bytes.atEnd) throw new Refused("undecodable");
    return { data, ...claims };
  }

  /** §10.1. */
  function expired({ issued, age, expiry }, now) {
    const created = issued > age ? issued - age : 0n;
    const limit = expiry.idle ?? idle;
    if (expiry.at !== undefined && now >= expiry.at) return "expired-at";
    if (now >= created + absolute) return "expired-absolute";
    if (expiry.at === undefined && now >= issued + limit) return "expired-idle";
  }

  /**
   * The session of a request, by its `Cookie` fields (§7, §8).
   * @param {string | string[] | null} cookieFields
   * @returns {Promise<{ session: null | { data: any, issued: bigint, age: bigint, id: Uint8Array | null, flashes: { level: number, text: string }[] }, status: string }>}
   */
  async function read(cookieFields, now = BigInt(Math.floor(Date.now() / 1000))) {
    let best = null, reason = "absent", rank = Infinity, opened = 0, latest = -1n;
    const came = parts([cookieFields ?? []].flat()), looked = { bytes: 0, firstPieces: 0 };
    for (const candidate of values(came, cookieName)) {
      try {
        const value = join(candidate, came, cookieName, looked);
        if (opens(value, keys, now) && ++opened > 16) throw new Refused("too-many");
        const session = await open(value, now);
        if (!best || session.issued > best.issued) best = session;
      } catch (refused) {
        if (!(refused instanceof Refused)) throw refused;
        const one = RANKS.findIndex((words) => words.includes(refused.message));
        if (one < rank || (one === rank && refused.issued > latest)) [rank, reason, latest] = [one, refused.message, refused.issued ?? -1n];
      }
    }
    return best ? { session: best, status: "ok" } : { session: null, status: reason };
  }

  return { open, read };
}

/** §8's order of reasons, the most hopeful first. */
const RANKS = [
  ["from-the-future"], ["other-shape"], ["unknown-form"], ["undecodable"], ["pieces"], ["pieces-mixed"], ["unknown-version"], ["unsupported-suite"],
  ["unknown-key"], ["key-ended"], ["refused"], ["expired-at", "expired-absolute", "expired-idle"], ["too-many"], ["bad-seal"], ["too-long"], ["malformed"],
];

/** §8, steps 1 to 3: the value that a candidate has, joined from its pieces (§14.1) if it is the first of several. */
function join(candidate, came, name, looked) {
  const look = (length) => {
    if ((looked.bytes += length) > 65_536) throw new Refused("too-many");
  };
  if (candidate.length > 4096) throw new Refused("too-long");
  look(candidate.length);
  if (!FIRST_PIECE.test(candidate)) return candidate;
  if (++looked.firstPieces > 16) throw new Refused("too-many");
  const first = candidate.slice(2), tie = `${first.slice(8, 14)}.`;
  if (first.length < 14) throw new Refused("pieces-mixed");
  let joined = first;
  for (let digit = 1; digit < Number(candidate[0]); digit++) {
    const later = values(came, `${name}.${digit}`).find((text) => text.startsWith(tie));
    if (later === undefined) throw new Refused("pieces-mixed");
    joined += later.slice(tie.length);
  }
  if (joined.length > 14_000) throw new Refused("too-long");
  look(joined.length - first.length);
  return joined;
}

const FIRST_PIECE = /^[2-9]\.[\w-]*$/;

/** Whether this value comes to §8's step 9. */
function opens(value, keys, now) {
  const envelope = base64url(value);
  const key = envelope?.length >= 55 && envelope[0] === 1 && keys.get(hex(envelope.subarray(1, 5)));
  return key && now < (key.openUntil ?? 1n << 64n);
}

/** §7. Header values are strings of one character a byte, in Workers and in Node. */
function parts(fields) {
  return fields.flatMap((field) => field.split(";")).map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ""));
}

/** The texts of the parts of a name. An empty one is what a deletion leaves in a client that ignores Max-Age. */
function values(parts, name) {
  return parts.filter((part) => part.startsWith(`${name}=`)).map((part) => part.slice(name.length + 1)).filter((text) => text !== "");
}

/** §6.4: the four bytes of a structure's text, as `postcard Visit{user:option u64,cart:[u32]}`. */
export async function shapeOf(text) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text))).subarray(0, 4);
}

/** Bytes that are read from the front; what ends too early is `undecodable`. The methods beside `byte` and `take` are postcard's (§6.1). */
export class Bytes {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  get atEnd() {
    return this.#at === this.#bytes.length;
  }

  byte() {
    return this.take(1)[0];
  }

  take(length) {
    if (length > this.#bytes.length - this.#at) throw new Refused("undecodable");
    return this.#bytes.subarray(this.#at, (this.#at += Number(length)));
  }

  rest() {
    return this.take(this.#bytes.length - this.#at);
  }

  /** §3.4: takes padding from the end. */
  unpad() {
    let end = this.#bytes.length;
    while (end > this.#at && this.#bytes[end - 1] === 0) end--;
    if (end === this.#at || this.#bytes[end - 1] !== 0x80) throw new Refused("undecodable");
    this.#bytes = this.#bytes.subarray(0, end - 1);
  }

  /** A strict varint (§2), as a BigInt. */
  varint() {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        if ((byte === 0 && shift > 0n) || value >= 1n << 64n) break;
        return value;
      }
    }
    throw new Refused("undecodable");
  }

  u32() {
    const value = this.varint();
    if (value >= 1n << 32n) throw new Refused("undecodable");
    return Number(value);
  }

  string() {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(this.varint()));
    } catch {
      throw new Refused("undecodable");
    }
  }

  option(read) {
    const tag = this.byte();
    if (tag > 1) throw new Refused("undecodable");
    return tag ? read() : null;
  }

  /** A sequence whose entries take at least a byte each. */
  sequence(read) {
    const entries = [];
    for (let left = this.varint(); left > 0n; left--) entries.push(read());
    return entries;
  }

  variant(names) {
    const name = names[this.u32()];
    if (name === undefined) throw new Refused("undecodable");
    return name;
  }
}

/** §5. */
function readClaims(bytes) {
  const issued = bytes.varint();
  const age = bytes.varint();
  const hasId = bytes.byte();
  if (hasId > 1) throw new Refused("unknown-form");
  const id = hasId ? bytes.take(16) : null;
  const expiry = {};
  switch (bytes.varint()) {
    case 0n: case 1n: break;
    case 2n: expiry.idle = bytes.varint(); break;
    case 3n: expiry.at = bytes.varint(); break;
    default: throw new Refused("unknown-form");
  }
  const flashes = bytes.sequence(() => ({ level: bytes.byte(), text: bytes.string() }));
  return { issued, age, id, expiry, flashes, shape: bytes.take(4) };
}

/** §3.4: flags of the plaintext's first byte. */
const COMPRESSED = 1, EXTENDED = 2, PADDED = 4;

/** §6.5: what comes out of a raw DEFLATE stream. */
async function inflate(stream) {
  const data = await decompress(stream);
  // Some hosts ignore what follows a stream. Without its last byte a stream ends too early, unless something follows it.
  if (!data || (await decompress(stream.subarray(0, -1)))) throw new Refused("undecodable");
  return data;
}

/** The same, or null if the stream has a fault or more than 65,536 bytes come out. */
async function decompress(stream) {
  const chunks = [];
  let length = 0;
  try {
    for await (const chunk of new Blob([stream]).stream().pipeThrough(new DecompressionStream("deflate-raw"))) {
      if ((length += chunk.length) > 65_536) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return concat(...chunks);
}

/** §5.1. A reader that writes nothing has no use for those that it may skip. */
function readExtensions(bytes) {
  const count = bytes.varint();
  if (count === 0n) throw new Refused("undecodable");
  for (let left = count, least = 0; left > 0n; left--) {
    const tag = bytes.byte();
    if (tag < least) throw new Refused("undecodable");
    if (tag < 128) throw new Refused("unknown-form");
    least = tag + 1;
    bytes.take(bytes.varint());
  }
}

/** §11 and §4: keys by their ids. When a key seals is no reader's business; that the ring is well formed is checked by whoever seals. */
async function ring(text) {
  const keys = new Map();
  for (const entry of text.replace(/^\uFEFF/, "").split(/[\n;]/)) {
    const [token, ...attributes] = entry.replace(/\r$/, "").replace(/#.*/, "").split(/[ \t]+/).filter(Boolean);
    if (!token) continue;
    const [, suite, secret] = /^ssk1\.(\w+)\.([\w-]{43})$/.exec(token) ?? [];
    if (!SUITES[suite] || !base64url(secret)) throw new Error("invalid key ring: expected ssk1.<suite>.<43 characters>, one key per line or separated by semicolons");
    const until = attributes.find((attribute) => attribute.startsWith("open-until="))?.slice(11);
    const openUntil = until === undefined ? undefined : BigInt(Date.parse(until) / 1000);
    const derive = await hkdf(base64url(secret));
    const key = await derive(`sealed-session v1 ${SUITES[suite]}`, 32);
    const open = suite === "xaes256gcm" ? await xaes(key) : xchacha(key);
    keys.set(hex(await derive(`sealed-session v1 key id ${SUITES[suite]}`, 4)), { openUntil, open });
  }
  if (!keys.size) throw new Error("the key ring holds no key: expected ssk1.<suite>.<43 characters>, one key per line or separated by semicolons");
  return keys;
}

async function hkdf(secret) {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return async (info, length) =>
    new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(info) }, key, length * 8));
}

function xchacha(key) {
  return async (nonce, sealed, aad) => {
    try {
      return xchacha20poly1305(key, nonce, aad).decrypt(sealed);
    } catch {
      throw new Refused("bad-seal");
    }
  };
}

/** c2sp.org/XAES-256-GCM: a key of its own for each nonce's first half, and AES-256-GCM with the second. */
async function xaes(key) {
  const aes = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["encrypt"]);
  // One block of AES: CBC's first, behind an initialization vector of zeros.
  const block = async (input) => new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, aes, input)).subarray(0, 16);
  const l = await block(new Uint8Array(16));
  const k1 = l.map((byte, at) => (byte << 1) | ((l[at + 1] ?? 0) >> 7));
  if (l[0] & 128) k1[15] ^= 0x87;
  return async (nonce, sealed, aad) => {
    const half = (number) => block(concat([0, number, 0x58, 0], nonce.subarray(0, 12)).map((byte, at) => byte ^ k1[at]));
    const derived = concat(await half(1), await half(2));
    const gcm = await crypto.subtle.importKey("raw", derived, "AES-GCM", false, ["decrypt"]);
    try {
      return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce.subarray(12), additionalData: aad }, gcm, sealed));
    } catch {
      throw new Refused("bad-seal");
    }
  };
}

/** The bytes of base64url in its one spelling (§3.1), or null. */
function base64url(text) {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return null;
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  const again = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return again === text ? bytes : null;
}

function utf8(text) {
  return new TextEncoder().encode(text);
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function concat(...parts) {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
