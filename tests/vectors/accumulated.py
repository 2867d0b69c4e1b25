#!/usr/bin/env python3
"""The accumulated tests of README.md, a third time: the generators, the map encoding (SPEC 6.2) and the ring's text (SPEC 11), from those pages alone.

Prints what `accumulated` in v1.json holds; with `maps`, `outcomes` or `rings` and a number of cases, the lines themselves. Needs nothing beyond Python 3.9.
"""
import base64, calendar, hashlib, re, struct, sys


class Refused(Exception):
    pass


class Stream:
    def __init__(self, test, case):
        self.shake, self.at, self.bytes = hashlib.shake_128(f"sealed-session accumulated {test} {case}".encode()), 0, b""

    def take(self, n):
        while self.at + n > len(self.bytes):
            self.bytes = self.shake.digest(max(4096, 2 * (self.at + n)))
        self.at += n
        return self.bytes[self.at - n:self.at]

    def byte(self):
        return self.take(1)[0]

    def below(self, k):
        return self.byte() % k

    def uint(self, w):
        return int.from_bytes(self.take(w), "little")

    def long(self, k):
        return self.uint(2) % k

    def pick(self, *things):
        return things[self.below(len(things))]


# Maps: the generator. Integers are int, floats are float, and bool is no int here.

def by_bytes(keys):
    return sorted(keys, key=lambda key: key.encode())


def a_map(s):
    x = s.below(64)
    if x == 0:
        n, v = 40 + s.below(32), None
        v = value(s, 1)
        for _ in range(n):
            v = s.pick([v], {"d": v}, [{"d": v}, {"d": None}])
        return {"deep": v}
    if x == 1:
        strings = [f"t{i}" for i in range(200 + s.below(100))]
        return {"first": strings, "then": strings}
    if x == 2:
        lists = [{f"k{i}": i} for i in range(50 + s.below(30))]
        return {"first": lists, "then": lists}
    return an_object(s, keys(s), 3)


def keys(s):
    x = s.below(4)
    if x == 0:
        return s.pick([], ["id"], ["id", "qty"], ["id", "name", "price"])
    return by_bytes({text(s) for _ in range(s.below(5))})


def an_object(s, names, r):
    return {name: value(s, r - 1) for name in names}


def an_array(s, r):
    x = s.below(4)
    if x == 0:
        m = s.pick(64, 256)
        return [s.byte() % m for _ in range(s.below(24))]
    if x == 1:
        n = s.below(12)
        names = keys(s)
        return [an_object(s, names, r) for _ in range(n)]
    return [value(s, r - 1) for _ in range(s.below(6))]


def value(s, r):
    x = s.below(16)
    if x < 3:
        return (None, False, True)[x]
    if x < 5:
        return unsigned(s)
    if x == 5:
        return -1 - unsigned(s) % 2**63
    if x == 6:
        return a_float(s)
    if x < 11:
        return text(s)
    if r == 0:
        return x
    return an_array(s, r) if x < 13 else an_object(s, keys(s), r)


def unsigned(s):
    x = s.below(12)
    if x <= 8:
        return s.uint(x)
    return s.pick(63, 64, 255, 256, 8255, 8256, 2**16 - 1, 2**16, 2**24 - 1, 2**24, 2**32 - 1, 2**32, 2**48 - 1, 2**48, 2**63, 2**64 - 1)


def finite(number):
    return number if number - number == 0 else 0.0


def a_float(s):
    x = s.below(4)
    if x == 0:
        return finite(struct.unpack("<f", s.take(4))[0])
    if x == 1:
        return finite(struct.unpack("<d", s.take(8))[0])
    return s.pick(0.0, -0.0, 1.0, 1.5, 0.1, 16777217.0, 5e-324, 1e300) if x == 2 else float(s.byte())


def dashed(digits):
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def text(s):
    x = s.below(16)
    if x < 7:
        return f"s{s.below(40)}"
    if x == 7:
        return "".join(s.pick("a", "b") for _ in range(s.below(3)))
    if x < 10:
        return "".join("0123456789abcdef"[s.below(16)] for _ in range(s.below(14)))
    if x < 12:
        uuid = dashed(s.take(16).hex())
        return uuid if x == 10 else uuid.upper()
    if x == 12:
        return "x" * (36 + s.below(32))
    if x == 13:
        return "\u00e9" * (15 + s.below(20))
    if x == 14:
        return "".join(s.pick("\0", "A", "\x7f", "\u00df", "\uff5e", "\U0001f600", "-", "0") for _ in range(s.below(4)))
    return f"S{s.byte()}"


# Maps: the encoding.

def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def count(tag, room, long, n):
    return bytes([tag + n]) if n < room else bytes([long]) + varint(n - room)


def listable(names):
    return bool(names) and all(len(name.encode()) <= 64 for name in names)


class Tables:
    def __init__(self):
        self.strings, self.lists = {}, {}

    def string(self, text):
        if 2 <= len(text.encode()) <= 64 and len(self.strings) < 256:
            self.strings.setdefault(text, len(self.strings))

    def list(self, names):
        if listable(names) and len(self.lists) < 64:
            self.lists.setdefault(tuple(names), len(self.lists))


def encode(map):
    return encode_object(map, Tables(), 64) if map else b""


def encode_object(o, t, room):
    names = by_bytes(o)
    return encode_keys(names, t) + b"".join([encode_value(o[name], t, room) for name in names])


def encode_keys(names, t):
    if tuple(names) in t.lists:
        return count(0xB8, 16, 0xF7, t.lists[tuple(names)])
    out = count(0xA8, 16, 0xF6, len(names)) + b"".join([encode_string(name, t) for name in names])
    t.list(names)
    return out


def encode_string(text, t):
    if text in t.strings:
        return count(0x88, 32, 0xF3, t.strings[text])
    t.string(text)
    if re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
        return b"\xf5" + bytes.fromhex(text.replace("-", ""))
    if re.fullmatch("([0-9a-f]{2}){2,}", text):
        return b"\xf4" + varint(len(text) // 2) + bytes.fromhex(text)
    return count(0x60, 40, 0xF2, len(text.encode())) + text.encode()


def encode_value(v, t, room):
    if v is None:
        return b"\xe4"
    if isinstance(v, bool):
        return b"\xe6" if v else b"\xe5"
    if isinstance(v, int):
        return encode_integer(v)
    if isinstance(v, float):
        try:
            narrow = struct.pack("<f", v)
        except OverflowError:
            narrow = b"\0\0\xc0\x7f"
        same = struct.pack("<d", struct.unpack("<f", narrow)[0]) == struct.pack("<d", v)
        return b"\xe7" + narrow if same else b"\xe8" + struct.pack("<d", v)
    if isinstance(v, str):
        return encode_string(v, t)
    if room == 0:
        raise Refused("deep")
    if isinstance(v, dict):
        return encode_object(v, t, room - 1)
    if all(type(item) is int and 0 <= item <= 255 for item in v) and any(item > 63 for item in v):
        return b"\xfa" + varint(len(v)) + bytes(v)
    if len(v) > 1 and all(isinstance(item, dict) for item in v) and len({tuple(by_bytes(item)) for item in v}) == 1 and listable(list(v[0])):
        if room == 1:
            raise Refused("deep")
        names = by_bytes(v[0])
        out = count(0xD8, 8, 0xF9, len(v) - 2) + encode_keys(names, t)
        return out + b"".join([encode_value(item[name], t, room - 2) for item in v for name in names])
    return count(0xC8, 16, 0xF8, len(v)) + b"".join([encode_value(item, t, room - 1) for item in v])


def encode_integer(n):
    if n < 0:
        n = -1 - n
        if n < 4:
            return bytes([0xE0 + n])
        tags = (0xEE, 1), (0xEF, 2), (0xF0, 4), (0xF1, 8)
    elif n < 64:
        return bytes([n])
    elif n < 64 + 32 * 256:
        return bytes([0x40 + (n - 64 >> 8), n - 64 & 255])
    else:
        tags = (0xE9, 2), (0xEA, 3), (0xEB, 4), (0xEC, 6), (0xED, 8)
    tag, width = next((tag, width) for tag, width in tags if n >> 8 * width == 0)
    return bytes([tag]) + n.to_bytes(width, "little")


class Reader:
    def __init__(self, data):
        self.data, self.at, self.tables = data, 0, Tables()

    def take(self, n):
        if n > len(self.data) - self.at:
            raise Refused
        self.at += n
        return self.data[self.at - n:self.at]

    def byte(self):
        return self.take(1)[0]

    def number(self):
        n = 0
        for i in range(4):
            b = self.byte()
            n |= (b & 127) << 7 * i
            if b < 128:
                if b == 0 and i > 0:
                    raise Refused
                return n
        raise Refused

    def counted(self, tag, first, room, long):
        """The number of a count that begins with this tag, if one does."""
        if tag == long:
            return self.number() + room
        return tag - first if first <= tag < first + room else None

    def keys(self, tag):
        n = self.counted(tag, 0xB8, 16, 0xF7)
        if n is not None:
            known = list(self.tables.lists)
            if n >= len(known):
                raise Refused
            return list(known[n])
        n = self.counted(tag, 0xA8, 16, 0xF6)
        if n is None or n > len(self.data) - self.at:
            raise Refused
        names = [self.string(self.byte()) for _ in range(n)]
        if None in names or any(a.encode() >= b.encode() for a, b in zip(names, names[1:])):
            raise Refused
        self.tables.list(names)
        return names

    def string(self, tag):
        n = self.counted(tag, 0x88, 32, 0xF3)
        if n is not None:
            known = list(self.tables.strings)
            if n >= len(known):
                raise Refused
            return known[n]
        n = self.counted(tag, 0x60, 40, 0xF2)
        if n is not None:
            try:
                text = self.take(n).decode()
            except UnicodeDecodeError:
                raise Refused
        elif tag == 0xF4:
            text = self.take(self.number()).hex()
        elif tag == 0xF5:
            text = dashed(self.take(16).hex())
        else:
            return None
        self.tables.string(text)
        return text

    def object(self, names, room):
        return {name: self.value(room) for name in names}

    def value(self, room):
        tag = self.byte()
        little = lambda width: int.from_bytes(self.take(width), "little")
        if tag < 0x40:
            return tag
        if tag < 0x60:
            return 64 + 256 * (tag - 0x40) + self.byte()
        if 0xE4 <= tag <= 0xE6:
            return (None, False, True)[tag - 0xE4]
        if tag < 0xE4 and tag >= 0xE0:
            return -1 - (tag - 0xE0)
        if tag in (0xE7, 0xE8):
            number = struct.unpack("<f", self.take(4))[0] if tag == 0xE7 else struct.unpack("<d", self.take(8))[0]
            if number - number != 0:
                raise Refused
            return number
        if 0xE9 <= tag <= 0xED:
            return little((2, 3, 4, 6, 8)[tag - 0xE9])
        if 0xEE <= tag <= 0xF1:
            n = little((1, 2, 4, 8)[tag - 0xEE])
            if n >= 2**63:
                raise Refused
            return -1 - n
        text = self.string(tag)
        if text is not None:
            return text
        if room == 0:
            raise Refused
        if tag == 0xFA:
            return list(self.take(self.number()))
        n = self.counted(tag, 0xC8, 16, 0xF8)
        if n is not None:
            if n > len(self.data) - self.at:
                raise Refused
            return [self.value(room - 1) for _ in range(n)]
        n = self.counted(tag, 0xD8, 8, 0xF9)
        if n is not None:
            names = self.keys(self.byte())
            if room == 1 or n > len(self.data) - self.at:
                raise Refused
            return [self.object(names, room - 2) for _ in range(n + 2)]
        return self.object(self.keys(tag), room - 1)


def decode(data):
    if not data:
        return {}
    reader = Reader(data)
    map = reader.object(reader.keys(reader.byte()), 64)
    if reader.at != len(data) or encode(map) != data:
        raise Refused
    return map


def dump(v):
    if v is None or isinstance(v, bool):
        return {None: "n", False: "f", True: "t"}[v]
    if isinstance(v, int):
        return f"i{v}"
    if isinstance(v, float):
        return "d" + struct.pack(">d", v).hex()
    if isinstance(v, str):
        return "s" + v.encode().hex()
    if isinstance(v, list):
        return "[" + ",".join(map(dump, v)) + "]"
    return "{" + ",".join(f"{name.encode().hex()}:{dump(v[name])}" for name in by_bytes(v)) + "}"


def changed(s, b):
    x = s.below(6)
    x = x if b else 2
    if x == 0:
        p = s.long(len(b))
        return b[:p] + bytes([b[p] ^ 1 << s.below(8)]) + b[p + 1:]
    if x == 1:
        p = s.long(len(b))
        return b[:p] + s.take(1) + b[p + 1:]
    if x == 2:
        p = s.long(len(b) + 1)
        return b[:p] + s.take(1) + b[p:]
    if x == 3:
        p = s.long(len(b))
        return b[:p] + b[p + 1:]
    if x == 4:
        return b[:s.long(len(b))]
    p, n = s.long(len(b)), 1 + s.below(8)
    at = s.long(len(b) + 1)
    return b[:at] + b[p:p + n] + b[at:]


def map_lines(case):
    s = Stream("maps", case)
    try:
        b = encode(a_map(s))
    except Refused:
        return ["deep"], []
    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(dump(decode(changed(s, b))))
        except Refused:
            outcomes.append("undecodable")
    return [b.hex()], outcomes


# Rings: the generator.

def published(n):
    return hashlib.sha256(f"sealed-session published secret {n}".encode()).digest()


PUBLISHED = {published(n) for n in range(80)} | {bytes(0xE0 + n % 17 for n in range(32))}
PUBLISHED |= {bytes.fromhex("ae73408f14589069b514beeb99463a4d066ff4a47cf0ef71af568bc2d6c4202a"), bytes.fromhex("aee375cd67fd29a298ffe6682f58d9199a120831f8df53b56573cb05ec0ab2d4")}
PUBLISHED |= {bytes(0x21 + n if n != 9 else b for n in range(32)) for b in range(256)}
SUITES = {"xaes256gcm": "XAES-256-GCM", "xchacha20poly1305": "XChaCha20-Poly1305"}


def key_text(suite, secret):
    return f"ssk1.{suite}.{base64.urlsafe_b64encode(secret).decode().rstrip('=')}"


def a_ring(s):
    takes = s.below(4) != 0
    if s.below(64) == 0:
        return takes, "\n".join(key_text("xaes256gcm", published(n)) for n in range(60 + s.below(10)))
    text = "".join([an_entry(s) + s.pick("\n", "\n", "\r\n", ";", " ; ", "\n\n") for _ in range(1 + s.below(5))])
    if s.below(4) == 0:
        x = s.below(3)
        p = s.long(len(text) + (x == 0))
        mark = "" if x == 1 else s.pick(" ", "\t", "\r", "\n", ";", "#", ".", "=", "A", "\u00e9", "\u00a0", "\ufeff")
        text = text[:p] + mark + text[p + (x != 0):]
    return takes, ("\ufeff" if s.below(16) == 0 else "") + text


def an_entry(s):
    x = s.below(16)
    if x == 0:
        return ""
    if x == 1:
        return "# " + a_key(s)
    if x == 2:
        entry = s.pick("correct", "ssk1.", "ssk1.x", "ssk2.xaes256gcm.A", "ssk1..", "ssk1.aes256gcm.A", "seal-from=2027-01-15T08:00:00Z", "\u00a0")
    else:
        entry = a_key(s)
    for _ in range(s.below(3)):
        entry += s.pick(" ", "  ", "\t", " \t")
        entry += an_attribute(s)
    return entry + (" # x" if s.below(4) == 0 else "")


def a_key(s):
    suite = "xaes256gcm" if s.below(4) else "xchacha20poly1305"
    x = s.below(16)
    if x < 2:
        return key_text(suite, bytes((240 + i % 16, 32 + i)[x] for i in range(32)))
    if x < 4:
        return key_text(suite, hashlib.sha256(f"sealed-session accumulated secret {s.below(4)}".encode()).digest())
    return key_text(suite, published(s.below(40)))


def an_attribute(s):
    if s.below(16) == 0:
        return s.pick("seal-from", "Seal-From=2027-01-15T08:00:00Z", "x=1", "open-until =")
    name = s.pick("seal-from=", "open-until=")
    if s.below(8) == 0:
        time = s.pick("1969", "1970", "1999", "2000", "2024", "2100", "9999", "0000")
        for mark, k in (("-", 14), ("-", 33), ("T", 25), (":", 61), (":", 61)):
            time += f"{mark}{s.below(k):02}"
        return name + time + s.pick("Z", "Z", "+00:00", "-00:01", "+23:59", "-24:00", "+01:60", "z")
    return name + s.pick("2027-01-15T08:00:00Z", "2027-01-15T09:00:00+01:00", "2027-02-01T00:00:00Z", "1970-01-01T00:00:00Z",
                         "9999-12-31T23:59:59Z", "2028-02-29T23:59:59-23:59", "2027-01-15T07:59:59Z", "2000-02-29T12:00:00+23:59")


# Rings: the reader.

def hkdf(secret, info, length):
    import hmac
    prk = hmac.new(b"\0" * 32, secret, "sha256").digest()
    return hmac.new(prk, info + b"\x01", "sha256").digest()[:length]


def time_of(text):
    m = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:Z|([+-])([0-9]{2}):([0-9]{2}))", text)
    if not m:
        raise Refused("time")
    year, month, day, hour, minute, second = map(int, m.groups()[:6])
    sign, oh, om = m[7], int(m[8] or 0), int(m[9] or 0)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if not (1 <= month <= 12 and 1 <= day <= lengths[month - 1] and hour < 24 and minute < 60 and second < 60 and oh < 24 and om < 60):
        raise Refused("time")
    if year < 1969:
        raise Refused("time")
    days = sum(365 + calendar.isleap(y) for y in range(1970, year)) - (365 if year == 1969 else 0) + sum(lengths[:month - 1]) + day - 1
    seconds = days * 86400 + hour * 3600 + minute * 60 + second - (oh * 3600 + om * 60) * (-1 if sign == "-" else 1)
    if not 0 <= seconds <= 253402300799:
        raise Refused("time")
    return seconds


def parse_key(words, takes):
    m = re.fullmatch(r"ssk1\.([^.]*)\.(.*)", words[0], re.S)
    if not m:
        raise Refused("not-a-key")
    suite, text = m.groups()
    if suite not in SUITES:
        raise Refused("unknown-suite")
    if len(text.encode()) != 43:
        raise Refused("secret-length")
    if not re.fullmatch("[A-Za-z0-9_-]{43}", text):
        raise Refused("secret-alphabet")
    secret = base64.urlsafe_b64decode(text + "=")
    if key_text(suite, secret) != words[0]:
        raise Refused("secret-alphabet")
    if len(set(secret)) < 17 or all(0x20 <= byte <= 0x7E for byte in secret):
        raise Refused("weak")
    if not takes and secret in PUBLISHED:
        raise Refused("published")
    times = {}
    for word in words[1:]:
        name, equals, time = word.partition("=")
        if not equals or name not in ("seal-from", "open-until"):
            raise Refused("unknown-attribute")
        time = time_of(time)
        if name in times:
            raise Refused("attribute-twice")
        times[name] = time
    since, until = times.get("seal-from"), times.get("open-until")
    if since is not None and until is not None and until <= since:
        raise Refused("ends-before-it-seals")
    return hkdf(secret, b"sealed-session v1 key id " + SUITES[suite].encode(), 4).hex(), suite, since, until, secret


def parse_ring(text, takes):
    if len(text.encode()) > 16384:
        raise Refused("too-long", 0)
    text = text[1:] if text.startswith("\ufeff") else text
    ring, places, number = [], [], 0
    for index, line in enumerate(text.split("\n")):
        for entry in (line[:-1] if line.endswith("\r") else line).split(";"):
            words = [word for word in re.split("[ \t]", entry.split("#")[0]) if word]
            if not words:
                continue
            number += 1
            place = index + 1 if "\n" in text else number
            try:
                key = parse_key(words, takes)
            except Refused as refused:
                raise Refused(refused.args[0], place)
            if len(ring) == 64:
                raise Refused("too-many", place)
            if any(key[0] == other[0] or key[4] == other[4] for other in ring):
                raise Refused("twice", place)
            ring.append(key)
            places.append(place)
    for at, key in enumerate(ring):
        if key[2] is None and any(below[2] is not None for below in ring[at:]):
            raise Refused("overshadowed", places[at])
    if not ring:
        raise Refused("empty", 0)
    return ring


def ring_lines(case):
    takes, text = a_ring(Stream("rings", case))
    try:
        ring = parse_ring(text, takes)
    except Refused as refused:
        return ["{} {}".format(*refused.args)]
    show = lambda time: "-" if time is None else str(time)
    line = "ok" + "".join(f" {key[0]},{key[1]},{show(key[2])},{show(key[3])}" for key in ring)
    for now in (0, 1_800_000_000, 253_402_300_799):
        able = [key for key in ring if (key[3] is None or now < key[3]) and (key[2] or 0) <= now]
        line += " " + (max(able, key=lambda key: key[2] or 0)[0] if able else "-")
    return [line]


LINES = {"maps": lambda case: map_lines(case)[0], "outcomes": lambda case: map_lines(case)[1], "rings": ring_lines}

if __name__ == "__main__":
    if len(sys.argv) == 3:
        for case in range(int(sys.argv[2])):
            print(*LINES[sys.argv[1]](case), sep="\n")
        sys.exit()
    for name, lines in LINES.items():
        digest = hashlib.sha256()
        for case in range(10_000):
            for line in lines(case):
                digest.update(line.encode() + b"\n")
            if case + 1 in (1, 100, 10_000):
                print(name, case + 1, digest.copy().hexdigest())
