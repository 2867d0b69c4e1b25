//! The vectors of `tests/vectors/dbsc.json`: what is sealed and signed, and what the second
//! implementation makes of it.

use super::file::*;
use super::second::{self, Thumbprint};
use crate::reference::{self, Claims, Key, Suite};
use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

pub const NOW: u64 = 1_800_000_000;
const SHAPE: [u8; 4] = [0x8d, 0x91, 0x93, 0xc8];
/// `{ user: Some(7), cart: [] }`.
const DATA: [u8; 3] = [1, 7, 0];
const NAME: &str = "__Host-Http-session";
const DAY: u64 = 86_400;

pub fn published(n: u8, suite: Suite) -> Key {
    Key::new(reference::published(n), suite)
}

impl Default for Server {
    fn default() -> Self {
        Self {
            ring: vec![published(0, Suite::Xaes).text()],
            cookie_name: NAME.to_owned(),
            other_names: Vec::new(),
            contexts: vec![String::new()],
            same_site: "Lax".to_owned(),
            absolute_timeout: 30 * DAY,
            mode: "on".to_owned(),
            path: "/dbsc".to_owned(),
            origin: None,
            proof_lifetime: 600,
            excluded: Vec::new(),
            within: None,
        }
    }
}

fn server(change: impl FnOnce(&mut Server)) -> Server {
    let mut server = Server::default();
    change(&mut server);
    server
}

fn mode(mode: &str) -> Server {
    server(|server| mode.clone_into(&mut server.mode))
}

/// A key that a device holds. Its secret is published.
pub struct Device {
    n: u8,
    secret: SigningKey,
}

impl Device {
    pub fn new(n: u8) -> Self {
        let secret = Sha256::digest(format!("sealed-session published device key {n}"));
        Self { n, secret: SigningKey::from_slice(&secret).unwrap() }
    }

    fn point(&self) -> [Vec<u8>; 2] {
        let point = self.secret.verifying_key().to_sec1_point(false);
        [point.as_bytes()[1..33].to_vec(), point.as_bytes()[33..].to_vec()]
    }

    pub fn compressed(&self) -> Vec<u8> {
        let [x, y] = self.point();
        [&[2 + y[31] % 2][..], &x].concat()
    }

    pub fn thumbprint(&self) -> Thumbprint {
        second::thumbprint(&self.compressed())
    }

    pub fn id(&self) -> String {
        second::id(&self.thumbprint())
    }

    fn vector(&self) -> DeviceKeyVector {
        let [x, y] = self.point();
        DeviceKeyVector {
            n: self.n,
            secret: hex::encode(self.secret.to_bytes()),
            x: hex::encode(x),
            y: hex::encode(y),
            compressed: hex::encode(self.compressed()),
            thumbprint: hex::encode(self.thumbprint()),
            id: self.id(),
        }
    }

    pub fn jwk(&self) -> String {
        let [x, y] = self.point().map(|coordinate| base64url(&coordinate));
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
    }

    /// A token of any texts, signed.
    pub fn sign(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let signed = format!("{}.{}", base64url(header.as_ref()), base64url(payload.as_ref()));
        let signature: Signature = self.secret.sign(signed.as_bytes());
        format!("{signed}.{}", base64url(&signature.to_bytes()))
    }

    fn header(&self) -> String {
        format!(r#"{{"alg":"ES256","jwk":{},"typ":"dbsc+jwt"}}"#, self.jwk())
    }

    pub fn registration(&self, challenge: &str) -> String {
        self.sign(self.header(), format!(r#"{{"jti":"{challenge}"}}"#))
    }

    pub fn refresh(&self, challenge: &str) -> String {
        self.sign(HEADER, format!(r#"{{"jti":"{challenge}"}}"#))
    }

    /// How the name of its proof ends.
    fn short(&self) -> String {
        self.id()[..4].to_owned()
    }

    fn proof_name(&self) -> String {
        format!("__Host-session-proof-{}", self.short())
    }
}

const HEADER: &str = r#"{"alg":"ES256","typ":"dbsc+jwt"}"#;

fn base64url(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn nonce(name: &str) -> [u8; 24] {
    Sha256::digest(format!("sealed-session vector nonce dbsc {name}"))[..24].try_into().unwrap()
}

/// A ticket before it is sealed.
#[derive(Clone)]
pub struct Draft {
    key: Key,
    kind: u8,
    purpose: &'static str,
    context: &'static str,
    bound: Vec<u8>,
    plaintext: Vec<u8>,
}

impl Draft {
    fn new(purpose: &'static str, bound: &[u8], lifetime: u64, data: &[u8]) -> Self {
        Self {
            key: published(0, Suite::Xaes),
            kind: 1,
            purpose,
            context: "",
            bound: bound.to_vec(),
            plaintext: plaintext(0, NOW, NOW + lifetime, data),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn aad(&self) -> Vec<u8> {
        let parts = [self.purpose.as_bytes(), self.context.as_bytes(), &self.bound];
        reference::ticket_aad(&reference::header(&self.key), self.kind, parts)
    }

    pub fn text(&self, name: &str) -> String {
        let envelope = reference::envelope(&self.key, &nonce(name), &self.aad(), &self.plaintext);
        reference::value(&envelope)
    }
}

fn plaintext(flags: u8, issued: u64, end: u64, data: &[u8]) -> Vec<u8> {
    reference::ticket_plaintext(flags, issued, end, &[&[0; 4], data].concat())
}

pub fn challenge(bound: &[u8]) -> Draft {
    Draft::new("dbsc challenge", bound, 180, &[])
}

pub fn proof(device: &Device) -> Draft {
    Draft::new("dbsc proof", &[], 660, &device.thumbprint())
}

pub fn device_key(device: &Device) -> Draft {
    Draft::new("dbsc key", &[], 30 * DAY, &device.compressed())
}

pub fn file() -> File {
    File {
        server: default_server(),
        device_keys: (0..3).map(|n| Device::new(n).vector()).collect(),
        tokens: tokens(),
        tickets: tickets(),
        sessions: sessions(),
        calls: calls(),
    }
}

fn tokens() -> Vec<TokenVector> {
    let device = Device::new(0);
    let mut vectors = Vec::new();
    let mut add = |name: &str, note: &str, field: String| {
        let token = second::Token::parse(&field);
        vectors.push(TokenVector {
            name: name.to_owned(),
            note: note.to_owned(),
            expect: if token.is_some() { "ok" } else { "token" }.to_owned(),
            challenge: token.as_ref().map(|token| token.challenge.clone()),
            audience: token.as_ref().and_then(|token| token.audience.clone()),
            key: token.and_then(|token| token.key).map(|key| key.map(hex::encode)),
            field,
        });
    };
    let (registration, refresh) = (device.registration("abc"), device.refresh("abc"));
    let jwk = device.jwk();
    let payload = r#"{"jti":"abc"}"#;
    add("ok_registration", "a token of a registration", registration.clone());
    add("ok_refresh", "a token of a refresh", refresh.clone());
    add("ok_quoted", "in quotation marks, as a string of RFC 9651", format!("\"{refresh}\""));
    add(
        "ok_order",
        "the members in another order",
        device.sign(
            format!(
                r#"{{"typ":"dbsc+jwt","jwk":{{"y":{},"x":{},"kty":"EC","crv":"P-256"}},"alg":"ES256"}}"#,
                json!(base64url(&device.point()[1])),
                json!(base64url(&device.point()[0])),
            ),
            payload,
        ),
    );
    add(
        "ok_blanks",
        "JSON with blanks, tabs and line ends",
        device.sign(
            " { \"alg\" : \"ES256\" ,\n\t\"typ\" : \"dbsc+jwt\" }\r\n",
            "{\"jti\":\"abc\"}\n",
        ),
    );
    let with_aud = |aud: &str| device.sign(HEADER, format!(r#"{{"aud":{aud},"jti":"abc"}}"#));
    add("ok_aud", "with an audience", with_aud(r#""https://shop.example/dbsc/refresh""#));
    add("ok_jti_empty", "an empty challenge", device.refresh(""));
    add("ok_jti_text", "a challenge in other letters", device.refresh("é 日本 \u{7f}"));
    // Not every length is that of a token, but with two quotation marks it is.
    let long: Vec<String> = (2_940..2_980).map(|n| device.refresh(&"x".repeat(n))).collect();
    let quoted = long.iter().map(|token| format!("\"{token}\""));
    let texts: Vec<String> = long.iter().cloned().chain(quoted).collect();
    let of_length = |length: usize| texts.iter().find(|text| text.len() == length).unwrap().clone();
    add("ok_4096", "the longest", of_length(4096));
    add("too_long", "4,097 bytes", of_length(4097));
    add("too_long_quoted", "more than 4,096 bytes, but not without the quotation marks", {
        let is_between = |text: &&String| text.len() > 4096 && text.len() < 4099;
        texts[long.len()..].iter().find(is_between).unwrap().clone()
    });
    add("none", "`alg` is `none`, and no signature", {
        let signed = device.sign(r#"{"alg":"none","typ":"dbsc+jwt"}"#, payload);
        format!("{}.", signed.rsplit_once('.').unwrap().0)
    });
    let headers: &[(&str, &str, String)] = &[
        ("alg_none", "`alg` is `none`", r#"{"alg":"none","typ":"dbsc+jwt"}"#.to_owned()),
        ("alg_rs256", "`alg` is `RS256`", r#"{"alg":"RS256","typ":"dbsc+jwt"}"#.to_owned()),
        ("alg_case", "`alg` in small letters", r#"{"alg":"es256","typ":"dbsc+jwt"}"#.to_owned()),
        ("alg_missing", "no `alg`", r#"{"typ":"dbsc+jwt"}"#.to_owned()),
        (
            "alg_twice",
            "`alg` twice",
            r#"{"alg":"ES256","alg":"ES256","typ":"dbsc+jwt"}"#.to_owned(),
        ),
        (
            "alg_twice_none",
            "`alg` twice, first `none`",
            r#"{"alg":"none","typ":"dbsc+jwt","alg":"ES256"}"#.to_owned(),
        ),
        ("typ_missing", "no `typ`", r#"{"alg":"ES256"}"#.to_owned()),
        ("typ_jwt", "`typ` is `jwt`", r#"{"alg":"ES256","typ":"jwt"}"#.to_owned()),
        (
            "header_unknown",
            "an unknown member",
            r#"{"alg":"ES256","typ":"dbsc+jwt","kid":"1"}"#.to_owned(),
        ),
        (
            "header_crit",
            "an array",
            r#"{"alg":"ES256","typ":"dbsc+jwt","crit":["jti"]}"#.to_owned(),
        ),
        (
            "header_escape",
            "an escape in a value",
            r#"{"alg":"ES25\u0036","typ":"dbsc+jwt"}"#.to_owned(),
        ),
        (
            "header_escaped_name",
            "an escape in a name",
            r#"{"\u0061lg":"ES256","typ":"dbsc+jwt"}"#.to_owned(),
        ),
        ("header_array", "an array of the values", r#"["ES256","dbsc+jwt"]"#.to_owned()),
        ("header_empty", "an empty object", "{}".to_owned()),
        ("header_nothing", "no text", String::new()),
        ("header_comma", "a comma at the end", r#"{"alg":"ES256","typ":"dbsc+jwt",}"#.to_owned()),
        ("header_behind", "text behind the object", format!("{HEADER}x")),
        ("header_two", "two objects", format!("{HEADER}{HEADER}")),
        ("header_bom", "a byte order mark", format!("\u{feff}{HEADER}")),
        ("header_cut", "no brace at the end", HEADER.trim_end_matches('}').to_owned()),
        ("header_single", "single quotation marks", HEADER.replace('"', "'")),
        ("header_nbsp", "a blank that is not JSON's", HEADER.replace(':', ":\u{a0}")),
        ("jwk_text", "`jwk` is a string", HEADER.replace('}', r#","jwk":"{}"}"#)),
        ("jwk_null", "`jwk` is null", HEADER.replace('}', r#","jwk":null}"#)),
        (
            "jwk_twice",
            "`jwk` twice",
            format!(r#"{{"alg":"ES256","jwk":{jwk},"typ":"dbsc+jwt","jwk":{jwk}}}"#),
        ),
    ];
    for (name, note, header) in headers {
        add(name, note, device.sign(header, payload));
    }
    let [x, y] = device.point();
    let keys: &[(&str, &str, String)] = &[
        ("jwk_empty", "a key without members", "{}".to_owned()),
        ("jwk_crv", "another curve", jwk.replace("P-256", "P-384")),
        ("jwk_kty", "another kind of key", jwk.replace("EC", "OKP")),
        ("jwk_y_missing", "no `y`", jwk.replace(&format!(",\"y\":\"{}\"", base64url(&y)), "")),
        ("jwk_unknown", "a private key", jwk.replace('}', r#","d":"AA"}"#)),
        ("jwk_x_twice", "`x` twice", jwk.replace('}', &format!(",\"x\":\"{}\"}}", base64url(&x)))),
        ("jwk_x_31", "`x` of 31 bytes", jwk.replace(&base64url(&x), &base64url(&x[1..]))),
        (
            "jwk_x_33",
            "`x` of 33 bytes",
            jwk.replace(&base64url(&x), &base64url(&[&[0][..], &x].concat())),
        ),
        (
            "jwk_x_padded",
            "`x` with padding",
            jwk.replace(&base64url(&x), &format!("{}=", base64url(&x))),
        ),
        ("jwk_x_number", "`x` is a number", jwk.replace(&format!("\"{}\"", base64url(&x)), "1")),
        ("jwk_nested", "an object in the key", jwk.replace("\"EC\"", r#"{"EC":"EC"}"#)),
    ];
    for (name, note, jwk) in keys {
        let header = format!(r#"{{"alg":"ES256","jwk":{jwk},"typ":"dbsc+jwt"}}"#);
        add(name, note, device.sign(header, payload));
    }
    let payloads: &[(&str, &str, &[u8])] = &[
        ("jti_missing", "no `jti`", br#"{"aud":"https://shop.example/dbsc/refresh"}"#),
        ("jti_twice", "`jti` twice", br#"{"jti":"abc","jti":"abc"}"#),
        ("jti_number", "`jti` is a number", br#"{"jti":1}"#),
        ("jti_null", "`jti` is null", br#"{"jti":null}"#),
        ("jti_array", "`jti` is an array", br#"{"jti":["abc"]}"#),
        ("jti_object", "`jti` is an object", br#"{"jti":{"abc":"abc"}}"#),
        ("jti_escape", "an escape in `jti`", br#"{"jti":"\u0061bc"}"#),
        ("jti_solidus", "an escaped solidus", br#"{"jti":"a\/c"}"#),
        ("jti_control", "a line end in `jti`", b"{\"jti\":\"a\nc\"}"),
        ("jti_not_utf8", "a byte that is not UTF-8", b"{\"jti\":\"a\xffc\"}"),
        (
            "authorization",
            "a member that answers `authorization` in an offer, which no server of this page sends",
            br#"{"authorization":"code","jti":"abc"}"#,
        ),
        ("iat", "a time", br#"{"iat":1800000000,"jti":"abc"}"#),
        ("sub", "another member", br#"{"jti":"abc","sub":"x"}"#),
        ("payload_text", "a string", br#""abc""#),
    ];
    for (name, note, payload) in payloads {
        add(name, note, device.sign(HEADER, payload));
    }
    for (name, note, aud) in [
        ("aud_null", "`aud` is null", "null"),
        ("aud_array", "`aud` is an array", r#"["https://shop.example/dbsc/refresh"]"#),
        ("aud_twice", "`aud` twice", r#""a","aud":"a""#),
    ] {
        add(name, note, with_aud(aud));
    }
    let parts: Vec<&str> = refresh.split('.').collect();
    let [header, payload, signature] = parts[..] else { unreachable!("three parts") };
    let bytes = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let signed = format!("{header}.{payload}");
    let spare = |part: &str, last: char| format!("{}{last}", &part[..part.len() - 1]);
    for (name, note, field) in [
        ("parts_1", "no dot", "abc".to_owned()),
        ("parts_2", "no signature", signed.clone()),
        ("parts_4", "a fourth part", format!("{refresh}.")),
        ("part_before", "an empty part before it", format!(".{refresh}")),
        ("padding", "padding", format!("{refresh}==")),
        (
            "spare_bits",
            "spare bits in the signature",
            format!("{signed}.{}", spare(signature, 'B')),
        ),
        (
            "spare_bits_payload",
            "spare bits in the payload",
            format!("{header}.{}.{signature}", spare(payload, 'R')),
        ),
        ("standard", "letters of the other base64", format!("{signed}.+{}", &signature[1..])),
        (
            "signature_63",
            "a signature of 63 bytes",
            format!("{signed}.{}", base64url(&bytes[..63])),
        ),
        (
            "signature_65",
            "a signature of 65 bytes",
            format!("{signed}.{}", base64url(&[&[0][..], &bytes].concat())),
        ),
        ("signature_none", "an empty signature", format!("{signed}.")),
        ("quote_1", "one quotation mark", format!("\"{refresh}")),
        ("quotes_2", "two pairs of quotation marks", format!("\"\"{refresh}\"\"")),
        ("quote_alone", "a quotation mark and nothing else", "\"".to_owned()),
        ("blank", "a blank before it", format!(" {refresh}")),
        ("parameter", "a parameter behind it", format!("\"{refresh}\";a=1")),
        ("two", "two tokens, joined by a comma", format!("{refresh}, {refresh}")),
    ] {
        add(name, note, field);
    }
    vectors
}

/// The word for a ticket that is opened for a purpose.
pub fn word_of_ticket(vector: &TicketVector) -> &'static str {
    let bound = hex::decode(&vector.bound).unwrap();
    let (server, now) = (&vector.server, vector.now);
    match second::open_ticket(server, &vector.purpose, &bound, now, &vector.ticket) {
        Ok((_, _, data)) => match &*vector.purpose {
            "dbsc proof" if data.len() != 16 => "undecodable",
            "dbsc key" if !second::is_key(&data) => "undecodable",
            _ => "ok",
        },
        Err(word) => word,
    }
}

/// A ticket, and how it is opened.
struct TicketCase {
    server: Server,
    purpose: &'static str,
    bound: Vec<u8>,
    now: u64,
    draft: Draft,
}

impl TicketCase {
    fn of(draft: Draft) -> Self {
        let (purpose, bound) = (draft.purpose, draft.bound.clone());
        Self { server: Server::default(), purpose, bound, now: NOW, draft }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn vector(self, name: &str, note: &str) -> TicketVector {
        let mut vector = TicketVector {
            name: name.to_owned(),
            note: note.to_owned(),
            purpose: self.purpose.to_owned(),
            bound: hex::encode(&self.bound),
            now: self.now,
            nonce: hex::encode(nonce(name)),
            aad: hex::encode(self.draft.aad()),
            plaintext: hex::encode(&self.draft.plaintext),
            ticket: self.draft.text(name),
            server: self.server,
            expect: String::new(),
        };
        vector.expect = word_of_ticket(&vector).to_owned();
        vector
    }
}

fn tickets() -> Vec<TicketVector> {
    let (device, other) = (Device::new(0), Device::new(1));
    let mut vectors = Vec::new();
    let mut add = |name: &str, note: &str, case: TicketCase| vectors.push(case.vector(name, note));
    let kinds: [(&str, &str, Draft, u64); 4] = [
        ("challenge", "of a registration", challenge(b"registration"), 180),
        ("challenge_of_key", "of a refresh", challenge(&device.thumbprint()), 180),
        ("proof", "of 10 minutes and 60 s", proof(&device), 660),
        ("key", "of the absolute timeout", device_key(&device), 30 * DAY),
    ];
    for (kind, note, draft, lifetime) in kinds {
        let case = || TicketCase::of(draft.clone());
        let name = |end: &str| format!("{kind}_{end}");
        add(&format!("ok_{kind}"), note, case());
        let line = published(0, Suite::XChaCha).text();
        add(
            &format!("ok_{kind}_xchacha"),
            "the same in the other suite",
            case().with(|case| {
                case.draft.key = published(0, Suite::XChaCha);
                case.server.ring = vec![line.clone()];
            }),
        );
        for (end, note, now) in [
            ("ok_last_second", "a second before its end", NOW + lifetime - 1),
            ("ended", "at its end", NOW + lifetime),
            ("ok_ahead", "issued 120 s ahead", NOW - 120),
            ("too_far_ahead", "issued 121 s ahead", NOW - 121),
        ] {
            let name = match end.strip_prefix("ok_") {
                Some(end) => format!("ok_{kind}_{end}"),
                None => name(end),
            };
            add(&name, note, case().with(|case| case.now = now));
        }
        for (purpose, note) in [
            ("dbsc challenge", "sealed as a challenge"),
            ("dbsc proof", "sealed as a proof"),
            ("dbsc key", "sealed as a key"),
            ("csrf", "sealed as a CSRF token"),
        ] {
            if purpose != draft.purpose {
                let end = format!("sealed_as_{}", purpose.trim_start_matches("dbsc "));
                let case = case().with(|case| case.draft.purpose = purpose);
                add(&name(&end), note, case);
            }
        }
        add(
            &name("kind_0"),
            "a ticket of the application with the same parts",
            case().with(|case| case.draft.kind = 0),
        );
        let tenant = |case: &mut TicketCase| case.draft.context = "tenant";
        add(&name("other_context"), "sealed for another context", case().with(tenant));
        add(
            &format!("ok_{kind}_alias"),
            "sealed for the context of another name",
            case().with(tenant).with(|case| {
                case.server.contexts = vec![String::new(), "tenant".to_owned()];
            }),
        );
        add(
            &name("unknown_key"),
            "under secret 1",
            case().with(|case| case.draft.key = published(1, Suite::Xaes)),
        );
        let ending =
            format!("{} open-until=2027-01-15T08:00:00Z", published(0, Suite::Xaes).text());
        add(
            &name("key_ended"),
            "its key opens nothing any more",
            case().with(|case| {
                case.server.ring = vec![ending, published(1, Suite::Xaes).text()];
            }),
        );
        let change =
            |change: &dyn Fn(&mut Vec<u8>)| case().with(|case| change(&mut case.draft.plaintext));
        add(
            &name("other_shape"),
            "with the shape of a type",
            // Flags, and two times of five bytes.
            change(&|plaintext| plaintext[11..15].copy_from_slice(&SHAPE)),
        );
        add(&name("unknown_flag"), "flag 08", change(&|plaintext| plaintext[0] = 8));
        add(
            &name("binding"),
            "with extension 1, which no ticket has",
            change(&|plaintext| {
                plaintext[0] = 2;
                plaintext.splice(15..15, [&[1, 1, 16][..], &[7; 16]].concat());
            }),
        );
        add(
            &format!("ok_{kind}_padded"),
            "padding of 4 bytes",
            change(&|plaintext| {
                plaintext[0] = 4;
                plaintext.extend([0x80, 0, 0, 0]);
            }),
        );
        if !draft.bound.is_empty() {
            let is_registration = draft.bound == b"registration";
            let print = device.thumbprint().to_vec();
            let opened_for = if is_registration { print } else { b"registration".to_vec() };
            add(
                &name("of_the_other_endpoint"),
                "used at the other endpoint",
                case().with(|case| case.bound = opened_for),
            );
        }
    }
    let thumbprint = other.thumbprint().to_vec();
    add(
        "challenge_of_key_other",
        "used for another key",
        TicketCase::of(challenge(&device.thumbprint())).with(|case| case.bound = thumbprint),
    );
    let [x, y] = device.point();
    // No point of the curve has this x: x³ − 3x + b is not a square.
    let off_curve = [&[2][..], &[0; 31], &[7]].concat();
    for (name, note, data) in [
        ("proof_15", "a thumbprint of 15 bytes", device.thumbprint()[..15].to_vec()),
        ("proof_17", "a thumbprint of 17 bytes", [&device.thumbprint()[..], &[0]].concat()),
        ("proof_empty", "no thumbprint", Vec::new()),
        ("key_32", "x alone", x.clone()),
        ("key_65", "the key not compressed", [&[4][..], &x, &y].concat()),
        ("key_compact", "a first byte of 05", [&[5][..], &x].concat()),
        ("key_hybrid", "a first byte of 06", [&[6][..], &x].concat()),
        ("key_infinity", "the point at infinity", vec![0]),
        ("key_off_curve", "an x that no point has", off_curve),
        ("key_empty", "no key", Vec::new()),
    ] {
        let purpose = if name.starts_with("proof") { "dbsc proof" } else { "dbsc key" };
        add(name, note, TicketCase::of(Draft::new(purpose, &[], 660, &data)));
    }
    vectors
}

/// A session before it is sealed, of user 7.
#[derive(Clone)]
pub struct Visit {
    name: &'static str,
    key: Key,
    claims: Claims,
    data: Vec<u8>,
    raw_claims: Option<Vec<u8>>,
}

impl Visit {
    fn unbound() -> Self {
        Self {
            name: NAME,
            key: published(0, Suite::Xaes),
            claims: Claims::new(NOW, SHAPE),
            data: DATA.to_vec(),
            raw_claims: None,
        }
    }

    pub fn bound(device: &Device) -> Self {
        let binding = (reference::BINDING, device.thumbprint().to_vec());
        Self::unbound().with(|visit| visit.claims.extensions.push(binding))
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn plaintext(&self) -> Vec<u8> {
        match &self.raw_claims {
            Some(claims) => [&[2][..], claims, &self.data].concat(),
            None => self.claims.plaintext(&self.data),
        }
    }

    pub fn value(&self, name: &str) -> String {
        let aad = reference::aad(&reference::header(&self.key), self.name, b"");
        reference::value(&reference::envelope(&self.key, &nonce(name), &aad, &self.plaintext()))
    }
}

struct SessionCase {
    server: Server,
    now: u64,
    visits: Vec<Visit>,
    /// Names and values of the cookies behind the sessions.
    others: Vec<(String, String)>,
}

impl SessionCase {
    fn of(visit: Visit) -> Self {
        Self { server: Server::default(), now: NOW, visits: vec![visit], others: Vec::new() }
    }

    fn at(self, server: Server) -> Self {
        Self { server, ..self }
    }

    fn with(mut self, name: &str, value: String) -> Self {
        self.others.push((name.to_owned(), value));
        self
    }

    fn now(self, now: u64) -> Self {
        Self { now, ..self }
    }
}

fn sessions() -> Vec<SessionVector> {
    let (device, other) = (Device::new(0), Device::new(1));
    let name = device.proof_name();
    let mut vectors = Vec::new();
    let mut add = |name: &str, note: &str, case: SessionCase| {
        let SessionCase { server, now, visits, others } = case;
        let sealed = visits.iter().enumerate().map(|(index, visit)| {
            (visit.name.to_owned(), visit.value(&format!("session {name} {index}")))
        });
        let cookies = sealed.chain(others).map(|(name, value)| format!("{name}={value}"));
        let cookies = vec![cookies.collect::<Vec<_>>().join("; ")];
        let loaded = second::load(&server, &cookies, now);
        vectors.push(SessionVector {
            name: name.to_owned(),
            note: note.to_owned(),
            server,
            now,
            cookies,
            plaintexts: visits.iter().map(|visit| hex::encode(visit.plaintext())).collect(),
            expect: loaded.word.to_owned(),
            unproven: loaded.detail.map(str::to_owned),
            proven_at: loaded.proven_at,
        });
    };
    let bound = || SessionCase::of(Visit::bound(&device));
    let unbound = || SessionCase::of(Visit::unbound());
    let fresh =
        |n: u64| proof(&device).with(|proof| proof.plaintext = at(n, &device)).text("fresh");
    let good = proof(&device).text("good");

    add("ok_unbound", "a session without a binding", unbound());
    add("ok_proven", "a bound session and its proof", bound().with(&name, good.clone()));
    add("missing", "the session's cookie alone", bound());
    add("missing_empty", "a proof without a value", bound().with(&name, String::new()));
    add(
        "ok_last_second",
        "a second before the proof's end",
        bound().with(&name, good.clone()).now(NOW + 659),
    );
    add("late", "at the proof's end", bound().with(&name, good.clone()).now(NOW + 660));
    add("other_key", "the proof of another key", bound().with(&name, proof(&other).text("other")));
    add("other_nonsense", "a value that opens as nothing", bound().with(&name, "abc".to_owned()));
    add("other_session", "the session as its own proof", {
        let visit = Visit::bound(&device);
        let value = visit.value("session as proof");
        SessionCase::of(visit).with(&name, value)
    });
    for (name_of_case, note, draft) in [
        ("other_challenge", "a challenge as the proof", challenge(&device.thumbprint())),
        ("other_sealed_key", "the sealed key as the proof", device_key(&device)),
        (
            "other_context",
            "a proof of another context",
            proof(&device).with(|draft| draft.context = "tenant"),
        ),
        ("other_kind", "a ticket of the application", proof(&device).with(|draft| draft.kind = 0)),
        (
            "other_unknown_key",
            "a proof under another key of a ring",
            proof(&device).with(|draft| draft.key = published(1, Suite::Xaes)),
        ),
    ] {
        add(name_of_case, note, bound().with(&name, draft.text(name_of_case)));
    }
    add("missing_short_id", "the proof under the name of another key", {
        bound().with(&other.proof_name(), good.clone())
    });
    add("missing_case", "the name in other letters", {
        bound().with(&name.replace("proof", "Proof"), good.clone())
    });
    add("missing_prefix", "the name without its prefix", {
        bound().with(name.trim_start_matches("__Host-"), good.clone())
    });
    add("ok_two_proofs", "a proof of another key first", {
        bound().with(&name, proof(&other).text("other")).with(&name, good.clone())
    });
    add("ok_two_good_proofs", "two good proofs: the later counts", {
        bound().with(&name, good.clone()).with(&name, fresh(NOW + 30)).now(NOW + 60)
    });
    let crowd = |most: usize| (0..most).fold(bound(), |case, _| case.with(&name, "abc".to_owned()));
    add("ok_fourth_proof", "three that do not open, and a good one", {
        crowd(3).with(&name, good.clone())
    });
    add("other_fifth_proof", "four that do not open: the fifth is not looked at", {
        crowd(4).with(&name, good.clone())
    });
    add("late_before_other", "a late proof, and one that does not open", {
        bound().with(&name, good.clone()).with(&name, "abc".to_owned()).now(NOW + 660)
    });

    let renamed = || server(|server| server.other_names = vec!["sid".to_owned()]);
    let old_name = format!("__Host-sid-proof-{}", device.short());
    add("ok_proof_of_other_name", "the proof under the session's former name", {
        bound().at(renamed()).with(&old_name, good.clone())
    });
    add("missing_other_name", "the same, and the server does not know that name", {
        bound().with(&old_name, good.clone())
    });
    add("ok_session_of_other_name", "the session under its former name, the proof not", {
        SessionCase::of(Visit::bound(&device).with(|visit| visit.name = "sid"))
            .at(renamed())
            .with(&name, good.clone())
    });

    add("none_bound", "without device binding", bound().at(mode("none")).with(&name, good.clone()));
    add("ok_none_unbound", "without device binding, a session without one", {
        unbound().at(mode("none"))
    });
    add("ok_off_readable", "off: bound sessions count without a proof", {
        bound().at(mode("off-readable"))
    });
    add("off_ended", "off: bound sessions are refused", {
        bound().at(mode("off-ended")).with(&name, good.clone())
    });
    add("ok_off_ended_unbound", "off: a session without a binding", {
        unbound().at(mode("off-ended"))
    });
    let within = || server(|server| server.within = Some(120));
    add(
        "ok_within",
        "an unbound session that may live 120 s",
        unbound().at(within()).now(NOW + 120),
    );
    add("within_ended", "a second later", unbound().at(within()).now(NOW + 121));
    add("within_refreshed", "its age counts, and not when it was sealed", {
        let old = Visit::unbound().with(|visit| visit.claims.age = 121);
        SessionCase::of(old).at(within())
    });
    add("ok_within_bound", "a bound session", {
        bound().at(within()).with(&name, good.clone()).now(NOW + 121)
    });

    let extensions = |extensions: &[u8]| {
        let claims = [&Claims::new(NOW, SHAPE).encode()[..], extensions].concat();
        SessionCase::of(Visit::unbound().with(|visit| visit.raw_claims = Some(claims)))
    };
    let print = device.thumbprint();
    let binding = |length: u8, bytes: &[u8]| [&[1, 1, length][..], bytes].concat();
    add("binding_15", "a binding of 15 bytes", extensions(&binding(15, &print[..15])));
    add("binding_17", "a binding of 17 bytes", {
        extensions(&binding(17, &[&print[..], &[0]].concat()))
    });
    add("binding_0", "a binding without bytes", extensions(&binding(0, &[])));
    add("binding_cut", "a plaintext that ends within the binding", {
        extensions(&binding(16, &print[..8]))
    });
    add("binding_twice", "two bindings", {
        extensions(&[&[2, 1, 16][..], &print, &[1, 16], &print].concat())
    });
    add("binding_before_unknown", "a binding, and a tag that no reader knows", {
        extensions(&[&[2, 1, 16][..], &print, &[2, 0]].concat())
    });
    add("none_binding_15", "a binding of 15 bytes, without device binding: the tag comes first", {
        extensions(&binding(15, &print[..15])).at(mode("none"))
    });
    add("none_binding_fault", "a fault behind the binding, without device binding", {
        extensions(&[&[2, 1, 16][..], &print, &[1, 0]].concat()).at(mode("none"))
    });
    add("ok_kept_extension", "a binding, and an extension that every reader keeps", {
        let visit = Visit::bound(&device).with(|visit| {
            visit.claims.extensions.push((200, vec![1]));
        });
        SessionCase::of(visit).with(&name, good.clone())
    });

    let issued = |visit: Visit, issued: u64| visit.with(|visit| visit.claims.issued = issued);
    add("expired", "it has ended, and there is no proof: the end comes first", {
        SessionCase::of(issued(Visit::bound(&device), NOW - 14 * DAY))
    });
    add("undecodable_unproven", "data that do not decode, and no proof: the proof comes first", {
        SessionCase::of(Visit::bound(&device).with(|visit| visit.data.push(0)))
    });
    add("undecodable_proven", "the same with a proof", {
        SessionCase::of(Visit::bound(&device).with(|visit| visit.data.push(0)))
            .with(&name, good.clone())
    });
    let two = |first: Visit, second: Visit| SessionCase {
        visits: vec![first, second],
        ..SessionCase::of(Visit::unbound())
    };
    add("ok_older_unbound", "an unproven session, and an older one without a binding", {
        two(Visit::bound(&device), issued(Visit::unbound(), NOW - 60))
    });
    add("unproven_before_expired", "an unproven session, and one that has ended", {
        two(issued(Visit::unbound(), NOW - 14 * DAY), Visit::bound(&device))
    });
    add("refused_before_unproven", "an unproven session, and one that is refused", {
        let old = Visit::unbound().with(|visit| visit.claims.age = 121);
        two(Visit::bound(&device), old).at(within())
    });
    add("late_of_the_newest", "two unproven sessions: what is wrong is said of the newer", {
        two(issued(Visit::bound(&other), NOW - 60), Visit::bound(&device))
            .with(&name, good)
            .now(NOW + 660)
    });
    vectors
}

fn at(issued: u64, device: &Device) -> Vec<u8> {
    plaintext(0, issued, issued + 660, &device.thumbprint())
}

/// A call before it is answered.
struct CallCase {
    call: Call,
}

impl CallCase {
    fn new(target: &str, fields: &[(&str, &str)]) -> Self {
        let fetch_metadata = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "no-cors")];
        let fields = fetch_metadata.iter().chain(fields);
        Self {
            call: Call {
                name: String::new(),
                note: String::new(),
                server: Server::default(),
                now: NOW,
                method: "POST".to_owned(),
                target: target.to_owned(),
                fields: fields.map(|(name, value)| ((*name).into(), (*value).into())).collect(),
                cookies: Vec::new(),
                answer: None,
            },
        }
    }

    fn register(token: &str) -> Self {
        Self::new("/dbsc/register", &[("secure-session-response", token)])
    }

    fn refresh(device: &Device, key: &str, token: &str) -> Self {
        let target = format!("/dbsc/refresh?until={}&key={key}", NOW + DAY);
        let id = device.id();
        let fields = [("sec-secure-session-id", &*id), ("secure-session-response", token)];
        let given = if token.is_empty() { &fields[..1] } else { &fields };
        Self::new(&target, given)
    }

    fn with(mut self, change: impl FnOnce(&mut Call)) -> Self {
        change(&mut self.call);
        self
    }

    fn at(self, server: Server) -> Self {
        self.with(|call| call.server = server)
    }

    fn field(self, name: &str, value: Option<&str>) -> Self {
        self.with(|call| {
            call.fields.retain(|(field, _)| field != name);
            call.fields.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        })
    }

    fn cookie(self, name: &str, value: &str) -> Self {
        self.with(|call| call.cookies.push(format!("{name}={value}")))
    }

    fn vector(self, name: &str, note: &str) -> Call {
        let mut call = Call { name: name.to_owned(), note: note.to_owned(), ..self.call };
        call.answer = second::answer(&call.server, &call);
        call
    }
}

fn calls() -> Vec<Call> {
    let mut vectors = registrations();
    vectors.extend(refreshes());
    vectors
}

fn registrations() -> Vec<Call> {
    let (device, other) = (Device::new(0), Device::new(1));
    let mut vectors = Vec::new();
    let mut add = |name: &str, note: &str, case: CallCase| {
        vectors.push(case.vector(&format!("register_{name}"), note));
    };
    let text = challenge(b"registration").text("registration");
    let token = device.registration(&text);
    let good = || CallCase::register(&token);
    add("ok", "a registration", good());
    add("ok_quoted", "the token in quotation marks", CallCase::register(&format!("\"{token}\"")));
    add("ok_query", "a query, which is ignored", good().with(|call| call.target += "?a=b"));
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "post"] {
        let case = good().with(|call| call.method = method.to_owned());
        add(&format!("method_{method}"), "not POST", case);
    }
    for (name, note, target) in [
        ("path_behind", "a path behind the endpoint's", "/dbsc/register/"),
        ("path_case", "another letter case", "/dbsc/Register"),
        ("path_before", "a path before it", "/shop/dbsc/register"),
        ("path_short", "the path without an endpoint", "/dbsc"),
        ("path_escaped", "an escape", "/dbsc/%72egister"),
    ] {
        add(name, note, good().with(|call| call.target = target.to_owned()));
    }
    for (name, note, field, value) in [
        ("site_cross", "from another site", "sec-fetch-site", Some("cross-site")),
        ("site_same_site", "from another origin of the site", "sec-fetch-site", Some("same-site")),
        ("site_none", "typed by the visitor", "sec-fetch-site", Some("none")),
        ("site_missing", "no `Sec-Fetch-Site`", "sec-fetch-site", None),
        ("mode_cors", "by a script", "sec-fetch-mode", Some("cors")),
        ("mode_navigate", "a form", "sec-fetch-mode", Some("navigate")),
        ("mode_missing", "no `Sec-Fetch-Mode`", "sec-fetch-mode", None),
        ("no_token", "no token", "secure-session-response", None),
        ("token_empty", "an empty token", "secure-session-response", Some("")),
        ("token_nonsense", "no token's form", "secure-session-response", Some("a.b.c")),
    ] {
        add(name, note, good().field(field, value));
    }
    add("two_tokens", "two fields: the first counts", {
        good().with(|call| {
            call.fields.push(("secure-session-response".to_owned(), "a.b.c".to_owned()));
        })
    });
    add("challenge_late", "at the end of the challenge", good().with(|call| call.now = NOW + 180));
    add("ok_last_second", "a second before", good().with(|call| call.now = NOW + 179));
    add("challenge_nonsense", "a challenge that is no ticket", {
        CallCase::register(&device.registration("abc"))
    });
    add("challenge_of_key", "the challenge of a refresh", {
        let text = challenge(&device.thumbprint()).text("of a refresh");
        CallCase::register(&device.registration(&text))
    });
    add("no_key", "a token without a key", CallCase::register(&device.refresh(&text)));
    let payload = format!(r#"{{"jti":"{text}"}}"#);
    let with_jwk = |x: &[u8], y: &[u8]| {
        let (x, y) = (base64url(x), base64url(y));
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let header = format!(r#"{{"alg":"ES256","jwk":{jwk},"typ":"dbsc+jwt"}}"#);
        CallCase::register(&device.sign(header, &payload))
    };
    let [x, y] = device.point();
    let changed = |coordinate: &[u8]| {
        let mut changed = coordinate.to_vec();
        changed[31] ^= 1;
        changed
    };
    add("off_curve", "a point off the curve", with_jwk(&x, &changed(&y)));
    add("key_zero", "a point of zeros", with_jwk(&[0; 32], &[0; 32]));
    add("key_large", "coordinates that are no field elements", with_jwk(&[255; 32], &[255; 32]));
    add("swapped", "x and y exchanged", with_jwk(&y, &x));
    add("signature_other", "signed with another key", {
        CallCase::register(&other.sign(device.header(), &payload))
    });
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    for (name, note, signature) in [
        ("signature_zero", "a signature of zeros", vec![0; 64]),
        ("signature_s_zero", "s is zero", [&signature[..32], &[0; 32]].concat()),
        (
            "signature_changed",
            "r is changed",
            [&changed(&signature[..32]), &signature[32..]].concat(),
        ),
    ] {
        add(name, note, CallCase::register(&format!("{signed}.{}", base64url(&signature))));
    }
    let malleable = {
        let signature = Signature::from_slice(&signature).unwrap();
        let s = -*signature.s();
        let negated = Signature::from_scalars(signature.r().to_bytes(), s.to_bytes()).unwrap();
        format!("{signed}.{}", base64url(&negated.to_bytes()))
    };
    add("ok_s_negated", "n − s in place of s, which ECDSA allows", CallCase::register(&malleable));
    let with_aud = |aud: &str| {
        let payload = format!(r#"{{"aud":"{aud}","jti":"{text}"}}"#);
        CallCase::register(&device.sign(device.header(), payload))
    };
    let origin = || server(|server| server.origin = Some("https://shop.example".to_owned()));
    for (name, note, aud) in [
        ("aud_ok", "the endpoint's address", "https://shop.example/dbsc/register"),
        ("aud_ok_query", "the same with a query", "https://shop.example/dbsc/register?a=b"),
        ("aud_other_path", "the other endpoint", "https://shop.example/dbsc/refresh"),
        ("aud_other_origin", "another origin", "https://evil.example/dbsc/register"),
        ("aud_longer_origin", "a longer origin", "https://shop.example.evil/dbsc/register"),
        ("aud_http", "another scheme", "http://shop.example/dbsc/register"),
        ("aud_empty", "no address", ""),
    ] {
        add(name, note, with_aud(aud).at(origin()));
    }
    add("aud_unchecked", "another origin, at a server that does not know its own", {
        with_aud("https://evil.example/dbsc/register")
    });
    add("ok_no_aud", "no audience, at a server that knows its origin", good().at(origin()));
    add("off_readable", "while the binding is off", good().at(mode("off-readable")));
    add("off_ended", "while the binding is off", good().at(mode("off-ended")));
    let future = format!("{} seal-from=2027-01-16T00:00:00Z", published(0, Suite::Xaes).text());
    add("nothing_seals", "no key seals yet", {
        good().at(server(|server| server.ring = vec![future]))
    });
    let ending = format!("{} open-until=2027-01-15T08:05:00Z", published(0, Suite::Xaes).text());
    add("key_ends", "the ring's key ends in 300 s", {
        good().at(server(|server| server.ring = vec![ending]))
    });
    add(
        "strict",
        "a `Strict` session",
        good().at(server(|server| {
            server.same_site = "Strict".to_owned();
        })),
    );
    add(
        "same_site_none",
        "a session with `SameSite=None`",
        good().at(server(|server| {
            server.same_site = "None".to_owned();
        })),
    );
    add(
        "excluded",
        "excluded paths, and proofs of an hour",
        good().at(server(|server| {
            server.excluded = vec!["/assets".to_owned(), "/health".to_owned()];
            server.proof_lifetime = 3600;
        })),
    );
    add("renamed", "another cookie name and path", {
        good()
            .at(server(|server| {
                server.cookie_name = "__Secure-sid".to_owned();
                server.path = "/auth/device".to_owned();
            }))
            .with(|call| call.target = "/auth/device/register".to_owned())
    });
    add("session_ignored", "a session that is bound to another key is not looked at", {
        good().cookie(NAME, &Visit::bound(&other).value("ignored"))
    });
    vectors
}

fn refreshes() -> Vec<Call> {
    let (device, other) = (Device::new(0), Device::new(1));
    let mut vectors = Vec::new();
    let mut add = |name: &str, note: &str, case: CallCase| {
        vectors.push(case.vector(&format!("refresh_{name}"), note));
    };
    let key = device_key(&device).text("sealed");
    let text = challenge(&device.thumbprint()).text("refresh");
    let token = device.refresh(&text);
    let good = || CallCase::refresh(&device, &key, &token);
    let first = || CallCase::refresh(&device, &key, "");
    add("first", "the first request of a refresh: no token", first());
    add("ok", "the second, with a token", good());
    add("ok_quoted", "token and id in quotation marks", {
        good()
            .field("secure-session-response", Some(&format!("\"{token}\"")))
            .field("sec-secure-session-id", Some(&format!("\"{}\"", device.id())))
    });
    add("method_GET", "not POST", good().with(|call| call.method = "GET".to_owned()));
    for (name, note, field, value) in [
        ("site_cross", "from another site", "sec-fetch-site", Some("cross-site")),
        ("mode_cors", "by a script", "sec-fetch-mode", Some("cors")),
        ("no_id", "no id", "sec-secure-session-id", None),
        ("other_id", "the id of another key", "sec-secure-session-id", Some(&*other.id())),
        ("token_nonsense", "no token's form", "secure-session-response", Some("a.b.c")),
    ] {
        add(name, note, good().field(field, value));
    }
    let with_token = |token: &str| CallCase::refresh(&device, &key, token);
    add("registration", "a token with a key", with_token(&device.registration(&text)));
    add("smuggled", "a token with another key, signed with that", {
        with_token(&other.registration(&text))
    });
    add("signature", "signed with another key", with_token(&other.refresh(&text)));
    add("challenge_of_other", "the challenge of another key", {
        with_token(&device.refresh(&challenge(&other.thumbprint()).text("of another")))
    });
    add("challenge_of_registration", "the challenge of a registration", {
        with_token(&device.refresh(&challenge(b"registration").text("registration")))
    });
    add("challenge_late", "at the end of the challenge", good().with(|call| call.now = NOW + 180));
    let origin = || server(|server| server.origin = Some("https://shop.example".to_owned()));
    for (name, note, aud) in [
        ("aud_ok", "the endpoint's address", "https://shop.example/dbsc/refresh?until=1&key=a"),
        ("aud_other", "the other endpoint", "https://shop.example/dbsc/register"),
    ] {
        let payload = format!(r#"{{"aud":"{aud}","jti":"{text}"}}"#);
        add(name, note, with_token(&device.sign(HEADER, payload)).at(origin()));
    }

    // The sealed key.
    let target = |target: String| good().with(|call| call.target = target);
    let until = NOW + DAY;
    add("key_missing", "no key in the query", target(format!("/dbsc/refresh?until={until}")));
    add("no_query", "no query", target("/dbsc/refresh".to_owned()));
    add("key_first", "the key before `until`", {
        target(format!("/dbsc/refresh?key={key}&until={until}"))
    });
    add("key_twice", "two keys: the first counts", {
        target(format!("/dbsc/refresh?key={key}&key=abc"))
    });
    add("key_nonsense", "a key that is no ticket", target("/dbsc/refresh?key=abc".to_owned()));
    add("key_ended", "at the end of the key", good().with(|call| call.now = NOW + 30 * DAY));
    add("key_of_other", "the key of another device, under this id and with its token", {
        CallCase::refresh(&device, &device_key(&other).text("of another"), &token)
    });
    add("key_proof", "a proof in place of the key", {
        CallCase::refresh(&device, &proof(&device).text("as a key"), &token)
    });
    let unknown =
        device_key(&device).with(|draft| draft.key = published(1, Suite::Xaes)).text("unknown");
    let unknown_until = |until: &str| {
        let query = if until.is_empty() { String::new() } else { format!("until={until}&") };
        target(format!("/dbsc/refresh?{query}key={unknown}"))
    };
    for (name, note, until) in [
        ("unknown_key", "under a key that the ring does not have yet", &*(NOW + 1).to_string()),
        ("unknown_key_ended", "the same at `until`", &*NOW.to_string()),
        ("unknown_key_no_until", "the same without `until`", ""),
        ("unknown_key_until_text", "the same with an `until` that is no number", "soon"),
        ("unknown_key_latest", "the same 31 days before `until`", &*(NOW + 31 * DAY).to_string()),
        ("unknown_key_too_late", "the same earlier", &*(NOW + 31 * DAY + 1).to_string()),
    ] {
        add(name, note, unknown_until(until));
    }
    add("unknown_key_no_id", "the same, and no id came", {
        unknown_until("").field("sec-secure-session-id", None)
    });
    add("unknown_key_foreign_id", "the same, and the id has characters that no id has", {
        unknown_until("").field("sec-secure-session-id", Some("AAAAAAAAAAAAAAAAAAAAA<"))
    });
    add("unknown_key_no_clock", "the same, and the server does not know the time", {
        unknown_until(&(NOW + DAY).to_string()).with(|call| call.now = 365 * DAY - 1)
    });
    add("ahead_no_clock", "sealed after the time that such a server has", {
        good().with(|call| call.now = 365 * DAY - 1)
    });
    add("ahead", "sealed by a server whose clock is 121 s ahead", {
        good().with(|call| call.now = NOW - 121)
    });
    let ending = format!("{} open-until=2027-01-15T08:00:00Z", published(0, Suite::Xaes).text());
    add("ring_key_ended", "sealed under a key that opens nothing any more", {
        good().at(server(|server| {
            server.ring = vec![ending, published(1, Suite::Xaes).text()];
        }))
    });

    // The end of the browser's session.
    let marker = format!("__Host-session-ended-{}", device.short());
    add("signed_out", "the marker of this key", first().cookie(&marker, &device.id()));
    add("signed_out_other", "the marker's name with another id", {
        first().cookie(&marker, &other.id())
    });
    add("signed_out_twice", "two markers, one of this key", {
        first().cookie(&marker, &other.id()).cookie(&marker, &device.id())
    });
    let with_other = || first().cookie(NAME, &Visit::bound(&other).value("bound to another"));
    let with_other_and_proof =
        || with_other().cookie(&other.proof_name(), &proof(&other).text("of another"));
    add("other_session", "a session that is bound to another key", with_other_and_proof());
    add("other_session_unproven", "the same without a proof of that key", with_other());
    add("other_session_cross", "the same, from a page of another site: nothing is deleted", {
        with_other_and_proof().field("sec-fetch-site", Some("cross-site"))
    });
    add("own_session", "a session that is bound to this key, without a proof", {
        first().cookie(NAME, &Visit::bound(&device).value("bound to it"))
    });
    add("unbound_session", "a session that is not bound", {
        first().cookie(NAME, &Visit::unbound().value("not bound"))
    });
    add("broken_session", "a session that does not open", first().cookie(NAME, "abc"));
    add("off_readable", "while the binding is off", good().at(mode("off-readable")));
    add("off_ended", "while the binding is off", good().at(mode("off-ended")));
    add("renamed", "the end under another name, with a proof of the former", {
        let old = format!("__Host-sid-proof-{}", device.short());
        let proof = proof(&device).text("former");
        first()
            .at(server(|server| server.other_names = vec!["sid".to_owned()]))
            .cookie(&old, &proof)
            .cookie(&marker, &device.id())
    });

    add("renamed_same_base", "the end with other names whose proofs have the same name", {
        first()
            .at(server(|server| {
                server.other_names = vec!["session".to_owned(), "__Secure-session".to_owned()];
            }))
            .cookie(&device.proof_name(), &proof(&device).text("own"))
            .cookie(&marker, &device.id())
    });

    let future = format!("{} seal-from=2027-01-16T00:00:00Z", published(0, Suite::Xaes).text());
    let cannot_seal = || server(|server| server.ring = vec![future.clone()]);
    add("first_nothing_seals", "no key seals yet, and no token", first().at(cannot_seal()));
    add("nothing_seals", "no key seals yet", good().at(cannot_seal()));
    add("rotated", "the key that sealed it is no longer the one that seals", {
        good().at(server(|server| {
            server.ring = vec![published(1, Suite::Xaes).text(), published(0, Suite::Xaes).text()];
        }))
    });
    vectors
}

/// The key that seals at a server.
#[cfg(feature = "dbsc")]
fn sealing_key(server: &Server, now: u64) -> Key {
    reference::sealing(&server.entries(), now).expect("a key that seals").key.clone()
}

/// A session that is bound to the device, and a proof, as a `Cookie` field.
#[cfg(feature = "dbsc")]
pub fn bound_session(server: &Server, now: u64, device: &Device, proof: &str) -> String {
    let visit = Visit::bound(device).with(|visit| {
        visit.key = sealing_key(server, now);
        visit.claims.issued = now;
    });
    format!("{NAME}={}; {}={proof}", visit.value("bound"), device.proof_name())
}

/// The device's key, sealed.
#[cfg(feature = "dbsc")]
pub fn sealed_key(server: &Server, now: u64, device: &Device) -> String {
    let draft = device_key(device).with(|draft| {
        draft.key = sealing_key(server, now);
        draft.plaintext = plaintext(0, now, now + 60, &device.compressed());
    });
    draft.text("sealed")
}

pub fn default_server() -> Json {
    json!(Server::default())
}
