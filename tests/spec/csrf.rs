//! CSRF tokens (SPEC §3.5.1): a second implementation of them, the vectors in
//! `tests/vectors/csrf.json`, and the crate beside both.

use crate::committed_file::{compare_or_write, is_built, key_of};
use crate::file::Visit;
use crate::reference::{self, Claims, Key, Suite, Word, ticket_plaintext as plaintext};
use crate::tickets::{DATA, NOW, SHAPE};
use sealed_session::clock::ManualClock;
use sealed_session::error::CsrfError;
use sealed_session::{KeyRing, Session, Sessions};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const COMMITTED: &str = include_str!("../vectors/csrf.json");
const COOKIE: &str = "__Host-Http-session";
const ID: [u8; 16] = *b"the session's id";
const OTHER_ID: [u8; 16] = *b"another one's id";
const NO_SHAPE: [u8; 4] = [0; 4];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    note: String,
    /// The key's line in a ring.
    key: String,
    context: String,
    /// The session's id, as hexadecimal digits.
    id: String,
    now: u64,
    nonce: String,
    aad: String,
    plaintext: String,
    token: String,
    /// `ok`, or the reason.
    expect: String,
}

/// A token before it is sealed, and the session that it is given for.
#[derive(Clone)]
struct Draft {
    suite: Suite,
    secret: u8,
    kind: u8,
    purpose: &'static str,
    /// Context and id, as issued and as given.
    issued_for: (&'static str, [u8; 16]),
    given_for: (&'static str, [u8; 16]),
    now: u64,
    plaintext: Vec<u8>,
}

impl Draft {
    fn new() -> Self {
        Self {
            suite: Suite::Xaes,
            secret: 0,
            kind: 1,
            purpose: "csrf",
            issued_for: ("", ID),
            given_for: ("", ID),
            now: NOW,
            plaintext: plaintext(0, NOW - 60, NOW + 540, &NO_SHAPE),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn vector(&self, name: &str, note: &str, expect: &str) -> Vector {
        let key = Key::new(reference::published(self.secret), self.suite);
        let nonce: [u8; 24] = Sha256::digest(format!("sealed-session vector nonce csrf {name}"))
            [..24]
            .try_into()
            .unwrap();
        let header = reference::header(&key);
        let (context, id) = self.issued_for;
        let parts = [self.purpose.as_bytes(), context.as_bytes(), &id];
        let aad = reference::ticket_aad(&header, self.kind, parts);
        let (context, id) = self.given_for;
        Vector {
            name: name.to_owned(),
            note: note.to_owned(),
            key: Key::new(reference::published(0), self.suite).text(),
            context: context.to_owned(),
            id: hex::encode(id),
            now: self.now,
            nonce: hex::encode(nonce),
            aad: hex::encode(&aad),
            plaintext: hex::encode(&self.plaintext),
            token: reference::value(&reference::envelope(&key, &nonce, &aad, &self.plaintext)),
            expect: expect.to_owned(),
        }
    }
}

fn vectors() -> Vec<Vector> {
    let draft = Draft::new;
    let mut vectors = Vec::new();
    let mut add = |name: &str, note: &str, expect: &str, draft: Draft| {
        vectors.push(draft.vector(name, note, expect));
    };
    let tenant = |draft: &mut Draft| {
        (draft.issued_for, draft.given_for) = (("tenant", ID), ("tenant", ID));
    };
    add("ok_xaes", "a token of this session", "ok", draft());
    add("ok_xchacha", "the same", "ok", draft().with(|draft| draft.suite = Suite::XChaCha));
    add("ok_context", "of a tenant", "ok", draft().with(tenant));
    add(
        "other_session",
        "given for a session with another id",
        "bad-seal",
        draft().with(|draft| draft.given_for = ("", OTHER_ID)),
    );
    add(
        "other_context",
        "given for a session of another tenant",
        "bad-seal",
        draft().with(tenant).with(|draft| draft.given_for = ("other", ID)),
    );
    add(
        "other_kind",
        "kind 0: a ticket that the application issued with the same purpose, for the same id",
        "bad-seal",
        draft().with(|draft| draft.kind = 0),
    );
    add(
        "other_purpose",
        "kind 1, with another purpose",
        "bad-seal",
        draft().with(|draft| draft.purpose = "dbsc"),
    );
    add("unknown_key", "under secret 1", "unknown-key", draft().with(|draft| draft.secret = 1));
    for (name, note, expect, now) in [
        ("last_second", "a second before its end", "ok", NOW + 539),
        ("ended", "at its end", "expired-at", NOW + 540),
        ("ahead", "issued 120 s ahead", "ok", NOW - 180),
        ("too_far_ahead", "issued 121 s ahead", "from-the-future", NOW - 181),
    ] {
        add(name, note, expect, draft().with(|draft| draft.now = now));
    }
    let plain = |flags, behind: &[u8]| {
        draft().with(|draft| draft.plaintext = plaintext(flags, NOW - 60, NOW + 540, behind))
    };
    add("other_shape", "with the shape of a type", "other-shape", plain(0, &SHAPE));
    add("data", "a byte of data", "undecodable", plain(0, &[&NO_SHAPE[..], &[0]].concat()));
    add("cut", "the shape is cut", "undecodable", plain(0, &NO_SHAPE[..3]));
    add("unknown_flag", "flag 08", "unknown-form", plain(8, &NO_SHAPE));
    add("padded", "padding of 4 bytes", "ok", plain(4, &[0, 0, 0, 0, 0x80, 0, 0, 0]));
    add(
        "kept_extension",
        "an extension with tag 128",
        "ok",
        plain(2, &[&NO_SHAPE[..], &[1, 128, 1, 9]].concat()),
    );
    add(
        "unknown_extension",
        "an extension with tag 1",
        "unknown-form",
        plain(2, &[&NO_SHAPE[..], &[1, 1, 1, 9]].concat()),
    );
    let changed = |name: &str, note: &str, expect: &str, change: &dyn Fn(String) -> String| {
        let vector = Draft::new().vector(name, note, expect);
        Vector { token: change(vector.token.clone()), ..vector }
    };
    vectors.push(changed("dot_behind", "a dot behind it", "malformed", &|token| token + "."));
    vectors.push(changed("cut_short", "54 bytes", "malformed", &|token| token[..72].to_owned()));
    vectors.push(changed("empty", "no text", "malformed", &|_| String::new()));
    vectors.push(changed("spaced", "a space before it", "malformed", &|token| format!(" {token}")));
    vectors
}

/// §3.5.1, as a second implementation verifies it.
fn verify(vector: &Vector) -> Result<(), Word> {
    let id = hex::decode(&vector.id).unwrap();
    let parts = [b"csrf", vector.context.as_bytes(), &id];
    let ring = [key_of(&vector.key)];
    let data = reference::open_ticket(&ring, 1, parts, NO_SHAPE, vector.now, &vector.token)?;
    if data.is_empty() { Ok(()) } else { Err("undecodable") }
}

fn committed() -> Vec<Vector> {
    serde_json::from_str(COMMITTED).expect("the fields that this test knows, and no others")
}

#[test]
fn the_committed_csrf_tokens_are_what_the_second_implementation_makes() {
    compare_or_write("csrf.json", &vectors(), COMMITTED);
}

#[test]
fn the_second_implementation_judges_every_csrf_token() {
    for vector in committed() {
        let word = verify(&vector).map_or_else(|word| word, |()| "ok");
        assert_eq!(word, vector.expect, "{}", vector.name);
    }
}

/// The session of a vector, from a cookie that the second implementation sealed. `None` if its
/// suite is not compiled in.
fn session_of(vector: &Vector) -> Option<Session<Visit>> {
    if !is_built(&vector.key) {
        return None;
    }
    let sessions = Sessions::<Visit>::builder(KeyRing::danger_from_published(&vector.key).unwrap())
        .context(&*vector.context)
        .clock(ManualClock::at(Duration::from_secs(vector.now)))
        .build()
        .unwrap();
    let key = key_of(&vector.key);
    let header = reference::header(&key);
    let mut claims = Claims::new(vector.now, SHAPE);
    claims.id = Some(hex::decode(&vector.id).unwrap().try_into().unwrap());
    let cookie = reference::value(&reference::envelope(
        &key,
        &[7; 24],
        &reference::aad(&header, COOKIE, vector.context.as_bytes()),
        &claims.plaintext(&DATA),
    ));
    let fields = [("cookie", format!("{COOKIE}={cookie}"))];
    let session = sessions.load(("POST", &fields[..]));
    assert_eq!(session.read(|visit| visit.user), Some(7), "{}", vector.name);
    Some(session)
}

#[test]
fn the_crate_judges_every_csrf_token() {
    for vector in committed() {
        let Some(session) = session_of(&vector) else { continue };
        let word = match session.verify_csrf(&vector.token) {
            Ok(()) => "ok",
            Err(CsrfError::Invalid(reason)) => reason.as_str(),
            Err(error) => panic!("{}: {error}", vector.name),
        };
        assert_eq!(word, vector.expect, "{}", vector.name);
    }
}

/// What the crate issues, the second implementation verifies.
#[test]
fn the_second_implementation_verifies_what_the_crate_issues() {
    for vector in committed().into_iter().filter(|vector| vector.name.starts_with("ok_")) {
        let Some(session) = session_of(&vector) else { continue };
        let token = session.csrf_token().unwrap();
        assert_eq!(token.len(), 80);
        let issued = Vector { token, ..vector };
        assert_eq!(verify(&issued), Ok(()));
        // 30 days, the absolute timeout.
        let end = issued.now + 30 * 86_400;
        assert_eq!(verify(&Vector { now: end - 1, ..issued.clone() }), Ok(()));
        assert_eq!(verify(&Vector { now: end, ..issued.clone() }), Err("expired-at"));
        let other = Vector { id: hex::encode(OTHER_ID), ..issued };
        assert_eq!(verify(&other), Err("bad-seal"));
    }
}
