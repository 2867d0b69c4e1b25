//! Tickets (SPEC §3.5): a second implementation of them, the vectors in `tests/vectors/tickets.json`,
//! and the crate beside both.

use crate::committed_file::{compare_or_write, is_built, key_of};
use crate::file::Visit;
use crate::reference::{self, Key, Suite, Word, ticket_plaintext as plaintext};
use sealed_session::clock::ManualClock;
use sealed_session::{KeyRing, Tickets};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::{Duration, UNIX_EPOCH};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const COMMITTED: &str = include_str!("../vectors/tickets.json");
pub const NOW: u64 = 1_800_000_000;
/// Of `postcard Visit{user:option u64,cart:[u32]}`.
pub const SHAPE: [u8; 4] = [0x8d, 0x91, 0x93, 0xc8];
/// `{ user: Some(7), cart: [1, 300] }`.
pub const DATA: [u8; 6] = [1, 7, 2, 1, 0xac, 2];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    note: String,
    /// The key's line in a ring.
    key: String,
    purpose: String,
    context: String,
    /// What it is opened for, as hexadecimal digits.
    bound: String,
    now: u64,
    nonce: String,
    aad: String,
    plaintext: String,
    ticket: String,
    /// `ok`, or the reason.
    expect: String,
}

/// A ticket before it is sealed, and what it is opened with.
#[derive(Clone)]
struct Draft {
    suite: Suite,
    secret: u8,
    kind: u8,
    /// Purpose, context and bound, as issued and as opened.
    issued_for: [&'static str; 3],
    opened_for: [&'static str; 3],
    now: u64,
    plaintext: Vec<u8>,
}

fn shaped(data: &[u8]) -> Vec<u8> {
    [&SHAPE[..], data].concat()
}

impl Draft {
    fn new() -> Self {
        let kind_of = ["password reset", "", ""];
        Self {
            suite: Suite::Xaes,
            secret: 0,
            kind: 0,
            issued_for: kind_of,
            opened_for: kind_of,
            now: NOW,
            plaintext: plaintext(0, NOW - 60, NOW + 540, &shaped(&DATA)),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn vector(&self, name: &str, note: &str, expect: &str) -> Vector {
        let key = Key::new(reference::published(self.secret), self.suite);
        let nonce: [u8; 24] = Sha256::digest(format!("sealed-session vector nonce ticket {name}"))
            [..24]
            .try_into()
            .unwrap();
        let header = reference::header(&key);
        let aad = reference::ticket_aad(&header, self.kind, self.issued_for.map(str::as_bytes));
        let [purpose, context, bound] = self.opened_for;
        Vector {
            name: name.to_owned(),
            note: note.to_owned(),
            key: Key::new(reference::published(0), self.suite).text(),
            purpose: purpose.to_owned(),
            context: context.to_owned(),
            bound: hex::encode(bound),
            now: self.now,
            nonce: hex::encode(nonce),
            aad: hex::encode(&aad),
            plaintext: hex::encode(&self.plaintext),
            ticket: reference::value(&reference::envelope(&key, &nonce, &aad, &self.plaintext)),
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
    let of = |purposes: [&'static str; 3]| {
        draft().with(|draft| (draft.issued_for, draft.opened_for) = (purposes, purposes))
    };
    add("ok_xaes", "a password reset", "ok", draft());
    add("ok_xchacha", "the same", "ok", draft().with(|draft| draft.suite = Suite::XChaCha));
    add("ok_context", "of a tenant", "ok", of(["password reset", "tenant", ""]));
    add("ok_bound", "issued for a user", "ok", of(["password reset", "tenant", "user 7"]));
    for (name, opened_for) in [
        ("purpose", ["e-mail", "tenant", "user 7"]),
        ("context", ["password reset", "other", "user 7"]),
        ("bound", ["password reset", "tenant", "user 8"]),
        ("no_bound", ["password reset", "tenant", ""]),
        ("boundary_1", ["password resett", "enant", "user 7"]),
        ("boundary_2", ["password reset", "tenantu", "ser 7"]),
        ("boundary_3", ["password reset", "", "tenantuser 7"]),
        ("boundary_4", ["tenant", "password reset", "user 7"]),
    ] {
        let issued_for = ["password reset", "tenant", "user 7"];
        let draft = of(issued_for).with(|draft| draft.opened_for = opened_for);
        add(&format!("other_{name}"), "opened for something else", "bad-seal", draft);
    }
    add(
        "other_kind",
        "kind 1, of the crate's own",
        "bad-seal",
        draft().with(|draft| draft.kind = 1),
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
    let with = |plaintext: Vec<u8>| draft().with(|draft| draft.plaintext = plaintext);
    let plain = |flags, behind: &[u8]| with(plaintext(flags, NOW - 60, NOW + 540, behind));
    add(
        "end_before_issue",
        "it ended before it was issued",
        "expired-at",
        with(plaintext(0, NOW, NOW - 1, &shaped(&DATA))),
    );
    add(
        "end_of_time",
        "its end is 2⁶⁴ − 1",
        "ok",
        with(plaintext(0, NOW, u64::MAX, &shaped(&DATA))),
    );
    add("unknown_flag", "flag 08", "unknown-form", plain(8, &shaped(&DATA)));
    add("other_shape", "of another type", "other-shape", plain(0, &[&[0; 4][..], &DATA].concat()));
    add(
        "other_shape_ended",
        "of another type, and it ended",
        "other-shape",
        with(plaintext(0, NOW - 60, NOW - 30, &[&[0; 4][..], &DATA].concat())),
    );
    add(
        "trailing",
        "a byte behind the data",
        "undecodable",
        plain(0, &shaped(&[&DATA[..], &[0]].concat())),
    );
    add("cut", "the data are cut", "undecodable", plain(0, &shaped(&DATA[..5])));
    add(
        "overlong",
        "`issued` is one byte too long",
        "undecodable",
        with(
            [
                &[0][..],
                &[0x80, 0x80, 0x80, 0x80, 0x80, 0],
                &reference::varint(NOW + 540),
                &shaped(&DATA),
            ]
            .concat(),
        ),
    );
    add(
        "padded",
        "padding of 8 bytes",
        "ok",
        plain(4, &shaped(&[&DATA[..], &[0x80, 0, 0, 0, 0, 0, 0, 0]].concat())),
    );
    add("not_padded", "flag 04 without padding", "undecodable", plain(4, &shaped(&DATA)));
    add(
        "kept_extension",
        "an extension with tag 128",
        "ok",
        plain(2, &[&SHAPE[..], &[1, 128, 1, 9], &DATA].concat()),
    );
    add(
        "unknown_extension",
        "an extension with tag 1",
        "unknown-form",
        plain(2, &[&SHAPE[..], &[1, 1, 1, 9], &DATA].concat()),
    );
    add(
        "no_extension",
        "flag 02 without extensions",
        "undecodable",
        plain(2, &[&SHAPE[..], &[0], &DATA].concat()),
    );
    let changed = |name: &str, note: &str, expect: &str, change: &dyn Fn(String) -> String| {
        let vector = Draft::new().vector(name, note, expect);
        Vector { ticket: change(vector.ticket.clone()), ..vector }
    };
    vectors.push(changed("dot_behind", "a dot behind it", "malformed", &|ticket| ticket + "."));
    vectors.push(changed("first_piece", "a count and a dot before it", "malformed", &|ticket| {
        format!("2.{ticket}")
    }));
    vectors.push(changed("cut_short", "54 bytes", "malformed", &|ticket| ticket[..72].to_owned()));
    vectors.push(changed("version_2", "another version", "unknown-version", &|ticket| {
        ticket.replacen("AY", "Ag", 1)
    }));
    vectors.push(changed("too_long", "14,001 characters", "too-long", &|ticket| {
        ticket.repeat(200)[..14_001].to_owned()
    }));
    vectors
}

/// §3.5, as a second implementation opens it. The data must be those of these vectors.
fn open(vector: &Vector) -> Result<(), Word> {
    let bound = hex::decode(&vector.bound).unwrap();
    let parts = [vector.purpose.as_bytes(), vector.context.as_bytes(), &bound];
    let ring = [key_of(&vector.key)];
    let data = reference::open_ticket(&ring, 0, parts, SHAPE, vector.now, &vector.ticket)?;
    if data == DATA { Ok(()) } else { Err("undecodable") }
}

fn committed() -> Vec<Vector> {
    serde_json::from_str(COMMITTED).expect("the fields that this test knows, and no others")
}

#[test]
fn the_committed_tickets_are_what_the_second_implementation_makes() {
    compare_or_write("tickets.json", &vectors(), COMMITTED);
}

#[test]
fn the_second_implementation_judges_every_ticket() {
    for vector in committed() {
        let word = open(&vector).map_or_else(|word| word, |()| "ok");
        assert_eq!(word, vector.expect, "{}", vector.name);
    }
}

/// The crate's word; `None` if its suite is not compiled in.
fn word_of_the_crate(vector: &Vector) -> Option<&'static str> {
    if !is_built(&vector.key) {
        return None;
    }
    let tickets = Tickets::<Visit>::builder(KeyRing::danger_from_published(&vector.key).unwrap())
        .purpose(&*vector.purpose)
        .context(&*vector.context)
        .valid_for(Duration::from_secs(600))
        .clock(ManualClock::at(Duration::from_secs(vector.now)))
        .build()
        .unwrap();
    let bound = hex::decode(&vector.bound).unwrap();
    Some(match tickets.open_for(&bound, &vector.ticket) {
        Ok(visit) if visit == (Visit { user: Some(7), cart: vec![1, 300] }) => "ok",
        Ok(_) => "other data",
        Err(error) => error.reason().as_str(),
    })
}

#[test]
fn the_crate_judges_every_ticket() {
    for vector in committed() {
        if let Some(word) = word_of_the_crate(&vector) {
            assert_eq!(word, vector.expect, "{}", vector.name);
        }
    }
}

/// Each byte of a plaintext takes the values that can matter, and each length is tried.
#[test]
fn both_judge_a_changed_plaintext_alike() {
    let behind = |flags: u8, behind: Vec<u8>| plaintext(flags, NOW - 60, NOW + 540, &behind);
    let plaintexts = [
        behind(0, shaped(&DATA)),
        behind(4, shaped(&[&DATA[..], &[0x80, 0, 0]].concat())),
        behind(2, [&SHAPE[..], &[2, 128, 1, 9, 200, 0], &DATA].concat()),
        behind(6, [&SHAPE[..], &[1, 255, 0], &DATA, &[0x80]].concat()),
    ];
    let mut judged = 0;
    let mut judge = |changed: Vec<u8>| {
        // The compressed form has vectors of its own, and other data is no fault.
        let draft = Draft::new().with(|draft| draft.plaintext = changed.clone());
        let vector = draft.vector("changed", "", "");
        let Some(word) = word_of_the_crate(&vector) else { return };
        let expected = open(&vector).map_or_else(|word| word, |()| "ok");
        let alike = word == expected || (word == "other data" && expected == "undecodable");
        assert!(alike, "{word} and {expected}: {}", hex::encode(changed));
        judged += 1;
    };
    for plaintext in plaintexts {
        for length in 10..plaintext.len() {
            judge(plaintext[..length].to_vec());
        }
        for at in 0..plaintext.len() {
            let before = plaintext[at];
            for value in [0, 1, 2, 6, 8, 0x7f, 0x80, 0xff, before ^ 1, before ^ 0x80] {
                let mut changed = plaintext.clone();
                changed[at] = value;
                if changed[0] & 1 == 0 || changed[0] > 7 {
                    judge(changed);
                }
            }
        }
    }
    assert!(judged == 0 || judged > 900, "{judged}");
}

/// What the crate issues, the second implementation opens.
#[test]
fn the_second_implementation_opens_what_the_crate_issues() {
    for vector in committed().into_iter().filter(|vector| vector.name.starts_with("ok_")) {
        let Ok(ring) = KeyRing::danger_from_published(&vector.key) else { continue };
        let tickets = Tickets::<Visit>::builder(ring)
            .purpose(&*vector.purpose)
            .context(&*vector.context)
            .valid_for(Duration::from_secs(600))
            .clock(ManualClock::at(Duration::from_secs(vector.now)))
            .build();
        let Ok(tickets) = tickets else { continue }; // a suite that is not compiled in
        let bound = hex::decode(&vector.bound).unwrap();
        let visit = Visit { user: Some(7), cart: vec![1, 300] };
        let end = UNIX_EPOCH + Duration::from_secs(vector.now + 1);
        for ticket in [tickets.issue_for(&bound, &visit), tickets.issue_until(&bound, end, &visit)]
        {
            let ticket = ticket.unwrap();
            assert_eq!(open(&Vector { ticket: ticket.clone(), ..vector.clone() }), Ok(()));
            let later = Vector { ticket, now: vector.now + 600, ..vector.clone() };
            assert_eq!(open(&later), Err("expired-at"));
        }
    }
}
