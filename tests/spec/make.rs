//! Makes the vectors, by the second implementation.

use super::accumulated;
use super::file::*;
use super::reference::{self, Claims, Expiry, Item, Key, Suite};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// 2027-01-15T08:00:00Z
pub const NOW: u64 = 1_800_000_000;
pub const DAY: u64 = 86_400;
pub const IDLE: u64 = 14 * DAY;
pub const ABSOLUTE: u64 = 30 * DAY;
pub const NAME: &str = "__Host-Http-session";

impl Server {
    pub fn of(data: &str) -> Self {
        let text = match data {
            "Empty" => EMPTY,
            "Visit" => VISIT,
            "Every" => EVERY,
            "Map" => "map",
            "Loose" | "Counts" => NAMED,
            "Wide" => WIDE,
            "Tree" => TREE,
            other => panic!("{other}"),
        };
        Self {
            suites: vec!["XAES-256-GCM".to_owned(), "XChaCha20-Poly1305".to_owned()],
            ring: vec![
                Key::new(reference::published(0), Suite::Xaes).text(),
                Key::new(reference::published(1), Suite::XChaCha).text(),
            ],
            cookie_name: NAME.to_owned(),
            context: String::new(),
            idle_timeout: IDLE,
            absolute_timeout: ABSOLUTE,
            data: data.to_owned(),
            shape_text: text.to_owned(),
            shape_number: None,
            shape: hex::encode(reference::shape_of_text(text)),
            aliases: Vec::new(),
            protects_unreadable: false,
            reject_created_before: 0,
            session_ids: false,
            refresh_millionths: 100_000,
            max_set_cookie: 4093,
            max_cookies: 1,
            max_cookie_bytes: 7_900,
            compress: false,
            pad_to: 0,
            upgrades: false,
            import: None,
            copies: Vec::new(),
        }
    }

    pub fn by_name(mut self) -> Self {
        self.shape_text = NAMED.to_owned();
        self.shape = hex::encode(reference::shape_of_text(NAMED));
        self
    }

    pub fn is_by_name(&self) -> bool {
        self.shape_text == NAMED
    }

    pub fn numbered(mut self, number: u32) -> Self {
        self.shape_text = String::new();
        self.shape_number = Some(number);
        self.shape = hex::encode(reference::shape_of_number(number));
        self
    }

    pub fn shape(&self) -> [u8; 4] {
        bytes(&self.shape).try_into().expect("four bytes")
    }

    pub fn suites(&self) -> Vec<Suite> {
        [Suite::Xaes, Suite::XChaCha]
            .into_iter()
            .filter(|suite| self.suites.iter().any(|name| name == suite.name()))
            .collect()
    }

    pub fn ring_text(&self) -> String {
        self.ring.join("\n")
    }
}

pub fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).expect("hexadecimal")
}

/// A vector under way: everything as it should be, for the test to spoil.
#[derive(Clone)]
pub struct Draft {
    pub server: Server,
    pub now: u64,
    pub secret: u8,
    pub suite: Suite,
    /// Flags beside those that the claims, the stream and the padding call for.
    pub form: u8,
    /// The reader does not know flag 01.
    pub knows_no_compression: bool,
    /// Zeros behind the first byte of padding, if there is any.
    pub padding: Option<usize>,
    pub claims: Claims,
    pub claims_bytes: Option<Vec<u8>>,
    pub data: Option<Json>,
    pub data_bytes: Vec<u8>,
    /// What is sealed in place of the data.
    pub stream: Option<Vec<u8>>,
    pub aad_name: Option<String>,
    pub aad_context: Option<Vec<u8>>,
}

impl Draft {
    pub fn new(server: Server, data: Json, data_bytes: Vec<u8>) -> Self {
        let shape = server.shape();
        Self {
            server,
            now: NOW,
            secret: 0,
            suite: Suite::Xaes,
            form: 0,
            knows_no_compression: false,
            padding: None,
            claims: Claims { age: 3_540, ..Claims::new(NOW - 60, shape) },
            claims_bytes: None,
            data: Some(data),
            data_bytes,
            stream: None,
            aad_name: None,
            aad_context: None,
        }
    }

    pub fn visit() -> Self {
        Self::new(
            Server::of("Visit"),
            json!({ "user": 7, "cart": [1, 300] }),
            reference::postcard(&visit(Some(7), &[1, 300])),
        )
    }

    pub fn map(map: Json) -> Self {
        let data = reference::encode_map(&map);
        Self::new(Server::of("Map"), map, data)
    }

    /// A value of the type `data` by name: what it reads, and the fields that are on the wire.
    pub fn named(data: &str, value: Json, fields: &Json) -> Self {
        Self::new(Server::of(data).by_name(), value, reference::encode_map(fields))
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn suite(self, suite: Suite) -> Self {
        self.with(|draft| {
            draft.suite = suite;
            draft.secret = u8::from(suite == Suite::XChaCha);
        })
    }

    pub fn raw_claims(self, raw: Vec<u8>) -> Self {
        self.with(|draft| draft.claims_bytes = Some(raw))
    }

    pub fn raw_data(self, raw: &[u8]) -> Self {
        self.with(|draft| {
            draft.data = None;
            draft.data_bytes = raw.to_vec();
        })
    }

    pub fn compressed(self, stream: Vec<u8>) -> Self {
        self.with(|draft| draft.stream = Some(stream))
    }

    /// A stream from which no data come.
    pub fn raw_stream(self, stream: Vec<u8>) -> Self {
        self.raw_data(&[]).compressed(stream)
    }

    pub fn key(&self) -> Key {
        Key::new(reference::published(self.secret), self.suite)
    }

    pub fn seal(&self, name: &str) -> (Sealed, Vec<u8>) {
        let key = self.key();
        let nonce: [u8; 24] = {
            use sha2::{Digest, Sha256};
            Sha256::digest(format!("sealed-session vector nonce {name}"))[..24]
                .try_into()
                .expect("24 bytes")
        };
        let claims_bytes = self.claims_bytes.clone().unwrap_or_else(|| self.claims.encode());
        let padding =
            self.padding.map_or(Vec::new(), |zeros| [vec![0x80], vec![0; zeros]].concat());
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let flags = flag(self.stream.is_some(), reference::COMPRESSED)
            | flag(!self.claims.extensions.is_empty(), reference::EXTENDED)
            | flag(!padding.is_empty(), reference::PADDED)
            | self.form;
        // Beside a flag that no reader knows, 01 need not be known.
        let unknown = !reference::FLAGS
            | flag(
                self.knows_no_compression || flags & !reference::FLAGS != 0,
                reference::COMPRESSED,
            );
        let sealed_data = self.stream.as_ref().unwrap_or(&self.data_bytes);
        let plaintext = [&[flags][..], &claims_bytes, sealed_data, &padding].concat();
        let cookie_name = self.aad_name.as_ref().unwrap_or(&self.server.cookie_name);
        let context = self.aad_context.clone().unwrap_or_else(|| bytes(&self.server.context));
        let aad = reference::aad(&reference::header(&key), cookie_name, &context);
        let envelope = reference::envelope(&key, &nonce, &aad, &plaintext);
        let sealed = Sealed {
            secret: self.secret,
            suite: self.suite.name().to_owned(),
            key_id: hex::encode(key.id),
            aead_key: hex::encode(key.aead),
            nonce: hex::encode(nonce),
            claims: self.claims_bytes.is_none().then(|| claims_vector(&self.claims)),
            claims_bytes: hex::encode(&claims_bytes),
            data: self.data.clone(),
            data_bytes: hex::encode(sealed_data),
            inflated: (self.stream.is_some()
                && self.data.is_some()
                && self.data_bytes.len() <= 1_000)
                .then(|| hex::encode(&self.data_bytes)),
            flags_known: flags & !unknown,
            flags_unknown: flags & unknown,
            plaintext: hex::encode(&plaintext),
            aad: hex::encode(&aad),
            envelope: hex::encode(&envelope),
        };
        (sealed, envelope)
    }

    pub fn value(&self, name: &str) -> String {
        reference::value(&self.seal(name).1)
    }
}

/// The word of a request whose only cookie has a value, if it is another than that of the value by
/// itself.
pub fn in_request(value: &str, expect: &str) -> Option<String> {
    let word = match value.len() {
        0 => "absent",
        1..=4_096 if expect == "pieces" => "pieces-mixed",
        1..=4_096 => expect,
        _ => "too-long",
    };
    (word != expect).then(|| word.to_owned())
}

pub fn claims_vector(claims: &Claims) -> ClaimsVector {
    ClaimsVector {
        issued: claims.issued,
        age: claims.age,
        id: claims.id.map(hex::encode),
        expiry: match claims.expiry {
            Expiry::Default => ExpiryVector::Default,
            Expiry::BrowserSession => ExpiryVector::BrowserSession,
            Expiry::Idle(seconds) => ExpiryVector::Idle(seconds),
            Expiry::At(time) => ExpiryVector::At(time),
        },
        flashes: claims.flashes.clone(),
        shape: hex::encode(claims.shape),
        extensions: claims
            .extensions
            .iter()
            .map(|(tag, bytes)| (*tag, hex::encode(bytes)))
            .collect(),
    }
}

/// Values with extensions, padding, and flags that no reader of this revision knows.
fn flags(add: &mut impl FnMut(&str, &str, &str, Draft)) {
    let extended = |extensions: &[(u8, &[u8])]| {
        let extensions = extensions.iter().map(|(tag, bytes)| (*tag, bytes.to_vec())).collect();
        Draft::visit().with(|draft| draft.claims.extensions = extensions)
    };
    let padded = |zeros: usize| Draft::visit().with(|draft| draft.padding = Some(zeros));
    for (name, note, draft) in [
        (
            "ok_extension_128",
            "an extension that every reader keeps",
            extended(&[(128, &[1, 2, 3])]),
        ),
        ("ok_extension_255_empty", "the last tag, without bytes", extended(&[(255, &[])])),
        (
            "ok_extensions_3",
            "three extensions, one of them longer than 127 bytes",
            extended(&[(128, &[0]), (191, &[7; 200]), (192, &[])]),
        ),
        ("ok_padding_1", "padding of one byte", padded(0)),
        ("ok_padding_16", "padding of sixteen bytes", padded(15)),
        (
            "ok_padding_and_extension",
            "extensions before the data, and padding behind them",
            extended(&[(200, &[9])]).with(|draft| draft.padding = Some(2)),
        ),
        (
            "ok_padding_after_80",
            "data that end as padding does: only the last 80 and what follows it is removed",
            Draft::new(
                Server::of("Visit"),
                json!({ "user": null, "cart": [16_384] }),
                vec![0, 1, 0x80, 0x80, 1],
            )
            .with(|draft| draft.padding = Some(3)),
        ),
    ] {
        add(name, note, "ok", draft);
    }
    let raw = |flags: u8, extensions: &[u8]| {
        let claims = [&Draft::visit().claims.encode()[..], extensions].concat();
        Draft::visit().raw_claims(claims).with(|draft| draft.form = flags)
    };
    for (name, note, expect, draft) in [
        ("decode_form_8", "a flag that no reader knows", "unknown-form", raw(8, &[])),
        (
            "decode_form_14",
            "the same beside the flags of extensions and padding",
            "unknown-form",
            raw(14, &[]),
        ),
        ("extensions_0", "the flag of extensions, and none", "undecodable", raw(2, &[0])),
        (
            "extensions_overlong_count",
            "their number in two bytes where one does",
            "undecodable",
            raw(2, &[0x81, 0, 128, 0]),
        ),
        (
            "extensions_tag_0",
            "the lowest tag that no reader knows",
            "unknown-form",
            raw(2, &[1, 0, 0]),
        ),
        (
            "extensions_binding",
            "a session that is bound to a device, for a server without device binding",
            "unknown-form",
            raw(2, &[&[1, 1, 16][..], &[7; 16]].concat()),
        ),
        (
            "extensions_binding_short",
            "the same, of 15 bytes: the tag comes first",
            "unknown-form",
            raw(2, &[&[1, 1, 15][..], &[7; 15]].concat()),
        ),
        (
            "extensions_tag_127",
            "the highest tag that a reader must know",
            "unknown-form",
            raw(2, &[1, 127, 0]),
        ),
        (
            "extensions_tag_127_without_length",
            "the same, and nothing after it: the tag comes first",
            "unknown-form",
            { raw(2, &[1, 127]).raw_data(&[]) },
        ),
        ("extensions_tag_twice", "one tag twice", "undecodable", raw(2, &[2, 128, 0, 128, 0])),
        (
            "extensions_descending",
            "a lower tag after a higher",
            "undecodable",
            raw(2, &[2, 129, 0, 128, 0]),
        ),
        (
            "extensions_descending_unknown",
            "a lower tag that no reader knows: the order comes first",
            "undecodable",
            raw(2, &[2, 129, 0, 5, 0]),
        ),
        (
            "extensions_fewer",
            "a number beyond the end",
            "undecodable",
            raw(2, &[2, 128, 0]).raw_data(&[]),
        ),
        ("extensions_short", "a length beyond the end", "undecodable", raw(2, &[1, 128, 100])),
        (
            "extensions_overlong_length",
            "a length in two bytes where one does",
            "undecodable",
            raw(2, &[1, 128, 0x80, 0]),
        ),
        (
            "extensions_length_u64",
            "the greatest length",
            "undecodable",
            raw(2, &[1, 128, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
        ),
        (
            "extensions_before_shape",
            "a fault of extensions, and another shape: the fault comes first",
            "undecodable",
            {
                let mut claims = Draft::visit().claims;
                claims.shape = [1; 4];
                raw(2, &[]).raw_claims([claims.encode(), vec![0]].concat())
            },
        ),
        (
            "padding_missing",
            "the flag of padding, and data that do not end in 80",
            "undecodable",
            raw(4, &[]),
        ),
        ("padding_zeros", "zeros alone", "undecodable", raw(4, &[]).raw_data(&[0, 0, 0])),
        ("padding_nothing", "no byte behind the claims", "undecodable", raw(4, &[]).raw_data(&[])),
        (
            "padding_81",
            "81 in place of 80",
            "undecodable",
            raw(4, &[]).raw_data(&[1, 7, 2, 1, 172, 2, 0x81, 0]),
        ),
        (
            "data_padding_alone",
            "padding, and no data before it",
            "undecodable",
            raw(4, &[]).raw_data(&[0x80, 0]),
        ),
        (
            "data_padding_unflagged",
            "padding without its flag",
            "undecodable",
            Draft::visit().raw_data(&[1, 7, 2, 1, 172, 2, 0x80]),
        ),
    ] {
        add(name, note, expect, draft);
    }
}

pub fn empty_visit() -> Draft {
    Draft::new(
        Server::of("Visit"),
        json!({ "user": null, "cart": [] }),
        reference::postcard(&visit(None, &[])),
    )
    .with(|draft| {
        (draft.claims.issued, draft.claims.age) = (NOW, 0);
    })
}

pub fn empty_typed() -> Draft {
    Draft::new(Server::of("Empty"), json!(null), Vec::new())
        .with(|draft| (draft.claims.issued, draft.claims.age) = (NOW, 0))
}

pub fn visit(user: Option<u64>, cart: &[u32]) -> Item {
    let user = user.map_or(Item::None, |user| Item::Some(Box::new(Item::Unsigned(user))));
    Item::Struct(vec![
        user,
        Item::Seq(cart.iter().map(|item| Item::Unsigned(u64::from(*item))).collect()),
    ])
}

pub fn every() -> (Json, Item) {
    let level = |yes: bool, who: Item, next: Item| {
        Item::Struct(vec![
            Item::Bool(yes),
            Item::Byte(0x80),
            Item::Byte(255),
            Item::Signed(-300),
            Item::Signed(i64::from(i32::MAX)),
            Item::Signed(i64::MIN),
            Item::Unsigned(u64::MAX),
            Item::F32(1.5),
            Item::F64(-0.1),
            Item::Text("ß"),
            Item::Text("Grüße, \u{1F36A}"),
            Item::Struct([1, 2, 3, 255].map(Item::Byte).into()),
            Item::Struct(vec![Item::Byte(9), Item::Signed(-1)]),
            who,
            Item::Seq(vec![
                Item::Struct(vec![Item::Text("a"), Item::Unsigned(1)]),
                Item::Struct(vec![Item::Text("b"), Item::Unsigned(65_535)]),
            ]),
            next,
            Item::Struct(vec![]),
        ])
    };
    let json = |yes: bool, who: Json, next: Json| {
        json!({
            "yes": yes, "tiny": -128, "byte": 255, "small": -300, "int": i32::MAX, "big": i64::MIN, "huge": u64::MAX, "half": 1.5,
            "whole": -0.1, "letter": "ß", "text": "Grüße, \u{1F36A}", "raw": [1, 2, 3, 255], "pair": [9, -1], "who": who,
            "marks": { "a": 1, "b": 65535 }, "next": next, "unit": null
        })
    };
    let inner = (
        json(false, json!({ "Staff": { "level": 3, "unit": "ops" } }), Json::Null),
        level(false, Item::Variant(2, vec![Item::Byte(3), Item::Text("ops")]), Item::None),
    );
    (
        json(true, json!({ "Member": 1000 }), inner.0),
        level(true, Item::Variant(1, vec![Item::Unsigned(1000)]), Item::Some(Box::new(inner.1))),
    )
}

pub fn shop() -> Json {
    serde_json::from_str(include_str!("../data/shop.json")).expect("JSON")
}

pub fn every_map() -> Json {
    json!({
        "null": null, "no": false, "yes": true,
        "integers": [0, 63, 64, 8255, 8256, 65535, 65536, 16777215, 16777216, 4294967296_u64, 281474976710656_u64, u64::MAX],
        "negative": [-1, -4, -5, -260, -261, -65537, -4294967297_i64, i64::MIN],
        "floats": [0.0, -0.0, 1.0, 1.5, 0.1, 1e300],
        "bytes": [0, 63, 64, 255], "small": [1, 2, 3], "none": [], "nothing": {},
        "hex": "00ff", "odd": "00f", "upper": "00FF", "uuid": "123e4567-e89b-12d3-a456-426614174000",
        "again": ["00ff", "hex", "123e4567-e89b-12d3-a456-426614174000"],
        "one": ["x", "x"], "text": "Grüße, \u{1F36A}", "forty": "x".repeat(40), "long": ["y".repeat(65), "y".repeat(65)],
        "nested": { "nothing": { "nothing": { "no": 1, "yes": 2 } } },
        "records": [{ "id": 1, "tag": "aa" }, { "id": 2, "tag": "aa" }, { "id": 3, "tag": null }],
        "mixed": [{ "id": 1 }, { "tag": 2 }],
        "like": { "id": 4, "tag": "bb" }
    })
}

/// An array in an array, so many of them.
pub fn nested(depth: usize) -> Json {
    (0..depth).fold(json!(7), |inner, _| json!([inner]))
}

pub fn value_vectors() -> Vec<ValueVector> {
    let mut all = Vec::new();
    let mut add = |name: &str, note: &str, expect: &str, draft: Draft| {
        let (sealed, envelope) = draft.seal(name);
        all.push(ValueVector {
            name: name.to_owned(),
            note: note.to_owned(),
            server: draft.server,
            now: draft.now,
            milliseconds: 0,
            sealed: Some(sealed),
            in_request: in_request(&reference::value(&envelope), expect),
            value: Text(reference::value(&envelope)),
            expect: expect.to_owned(),
        });
    };

    // What opens.
    for (suite, tail) in [(Suite::Xaes, "xaes"), (Suite::XChaCha, "xchacha")] {
        add(
            &format!("ok_empty_typed_{tail}"),
            "the least that a typed session takes: a new one, of nothing but defaults",
            "ok",
            empty_typed().suite(suite),
        );
        add(
            &format!("ok_typed_{tail}"),
            "a visit an hour old, sealed a minute ago",
            "ok",
            Draft::visit().suite(suite),
        );
        add(
            &format!("ok_new_{tail}"),
            "sealed by the clock that opens it, of age 0",
            "ok",
            Draft::visit().suite(suite).with(|draft| {
                draft.claims.issued = NOW;
                draft.claims.age = 0;
            }),
        );
        add(
            &format!("ok_all_claims_{tail}"),
            "an id, an idle timeout of its own, two flash messages",
            "ok",
            Draft::visit().suite(suite).with(|draft| {
                draft.claims.id =
                    Some(*b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff");
                draft.claims.expiry = Expiry::Idle(3600);
                draft.claims.flashes =
                    vec![(25, "saved".to_owned()), (40, "Ümläute \u{1F36A}".to_owned())];
            }),
        );
        let (json, item) = every();
        add(
            &format!("ok_every_kind_{tail}"),
            "every kind of postcard, and a type within itself",
            "ok",
            Draft::new(Server::of("Every"), json, reference::postcard(&item)).suite(suite),
        );
        add(
            &format!("ok_map_every_kind_{tail}"),
            "every form of the map encoding",
            "ok",
            Draft::map(every_map()).suite(suite),
        );
        add(
            &format!("ok_map_shop_{tail}"),
            "tests/data/shop.json",
            "ok",
            Draft::map(shop()).suite(suite),
        );
        let fields = json!({ "user": 7, "cart": [1, 300] });
        let draft = Draft::named("Visit", fields.clone(), &fields).suite(suite);
        add(&format!("ok_named_{tail}"), "the visit of ok_typed, its fields by name", "ok", draft);
        let mut fields = every().0;
        fields["half"] = json!(f64::from(0.1_f32));
        let draft = Draft::named("Every", fields.clone(), &fields).suite(suite);
        let note = "every kind by name; a float of 32 bits is the one of 64 bits with its value";
        add(&format!("ok_named_every_kind_{tail}"), note, "ok", draft);
    }
    let draft = Draft::named("Loose", json!({}), &json!({}));
    add(
        "ok_named_nothing",
        "by name, of a type that leaves out what is empty: no bytes",
        "ok",
        draft,
    );
    let fields = json!({ "user": 7, "basket": [1], "theme": { "dark": true } });
    let draft = Draft::named("Loose", json!({ "user": 7, "cart": [1] }), &fields);
    add(
        "ok_named_other_fields",
        "by name: a field under its other name, and one that the reader does not know",
        "ok",
        draft,
    );
    add(
        "ok_map_deep",
        "arrays 64 deep below the map",
        "ok",
        Draft::map(json!({ "deep": nested(64) })),
    );
    add("ok_map_one_key", "as small as a map gets", "ok", Draft::map(json!({ "a": null })));
    let many: serde_json::Map<String, Json> =
        (0..40).map(|n| (format!("key-{n:02}"), json!(format!("key-{n:02}")))).collect();
    add(
        "ok_map_forty_keys",
        "counts and numbers of strings beyond what a tag holds",
        "ok",
        Draft::map(Json::Object(many)),
    );
    let strings: Vec<String> = (0..300_u16)
        .map(|n| (n / 20, n % 20))
        .map(|(a, b)| format!("{}{}", char::from(b'g' + a as u8), char::from(b'g' + b as u8)))
        .collect();
    let strings = json!({ "first": strings, "then": strings });
    add(
        "ok_map_300_strings",
        "256 strings get a number, and later ones do not",
        "ok",
        Draft::map(strings),
    );
    let lists: Vec<Json> =
        (0..70_u8).map(|n| json!({ format!("{}", char::from(b'0' + n)): n })).collect();
    let lists = json!({ "first": lists, "then": lists });
    add(
        "ok_map_70_lists",
        "64 key lists get a number, and later ones do not",
        "ok",
        Draft::map(lists),
    );
    let record = |length: usize| json!({ "k".repeat(length): 1 });
    let edges = json!({
        "text": ["z".repeat(64), "z".repeat(64), "w".repeat(65), "w".repeat(65)],
        "listed": [[record(64)], [record(64)]], "not listed": [[record(65)], [record(65)]],
        "records": [record(64), record(64)], "no records": [record(65), record(65)],
    });
    add("ok_map_edges", "strings and keys of 64 bytes, and of 65", "ok", Draft::map(edges));
    let rows: Vec<Json> = (0..30)
        .map(|n| json!({ "sku": format!("SKU-{n:04}"), "qty": n, "price_cents": 1999 }))
        .collect();
    add(
        "ok_map_thirty_records",
        "records beyond what a tag holds",
        "ok",
        Draft::map(json!({ "cart": rows })),
    );
    let draft = Draft::visit().with(|draft| draft.claims.expiry = Expiry::BrowserSession);
    add("ok_browser_session", "a cookie without Max-Age", "ok", draft);
    let draft = Draft::visit().with(|draft| draft.claims.expiry = Expiry::At(NOW + 1));
    add("ok_at_last_second", "one second before its fixed end", "ok", draft);
    let draft = Draft::visit().with(|draft| {
        draft.claims.expiry = Expiry::At(NOW + 1);
        draft.claims.issued = NOW - IDLE - 5;
        draft.claims.age = 0;
    });
    add("ok_at_has_no_idle_limit", "a fixed end takes the place of the idle timeout", "ok", draft);
    let draft =
        Draft::visit().with(|draft| (draft.claims.issued, draft.claims.age) = (NOW - IDLE + 1, 0));
    add("ok_idle_last_second", "one second before the idle timeout", "ok", draft);
    let draft =
        Draft::visit().with(|draft| (draft.claims.issued, draft.claims.age) = (NOW, ABSOLUTE - 1));
    add("ok_absolute_last_second", "one second before the absolute timeout", "ok", draft);
    let draft = Draft::visit().with(|draft| draft.claims.expiry = Expiry::Idle(u64::MAX));
    add(
        "ok_idle_saturates",
        "the greatest idle timeout; its sum saturates, and the absolute timeout holds",
        "ok",
        draft,
    );
    let draft = Draft::visit().with(|draft| draft.claims.expiry = Expiry::At(u64::MAX));
    add("ok_at_beyond_absolute", "the greatest fixed end; the absolute timeout holds", "ok", draft);
    let draft = Draft::visit().with(|draft| {
        draft.claims.age = draft.claims.issued + 5;
        draft.server.absolute_timeout = NOW + 10;
    });
    add("ok_created_saturates", "an age before 1970 counts as created at 0", "ok", draft);
    let draft =
        Draft::visit().with(|draft| (draft.claims.issued, draft.claims.age) = (NOW + 120, 120));
    add("ok_two_minutes_ahead", "issued as far ahead as clocks may differ", "ok", draft);
    let draft = Draft::visit()
        .with(|draft| draft.claims.flashes = (0..17).map(|n| (n, String::new())).collect());
    add(
        "ok_seventeen_flashes",
        "more flash messages than a writer keeps; levels that have no name",
        "ok",
        draft,
    );
    let numbered = |number| {
        Draft::visit().with(|draft| {
            draft.server = draft.server.clone().numbered(number);
            draft.claims.shape = draft.server.shape();
        })
    };
    add(
        "ok_shape_number",
        "a number of the application's own in place of the shape's text",
        "ok",
        numbered(7),
    );
    add(
        "ok_context",
        "bound to a context",
        "ok",
        Draft::visit().with(|draft| draft.server.context = hex::encode("tenant 42\0")),
    );
    let boundary = |name: &str, context: &str| {
        Draft::visit().with(|draft| {
            draft.server.cookie_name = name.to_owned();
            draft.server.context = hex::encode(context);
        })
    };
    add(
        "ok_short_name",
        "a name of one character, and a context that could be the rest of a name",
        "ok",
        boundary("a", "bc"),
    );
    let last = Draft::visit().with(|draft| {
        draft.secret = 2;
        draft.server.ring = vec![
            Key::new(reference::published(1), Suite::XChaCha).text(),
            format!(
                "{} open-until=2027-01-15T08:00:01Z",
                Key::new(reference::published(2), Suite::Xaes).text()
            ),
        ];
    });
    add(
        "ok_second_key",
        "by another key than the one that seals, one second before that ends",
        "ok",
        last,
    );
    let early = Draft::visit().with(|draft| {
        draft.secret = 1;
        draft.server.ring = vec![
            format!(
                "{} seal-from=2027-02-01T00:00:00Z",
                Key::new(reference::published(1), Suite::Xaes).text()
            ),
            Key::new(reference::published(2), Suite::Xaes).text(),
        ];
    });
    add("ok_before_seal_from", "by a key that opens already and does not seal yet", "ok", early);

    // Ring and seal.
    let draft = Draft::visit().with(|draft| draft.secret = 3);
    add("ring_unknown_key", "by a key that the ring does not have", "unknown-key", draft);
    let draft = Draft::visit().with(|draft| {
        draft.secret = 2;
        draft.server.ring = vec![
            Key::new(reference::published(1), Suite::Xaes).text(),
            format!(
                "{} open-until=2027-01-15T08:00:00Z",
                Key::new(reference::published(2), Suite::Xaes).text()
            ),
        ];
    });
    add("ring_key_ended", "by a key that ends at this second", "key-ended", draft);
    let draft = Draft::visit().suite(Suite::XChaCha).with(|draft| draft.server.suites.truncate(1));
    add(
        "ring_unsupported_suite",
        "for implementations that have XAES-256-GCM alone",
        "unsupported-suite",
        draft,
    );
    let draft = Draft::visit()
        .with(|draft| draft.server.suites = vec!["XChaCha20-Poly1305".to_owned()])
        .with(|draft| draft.server.ring.reverse());
    add(
        "ring_unsupported_suite_aes",
        "for implementations that have XChaCha20-Poly1305 alone",
        "unsupported-suite",
        draft,
    );
    let draft = Draft::visit().with(|draft| draft.aad_name = Some("__Host-session".to_owned()));
    add("open_other_name", "sealed for a cookie of another name", "bad-seal", draft);
    let draft = Draft::visit().with(|draft| draft.aad_name = Some(NAME.to_uppercase()));
    add("open_other_case", "sealed for the name in other letter case", "bad-seal", draft);
    let draft = Draft::visit().with(|draft| draft.aad_context = Some(b"tenant 42".to_vec()));
    add("open_other_context", "sealed with a context where none is expected", "bad-seal", draft);
    let draft = boundary("a", "bc").with(|draft| {
        draft.aad_name = Some("ab".to_owned());
        draft.aad_context = Some(b"c".to_vec());
    });
    add(
        "open_shifted_boundary",
        "the same name and context joined, and parted elsewhere",
        "bad-seal",
        draft,
    );

    // Form and claims.
    add(
        "decode_form_1",
        "for implementations without compression: compressed data",
        "unknown-form",
        Draft::visit().with(|draft| (draft.form, draft.knows_no_compression) = (1, true)),
    );
    add(
        "decode_form_255",
        "flags that version 1 does not have",
        "unknown-form",
        Draft::visit().with(|draft| draft.form = 255),
    );
    flags(&mut add);
    let good = Draft::visit().claims.encode();
    // issued 5 bytes, age 2, id 1, expiry 1, flashes 1, shape 4
    let spliced = |range: std::ops::Range<usize>, new: &[u8]| {
        let mut raw = good.clone();
        raw.splice(range, new.iter().copied());
        Draft::visit().raw_claims(raw)
    };
    add("decode_id_tag_2", "an id that begins with 2", "unknown-form", spliced(7..8, &[2]));
    add("decode_expiry_4", "an expiry of number 4", "unknown-form", spliced(8..9, &[4]));
    add(
        "decode_expiry_overlong",
        "an expiry's number in two bytes where one does",
        "undecodable",
        spliced(8..9, &[0x80, 0]),
    );
    add("decode_issued_overlong", "issued in one byte more than it takes", "undecodable", {
        let mut longer = reference::varint(NOW - 60);
        *longer.last_mut().expect("bytes") |= 0x80;
        longer.push(0);
        spliced(0..5, &longer)
    });
    add("decode_age_overlong", "age 0 in two bytes", "undecodable", spliced(5..7, &[0x80, 0]));
    let issued_65_bits = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
    add(
        "decode_issued_65_bits",
        "a varint that does not fit in 64 bits",
        "undecodable",
        spliced(0..5, &issued_65_bits),
    );
    let issued_endless = [0x80; 11];
    add(
        "decode_issued_endless",
        "a varint of eleven bytes",
        "undecodable",
        spliced(0..5, &issued_endless),
    );
    let too_early = Draft::visit().raw_claims(good[..12].to_vec()).raw_data(&[]);
    add("decode_claims_short", "a plaintext that ends within the shape", "undecodable", too_early);
    add(
        "decode_flash_not_utf8",
        "a flash message that is no UTF-8",
        "undecodable",
        spliced(9..10, &[1, 20, 2, 0xc3, 0x28]),
    );
    add(
        "decode_flash_too_long",
        "a flash message longer than what is left",
        "undecodable",
        spliced(9..10, &[1, 20, 200, 1, b'x']),
    );
    let endless_flashes = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    add(
        "decode_flash_count",
        "2⁶⁴ − 1 flash messages that are not there",
        "undecodable",
        spliced(9..10, &endless_flashes),
    );
    let other = Draft::visit().with(|draft| draft.claims.shape = reference::shape_of_text(EVERY));
    add("decode_other_type", "the shape of another type", "other-shape", other);
    add("decode_other_number", "shape number 8 where 7 is expected", "other-shape", {
        numbered(7).with(|draft| draft.claims.shape = reference::shape_of_number(8))
    });
    let map = Draft::visit().with(|draft| draft.claims.shape = reference::shape_of_text("map"));
    add("decode_map_for_typed", "the shape of a map", "other-shape", map);
    let typed = Draft::map(json!({ "a": 1 }))
        .with(|draft| draft.claims.shape = reference::shape_of_text(VISIT));
    add("decode_typed_for_map", "the shape of a type", "other-shape", typed);
    let other = Draft::visit().with(|draft| {
        draft.claims.shape = [0; 4];
        draft.claims.issued = 1_000;
    });
    add(
        "decode_other_type_and_expired",
        "of another shape, and long over: the shape comes first",
        "other-shape",
        other,
    );

    // Policy.
    let draft =
        Draft::visit().with(|draft| (draft.claims.issued, draft.claims.age) = (NOW + 121, 0));
    add(
        "policy_from_the_future",
        "issued one second further ahead than clocks may differ",
        "from-the-future",
        draft,
    );
    let draft = Draft::visit().with(|draft| {
        (draft.claims.issued, draft.claims.age) = (NOW + 121, 0);
        draft.claims.expiry = Expiry::At(5);
    });
    add(
        "policy_from_the_future_and_ended",
        "the future comes before every end",
        "from-the-future",
        draft,
    );
    let draft =
        Draft::visit().with(|draft| (draft.claims.issued, draft.claims.age) = (NOW - IDLE, 0));
    add("policy_expired_idle", "at the second of the idle timeout", "expired-idle", draft);
    let draft = Draft::visit().with(|draft| {
        draft.claims.issued = NOW - 60;
        draft.claims.expiry = Expiry::Idle(60);
    });
    add(
        "policy_expired_own_idle",
        "at the second of an idle timeout of its own",
        "expired-idle",
        draft,
    );
    let draft = Draft::visit().with(|draft| {
        draft.claims.issued = NOW;
        draft.claims.expiry = Expiry::Idle(0);
    });
    add("policy_idle_zero", "an idle timeout of 0 is over at once", "expired-idle", draft);
    let draft =
        Draft::visit().with(|draft| (draft.claims.issued, draft.claims.age) = (NOW, ABSOLUTE));
    add(
        "policy_expired_absolute",
        "at the second of the absolute timeout",
        "expired-absolute",
        draft,
    );
    let draft = Draft::visit().with(|draft| draft.claims.expiry = Expiry::At(NOW));
    add("policy_expired_at", "at the second of its fixed end", "expired-at", draft);
    let draft = Draft::visit()
        .with(|draft| (draft.claims.issued, draft.claims.age) = (NOW - IDLE, ABSOLUTE));
    add(
        "policy_expired_idle_and_absolute",
        "past both limits, the absolute one is named",
        "expired-absolute",
        draft,
    );
    let draft = Draft::visit().with(|draft| {
        (draft.claims.issued, draft.claims.age) = (NOW - IDLE, ABSOLUTE);
        draft.claims.expiry = Expiry::At(NOW - 5);
    });
    add(
        "policy_expired_at_and_absolute",
        "past both limits, the fixed end is named",
        "expired-at",
        draft,
    );

    // Data.
    add(
        "data_trailing",
        "a byte behind the data",
        "undecodable",
        Draft::visit().raw_data(&[1, 7, 2, 1, 0xac, 2, 0]),
    );
    add(
        "data_short",
        "data that ends before its value does",
        "undecodable",
        Draft::visit().raw_data(&[1, 7, 2, 1]),
    );
    add(
        "data_option_tag",
        "an Option that begins with 2",
        "undecodable",
        Draft::visit().raw_data(&[2, 7, 0]),
    );
    add("data_count", "a sequence of 2³² − 1 entries that are not there", "undecodable", {
        Draft::visit().raw_data(&[0, 0xff, 0xff, 0xff, 0xff, 0x0f])
    });
    let over = Draft::visit()
        .raw_data(&[2])
        .with(|draft| (draft.claims.issued, draft.claims.age) = (NOW - IDLE, 0));
    add(
        "data_undecodable_and_expired",
        "undecodable, and over: the end comes first",
        "expired-idle",
        over,
    );
    let under_a =
        |name: &str, note: &str, data: &str, add: &mut dyn FnMut(&str, &str, &str, Draft)| {
            let data = bytes(&format!("a96161{data}"));
            let draft = Draft::map(json!({})).raw_data(&data);
            add(&format!("data_map_{name}"), note, "undecodable", draft);
        };
    for (name, note, data) in [
        ("integer_long", "63 in two bytes", "e93f00"),
        ("integer_wide", "300 in two bytes behind E9", "e92c01"),
        ("negative_long", "−1 in one byte behind EE", "ee00"),
        ("negative_beyond", "−1 − 2⁶³", "f10000000000000080"),
        ("float_long", "1.5 in 64 bits", "e8000000000000f83f"),
        ("float_nan", "no number", "e70000c07f"),
        ("float_infinite", "infinity", "e8000000000000f07f"),
        ("hex_as_text", "abcd as text", "6461626364"),
        ("hex_short", "hexadecimal of one byte", "f401ab"),
        ("string_again", "the second xy in full", "ca627879627879"),
        ("string_unknown", "a string number that was not given", "88"),
        ("string_not_utf8", "a string that is no UTF-8", "62c328"),
        ("string_long", "a string longer than what is left", "f2ffffff7f"),
        ("bytes_small", "[63] packed", "fa013f"),
        ("bytes_loose", "[64] not packed", "c94000"),
        ("list_again", "the list of keys a in full", "a9616100"),
        ("list_unknown", "a list number that was not given", "b9"),
        ("records_loose", "two objects of the same keys one by one", "cab800b800"),
        ("records_empty", "two objects without keys as records", "d8a8"),
        ("records_endless", "2²⁸ records that are not there", "f9ffffff7fb8"),
        ("array_endless", "2²⁸ elements that are not there", "f8ffffff7f"),
        ("count_overlong", "a count in one byte more than it takes", "f88000"),
        ("tag_unknown", "a tag that there is not", "fb"),
        ("trailing", "a byte behind the map", "0000"),
        ("short", "no value", ""),
    ] {
        under_a(name, note, data, &mut add);
    }
    let map = |data: &str| Draft::map(json!({})).raw_data(&bytes(data));
    add("data_map_empty_object", "the empty map in one byte", "undecodable", map("a8"));
    add("data_map_order", "keys that do not ascend", "undecodable", map("aa616261610000"));
    add("data_map_key_twice", "a key twice", "undecodable", map("aa616161610000"));
    add("data_map_not_object", "an array", "undecodable", map("c8"));
    let deep = ["a96161", &"c9".repeat(65), "07"].concat();
    add("data_map_deep", "arrays 65 deep below the map", "undecodable", map(&deep));
    let deep = ["a96161", &"c9".repeat(1500), "07"].concat();
    add("data_map_very_deep", "arrays 1,500 deep below the map", "undecodable", map(&deep));

    for (name, note, fields) in [
        ("absent", "by name, without a field that may not be absent", json!({ "user": 7 })),
        ("nothing", "by name, no bytes, of a type whose fields may not be absent", json!({})),
        ("kind", "by name, a string where an array belongs", json!({ "user": 7, "cart": "1" })),
        (
            "wide",
            "by name, an integer that its field does not hold",
            json!({ "user": 7, "cart": [4294967296_u64] }),
        ),
    ] {
        let draft = Draft::named("Visit", Json::Null, &fields).with(|draft| draft.data = None);
        add(&format!("data_named_{name}"), note, "undecodable", draft);
    }
    for (name, note, data) in [
        ("order", "by name, with fields that do not ascend", "aa6475736572646361727407c8"),
        ("trailing", "by name, with a byte behind the map", "aa64636172746475736572c80700"),
        ("empty_object", "by name, no fields in one byte", "a8"),
    ] {
        let draft = Draft::named("Visit", Json::Null, &json!({})).raw_data(&bytes(data));
        add(&format!("data_named_bytes_{name}"), note, "undecodable", draft);
    }
    let fields = json!({ "user": 7, "cart": [1] });
    let draft = Draft::named("Visit", Json::Null, &fields).with(|draft| {
        draft.data = None;
        draft.claims.shape = reference::shape_of_text("map");
    });
    add(
        "decode_named_as_map",
        "a map, where a type by name is expected: the same bytes, and another shape",
        "other-shape",
        draft,
    );
    let draft = Draft::map(fields).with(|draft| {
        draft.data = None;
        draft.claims.shape = reference::shape_of_text(NAMED);
    });
    add("decode_map_as_named", "a type by name, where a map is expected", "other-shape", draft);

    // The envelope, and its text.
    let empty = empty_typed();
    let base = Draft::visit();
    let mut text = |name: &str, note: &str, expect: &str, value: String| {
        // The empty session stands where its length matters.
        let server = if name.contains("spare_bits") || name == "envelope_padded" {
            empty.server.clone()
        } else {
            base.server.clone()
        };
        all.push(ValueVector {
            name: name.to_owned(),
            note: note.to_owned(),
            server,
            now: NOW,
            milliseconds: 0,
            sealed: None,
            in_request: in_request(&value, expect),
            value: Text(value),
            expect: expect.to_owned(),
        });
    };
    let good = base.value("base");
    let (_, envelope) = base.seal("base");
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut envelope = envelope.clone();
        change(&mut envelope);
        reference::value(&envelope)
    };
    text("ok_base", "what the following are made of", "ok", good.clone());
    text(
        "envelope_too_long",
        "4,097 characters: no cookie is so long; by itself, a length that no bytes have",
        "malformed",
        "A".repeat(4097),
    );
    text(
        "envelope_too_long_joined",
        "14,001 characters: no value is so long",
        "too-long",
        "A".repeat(14_001),
    );
    text(
        "envelope_longest_joined",
        "14,000 characters that are no envelope of version 1",
        "unknown-version",
        "A".repeat(14_000),
    );
    text(
        "envelope_longest",
        "4,096 characters that are no envelope of version 1",
        "unknown-version",
        "A".repeat(4096),
    );
    text("envelope_empty", "nothing", "malformed", String::new());
    let (_, empty_envelope) = empty.seal("padded");
    text(
        "envelope_padded",
        "with the padding that base64url does without",
        "malformed",
        format!("{}=", reference::value(&empty_envelope)),
    );
    let with_high_bits = (0..)
        .map(|n| base.value(&format!("alphabet {n}")))
        .find(|value| value.contains('-') && value.contains('_'));
    let with_high_bits = with_high_bits.expect("one with both characters");
    text("ok_alphabet", "with - and _", "ok", with_high_bits.clone());
    text(
        "envelope_standard_alphabet",
        "with + and / in their place",
        "malformed",
        with_high_bits.replace('-', "+").replace('_', "/"),
    );
    // 59 bytes are 79 characters, the last of which has two spare bits.
    let (_, spare) = empty.seal("spare bits");
    let spare = reference::value(&spare);
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet
        .iter()
        .position(|known| Some(known) == spare.as_bytes().last())
        .expect("of the alphabet");
    assert!(spare.len() % 4 == 3 && last % 4 == 0);
    text(
        "ok_spare_bits",
        "two bits of the last character belong to no byte, and are 0",
        "ok",
        spare.clone(),
    );
    for bits in 1..4 {
        let value = format!("{}{}", &spare[..spare.len() - 1], char::from(alphabet[last + bits]));
        text(
            &format!("envelope_spare_bits_{bits}"),
            "the same with those bits set",
            "malformed",
            value,
        );
    }
    text("envelope_one_more", "a length that no bytes have", "malformed", format!("{}AA", spare));
    for (name, note, value) in [
        ("space", "a space in the middle", format!("{} {}", &good[..40], &good[40..])),
        ("line_end", "a line end in the middle", format!("{}\n{}", &good[..40], &good[40..])),
        ("quoted", "in quotation marks", format!("\"{good}\"")),
        ("percent", "percent-encoded", format!("%41{}", &good[1..])),
        ("not_ascii", "a character beyond ASCII", format!("{}ä", &good[..86])),
        ("dot", "a dot at the end", format!("{good}.")),
    ] {
        text(&format!("envelope_{name}"), note, "malformed", value);
    }
    text("envelope_short", "54 bytes of version 1", "malformed", reference::value(&envelope[..54]));
    text("envelope_version_alone", "the first byte alone", "malformed", reference::value(&[1]));
    for version in [0, 2, 255] {
        let note = "another version";
        text(
            &format!("envelope_version_{version}"),
            note,
            "unknown-version",
            changed(&|envelope| envelope[0] = version),
        );
    }
    text(
        "envelope_version_2_short",
        "another version, of which this one knows no least length",
        "unknown-version",
        reference::value(&[2]),
    );
    text("pieces_first", "a first piece of two", "pieces", format!("2.{}", &good[..60]));
    text("pieces_first_of_nine", "a first piece of nine", "pieces", format!("9.{}", &good[..60]));
    for (name, note, value) in [
        ("count_1", "a count of one", format!("1.{good}")),
        ("count_0", "a count of none", format!("0.{good}")),
        ("count_10", "a count of two digits", format!("10.{good}")),
        ("two_dots", "a second dot", format!("2.{}.{}", &good[..30], &good[30..])),
        (
            "later",
            "a later piece by the name of the first",
            format!("{}.{}", &good[8..14], &good[60..]),
        ),
        ("padded", "padding behind the dot", format!("2.{}=", &good[..60])),
    ] {
        text(&format!("pieces_{name}"), note, "malformed", value);
    }
    for (name, note, at) in [
        ("nonce", "a bit of the nonce", 5),
        ("ciphertext", "a bit of the ciphertext", 29),
        ("tag", "a bit of the tag", envelope.len() - 1),
    ] {
        text(
            &format!("open_changed_{name}"),
            note,
            "bad-seal",
            changed(&|envelope| envelope[at] ^= 1),
        );
    }
    text(
        "open_changed_key_id",
        "a bit of the key id",
        "unknown-key",
        changed(&|envelope| envelope[1] ^= 1),
    );
    let other_id = Key::new(reference::published(1), Suite::XChaCha).id;
    text(
        "open_other_suite",
        "the key id of the ring's key for the other suite",
        "bad-seal",
        changed(&|envelope| envelope[1..5].copy_from_slice(&other_id)),
    );
    text(
        "open_truncated",
        "without its last byte",
        "bad-seal",
        reference::value(&envelope[..envelope.len() - 1]),
    );
    text(
        "open_truncated_front",
        "without a byte of its ciphertext",
        "bad-seal",
        changed(&|envelope| drop(envelope.drain(29..30))),
    );
    text("open_extended", "with a byte more", "bad-seal", changed(&|envelope| envelope.push(0)));
    all.extend(super::make_values::vectors());
    all
}

pub fn request_vectors() -> Vec<RequestVector> {
    let mut all = Vec::new();
    let visit_of = |user: u64, issued: u64, name: &str| {
        let draft = Draft::new(
            Server::of("Visit"),
            json!(null),
            reference::postcard(&visit(Some(user), &[])),
        );
        draft.with(|draft| (draft.claims.issued, draft.claims.age) = (issued, 0)).value(name)
    };
    let server = Server::of("Visit");
    let mut add = |name: &str, note: &str, expect: &str, fields: Vec<String>, user: Option<u64>| {
        all.push(RequestVector {
            name: name.to_owned(),
            note: note.to_owned(),
            server: server.clone(),
            same_site: "Lax".to_owned(),
            now: NOW,
            method: "GET".to_owned(),
            sec_fetch_site: None,
            second_sec_fetch_site: None,
            cookie_fields: fields.into_iter().map(Text).collect(),
            expect: expect.to_owned(),
            data: user.map(|user| json!({ "user": user, "cart": [] })),
            writes: Vec::new(),
        });
    };
    let one = visit_of(1, NOW - 100, "one");
    let two = visit_of(2, NOW - 50, "two");
    let twin = visit_of(3, NOW - 50, "twin");
    let pair = |value: &str| format!("{NAME}={value}");

    // Finding.
    add("ok_alone", "one field with one cookie", "ok", vec![pair(&one)], Some(1));
    add(
        "ok_among_others",
        "between cookies of other names",
        "ok",
        vec![format!("a=b; {}; c=d", pair(&one))],
        Some(1),
    );
    add(
        "ok_second_field",
        "in the second of three fields, as HTTP/2 brings them",
        "ok",
        vec!["a=b".into(), pair(&one), "c=d".into()],
        Some(1),
    );
    add(
        "ok_no_space",
        "semicolons without spaces",
        "ok",
        vec![format!("a=b;{};c=d", pair(&one))],
        Some(1),
    );
    add(
        "ok_blanks",
        "spaces and tabs around it",
        "ok",
        vec![format!("a=b;\t {} \t; c=d", pair(&one))],
        Some(1),
    );
    add(
        "ok_odd_neighbours",
        "empty parts, parts without =, = in a value, quotes",
        "ok",
        vec![format!(";;x;=;a=\"b; {};c==d=;\"", pair(&one))],
        Some(1),
    );
    add("find_absent", "no cookie at all", "absent", vec![], None);
    add(
        "find_other_names",
        "names that begin or end as ours",
        "absent",
        vec![format!("{NAME}2={one}; x{NAME}={one}; {}={one}", &NAME[..10])],
        None,
    );
    add(
        "find_other_case",
        "our name in other letter case",
        "absent",
        vec![format!("{}={one}", NAME.to_lowercase())],
        None,
    );
    add(
        "find_percent_encoded",
        "a name that percent-decodes to ours",
        "absent",
        vec![format!("%5F%5FHost-Http-session={one}")],
        None,
    );
    add(
        "find_u2000",
        "U+2000 before the name",
        "absent",
        vec![format!("\u{2000}{}", pair(&one))],
        None,
    );
    add(
        "find_u00a0",
        "U+00A0 before the name",
        "absent",
        vec![format!("a=b; \u{a0}{}", pair(&one))],
        None,
    );
    add(
        "find_blank_before_equals",
        "a blank between name and =",
        "absent",
        vec![format!("{NAME} ={one}")],
        None,
    );
    add(
        "find_comma",
        "a comma does not part cookies",
        "absent",
        vec![format!("a=b, {}", pair(&one))],
        None,
    );
    add(
        "find_in_a_value",
        "our name within the value of another",
        "absent",
        vec![format!("a={}", pair(&one))],
        None,
    );
    add(
        "find_piece_alone",
        "a later piece, and no cookie of the name",
        "absent",
        vec![format!("{NAME}.1={one}")],
        None,
    );
    add(
        "envelope_blank_after_equals",
        "a blank between = and the value",
        "malformed",
        vec![format!("{NAME}= {one}")],
        None,
    );
    add(
        "envelope_comma",
        "a comma behind the value",
        "malformed",
        vec![format!("{}, a=b", pair(&one))],
        None,
    );
    add("find_absent_emptied", "an empty value is no cookie", "absent", vec![pair("")], None);
    add(
        "ok_first_piece",
        "a first piece and a later one",
        "ok",
        vec![format!("{NAME}=2.{}; {NAME}.1={}.{}", &one[..40], &one[8..14], &one[40..])],
        Some(1),
    );

    // Several.
    add(
        "ok_greatest_issued",
        "the one issued last, whatever the order",
        "ok",
        vec![format!("{}; {}", pair(&one), pair(&two))],
        Some(2),
    );
    add(
        "ok_greatest_issued_first",
        "the same, the other way round",
        "ok",
        vec![format!("{}; {}", pair(&two), pair(&one))],
        Some(2),
    );
    add(
        "ok_first_of_equals",
        "issued at the same second, the first",
        "ok",
        vec![pair(&twin), pair(&two)],
        Some(3),
    );
    let future = visit_of(9, NOW + 121, "future");
    add(
        "ok_beside_the_future",
        "one from the future counts for nothing beside one that opens",
        "ok",
        vec![pair(&future), pair(&one)],
        Some(1),
    );
    let junk: Vec<String> = (0..40).map(|n| pair(&format!("junk{n}"))).collect();
    add(
        "ok_beside_junk",
        "forty that are malformed cost nothing",
        "ok",
        vec![junk.join("; "), pair(&one)],
        Some(1),
    );
    let forged = |n: usize| {
        let draft =
            Draft::new(Server::of("Visit"), json!(null), reference::postcard(&visit(None, &[])));
        let (_, mut envelope) = draft.seal(&format!("forged {n}"));
        *envelope.last_mut().expect("a tag") ^= 1;
        pair(&reference::value(&envelope))
    };
    let fifteen: Vec<String> = (0..15).map(forged).collect();
    add(
        "ok_sixteenth",
        "fifteen forged ones of a known key, and ours",
        "ok",
        vec![fifteen.join("; "), pair(&one)],
        Some(1),
    );
    let sixteen: Vec<String> = (0..16).map(forged).collect();
    add(
        "find_too_many",
        "sixteen forged ones, and ours, which is not opened any more",
        "too-many",
        vec![sixteen.join("; "), pair(&one)],
        None,
    );
    let long = pair(&"A".repeat(4096));
    let fits: Vec<String> = vec![long.clone(); 15];
    add(
        "ok_within_64_kib",
        "fifteen of 4,096 characters, and ours",
        "ok",
        fits.into_iter().chain([pair(&one)]).collect(),
        Some(1),
    );
    let full: Vec<String> = vec![long; 16];
    add(
        "find_too_many_bytes",
        "sixteen of 4,096 characters, and ours, which is not looked at any more",
        "unknown-version",
        full.into_iter().chain([pair(&one)]).collect(),
        None,
    );
    let longer: Vec<String> = vec![pair(&"A".repeat(4097)); 20];
    add(
        "ok_beside_too_long",
        "what is too long is not looked at, and does not count",
        "ok",
        longer.into_iter().chain([pair(&one)]).collect(),
        Some(1),
    );

    // The most hopeful reason, in both orders: each neighbour of the list against the next.
    let of = |change: &dyn Fn(&mut Draft), name: &str| {
        Draft::visit().with(|draft| change(draft)).value(name)
    };
    let ladder: Vec<(&str, String)> = vec![
        ("from-the-future", future),
        ("other-shape", of(&|draft| draft.claims.shape = [1; 4], "rank other-shape")),
        ("unknown-form", of(&|draft| draft.form = 9, "rank unknown-form")),
        ("undecodable", of(&|draft| draft.data_bytes = vec![9], "rank undecodable")),
        ("pieces-mixed", format!("2.{}", &one[..40])),
        ("unknown-version", "Ag".to_owned()),
        ("unknown-key", of(&|draft| draft.secret = 4, "rank unknown-key")),
        ("expired-idle", visit_of(1, NOW - IDLE, "rank expired")),
        ("bad-seal", forged(99).split_once('=').expect("a pair").1.to_owned()),
        ("too-long", "A".repeat(4097)),
        ("malformed", "!".to_owned()),
    ];
    for window in ladder.windows(2) {
        let [(better, first), (worse, second)] = window else { continue };
        let name = |order: &str| format!("rank_{better}_before_{worse}_{order}").replace('-', "_");
        let note = "neither opens; the more hopeful reason is reported";
        add(
            &name("in_order"),
            note,
            better,
            vec![format!("{}; {}", pair(first), pair(second))],
            None,
        );
        add(
            &name("reversed"),
            note,
            better,
            vec![format!("{}; {}", pair(second), pair(first))],
            None,
        );
    }
    let over = of(
        &|draft| {
            (draft.claims.issued, draft.claims.age, draft.claims.expiry) =
                (NOW - 10, 0, Expiry::At(NOW - 5))
        },
        "rank at",
    );
    let idle = visit_of(1, NOW - IDLE, "rank idle");
    let note = "both expired; the one issued last names the reason";
    add("rank_expired_by_issued", note, "expired-at", vec![pair(&idle), pair(&over)], None);
    add(
        "rank_expired_by_issued_reversed",
        note,
        "expired-at",
        vec![pair(&over), pair(&idle)],
        None,
    );

    // CrossSite.
    let mut cross_site = |name: &str,
                          note: &str,
                          same_site: &str,
                          method: &str,
                          site: Option<&str>,
                          cookie: Option<&str>,
                          expect: &str| {
        all.push(RequestVector {
            name: name.to_owned(),
            note: note.to_owned(),
            server: server.clone(),
            same_site: same_site.to_owned(),
            now: NOW,
            method: method.to_owned(),
            sec_fetch_site: site.map(str::to_owned),
            second_sec_fetch_site: None,
            cookie_fields: cookie.map(|cookie| Text(cookie.to_owned())).into_iter().collect(),
            expect: expect.to_owned(),
            data: (expect == "ok").then(|| json!({ "user": 1, "cart": [] })),
            writes: Vec::new(),
        });
    };
    let (cross, ours) = (Some("cross-site"), pair(&one));
    cross_site(
        "find_cross_site_post",
        "a form of another site",
        "Lax",
        "POST",
        cross,
        None,
        "cross-site",
    );
    cross_site(
        "find_cross_site_unknown_method",
        "a method that nobody knows is not safe",
        "Lax",
        "BREW",
        cross,
        None,
        "cross-site",
    );
    cross_site("find_absent_get", "a link on another site", "Lax", "GET", cross, None, "absent");
    cross_site("find_absent_head", "HEAD is as GET", "Lax", "HEAD", cross, None, "absent");
    cross_site(
        "find_cross_site_strict",
        "Strict holds it back on a link too",
        "Strict",
        "GET",
        cross,
        None,
        "cross-site",
    );
    cross_site(
        "find_absent_none",
        "None never holds it back",
        "None",
        "POST",
        cross,
        None,
        "absent",
    );
    cross_site(
        "find_absent_same_site",
        "a form of a sibling domain",
        "Lax",
        "POST",
        Some("same-site"),
        None,
        "absent",
    );
    cross_site(
        "find_absent_no_metadata",
        "a client without Sec-Fetch-Site",
        "Lax",
        "POST",
        None,
        None,
        "absent",
    );
    cross_site(
        "find_absent_other_case",
        "the value is compared as it stands",
        "Lax",
        "POST",
        Some("Cross-Site"),
        None,
        "absent",
    );
    cross_site(
        "ok_cross_site",
        "our cookie came all the same",
        "Lax",
        "POST",
        cross,
        Some(&ours),
        "ok",
    );
    cross_site(
        "envelope_cross_site",
        "a cookie of our name came, and does not open",
        "Lax",
        "POST",
        cross,
        Some(&pair("x")),
        "malformed",
    );
    all.extend(super::make_requests::vectors());
    all
}

/// A response to a request that brings a draft's cookie, or none.
pub fn response(
    name: &str,
    note: &str,
    draft: &Draft,
    comes: bool,
    action: Action,
    expect: Expect,
) -> ResponseVector {
    let attributes = |max_age: Option<u64>| {
        let mut attributes: Vec<String> =
            ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"].map(str::to_owned).into();
        attributes.extend(max_age.map(|seconds| format!("Max-Age={seconds}")));
        attributes.sort();
        attributes
    };
    let mut vector = ResponseVector {
        name: name.to_owned(),
        note: note.to_owned(),
        server: draft.server.clone(),
        built_at: NOW,
        now: NOW,
        milliseconds: 0,
        sec_fetch_site: None,
        cookie_fields: comes
            .then(|| Text(format!("{NAME}={}", draft.value(name))))
            .into_iter()
            .collect(),
        action,
        status: 200,
        milliseconds_later: 0,
        response_fields: Vec::new(),
        expect: String::new(),
        needed: None,
        sealed_with: None,
        plaintext: None,
        compresses: false,
        value_lengths: Vec::new(),
        flags_known: 0,
        draws_id: false,
        attributes: Vec::new(),
        deleted: Vec::new(),
        fields: Vec::new(),
    };
    match expect {
        Expect::Nothing => vector.expect = "nothing".to_owned(),
        Expect::Deletes => {
            vector.expect = "delete".to_owned();
            vector.attributes = attributes(Some(0));
            vector.deleted = vec![NAME.to_owned()];
        }
        Expect::Sets(key, claims, data, max_age) => {
            vector.expect = "set".to_owned();
            vector.sealed_with = Some(hex::encode(key.id));
            vector.plaintext = Some(hex::encode(claims.plaintext(&reference::postcard(&data))));
            vector.attributes = attributes(max_age);
        }
        Expect::SetsBytes(key, claims, data, max_age) => {
            vector.expect = "set".to_owned();
            vector.sealed_with = Some(hex::encode(key.id));
            vector.plaintext = Some(hex::encode(claims.plaintext(&data)));
            vector.draws_id = claims.id == Some([0; 16]);
            vector.attributes = attributes(max_age);
        }
        Expect::Refuses(word) => vector.expect = word.to_owned(),
    }
    vector
}

pub fn response_vectors() -> Vec<ResponseVector> {
    let mut all: Vec<ResponseVector> = Vec::new();
    let mut add =
        |name: &str, note: &str, draft: &Draft, comes: bool, action: Action, expect: Expect| {
            all.push(response(name, note, draft, comes, action, expect));
            all.len() - 1
        };
    let key = |n: u8| Key::new(reference::published(n), Suite::Xaes);
    let came = |issued: u64, age: u64| {
        Draft::visit().with(|draft| (draft.claims.issued, draft.claims.age) = (issued, age))
    };
    let as_it_was = || visit(Some(7), &[1, 300]);
    let due = came(NOW - IDLE / 10, 0);
    let after =
        |draft: &Draft, issued: u64, age: u64| Claims { issued, age, ..draft.claims.clone() };
    let refreshed = after(&due, NOW, IDLE / 10);
    let mut changes: Vec<Change> = Vec::new();

    add(
        "nothing_untouched",
        "due for a refresh, and nobody looked",
        &due,
        true,
        Action::Nothing,
        Expect::Nothing,
    );
    add(
        "nothing_read",
        "read, and not due",
        &came(NOW - 60, 0),
        true,
        Action::Read,
        Expect::Nothing,
    );
    add(
        "nothing_not_due",
        "read one second before it is due",
        &came(NOW - IDLE / 10 + 1, 0),
        true,
        Action::Read,
        Expect::Nothing,
    );
    let sets = || Expect::Sets(key(0), refreshed.clone(), as_it_was(), Some(IDLE));
    add(
        "refresh_due",
        "read a tenth of the idle timeout after it was issued",
        &due,
        true,
        Action::Read,
        sets(),
    );
    changes.push((
        add("refresh_after_5_s", "answered five seconds later", &due, true, Action::Read, sets()),
        |v| v.milliseconds_later = 5_000,
    ));
    let late = add(
        "nothing_after_6_s",
        "answered six seconds later",
        &due,
        true,
        Action::Read,
        Expect::Nothing,
    );
    changes.push((late, |v| v.milliseconds_later = 6_000));
    let note = "no refresh on this status";
    changes.push((add("nothing_on_304", note, &due, true, Action::Read, Expect::Nothing), |v| {
        v.status = 304
    }));
    changes.push((add("nothing_on_101", note, &due, true, Action::Read, Expect::Nothing), |v| {
        v.status = 101
    }));
    changes.push((add("nothing_on_500", note, &due, true, Action::Read, Expect::Nothing), |v| {
        v.status = 500
    }));
    changes.push((
        add("refresh_on_404", "a refresh on this status", &due, true, Action::Read, sets()),
        |v| v.status = 404,
    ));
    let rich = came(NOW - 60, 0).with(|draft| {
        draft.claims.id = Some([7; 16]);
        draft.claims.expiry = Expiry::Idle(600);
        draft.claims.flashes = vec![(1, "kept".to_owned())];
    });
    let expect = Expect::Sets(key(0), after(&rich, NOW, 60), as_it_was(), Some(600));
    add(
        "refresh_keeps_claims",
        "a tenth of its own idle timeout; all but issued and age stays",
        &rich,
        true,
        Action::Read,
        expect,
    );
    let browser = due.clone().with(|draft| draft.claims.expiry = Expiry::BrowserSession);
    let expect = Expect::Sets(key(0), after(&browser, NOW, IDLE / 10), as_it_was(), None);
    add("refresh_browser_session", "without Max-Age", &browser, true, Action::Read, expect);
    let at = came(NOW - IDLE, 0).with(|draft| draft.claims.expiry = Expiry::At(NOW + 5));
    add("nothing_at", "a fixed end is not refreshed", &at, true, Action::Read, Expect::Nothing);
    let old = came(NOW - IDLE / 10, ABSOLUTE - IDLE / 10 - 1);
    let expect = Expect::Sets(key(0), after(&old, NOW, ABSOLUTE - 1), as_it_was(), Some(1));
    add(
        "refresh_absolute",
        "Max-Age ends with the absolute timeout",
        &old,
        true,
        Action::Read,
        expect,
    );
    let ending = |first: &str, second: &str| {
        came(NOW - 60, 0).with(|draft| {
            draft.secret = 2;
            draft.server.ring =
                vec![format!("{}{first}", key(1).text()), format!("{}{second}", key(2).text())];
        })
    };
    let for_the_key = ending("", "  open-until=2027-01-15T09:00:00Z");
    let expect = Expect::Sets(key(1), after(&for_the_key, NOW, 60), as_it_was(), Some(IDLE));
    add(
        "refresh_for_the_key",
        "its key ends before it does, and the sealing key later",
        &for_the_key,
        true,
        Action::Read,
        expect,
    );
    let equal = ending("  open-until=2027-01-15T09:00:00Z", "  open-until=2027-01-15T09:00:00Z");
    add(
        "nothing_for_an_equal_key",
        "the sealing key ends no later",
        &equal,
        true,
        Action::Read,
        Expect::Nothing,
    );
    let late = ending("", "  open-until=2027-01-29T07:59:00Z");
    add(
        "nothing_for_a_key_that_ends_with_it",
        "its key ends when it does",
        &late,
        true,
        Action::Read,
        Expect::Nothing,
    );
    let ahead = ending("", "  open-until=2027-01-15T09:00:00Z")
        .with(|draft| (draft.claims.issued, draft.claims.age) = (NOW + 100, 150));
    let expect = Expect::Sets(key(1), after(&ahead, NOW + 100, 150), as_it_was(), Some(IDLE + 100));
    add(
        "refresh_never_goes_back",
        "issued ahead of this clock, and issued no earlier anew",
        &ahead,
        true,
        Action::Read,
        expect,
    );

    let visit_json = |user: u64| json!({ "user": user, "cart": [] });
    let session = came(NOW - 60, 3540);
    let expect = Expect::Sets(key(0), after(&session, NOW, 3600), visit(Some(8), &[]), Some(IDLE));
    add("set_changed", "other data", &session, true, Action::Set(visit_json(8)), expect);
    add(
        "nothing_same",
        "the same data again",
        &session,
        true,
        Action::Set(json!({ "user": 7, "cart": [1, 300] })),
        Expect::Nothing,
    );
    let expect = || Expect::Sets(key(0), after(&session, NOW, 0), visit(Some(8), &[]), Some(IDLE));
    add("set_new", "no cookie came", &session, false, Action::Set(visit_json(8)), expect());
    let foreign = session.clone().with(|draft| draft.secret = 5);
    add(
        "set_over_unknown_key",
        "a cookie that does not open is replaced by a write",
        &foreign,
        true,
        Action::Set(visit_json(8)),
        expect(),
    );
    add(
        "nothing_unknown_key",
        "and left alone by a look",
        &foreign,
        true,
        Action::Read,
        Expect::Nothing,
    );
    changes.push((
        add(
            "nothing_changed_500",
            "a change is lost with 5xx",
            &session,
            true,
            Action::Set(visit_json(8)),
            Expect::Nothing,
        ),
        |v| v.status = 503,
    ));
    let at = session.clone().with(|draft| draft.claims.expiry = Expiry::At(NOW + 100));
    let expect = Expect::Sets(key(0), after(&at, NOW, 3600), visit(Some(8), &[]), Some(100));
    add("set_at", "Max-Age ends with its fixed end", &at, true, Action::Set(visit_json(8)), expect);
    let short = session.clone().with(|draft| {
        draft.server.ring = vec![format!("{} open-until=2027-01-15T08:00:50Z", key(0).text())]
    });
    let expect = Expect::Sets(key(0), after(&short, NOW, 3600), visit(Some(8), &[]), Some(50));
    add(
        "set_key_end",
        "Max-Age ends with the key",
        &short,
        true,
        Action::Set(visit_json(8)),
        expect,
    );
    let long = session.clone().with(|draft| {
        (draft.server.idle_timeout, draft.server.absolute_timeout) = (500 * DAY, 600 * DAY)
    });
    let expect =
        Expect::Sets(key(0), after(&long, NOW, 3600), visit(Some(8), &[]), Some(400 * DAY));
    add("set_400_days", "the longest Max-Age", &long, true, Action::Set(visit_json(8)), expect);
    let expect = Expect::Sets(key(0), after(&session, NOW, 3600), visit(Some(8), &[]), Some(IDLE));
    let place = add(
        "set_beside_pieces",
        "later pieces that came go",
        &session,
        true,
        Action::Set(visit_json(8)),
        expect,
    );
    changes.push((place, |v| {
        v.cookie_fields.push(Text(format!("{NAME}.1=x; {NAME}.3=")));
        v.deleted = vec![format!("{NAME}.1"), format!("{NAME}.3")];
    }));
    let flashed = Claims { flashes: vec![(25, "saved".to_owned())], ..after(&session, NOW, 3600) };
    let expect = Expect::Sets(key(0), flashed, as_it_was(), Some(IDLE));
    add(
        "set_flash",
        "a flash message",
        &session,
        true,
        Action::Flash(25, "saved".to_owned()),
        expect,
    );
    let idle = Claims { expiry: Expiry::Idle(600), ..after(&session, NOW, 3600) };
    let expect = Expect::Sets(key(0), idle, as_it_was(), Some(600));
    add(
        "set_expiry",
        "an idle timeout of its own",
        &session,
        true,
        Action::SetExpiry(ExpiryVector::Idle(600)),
        expect,
    );

    let nothing = json!({ "user": null, "cart": [] });
    add(
        "delete_emptied",
        "data equal to the default",
        &session,
        true,
        Action::Set(nothing.clone()),
        Expect::Deletes,
    );
    add(
        "nothing_emptied_none_came",
        "empty before, empty after",
        &session,
        false,
        Action::Set(nothing),
        Expect::Nothing,
    );
    add("delete_purged", "purged", &session, true, Action::Purge, Expect::Deletes);
    add(
        "delete_purged_unknown_key",
        "a cookie that does not open goes with a purge",
        &foreign,
        true,
        Action::Purge,
        Expect::Deletes,
    );
    add(
        "nothing_purged_none_came",
        "purged where nothing came",
        &session,
        false,
        Action::Purge,
        Expect::Nothing,
    );
    changes.push((
        add(
            "delete_purged_500",
            "purged, with 5xx",
            &session,
            true,
            Action::Purge,
            Expect::Deletes,
        ),
        |v| v.status = 500,
    ));
    let place = add(
        "delete_piece_alone",
        "a piece that came is deleted, and the cookie that did not is not",
        &session,
        false,
        Action::Purge,
        Expect::Deletes,
    );
    changes.push((place, |v| {
        v.cookie_fields = vec![Text(format!("{NAME}.2=x"))];
        v.deleted = vec![format!("{NAME}.2")];
    }));
    let flash_alone =
        empty_visit().with(|draft| draft.claims.flashes = vec![(20, "bye".to_owned())]);
    add(
        "delete_last_flash",
        "the last flash message of an otherwise empty session",
        &flash_alone,
        true,
        Action::TakeFlashes,
        Expect::Deletes,
    );
    let expect = Expect::Sets(key(0), after(&session, NOW, 0), visit(Some(8), &[]), Some(IDLE));
    add(
        "set_after_purge",
        "a new session in the purged one's place",
        &session,
        true,
        Action::All(vec![Action::Purge, Action::Set(visit_json(8))]),
        expect,
    );
    let ahead = came(NOW + 100, 150);
    let expect =
        Expect::Sets(key(0), after(&ahead, NOW + 100, 100), visit(Some(8), &[]), Some(IDLE + 100));
    add(
        "set_after_purge_ahead",
        "issued no earlier than the one that came, and created now",
        &ahead,
        true,
        Action::All(vec![Action::Purge, Action::Set(visit_json(8))]),
        expect,
    );

    // The measure: attributes and `Max-Age=2592120`, claims at their longest, data.
    let line =
        "__Host-Http-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592120".len();
    let plaintext = |claims: Claims, items: usize| {
        let most = ABSOLUTE + 120;
        let longest = Claims { issued: claims.issued + most, age: most, ..claims };
        1 + longest.encode().len() + reference::postcard(&visit(Some(8), &vec![5; items])).len()
    };
    let needed = |items: usize| {
        line + ((45 + plaintext(after(&session, NOW - 60, 0), items)) * 4).div_ceil(3)
    };
    let cart = |items: usize| json!({ "user": 8, "cart": vec![5; items] });
    let items = 180;
    let limit = needed(items);
    let expect = Expect::Sets(
        key(0),
        after(&session, NOW, 3600),
        visit(Some(8), &vec![5; items]),
        Some(IDLE),
    );
    let fits = add(
        "set_fits",
        "as long as is allowed, at its longest",
        &session,
        true,
        Action::Set(cart(items)),
        expect,
    );
    let note = "one byte longer than is allowed";
    let too_large = add(
        "too_large",
        note,
        &session,
        true,
        Action::Set(cart(items)),
        Expect::Refuses("too-large"),
    );
    let ended = session.clone().with(|draft| {
        draft.server.ring = vec![format!("{} open-until=2027-01-15T08:00:00Z", key(0).text())]
    });
    let no_key = add(
        "no_sealing_key",
        "the only key has ended",
        &ended,
        false,
        Action::Set(visit_json(8)),
        Expect::Refuses("no-sealing-key"),
    );
    all[fits].server.max_set_cookie = limit;
    all[too_large].server.max_set_cookie = limit - 1;
    all[too_large].needed = Some(limit);
    all[no_key].built_at = NOW - 100;
    for (index, change) in changes {
        change(&mut all[index]);
    }
    all.extend(super::make_responses::vectors());
    all
}

/// Which vector is to be changed, and how.
type Change = (usize, fn(&mut ResponseVector));

pub enum Expect {
    Nothing,
    Deletes,
    Sets(Key, Claims, Item, Option<u64>),
    SetsBytes(Key, Claims, Vec<u8>, Option<u64>),
    Refuses(&'static str),
}

pub fn ring_vectors() -> Vec<RingVector> {
    let mut all = Vec::new();
    let key = |n: u8| Key::new(reference::published(n), Suite::Xaes);
    let (a, b, c) =
        (key(0).text(), key(1).text(), Key::new(reference::published(2), Suite::XChaCha).text());
    let mut add = |name: &str, note: &str, text: String, times: &[u64]| {
        let ring =
            reference::ring(&text, true).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        let keys = ring.iter().map(|entry| RingKey {
            key_id: hex::encode(entry.key.id),
            suite: entry.key.suite.name().to_owned(),
            seal_from: entry.seal_from,
            open_until: entry.open_until,
        });
        all.push(RingVector {
            name: name.to_owned(),
            note: note.to_owned(),
            takes_published: true,
            expect: "ok".to_owned(),
            place: None,
            keys: keys.collect(),
            sealing: times
                .iter()
                .map(|time| {
                    (*time, reference::sealing(&ring, *time).map(|entry| hex::encode(entry.key.id)))
                })
                .collect(),
            text: Text(text),
            bytes: None,
            may_start: Vec::new(),
        });
    };
    add("ok_one", "one key and nothing else", a.clone(), &[0, NOW, u64::MAX >> 10]);
    add("ok_two", "the first seals", format!("{a}\n{b}\n"), &[0, NOW]);
    add("ok_semicolons", "as in an environment variable", format!("{a};{b} ; {c};"), &[NOW]);
    add("ok_both_suites", "keys of both suites", format!("{c}\n{b}"), &[NOW]);
    let scheduled =
        format!("{a} seal-from=2027-01-15T08:00:00Z\n{b} open-until=2027-02-01T00:00:00Z\n");
    add(
        "ok_scheduled",
        "the new key above, and the old one's end",
        scheduled,
        &[0, NOW - 1, NOW, 1_801_440_000 - 1, 1_801_440_000],
    );
    let later =
        format!("{a} seal-from=2027-01-15T08:00:00Z\n{b} seal-from=2027-01-15T09:00:00Z\n{c}");
    add(
        "ok_latest_seals",
        "the latest seal-from that has come, wherever it stands",
        later,
        &[NOW - 1, NOW, NOW + 3600],
    );
    let equal =
        format!("{a} seal-from=2027-01-15T08:00:00Z\n{b} seal-from=2027-01-15T09:00:00+01:00\n{c}");
    add("ok_first_of_equals", "the same moment in two spellings, the first", equal, &[NOW]);
    let ended = format!("{a} open-until=2027-01-15T08:00:00Z\n{b} open-until=2027-01-15T09:00:00Z");
    add("ok_all_end", "in the end none seals", ended, &[NOW - 1, NOW, NOW + 3599, NOW + 3600]);
    let both = format!("{a} open-until=2027-02-01T00:00:00Z seal-from=2027-01-15T08:00:00Z\n{b}");
    add("ok_either_order", "open-until before seal-from", both, &[NOW]);
    let odd = format!(
        "\u{feff}# shop; {a} # the first ; # nothing\r\n\t \r\n \t{b}\t open-until=2027-02-01T00:00:00Z#end\r\n;;\n"
    );
    add(
        "ok_odd_spelling",
        "byte order mark, CRLF, blanks, tabs, empty entries, comments to the line's end or the next semicolon",
        odd,
        &[NOW],
    );
    add(
        "ok_leap_day",
        "a day of a leap year",
        format!("{a} seal-from=2028-02-29T23:59:59-23:59\n{b}"),
        &[NOW],
    );
    add("ok_1970", "the first second", format!("{a} seal-from=1970-01-01T00:00:00Z\n{b}"), &[0]);
    add(
        "ok_9999",
        "the last second",
        format!("{a} open-until=9999-12-31T23:59:59Z"),
        &[NOW, 253_402_300_798, 253_402_300_799],
    );
    let many: Vec<String> =
        (0..64).map(|n| Key::new(spare_secret(n), Suite::Xaes).text()).collect();
    add("ok_64_keys", "as many as there may be", many.join("\n"), &[NOW]);
    let padded = format!("{a}\n#{}", "x".repeat(16_384 - a.len() - 2));
    add("ok_16_kib", "as long as it may be", padded.clone(), &[NOW]);

    let mut refuse = |name: &str, note: &str, text: String, expect: &str, place: usize| {
        all.push(RingVector {
            name: name.to_owned(),
            note: note.to_owned(),
            takes_published: expect != "published",
            text: Text(text),
            bytes: None,
            expect: expect.to_owned(),
            place: (place > 0).then_some(place),
            keys: Vec::new(),
            sealing: Vec::new(),
            may_start: Vec::new(),
        });
    };
    refuse("empty_text", "nothing", String::new(), "empty", 0);
    refuse("empty_comments", "comments alone", format!("# {a}\n;\n # \t"), "empty", 0);
    refuse("too_long", "one byte more", format!("{padded}x"), "too-long", 0);
    refuse("too_many", "the 65th key", format!("{}\n{a}", many.join("\n")), "too-many", 65);
    refuse(
        "key_pass_phrase",
        "a pass-phrase",
        "correct horse battery staple".to_owned(),
        "not-a-key",
        1,
    );
    refuse("key_base64_alone", "a secret without ssk1", a[16..].to_owned(), "not-a-key", 1);
    refuse("key_ssk2", "another version", a.replace("ssk1", "ssk2"), "not-a-key", 1);
    refuse("key_capitals", "SSK1", a.replace("ssk1", "SSK1"), "not-a-key", 1);
    refuse("key_no_secret", "no second dot", format!("{b}\nssk1.xaes256gcm"), "not-a-key", 2);
    refuse(
        "key_attribute_first",
        "an attribute before the key",
        format!("seal-from=2027-01-15T08:00:00Z {a}"),
        "not-a-key",
        1,
    );
    refuse("key_no_break_space", "U+00A0 is no blank", format!("\u{a0}{a}"), "not-a-key", 1);
    refuse(
        "key_two_marks",
        "a second byte order mark",
        format!("\u{feff}\u{feff}{a}"),
        "not-a-key",
        1,
    );
    refuse(
        "suite_unknown",
        "another suite",
        a.replace("xaes256gcm", "aes256gcm"),
        "unknown-suite",
        1,
    );
    refuse(
        "suite_capitals",
        "a suite in capitals",
        a.replace("xaes256gcm", "XAES256GCM"),
        "unknown-suite",
        1,
    );
    refuse(
        "secret_42",
        "a secret of 42 characters",
        a[..a.len() - 1].to_owned(),
        "secret-length",
        1,
    );
    refuse("secret_padded", "a secret with padding", format!("{a}="), "secret-length", 1);
    refuse("secret_dot", "a dot in the secret", format!("{a}.x"), "secret-length", 1);
    refuse(
        "secret_carriage_return",
        "CR in the middle of a line",
        format!("{a}\r {b}"),
        "secret-length",
        1,
    );
    let standard = (0..)
        .map(|n| Key::new(spare_secret(n), Suite::Xaes).text())
        .find(|text| text[16..].contains(['-', '_']))
        .expect("one");
    let standard =
        format!("{}{}", &standard[..16], standard[16..].replace('-', "+").replace('_', "/"));
    refuse("secret_standard_alphabet", "+ and / in the secret", standard, "secret-alphabet", 1);
    // The last character of 43 carries four bits of the secret and two spare ones.
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet
        .iter()
        .position(|known| Some(known) == a.as_bytes().last())
        .expect("of the alphabet");
    let spare = format!("{}{}", &a[..a.len() - 1], char::from(alphabet[last + 1]));
    refuse("secret_spare_bits", "a bit that belongs to no byte", spare, "secret-alphabet", 1);
    let weak = |secret: [u8; 32]| Key::new(secret, Suite::Xaes).text();
    refuse("weak_zero", "zeros", weak([0; 32]), "weak", 1);
    refuse(
        "weak_text",
        "printable ASCII of 32 different characters",
        weak(std::array::from_fn(|n| 0x20 + n as u8)),
        "weak",
        1,
    );
    refuse(
        "weak_hexadecimal",
        "hexadecimal text of 32 characters",
        weak(*b"0123456789abcdef0123456789abcdef"),
        "weak",
        1,
    );
    refuse(
        "weak_16_bytes",
        "16 different bytes",
        weak(std::array::from_fn(|n| (n % 16) as u8 + 0xf0)),
        "weak",
        1,
    );
    for n in 0..8 {
        let suite = if n % 2 == 0 { Suite::Xaes } else { Suite::XChaCha };
        let text = format!("# one of ours\n{}", Key::new(reference::published(n), suite).text());
        refuse(&format!("published_{n}"), "a published secret", text, "published", 2);
    }
    refuse("twice_key", "the same key", format!("{a}\n{b}\n{a}"), "twice", 3);
    let other = Key::new(reference::published(0), Suite::XChaCha).text();
    refuse(
        "twice_secret",
        "the same secret for the other suite",
        format!("{a};{other}"),
        "twice",
        2,
    );
    refuse(
        "attribute_unknown",
        "an attribute that there is not",
        format!("{a} seal-until=2027-01-15T08:00:00Z"),
        "unknown-attribute",
        1,
    );
    refuse(
        "attribute_capitals",
        "an attribute in capitals",
        format!("{a} Seal-From=2027-01-15T08:00:00Z"),
        "unknown-attribute",
        1,
    );
    refuse(
        "attribute_second_key",
        "two keys without a semicolon",
        format!("{a} {b}"),
        "unknown-attribute",
        1,
    );
    refuse(
        "attribute_blank",
        "a blank before =",
        format!("{a} seal-from =2027-01-15T08:00:00Z"),
        "unknown-attribute",
        1,
    );
    let twice = "seal-from=2027-01-15T08:00:00Z seal-from=2027-01-15T08:00:00Z";
    refuse(
        "attribute_twice",
        "the same attribute, even if it says the same",
        format!("{a} {twice}"),
        "attribute-twice",
        1,
    );
    for (name, time) in [
        ("nothing", ""),
        ("date", "2027-01-15"),
        ("lower_case", "2027-01-15t08:00:00z"),
        ("space", "2027-01-15_08:00:00Z"),
        ("no_zone", "2027-01-15T08:00:00"),
        ("fraction", "2027-01-15T08:00:00.0Z"),
        ("unix", "1800000000"),
        ("month_13", "2027-13-15T08:00:00Z"),
        ("month_0", "2027-00-15T08:00:00Z"),
        ("day_0", "2027-01-00T08:00:00Z"),
        ("no_leap_day", "2027-02-29T08:00:00Z"),
        ("hour_24", "2027-01-15T24:00:00Z"),
        ("minute_60", "2027-01-15T08:60:00Z"),
        ("leap_second", "2026-12-31T23:59:60Z"),
        ("offset_24", "2027-01-15T08:00:00+24:00"),
        ("offset_minute_60", "2027-01-15T08:00:00+01:60"),
        ("offset_short", "2027-01-15T08:00:00+0100"),
        ("before_1970", "1969-12-31T23:59:59Z"),
        ("before_1970_by_offset", "1970-01-01T00:00:00+00:01"),
        ("after_9999", "9999-12-31T23:59:59-00:01"),
        ("five_digit_year", "12027-01-15T08:00:00Z"),
        ("sign", "+027-01-15T08:00:00Z"),
        ("other_digits", "２027-01-15T08:00Z"),
    ] {
        refuse(
            &format!("time_{name}"),
            "no time",
            format!("{b}\n{a} open-until={time}"),
            "time",
            2,
        );
    }
    let ends = |until: &str| format!("{a} seal-from=2027-01-15T08:00:00Z open-until={until}");
    refuse(
        "ends_when_it_seals",
        "ends as it begins to seal",
        ends("2027-01-15T09:00:00+01:00"),
        "ends-before-it-seals",
        1,
    );
    refuse("ends_before", "ends before", ends("2027-01-15T07:59:59Z"), "ends-before-it-seals", 1);
    let above = format!("\n{a}\n{b} seal-from=2027-01-15T08:00:00Z");
    refuse(
        "overshadowed",
        "a key without seal-from above one that has it",
        above,
        "overshadowed",
        2,
    );
    let between =
        format!("{a} seal-from=2027-01-15T08:00:00Z\n{b}\n{c} seal-from=2027-01-16T08:00:00Z");
    refuse("overshadowed_between", "the same, in the middle", between, "overshadowed", 2);
    refuse(
        "place_semicolons",
        "empty entries are no keys, and are not counted",
        format!(";;{a};;nonsense"),
        "not-a-key",
        2,
    );
    refuse(
        "place_lines",
        "lines are counted, empty ones too",
        format!("\n\n{a};nonsense\n"),
        "not-a-key",
        3,
    );
    all.extend(super::make_rings::vectors());
    all
}

/// A published secret behind those that stand in the file by themselves, for rings of many keys.
fn spare_secret(n: u8) -> [u8; 32] {
    reference::published(8 + n)
}

/// 32 bytes that look random and stand in no file, for measuring what every normal way of loading a
/// ring takes.
pub fn random_secret(n: u32) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    (0..)
        .map(|m| <[u8; 32]>::from(Sha256::digest(format!("sealed-session unpublished {n} {m}"))))
        .find(|secret| secret.iter().collect::<BTreeSet<_>>().len() >= 17)
        .expect("one")
}

/// All of them; the hashes of the random tests take some seconds, and are given.
pub fn vectors(accumulated: Vec<AccumulatedVector>) -> File {
    let secrets = (0..8).flat_map(|n| {
        [Suite::Xaes, Suite::XChaCha].map(|suite| (n, Key::new(reference::published(n), suite)))
    });
    File {
        format: "sealed-session test vectors, version 1 of the wire".to_owned(),
        about: vec![
            "Made by tests/spec.rs, from SPEC.md, with no code of the crate. What each field is stands in README.md beside this file.".to_owned(),
            "The secrets are published and refused by every normal way of loading a ring (SPEC section 11).".to_owned(),
        ],
        server: Differences::all(Server::of("Visit")),
        secrets: secrets
            .map(|(n, key)| SecretVector {
                n,
                secret: hex::encode(key.secret),
                suite: key.suite.name().to_owned(),
                key: key.text(),
                key_id: hex::encode(key.id),
                aead_key: hex::encode(key.aead),
            })
            .collect(),
        values: value_vectors(),
        requests: request_vectors(),
        responses: response_vectors(),
        rings: ring_vectors(),
        accumulated,
    }
}

/// The hashes of the random tests, by the second implementation.
pub fn accumulated_by_the_second() -> Vec<AccumulatedVector> {
    accumulated_vectors(
        |case| {
            let decode = |bytes: &[u8]| reference::decode_map(bytes).ok();
            accumulated::map_lines(
                case,
                |map| (!reference::is_deep(map)).then(|| reference::encode_map(map)),
                decode,
            )
        },
        |text, takes_published| {
            let ring = reference::ring(text, takes_published)
                .map_err(|(place, word)| format!("{word} {place}"))?;
            let keys: Vec<accumulated::Accepted> = ring
                .iter()
                .map(|entry| {
                    (
                        hex::encode(entry.key.id),
                        entry.key.suite.token(),
                        entry.seal_from,
                        entry.open_until,
                    )
                })
                .collect();
            let sealing = accumulated::TIMES
                .map(|time| reference::sealing(&ring, time).map(|entry| hex::encode(entry.key.id)));
            Ok(accumulated::accepted_line(&keys, &sealing))
        },
    )
}

/// The random tests, by an implementation's lines for each case of maps and for each text of a
/// ring.
pub fn accumulated_vectors(
    map_lines: impl Fn(u32) -> [Vec<String>; 2],
    ring_line: impl Fn(&str, bool) -> Result<String, String>,
) -> Vec<AccumulatedVector> {
    let [maps, outcomes] = accumulated::hashes(map_lines);
    let [rings] = accumulated::hashes(|case| {
        let (takes_published, text) =
            accumulated::ring(&mut accumulated::Stream::new("rings", case));
        [vec![ring_line(&text, takes_published).unwrap_or_else(|refused| refused)]]
    });
    [("maps", maps), ("outcomes", outcomes), ("rings", rings)]
        .map(|(test, sha256_after)| AccumulatedVector { test: test.to_owned(), sha256_after })
        .into()
}
