//! The accumulated random tests, as `tests/vectors/README.md` defines them: the generators, and the
//! lines that outcomes are written as. They draw from SHAKE128, so that any implementation in any
//! language makes the same 10,000 cases.

use super::reference::{Key, Suite, published};
use serde_json::{Number, Value as Json, json};
use sha2::{Digest, Sha256};
use shake::{ExtendableOutput, Shake128, Shake128Reader, Update, XofReader};
use std::collections::BTreeSet;

pub const CASES: u32 = 10_000;
/// Cases after which the hash so far is written down too.
pub const STOPS: [u32; 3] = [1, 100, CASES];

/// The hashes of all lines after each of [`STOPS`], of each of the transcripts that a case adds
/// lines to.
pub fn hashes<const N: usize>(
    mut lines: impl FnMut(u32) -> [Vec<String>; N],
) -> [Vec<(u32, String)>; N] {
    let mut transcripts: [(Sha256, Vec<(u32, String)>); N] =
        std::array::from_fn(|_| Default::default());
    for case in 0..CASES {
        for ((hash, stops), lines) in transcripts.iter_mut().zip(lines(case)) {
            lines.into_iter().for_each(|line| Digest::update(hash, line + "\n"));
            if STOPS.contains(&(case + 1)) {
                stops.push((case + 1, hex::encode(hash.clone().finalize())));
            }
        }
    }
    transcripts.map(|(_, stops)| stops)
}

pub struct Stream(Shake128Reader);

impl Stream {
    pub fn new(test: &str, case: u32) -> Self {
        let mut shake = Shake128::default();
        Update::update(&mut shake, format!("sealed-session accumulated {test} {case}").as_bytes());
        Self(shake.finalize_xof())
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.read(&mut bytes);
        bytes
    }

    fn byte(&mut self) -> u8 {
        self.take::<1>()[0]
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    fn long(&mut self, count: usize) -> usize {
        usize::from(u16::from_le_bytes(self.take())) % count
    }

    fn uint(&mut self, width: usize) -> u64 {
        (0..width).map(|place| u64::from(self.byte()) << (8 * place)).sum()
    }

    fn pick<T: Clone>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())].clone()
    }
}

// Maps

pub fn map(stream: &mut Stream) -> Json {
    match stream.below(64) {
        0 => {
            let levels = 40 + stream.below(32);
            let mut inner = value(stream, 1);
            for _ in 0..levels {
                inner = match stream.below(3) {
                    0 => json!([inner]),
                    1 => json!({ "d": inner }),
                    _ => json!([{ "d": inner }, { "d": null }]),
                };
            }
            json!({ "deep": inner })
        }
        1 => {
            let strings: Vec<String> =
                (0..200 + stream.below(100)).map(|n| format!("t{n}")).collect();
            json!({ "first": strings, "then": strings })
        }
        2 => {
            let lists: Vec<Json> =
                (0..50 + stream.below(30)).map(|n| json!({ format!("k{n}"): n })).collect();
            json!({ "first": lists, "then": lists })
        }
        _ => {
            let names = keys(stream);
            object(stream, &names, 3)
        }
    }
}

fn keys(stream: &mut Stream) -> Vec<String> {
    let names: &[&str] = match stream.below(4) {
        0 => stream.pick(&[&[][..], &["id"], &["id", "qty"], &["id", "name", "price"]]),
        _ => {
            let texts: BTreeSet<String> = (0..stream.below(5)).map(|_| text(stream)).collect();
            return texts.into_iter().collect();
        }
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn object(stream: &mut Stream, names: &[String], room: usize) -> Json {
    Json::Object(names.iter().map(|name| (name.clone(), value(stream, room - 1))).collect())
}

fn array(stream: &mut Stream, room: usize) -> Json {
    match stream.below(4) {
        0 => {
            let most = stream.pick(&[64, 256]);
            (0..stream.below(24)).map(|_| stream.below(most)).collect()
        }
        1 => {
            let count = stream.below(12);
            let names = keys(stream);
            (0..count).map(|_| object(stream, &names, room)).collect()
        }
        _ => (0..stream.below(6)).map(|_| value(stream, room - 1)).collect(),
    }
}

fn value(stream: &mut Stream, room: usize) -> Json {
    match stream.below(16) {
        0 => Json::Null,
        1 => json!(false),
        2 => json!(true),
        3 | 4 => json!(unsigned(stream)),
        5 => json!(-1 - (unsigned(stream) % (1 << 63)) as i64),
        6 => Number::from_f64(float(stream)).map_or(json!(0.0), Json::Number),
        7..=10 => json!(text(stream)),
        kind if room == 0 => json!(kind),
        11 | 12 => array(stream, room),
        _ => {
            let names = keys(stream);
            object(stream, &names, room)
        }
    }
}

fn unsigned(stream: &mut Stream) -> u64 {
    let edges = [
        63,
        64,
        255,
        256,
        8255,
        8256,
        (1 << 16) - 1,
        1 << 16,
        (1 << 24) - 1,
        1 << 24,
        (1 << 32) - 1,
        1 << 32,
        (1 << 48) - 1,
        1 << 48,
        1 << 63,
        u64::MAX,
    ];
    match stream.below(12) {
        width @ 0..=8 => stream.uint(width),
        _ => stream.pick(&edges),
    }
}

fn float(stream: &mut Stream) -> f64 {
    match stream.below(4) {
        0 => f64::from(f32::from_bits(stream.uint(4) as u32)),
        1 => f64::from_bits(stream.uint(8)),
        2 => stream.pick(&[0.0, -0.0, 1.0, 1.5, 0.1, 16_777_217.0, 5e-324, 1e300]),
        _ => f64::from(stream.byte()),
    }
}

fn text(stream: &mut Stream) -> String {
    match stream.below(16) {
        0..=6 => format!("s{}", stream.below(40)),
        7 => (0..stream.below(3)).map(|_| stream.pick(&["a", "b"])).collect(),
        8 | 9 => (0..stream.below(14))
            .map(|_| char::from(b"0123456789abcdef"[stream.below(16)]))
            .collect(),
        kind @ (10 | 11) => {
            let digits = hex::encode(stream.take::<16>());
            let uuid =
                [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]]
                    .join("-");
            if kind == 10 { uuid } else { uuid.to_uppercase() }
        }
        12 => "x".repeat(36 + stream.below(32)),
        13 => "é".repeat(15 + stream.below(20)),
        14 => (0..stream.below(4))
            .map(|_| stream.pick(&['\0', 'A', '\u{7f}', 'ß', '\u{ff5e}', '\u{1f600}', '-', '0']))
            .collect(),
        _ => format!("S{}", stream.byte()),
    }
}

/// The encoding changed somewhere.
pub fn changed(stream: &mut Stream, bytes: &[u8]) -> Vec<u8> {
    let (mut changed, length) = (bytes.to_vec(), bytes.len());
    let kind = stream.below(6);
    match if length == 0 { 2 } else { kind } {
        0 => {
            let place = stream.long(length);
            changed[place] ^= 1 << stream.below(8);
        }
        1 => {
            let place = stream.long(length);
            changed[place] = stream.byte();
        }
        2 => {
            let place = stream.long(length + 1);
            changed.insert(place, stream.byte());
        }
        3 => {
            changed.remove(stream.long(length));
        }
        4 => changed.truncate(stream.long(length)),
        _ => {
            let (from, count) = (stream.long(length), 1 + stream.below(8));
            let place = stream.long(length + 1);
            let again = bytes[from..length.min(from + count)].iter().copied();
            changed.splice(place..place, again);
        }
    }
    changed
}

/// A decoded map on one line of ASCII.
pub fn shown(value: &Json) -> String {
    let list = |items: Vec<String>| items.join(",");
    match value {
        Json::Null => "n".to_owned(),
        Json::Bool(value) => if *value { "t" } else { "f" }.to_owned(),
        Json::Number(number) if number.is_f64() => {
            format!("d{:016x}", number.as_f64().map_or(0, f64::to_bits))
        }
        Json::Number(number) => format!("i{number}"),
        Json::String(text) => format!("s{}", hex::encode(text)),
        Json::Array(items) => format!("[{}]", list(items.iter().map(shown).collect())),
        Json::Object(fields) => {
            let mut fields: Vec<(&String, &Json)> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            let field =
                |(name, value): (&String, &Json)| format!("{}:{}", hex::encode(name), shown(value));
            format!("{{{}}}", list(fields.into_iter().map(field).collect()))
        }
    }
}

/// The lines of one case: its encoding, and the outcomes of four changed ones.
pub fn map_lines(
    case: u32,
    encode: impl Fn(&Json) -> Option<Vec<u8>>,
    decode: impl Fn(&[u8]) -> Option<Json>,
) -> [Vec<String>; 2] {
    let mut stream = Stream::new("maps", case);
    let Some(bytes) = encode(&map(&mut stream)) else {
        return [vec!["deep".to_owned()], Vec::new()];
    };
    let outcomes = (0..4).map(|_| {
        let changed = changed(&mut stream, &bytes);
        decode(&changed).map_or_else(|| "undecodable".to_owned(), |map| shown(&map))
    });
    [vec![hex::encode(&bytes)], outcomes.collect()]
}

// Rings

/// A ring's text, and whether published secrets are taken.
pub fn ring(stream: &mut Stream) -> (bool, String) {
    let takes_published = stream.below(4) != 0;
    if stream.below(64) == 0 {
        let keys: Vec<String> = (0..60 + stream.below(10))
            .map(|n| Key::new(published(n as u8), Suite::Xaes).text())
            .collect();
        return (takes_published, keys.join("\n"));
    }
    let mut text: String = (0..1 + stream.below(5))
        .map(|_| entry(stream) + stream.pick(&["\n", "\n", "\r\n", ";", " ; ", "\n\n"]))
        .collect();
    if stream.below(4) == 0 {
        let mut characters: Vec<char> = text.chars().collect();
        let length = characters.len();
        let kind = stream.below(3);
        let place = stream.long(if kind == 0 { length + 1 } else { length });
        let mut mark = || {
            stream
                .pick(&[' ', '\t', '\r', '\n', ';', '#', '.', '=', 'A', 'é', '\u{a0}', '\u{feff}'])
        };
        match kind {
            0 => characters.insert(place, mark()),
            1 => drop(characters.remove(place)),
            _ => characters[place] = mark(),
        }
        text = characters.into_iter().collect();
    }
    let mark = if stream.below(16) == 0 { "\u{feff}" } else { "" };
    (takes_published, [mark, &text].concat())
}

fn entry(stream: &mut Stream) -> String {
    let mut entry = match stream.below(16) {
        0 => return String::new(),
        1 => return format!("# {}", key(stream)),
        2 => stream
            .pick(&[
                "correct",
                "ssk1.",
                "ssk1.x",
                "ssk2.xaes256gcm.A",
                "ssk1..",
                "ssk1.aes256gcm.A",
                "seal-from=2027-01-15T08:00:00Z",
                "\u{a0}",
            ])
            .to_owned(),
        _ => key(stream),
    };
    for _ in 0..stream.below(3) {
        entry += stream.pick(&[" ", "  ", "\t", " \t"]);
        entry += &attribute(stream);
    }
    if stream.below(4) == 0 { entry + " # x" } else { entry }
}

fn key(stream: &mut Stream) -> String {
    let suite = if stream.below(4) == 0 { Suite::XChaCha } else { Suite::Xaes };
    let secret = match stream.below(16) {
        0 => std::array::from_fn(|n| 240 + n as u8 % 16),
        1 => std::array::from_fn(|n| 32 + n as u8),
        2 | 3 => {
            Sha256::digest(format!("sealed-session accumulated secret {}", stream.below(4))).into()
        }
        _ => published(stream.below(40) as u8),
    };
    Key::new(secret, suite).text()
}

fn attribute(stream: &mut Stream) -> String {
    if stream.below(16) == 0 {
        return stream
            .pick(&["seal-from", "Seal-From=2027-01-15T08:00:00Z", "x=1", "open-until ="])
            .to_owned();
    }
    let mut attribute = stream.pick(&["seal-from=", "open-until="]).to_owned();
    if stream.below(8) != 0 {
        let times = [
            "2027-01-15T08:00:00Z",
            "2027-01-15T09:00:00+01:00",
            "2027-02-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2028-02-29T23:59:59-23:59",
            "2027-01-15T07:59:59Z",
            "2000-02-29T12:00:00+23:59",
        ];
        return attribute + stream.pick(&times);
    }
    attribute += stream.pick(&["1969", "1970", "1999", "2000", "2024", "2100", "9999", "0000"]);
    for (mark, count) in [("-", 14), ("-", 33), ("T", 25), (":", 61), (":", 61)] {
        attribute += &format!("{mark}{:02}", stream.below(count));
    }
    attribute + stream.pick(&["Z", "Z", "+00:00", "-00:01", "+23:59", "-24:00", "+01:60", "z"])
}

/// Times at which a ring is asked which key seals.
pub const TIMES: [u64; 3] = [0, 1_800_000_000, 253_402_300_799];

/// A key of a ring that was accepted: id, suite's token, `seal-from`, `open-until`.
pub type Accepted = (String, &'static str, Option<u64>, Option<u64>);

pub fn accepted_line(keys: &[Accepted], sealing: &[Option<String>]) -> String {
    let or_none = |time: &Option<u64>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    let keys = keys.iter().map(|(id, suite, from, until)| {
        format!(" {id},{suite},{},{}", or_none(from), or_none(until))
    });
    let sealing = sealing.iter().map(|id| format!(" {}", id.as_deref().unwrap_or("-")));
    ["ok".to_owned()].into_iter().chain(keys).chain(sealing).collect()
}
