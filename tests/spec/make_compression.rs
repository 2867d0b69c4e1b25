//! Vectors of compressed and padded data (SPEC §6.5, §3.4). The streams are written by hand here, or
//! stand here as zlib made them: compressors differ, and the file must not change with one.

use super::file::*;
use super::make::*;
use super::make_responses::{self, again, came, now, sets};
use super::make_values;
use super::reference::{self, Body, Claims};
use super::typed;
use serde_json::{Value as Json, json};

/// What a block of DEFLATE has in place of a byte.
#[derive(Clone, Copy)]
enum Symbol {
    Literal(u8),
    /// A repetition of the bytes that many before: 3 to 10 of them, or 258; 1 to 4 before.
    Match {
        length: u16,
        distance: u16,
    },
}

/// Bits of a stream, the first of each byte the lowest.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    /// A number of so many bits, the lowest first.
    fn number(&mut self, number: u16, bits: u32) {
        self.0.extend((0..bits).map(|bit| number >> bit & 1 == 1));
    }

    /// A Huffman code of so many bits, the highest first.
    fn code(&mut self, code: u16, bits: u32) {
        self.0.extend((0..bits).rev().map(|bit| code >> bit & 1 == 1));
    }

    fn symbol(&mut self, symbol: u16) {
        match symbol {
            0..=143 => self.code(0x30 + symbol, 8),
            144..=255 => self.code(0x190 + symbol - 144, 9),
            256..=279 => self.code(symbol - 256, 7),
            _ => self.code(0xc0 + symbol - 280, 8),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << at)
        };
        self.0.chunks(8).map(byte).collect()
    }
}

/// A block with the fixed codes, and its end.
fn fixed(symbols: &[Symbol]) -> Bits {
    let mut bits = Bits::default();
    bits.number(1, 1);
    bits.number(1, 2);
    for symbol in symbols {
        match *symbol {
            Symbol::Literal(byte) => bits.symbol(u16::from(byte)),
            Symbol::Match { length, distance } => {
                bits.symbol(if length == 258 { 285 } else { 254 + length });
                bits.code(distance - 1, 5);
            }
        }
    }
    bits.symbol(256);
    bits
}

fn literals(data: &[u8]) -> Vec<Symbol> {
    data.iter().map(|byte| Symbol::Literal(*byte)).collect()
}

/// A stream of data that end in many of one byte.
pub fn run(data: &[u8]) -> Vec<u8> {
    let last = data.last().expect("a byte");
    let head = data.len() - data.iter().rev().take_while(|byte| *byte == last).count() + 1;
    let mut symbols = literals(&data[..head]);
    let times = (data.len() - head) / 258;
    symbols.extend(vec![Symbol::Match { length: 258, distance: 1 }; times]);
    symbols.extend(literals(&data[head + 258 * times..]));
    fixed(&symbols).bytes()
}

/// A block as it stands.
fn stored(data: &[u8], is_last: bool) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("a short block");
    [&[u8::from(is_last)][..], &length.to_le_bytes(), &(!length).to_le_bytes(), data].concat()
}

fn visit_of(user: u64, cart: &[u32]) -> (Json, Vec<u8>) {
    (json!({ "user": user, "cart": cart }), reference::postcard(&visit(Some(user), cart)))
}

fn compressed(data: (Json, Vec<u8>), stream: Vec<u8>) -> Draft {
    Draft::new(Server::of("Visit"), data.0, data.1).compressed(stream)
}

/// Data by name that are so long, by a field that the type ignores.
fn long_by_name(length: usize) -> Vec<u8> {
    let data = |text: usize| reference::encode_map(&json!({ "user": 7, "x": "x".repeat(text) }));
    let data = data(length - (data(20_000).len() - 20_000));
    assert_eq!(data.len(), length);
    data
}

pub fn values(made: &mut make_values::Made) {
    opens(made);
    faults(made);
}

fn opens(made: &mut make_values::Made) {
    // 83 bytes: repetitions, and few different numbers.
    let cart = [
        5, 6, 5, 5, 5, 6, 44, 5, 5, 5, 9, 5, 5, 44, 6, 9, 6, 5, 7, 5, 6, 6, 6, 5, 7, 9, 44, 7, 44,
        5, 6, 44, 5, 5, 44, 9, 9, 5, 6, 5, 6, 5, 5, 44, 5, 6, 5, 44, 44, 44, 9, 5, 5, 44, 6, 9, 6,
        5, 7, 5, 6, 6, 6, 5, 7, 9, 44, 7, 44, 5, 6, 44, 5, 5, 44, 9, 9, 5, 6, 5,
    ];
    let by_zlib =
        "7dcac1090030100241f2580f7bb198f45fcd490ac867419c3317014a63882c06a97526ef885d54d64992bf5b";
    made.add(
        "ok_compressed_dynamic",
        "a block with codes of its own, as zlib made it",
        "ok",
        compressed(visit_of(7, &cart), bytes(by_zlib)),
    );
    let short = || visit_of(7, &[1, 300]);
    let plain = short().1;
    let stream = fixed(&literals(&plain)).bytes();
    made.add(
        "ok_compressed_fixed",
        "a block with the fixed codes; it is longer than the data, which a reader does not mind",
        "ok",
        compressed(short(), stream.clone()),
    );
    made.add(
        "ok_compressed_stored",
        "a stored block",
        "ok",
        compressed(short(), stored(&plain, true)),
    );
    let several =
        [stored(&plain[..2], false), stored(&[], false), fixed(&literals(&plain[2..])).bytes()];
    made.add(
        "ok_compressed_blocks",
        "three blocks, one of them empty",
        "ok",
        compressed(short(), several.concat()),
    );
    let fives = visit_of(8, &[5; 15]);
    let repeated = [
        literals(&fives.1[..4]),
        vec![Symbol::Match { length: 10, distance: 1 }, Symbol::Match { length: 4, distance: 2 }],
    ];
    made.add(
        "ok_compressed_matches",
        "repetitions that reach into themselves",
        "ok",
        compressed(fives, fixed(&repeated.concat()).bytes()),
    );
    let unused = stream.len() * 8 - fixed(&literals(&plain)).0.len();
    assert!(unused > 0);
    let mut bits = stream.clone();
    *bits.last_mut().expect("a byte") |= !(0xff >> unused);
    made.add(
        "ok_compressed_last_bits",
        "bits behind the end of the stream in its last byte",
        "ok",
        compressed(short(), bits),
    );
    let nothing = || Draft::new(Server::of("Empty"), Json::Null, Vec::new());
    made.add(
        "ok_compressed_nothing",
        "a stream from which nothing comes out, of a type without fields",
        "ok",
        nothing().compressed(vec![3, 0]),
    );
    made.add(
        "ok_compressed_padded",
        "a stream, and padding behind it",
        "ok",
        compressed(short(), stream.clone()).with(|draft| draft.padding = Some(20)),
    );
    made.add(
        "ok_compressed_extension",
        "extensions, a stream and padding; the stream ends in 00, which is not padding",
        "ok",
        compressed(visit_of(7, &[1, 0]), stored(&visit_of(7, &[1, 0]).1, true)).with(|draft| {
            draft.claims.extensions = vec![(128, vec![1])];
            draft.padding = Some(0);
        }),
    );
    let text = json!({ "a": "x".repeat(300) });
    let map = Draft::map(text.clone());
    let stream = run(&map.data_bytes);
    made.add("ok_compressed_map", "a map", "ok", map.compressed(stream));
    let fields = json!({ "user": 7, "cart": [1, 300] });
    let draft = Draft::named("Visit", fields.clone(), &fields);
    let stream = stored(&draft.data_bytes, true);
    made.add("ok_compressed_named", "fields by name", "ok", draft.compressed(stream));
    let mut draft = Draft::named("Loose", json!({ "user": 7 }), &json!({}));
    draft.data_bytes = long_by_name(65_536);
    let stream = run(&draft.data_bytes);
    made.add(
        "ok_compressed_65536",
        "65,536 bytes come out: by name, with a long field that the type does not have",
        "ok",
        draft.compressed(stream),
    );
}

fn faults(made: &mut make_values::Made) {
    let plain = visit_of(7, &[1, 300]).1;
    let good = fixed(&literals(&plain)).bytes();
    let matching =
        |distance: u16| fixed(&[Symbol::Literal(0), Symbol::Match { length: 3, distance }]).bytes();
    let mut mismatch = stored(&plain, true);
    mismatch[3] ^= 1;
    let long_cart = |items: u32| {
        [vec![0], reference::varint(u64::from(items)), vec![5; items as usize]].concat()
    };
    assert_eq!(long_cart(65_533).len(), 65_537);
    for (name, note, stream) in [
        ("65537", "65,537 bytes would come out", run(&long_cart(65_533))),
        ("256_kib", "a bomb: 262,148 bytes from 1.6 kB", run(&long_cart(262_144))),
        ("trailing", "a byte behind the stream", [good.clone(), vec![0]].concat()),
        ("twice", "a second stream behind the first", [good.clone(), good.clone()].concat()),
        ("cut", "a stream without its last byte", good[..good.len() - 1].to_vec()),
        ("no_last_block", "a stream without a last block", stored(&plain, false)),
        ("block_type", "a block of the type that there is not", vec![7, 0]),
        ("stored_length", "a stored block whose length and its complement differ", mismatch),
        ("stored_short", "a stored block that ends early", stored(&plain, true)[..9].to_vec()),
        ("distance", "a repetition that begins before the data", matching(2)),
        (
            "zlib",
            "a stream within zlib's header and checksum",
            [&[0x78, 0x9c][..], &good, &[0x0c, 0x43, 0x01, 0xbe]].concat(),
        ),
        ("not", "data that are not compressed", plain.clone()),
    ] {
        let draft = Draft::visit().raw_stream(stream);
        made.add(&format!("data_compressed_{name}"), note, "undecodable", draft);
    }
    for (name, note, data) in [
        ("trailing", "a stream of data with a byte behind them", &[&plain[..], &[0]].concat()[..]),
        ("short", "a stream of data that end early", &plain[..4]),
    ] {
        let draft = Draft::visit().raw_stream(stored(data, true));
        made.add(&format!("data_{name}_compressed"), note, "undecodable", draft);
    }
    let mut draft = Draft::named("Loose", Json::Null, &json!({}));
    draft = draft.raw_stream(run(&long_by_name(65_537)));
    made.add(
        "data_compressed_65537_by_name",
        "one byte more than ok_compressed_65536",
        "undecodable",
        draft,
    );
    let empty = Draft::new(Server::of("Empty"), Json::Null, Vec::new());
    made.add(
        "data_compressed_empty",
        "no bytes at all are no stream, though the type has no data",
        "undecodable",
        empty.raw_stream(Vec::new()),
    );
    let bad = || Draft::visit().raw_stream(vec![7, 0]);
    made.add(
        "decode_compressed_other_shape",
        "a stream with a fault, and another shape: the shape comes first",
        "other-shape",
        bad().with(|draft| draft.claims.shape = [1; 4]),
    );
    made.add(
        "policy_compressed_expired",
        "a stream with a fault, and over: the end comes first",
        "expired-idle",
        bad().with(|draft| (draft.claims.issued, draft.claims.age) = (NOW - IDLE, 0)),
    );
    let refused = bad().with(|draft| draft.server.reject_created_before = NOW);
    made.add(
        "data_compressed_and_refused",
        "a stream with a fault, and refused: the data come first",
        "undecodable",
        refused,
    );
    made.add(
        "decode_compressed_padding_missing",
        "a stream, and the flag of padding without padding",
        "undecodable",
        Draft::visit().raw_stream(vec![3, 0]).with(|draft| draft.form = 4),
    );
}

pub fn responses(made: &mut make_responses::Made) {
    compressing(made);
    keeping(made);
    padding(made);
}

fn text(length: usize) -> Json {
    json!({ "a": "x".repeat(length) })
}

/// A session of a map in lines of 256 bytes, which have room for 179 characters.
fn of_text(length: usize, issued: u64, age: u64) -> Draft {
    Draft::map(text(length)).with(|draft| {
        (draft.claims.issued, draft.claims.age) = (issued, age);
        draft.server.max_set_cookie = 256;
    })
}

fn data(length: usize) -> Vec<u8> {
    reference::encode_map(&text(length))
}

fn by_place(value: &Json) -> Vec<u8> {
    typed::write_by_place(&typed::VISIT, value)
}

fn at_a_compressing_server(draft: Draft) -> Draft {
    draft.with(|draft| draft.server.compress = true)
}

/// The server must know flag 01.
fn knowing(vector: &mut ResponseVector) -> &mut ResponseVector {
    vector.flags_known = reference::COMPRESSED;
    vector
}

fn compresses(vector: &mut ResponseVector) -> &mut ResponseVector {
    vector.compresses = true;
    knowing(vector)
}

fn compressing(made: &mut make_responses::Made) {
    let session = at_a_compressing_server(of_text(60, NOW - 60, 3540));
    let written = |draft: &Draft, length: usize| sets(now(draft), data(length), IDLE);
    compresses(made.add(
        "set_compressed",
        "data that fit one cookie only if they are compressed",
        &session,
        Action::Set(text(200)),
        written(&session, 200),
    ));
    let plain = of_text(60, NOW - 60, 3540);
    // 45 + 1 + 16 + 206 bytes are 358 characters.
    made.add(
        "too_large_not_compressed",
        "the same at a server that does not compress",
        &plain,
        Action::Set(text(200)),
        Expect::Refuses("too-large"),
    )
    .needed = Some(358 + 77);
    compresses(made.add(
        "set_compressed_renewed",
        "a write that leaves the data as they came compresses them",
        &session,
        Action::Renew,
        sets(
            Claims { age: 0, id: Some([0; 16]), ..now(&session) },
            session.data_bytes.clone(),
            IDLE,
        ),
    ));
    compresses(made.add(
        "set_compressed_padded",
        "compressed first, and padded then",
        &session,
        Action::Set(text(120)),
        written(&session, 120),
    ))
    .server
    .pad_to = 16;
    let short = at_a_compressing_server(came(NOW - 60, 3540));
    let few = json!({ "user": 8, "cart": [] });
    knowing(made.add(
        "set_compressed_not_shorter",
        "three bytes, which no stream makes shorter: they are sealed as they are",
        &short,
        Action::Set(few.clone()),
        sets(now(&short), by_place(&few), IDLE),
    ));
    // No four bytes occur twice, and nearly all take nine bits with the fixed codes.
    let random = |last: &[u32]| {
        use sha2::{Digest, Sha256};
        let number = |n: u8| {
            let hash = Sha256::digest([b'r', n]);
            u32::from_le_bytes(hash[..4].try_into().expect("four bytes")) | 0xf000_0000
        };
        let cart: Vec<u32> = (0..12).map(number).chain(last.iter().copied()).collect();
        json!({ "user": u64::MAX - 0x0123_4567_89ab_cdef, "cart": cart })
    };
    let narrow = short.with(|draft| draft.server.max_set_cookie = 256);
    assert_eq!(by_place(&random(&[])).len(), 72);
    knowing(made.add(
        "set_compressed_random",
        "72 random bytes, which fill the cookie as they are",
        &narrow,
        Action::Set(random(&[])),
        sets(now(&narrow), by_place(&random(&[])), IDLE),
    ));
    // 45 + 1 + 16 + 73 bytes are 180 characters.
    let vector = made.add(
        "too_large_compressed_random",
        "one byte more",
        &narrow,
        Action::Set(random(&[1])),
        Expect::Refuses("too-large"),
    );
    knowing(vector).needed = Some(180 + 77);
    let imported = at_a_compressing_server(came(NOW - 60, 3540)).with(|draft| {
        draft.server.import =
            Some(Import { name: "sid".to_owned(), until: NOW + 100, delete_from: None });
    });
    let vector = made.without(
        "set_compressed_import",
        "an imported session whose data no stream makes shorter",
        &imported,
        Action::Read,
        sets(
            Claims { issued: NOW, age: 0, ..imported.claims.clone() },
            by_place(&json!({ "user": 7, "cart": [] })),
            IDLE,
        ),
    );
    knowing(vector).cookie_fields = vec![Text("sid=7".to_owned())];
}

/// The stream of a draft, sealed again as it came.
fn verbatim(vector: &mut ResponseVector, draft: &Draft, claims: &Claims) {
    let data = draft.stream.clone().expect("a stream");
    let body = Body { data, compressed: true, padding: 0 };
    vector.plaintext = Some(hex::encode(claims.plaintext_of(&body)));
    knowing(vector);
}

fn keeping(made: &mut make_responses::Made) {
    let due = of_text(60, NOW - IDLE / 10, 0);
    let stream = stored(&due.data_bytes, true);
    let due = due.compressed(stream);
    let back = Action::All(vec![Action::Set(text(50)), Action::Set(text(60))]);
    for (name, note, draft, action) in [
        (
            "refresh_compressed",
            "a refresh keeps a stream, byte for byte, at a server that does not compress",
            due.clone(),
            Action::Read,
        ),
        (
            "refresh_compressed_worse",
            "and at one that does, though it is longer than the data",
            at_a_compressing_server(due.clone()),
            Action::Read,
        ),
        (
            "refresh_compressed_changed_and_back",
            "changed, and changed back: the stream that came",
            at_a_compressing_server(due.clone()),
            back,
        ),
    ] {
        let vector = made.add(name, note, &draft, action, again(&draft, IDLE));
        verbatim(vector, &draft, &now(&draft));
    }
    let plain = at_a_compressing_server(of_text(60, NOW - IDLE / 10, 0));
    knowing(made.add(
        "refresh_not_compressed",
        "data that came uncompressed stay so at a server that compresses",
        &plain,
        Action::Read,
        again(&plain, IDLE),
    ));
    let session = of_text(60, NOW - 60, 3540);
    let stream = run(&session.data_bytes);
    let session = session.compressed(stream);
    knowing(made.add(
        "nothing_compressed_same",
        "the same value is no change of compressed data",
        &session,
        Action::Set(text(60)),
        Expect::Nothing,
    ));
    knowing(made.add(
        "set_not_compressed",
        "a write of other data, at a server that does not compress",
        &session,
        Action::Set(text(50)),
        sets(now(&session), data(50), IDLE),
    ));
    let flash = || Action::Flash(20, "x".to_owned());
    let flashed = |draft: &Draft| Claims { flashes: vec![(20, "x".to_owned())], ..now(draft) };
    let vector = made.add(
        "set_flash_compressed",
        "a flash message keeps a stream that came, at a server that does not compress",
        &session,
        flash(),
        sets(flashed(&session), data(60), IDLE),
    );
    verbatim(vector, &session, &flashed(&session));
    let worse = at_a_compressing_server(of_text(60, NOW - 60, 3540))
        .with(|draft| draft.server.max_set_cookie = 300);
    let stream = stored(&worse.data_bytes, true);
    let worse = worse.compressed(stream);
    let renewed = Claims { age: 0, id: Some([0; 16]), ..now(&worse) };
    let vector = made.add(
        "set_renewed_compressed_worse",
        "a renewal keeps one that is longer than the data, at a server that compresses",
        &worse,
        Action::Renew,
        sets(renewed.clone(), data(60), IDLE),
    );
    verbatim(vector, &worse, &renewed);
    let value = json!({ "user": 7, "cart": [1, 300] });
    let named = Draft::named("Visit", value.clone(), &value).with(|draft| {
        draft.server = Server::of("Visit");
        (draft.claims.issued, draft.claims.age) = (NOW - 60, 3540);
    });
    let stream = stored(&named.data_bytes, true);
    let named = named.compressed(stream);
    let claims = Claims { shape: reference::shape_of_text(VISIT), ..flashed(&named) };
    knowing(made.add(
        "set_flash_compressed_by_name",
        "a flash message seals the server's own encoding, and no stream of the other",
        &named,
        flash(),
        sets(claims, by_place(&value), IDLE),
    ));
    let pieces = of_text(100, NOW - IDLE / 10, 0).with(|draft| draft.server.max_cookies = 2);
    let stream = stored(&pieces.data_bytes, true);
    let pieces = pieces.compressed(stream);
    let value = pieces.value("refresh_compressed_pieces");
    let vector = made.add(
        "refresh_compressed_pieces",
        "a stream in two cookies",
        &pieces,
        Action::Read,
        again(&pieces, IDLE),
    );
    verbatim(vector, &pieces, &now(&pieces));
    vector.cookie_fields = vec![Text(format!(
        "{NAME}=2.{}; {NAME}.1={}.{}",
        &value[..100],
        &value[8..14],
        &value[100..]
    ))];
    // 45 + 1 + 15 + 5 + 105 bytes are 228 characters: 177 and 51.
    vector.value_lengths = vec![179, 58];
}

/// What is sealed with so much padding.
fn padded(vector: &mut ResponseVector, claims: &Claims, data: Vec<u8>, padding: usize) {
    let body = Body { data, compressed: false, padding };
    vector.plaintext = Some(hex::encode(claims.plaintext_of(&body)));
}

fn padding(made: &mut make_responses::Made) {
    let padding_to =
        |draft: Draft, multiple: usize| draft.with(|draft| draft.server.pad_to = multiple);
    let few = json!({ "user": 8, "cart": [] });
    // 1 + 14 + 3 bytes.
    for (multiple, padding) in
        [(2, 2), (3, 3), (6, 6), (16, 14), (17, 16), (18, 18), (19, 1), (1_024, 1_006)]
    {
        let session = padding_to(came(NOW - 60, 3540), multiple);
        let vector = made.add(
            &format!("set_padded_{multiple}"),
            &format!("18 bytes padded to a multiple of {multiple}"),
            &session,
            Action::Set(few.clone()),
            sets(now(&session), by_place(&few), IDLE),
        );
        padded(vector, &now(&session), by_place(&few), padding);
    }
    let session = padding_to(came(NOW - 60, 3540), 16);
    let renewed = Claims { age: 0, id: Some([0; 16]), ..now(&session) };
    let vector = made.add(
        "set_padded_renewed",
        "what was padded before a renewal makes it longer, and is padded again",
        &session,
        Action::Renew,
        sets(renewed.clone(), session.data_bytes.clone(), IDLE),
    );
    // 1 + 13 + 16 + 6 bytes.
    padded(vector, &renewed, session.data_bytes.clone(), 12);
    // At a refresh 1 + 15 + 6 bytes.
    let due = padding_to(came(NOW - IDLE / 10, 0), 16);
    for (name, note, draft) in [
        ("refresh_pads", "a refresh pads what came without padding", due.clone()),
        (
            "refresh_pads_anew",
            "and pads by its own configuration what came with other padding",
            due.with(|draft| draft.padding = Some(40)),
        ),
    ] {
        let vector = made.add(name, note, &draft, Action::Read, again(&draft, IDLE));
        padded(vector, &now(&draft), draft.data_bytes.clone(), 10);
    }
    // 128 bytes of plaintext are 231 characters, and 192 are 316.
    let session = |line: usize| {
        padding_to(of_text(60, NOW - 60, 3540), 64).with(|draft| draft.server.max_set_cookie = line)
    };
    for length in [60, 105] {
        let draft = session(231 + 77);
        let vector = made.add(
            &format!("set_fits_padded_{length}"),
            "the measure counts the padding of the longest plaintext: 128 bytes",
            &draft,
            Action::Set(json!({ "a": "y".repeat(length) })),
            sets(now(&draft), Vec::new(), IDLE),
        );
        let data = reference::encode_map(&json!({ "a": "y".repeat(length) }));
        let padding = 128 - 1 - 14 - data.len();
        padded(vector, &now(&draft), data, padding);
        let name = format!("too_large_padded_{length}");
        let action = Action::Set(json!({ "a": "y".repeat(length) }));
        let note = "one byte less is allowed";
        made.add(&name, note, &session(231 + 76), action, Expect::Refuses("too-large")).needed =
            Some(231 + 77);
    }
    made.add(
        "too_large_padded_106",
        "at its longest 128 bytes, which are padded to 192",
        &session(231 + 77),
        Action::Set(text(106)),
        Expect::Refuses("too-large"),
    )
    .needed = Some(316 + 77);
    let two = session(256).with(|draft| draft.server.max_cookies = 2);
    let vector = made.add(
        "set_padded_pieces",
        "padded, and in two cookies",
        &two,
        Action::Set(text(100)),
        sets(now(&two), data(100), IDLE),
    );
    // 1 + 14 + 105 bytes; 128 are 231 characters: 177 and 54.
    padded(vector, &now(&two), data(100), 8);
    vector.value_lengths = vec![179, 61];
}
