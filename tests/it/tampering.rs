//! SPEC §3, §8 and §18, docs/rules.md §4: no byte of a cookie can be changed, and no cookie made
//! for something else opens. A key of a missing suite opens nothing.

use crate::support::*;
use sealed_session::{KeyRing, LoadStatus, Reason, Sessions, Suite};
use serde::{Deserialize, Serialize};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn reason<T: sealed_session::SessionData>(sessions: &Sessions<T>, value: &str) -> Reason {
    match sessions.open(value) {
        Ok(_) => panic!("it opens"),
        Err(error) => error.reason(),
    }
}

/// A server for each suite in this build.
fn suites() -> Vec<Sessions<Visit>> {
    let mut suites = Vec::new();
    if cfg!(feature = "aes") {
        suites.push(Suite::Xaes256Gcm);
    }
    if cfg!(feature = "chacha") {
        suites.push(Suite::XChaCha20Poly1305);
    }
    let node = |suite| {
        Sessions::builder(KeyRing::generate(suite).unwrap()).clock(clock()).build().unwrap()
    };
    suites.into_iter().map(node).collect()
}

/// The reason for a plaintext sealed by the right key.
fn sealed(sessions: &Sessions<Visit>, plaintext: &[u8]) -> Result<Visit, Reason> {
    sessions
        .open(&wire::Key::of(sessions.key_ring()).seal(plaintext))
        .map_err(|error| error.reason())
}

#[test]
fn every_single_bit_flip_is_rejected() {
    for sessions in suites() {
        let bytes = wire::decode(&sessions.seal(&visit(7)).unwrap());
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let expected = match bit / 8 {
                0 => Reason::UnknownVersion,
                1..5 => Reason::UnknownKey,
                _ => Reason::BadSeal,
            };
            assert_eq!(reason(&sessions, &wire::encode(&flipped)), expected, "bit {bit}");
        }
    }
}

#[test]
fn every_truncation_and_extension_is_rejected() {
    for sessions in suites() {
        let value = sessions.seal(&visit(7)).unwrap();
        for length in 0..value.len() {
            assert!(
                matches!(reason(&sessions, &value[..length]), Reason::Malformed | Reason::BadSeal),
                "{length}"
            );
            assert!(matches!(reason(&sessions, &value[value.len() - length..]), _), "{length}");
        }
        for more in ["A", "AA", "AAA", "AAAA", "=", "==", "."] {
            assert!(matches!(
                reason(&sessions, &format!("{value}{more}")),
                Reason::Malformed | Reason::BadSeal
            ));
            assert!(sessions.open(&format!("{more}{value}")).is_err());
        }
    }
}

#[test]
fn only_one_spelling_of_base64url_opens() {
    let (sessions, _) = sessions();
    // lengths with 0, 2 and 4 spare bits
    for user in [1, 1000, 100_000] {
        let value = sessions.seal(&visit(user)).unwrap();
        assert!(sessions.open(&value).is_ok());
        for spelling in [
            format!("{value}="),
            format!("{value}=="),
            format!(" {value}"),
            format!("\"{value}\""),
            format!("{value}\n"),
        ] {
            assert_eq!(reason(&sessions, &spelling), Reason::Malformed);
        }
        let bytes = wire::decode(&value);
        let last = value.as_bytes()[value.len() - 1];
        for other in (b'0'..=b'z').filter(|other| *other != last) {
            let spelling = format!("{}{}", &value[..value.len() - 1], other as char);
            let refused = reason(&sessions, &spelling);
            assert!(
                refused == Reason::Malformed
                    || (bytes.len() % 3 == 0 || refused == Reason::BadSeal),
                "{refused}"
            );
        }
    }
}

#[test]
fn no_byte_outside_the_alphabet_opens() {
    let (sessions, _) = sessions();
    // Long enough for several blocks of a decoder that reads 32 characters at a time, and a
    // remainder.
    let value = sessions.seal(&Visit { cart: (0..80).collect(), ..visit(7) }).unwrap();
    assert!(value.len() > 150 && value.len() % 32 != 0);
    let strangers = (0..=0x7f)
        .map(char::from)
        .filter(|byte| !byte.is_ascii_alphanumeric() && !"-_".contains(*byte));
    for stranger in strangers.chain(['\u{80}', '\u{ff}', 'Ａ']) {
        // The first two characters and a dot are those of a value in pieces.
        for place in 2..value.len() {
            let other = format!("{}{stranger}{}", &value[..place], &value[place + 1..]);
            assert_eq!(reason(&sessions, &other), Reason::Malformed, "{stranger:?} at {place}");
        }
    }
}

#[test]
fn the_alphabet_of_plain_base64_is_malformed() {
    let (sessions, _) = sessions();
    let value = std::iter::repeat_with(|| sessions.seal(&visit(7)).unwrap());
    let value = value.into_iter().find(|value| value.contains('-') && value.contains('_')).unwrap();
    assert!(sessions.open(&value).is_ok());
    assert_eq!(reason(&sessions, &value.replace('-', "+")), Reason::Malformed);
    assert_eq!(reason(&sessions, &value.replace('_', "/")), Reason::Malformed);
}

#[test]
fn a_cookie_of_another_name_is_rejected() {
    let clock = clock();
    let shop = builder(&clock).cookie_name("shop").build().unwrap();
    let admin = Sessions::<Visit>::builder(shop.key_ring().clone())
        .clock(clock.clone())
        .cookie_name("admin")
        .build()
        .unwrap();
    assert_eq!(reason(&admin, &shop.seal(&visit(7)).unwrap()), Reason::BadSeal);
    let same = Sessions::<Visit>::builder(shop.key_ring().clone())
        .clock(clock)
        .cookie_name("shop")
        .build()
        .unwrap();
    assert_eq!(same.open(&shop.seal(&visit(7)).unwrap()), Ok(visit(7)));
}

#[test]
fn a_name_and_a_context_are_kept_apart() {
    let clock = clock();
    let ring = ring();
    let make = |name: &str, context: &str| {
        Sessions::<Visit>::builder(ring.clone())
            .clock(clock.clone())
            .cookie_name(name)
            .context(context)
            .build()
            .unwrap()
    };
    assert_eq!(
        reason(&make("s", "hop"), &make("shop", "").seal(&visit(7)).unwrap()),
        Reason::BadSeal
    );
    assert_eq!(
        reason(&make("sh", "op"), &make("s", "hop").seal(&visit(7)).unwrap()),
        Reason::BadSeal
    );
}

#[test]
fn a_cookie_of_another_context_is_rejected() {
    let clock = clock();
    let production = builder(&clock).context("production").build().unwrap();
    let ticket = production.with_context("ticket");
    assert_eq!(reason(&production, &ticket.seal(&visit(7)).unwrap()), Reason::BadSeal);
    assert_eq!(reason(&ticket, &production.seal(&visit(7)).unwrap()), Reason::BadSeal);
    assert_eq!(
        ticket.with_context("production").open(&production.seal(&visit(7)).unwrap()),
        Ok(visit(7))
    );
    let only_ticket = Sessions::<Visit>::builder(production.key_ring().clone())
        .clock(clock)
        .context("ticket")
        .build()
        .unwrap();
    assert_eq!(
        only_ticket.open(&ticket.seal(&visit(7)).unwrap()),
        Ok(visit(7)),
        "nothing is joined"
    );
}

#[test]
fn a_cookie_of_another_key_is_rejected_even_with_our_id() {
    for sessions in suites() {
        let (ours, theirs) = (wire::Key::of(sessions.key_ring()), wire::Key::of(&ring()));
        let plain = wire::Claims::of(&sessions).plain();
        assert_eq!(reason(&sessions, &theirs.seal(&plain)), Reason::UnknownKey);
        assert_eq!(
            reason(&sessions, &theirs.seal_with(ours.id(), [1; 24], NAME, b"", &plain)),
            Reason::BadSeal
        );
        assert_eq!(
            sessions.open(&ours.seal_with(ours.id(), [1; 24], NAME, b"", &plain)),
            Ok(visit(7))
        );
    }
}

#[test]
#[cfg(all(feature = "aes", feature = "chacha"))]
fn a_cookie_of_another_suite_is_rejected() {
    let xaes = sessions().0;
    let text = xaes.key_ring().expose_secrets().replace("xaes256gcm", "xchacha20poly1305");
    let chacha = sessions_of(&text, &clock());
    let (ours, theirs) = (wire::Key::of(xaes.key_ring()), wire::Key::parse(&text));
    assert_ne!(ours.id(), theirs.id());
    assert_eq!(reason(&chacha, &xaes.seal(&visit(7)).unwrap()), Reason::UnknownKey);
    let plain = wire::Claims::of(&xaes).plain();
    assert_eq!(
        reason(&chacha, &ours.seal_with(theirs.id(), [1; 24], NAME, b"", &plain)),
        Reason::BadSeal
    );
}

#[test]
fn a_cookie_of_another_type_is_other_shape() {
    #[derive(Default, Serialize, Deserialize)]
    struct Renamed {
        user: Option<u64>,
        cart: Vec<u32>,
        text: String,
    }
    let (sessions, clock) = sessions();
    let value = sessions.seal(&visit(7)).unwrap();
    let other = Sessions::<Renamed>::builder(sessions.key_ring().clone())
        .clock(clock.clone())
        .build()
        .unwrap();
    assert_eq!(reason(&other, &value), Reason::OtherShape);
    let same =
        Sessions::<Visit>::builder(sessions.key_ring().clone()).clock(clock).build().unwrap();
    assert_eq!(same.open(&value), Ok(visit(7)));
}

#[test]
fn a_cookie_of_another_version_is_other_shape() {
    let ring = ring();
    let [one, two, one_again] = [1, 2, 1].map(|number| {
        Sessions::<Visit>::builder(ring.clone())
            .clock(clock())
            .schema_version(number)
            .build()
            .unwrap()
    });
    let value = one.seal(&visit(7)).unwrap();
    assert_eq!(reason(&two, &value), Reason::OtherShape);
    assert_eq!(one_again.open(&value), Ok(visit(7)));
}

#[test]
fn the_shape_of_a_version_is_as_specified() {
    use sha2::{Digest, Sha256};
    let sessions = builder(&clock()).schema_version(0x0102_0304).build().unwrap();
    let hash = Sha256::digest(b"sealed-session v1 shape postcard\x04\x03\x02\x01");
    assert_eq!((&sessions.shape()[..], sessions.shape_text()), (&hash[..4], None));
}

#[test]
fn the_wire_format_is_as_specified_in_both_directions() {
    for sessions in suites() {
        let key = wire::Key::of(sessions.key_ring());
        let (claims, data) = key.read(&sessions.seal(&visit(7)).unwrap());
        assert_eq!(claims, wire::Claims::of(&sessions));
        assert_eq!(data, postcard::to_allocvec(&visit(7)).unwrap());
        assert_eq!(sealed(&sessions, &claims.plain()), Ok(visit(7)));
        assert_eq!(sessions.key_ring().keys()[0].id.to_bytes(), key.id());
    }
}

#[test]
fn nonces_differ() {
    let (sessions, _) = sessions();
    let nonce = |_| wire::decode(&sessions.seal(&visit(7)).unwrap())[5..29].to_vec();
    let nonces: std::collections::BTreeSet<Vec<u8>> = (0..100).map(nonce).collect();
    assert_eq!(nonces.len(), 100);
}

#[test]
fn an_unknown_format_version_is_not_malformed() {
    let (sessions, _) = sessions();
    let mut bytes = wire::decode(&sessions.seal(&visit(7)).unwrap());
    for version in [0, 2, 255] {
        bytes[0] = version;
        assert_eq!(reason(&sessions, &wire::encode(&bytes)), Reason::UnknownVersion);
    }
    assert_eq!(reason(&sessions, "Ag"), Reason::UnknownVersion, "whatever its length");
    assert_eq!(reason(&sessions, "AQ"), Reason::Malformed);
}

#[test]
fn only_a_first_piece_may_have_a_dot() {
    let (sessions, _) = sessions();
    for piece in ["2.AQ", "3.AQABCD_-", "9.AQ"] {
        assert_eq!(reason(&sessions, piece), Reason::Pieces, "{piece}");
    }
    for other in ["0.AQ", "1.AQ", "10.AQ", "2.A+", "2.AQ.AQ", "AQ.AQ", ".AQ", "2,AQ", "2.AQ="] {
        assert_eq!(reason(&sessions, other), Reason::Malformed, "{other}");
    }
}

#[test]
fn a_cookie_has_at_most_4096_characters_and_a_value_14000() {
    let (sessions, _) = sessions();
    assert_eq!(reason(&sessions, &"A".repeat(14_000)), Reason::UnknownVersion);
    assert_eq!(reason(&sessions, &"A".repeat(14_001)), Reason::TooLong);
    let in_a_request = |value: String| {
        Call::get().cookie(&value).run(&sessions, |session| session.load_status()).returned
    };
    let rejected = LoadStatus::Rejected;
    assert_eq!(in_a_request("A".repeat(4096)), rejected(Reason::UnknownVersion));
    assert_eq!(in_a_request("A".repeat(4097)), rejected(Reason::TooLong));
    assert_eq!(in_a_request(format!("2.{}", "A".repeat(4095))), rejected(Reason::TooLong));
}

#[test]
fn an_unknown_form_or_claim_is_unknown_form() {
    let (sessions, _) = sessions();
    let plain = wire::Claims::of(&sessions).plain(); // form, issued (5), age, id, expiry, flashes, shape (4), data
    let with = |index: usize, byte: u8| {
        sealed(&sessions, &[&plain[..index], &[byte], &plain[index + 1..]].concat())
    };
    assert_eq!(with(0, 0), Ok(visit(7)));
    for unknown in [8, 16, 255] {
        assert_eq!(with(0, unknown), Err(Reason::UnknownForm));
    }
    assert_eq!(with(7, 2), Err(Reason::UnknownForm), "id");
    assert_eq!(with(8, 4), Err(Reason::UnknownForm), "expiry");
}

#[test]
fn claims_are_read_strictly() {
    let (sessions, _) = sessions();
    let plain = wire::Claims::of(&sessions).plain();
    let (before, after) = (&plain[..6], &plain[7..]); // around `age`, which is 0
    assert_eq!(sealed(&sessions, &[before, &[0], after].concat()), Ok(visit(7)));
    for over_long in [
        &[0x80, 0][..],
        &[0x80, 0x80, 0],
        &[0xff; 10],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
    ] {
        assert_eq!(
            sealed(&sessions, &[before, over_long, after].concat()),
            Err(Reason::Undecodable),
            "{over_long:?}"
        );
    }
    let no_utf8 = [&plain[..9], &[1, 20, 2, 0xc3, 0x28], &plain[10..]].concat();
    assert_eq!(sealed(&sessions, &no_utf8), Err(Reason::Undecodable));
    let endless = [&plain[..9], &[0xff, 0xff, 0xff, 0xff, 0x0f], &plain[10..]].concat();
    assert_eq!(sealed(&sessions, &endless), Err(Reason::Undecodable));
}

#[test]
fn data_must_be_complete_and_without_a_rest() {
    let (sessions, _) = sessions();
    let plain = wire::Claims::of(&sessions).plain();
    assert_eq!(sealed(&sessions, &[&plain[..], &[0]].concat()), Err(Reason::Undecodable));
    for length in 10..plain.len() {
        let refused = sealed(&sessions, &plain[..length]).unwrap_err();
        assert_eq!(refused, Reason::Undecodable, "{length} of {}", plain.len());
    }
}

#[test]
fn a_tampered_cookie_gives_an_empty_session_and_stays() {
    let (sessions, _) = sessions();
    let mut bytes = wire::decode(&sessions.seal(&visit(7)).unwrap());
    *bytes.last_mut().unwrap() ^= 1;
    let answer = Browser::holding(&wire::encode(&bytes))
        .get(&sessions, |session| (session.load_status(), session.cloned()));
    assert_eq!(
        (answer.lines().len(), answer.returned),
        (0, (LoadStatus::Rejected(Reason::BadSeal), Visit::default()))
    );
}

#[test]
fn every_reason_is_in_the_closed_list() {
    let words = "too-many too-long malformed unknown-version pieces pieces-mixed unknown-key key-ended unsupported-suite bad-seal \
                 unknown-form other-shape undecodable expired-idle expired-absolute expired-at from-the-future refused";
    use Reason::*;
    let reasons = [
        TooMany,
        TooLong,
        Malformed,
        UnknownVersion,
        Pieces,
        PiecesMixed,
        UnknownKey,
        KeyEnded,
        UnsupportedSuite,
        BadSeal,
        UnknownForm,
        OtherShape,
        Undecodable,
        ExpiredIdle,
        ExpiredAbsolute,
        ExpiredAt,
        FromTheFuture,
        Refused("why"),
    ];
    let said: Vec<&str> = reasons.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(said, words.split_whitespace().collect::<Vec<_>>());
}

/// A build without one of the suites, as for the edge.
#[cfg(not(all(feature = "aes", feature = "chacha")))]
mod one_suite {
    use super::*;
    use sealed_session::error::RingError;
    use sealed_session::keys::Key;

    const OTHER: Suite =
        if cfg!(feature = "aes") { Suite::XChaCha20Poly1305 } else { Suite::Xaes256Gcm };

    #[test]
    fn a_key_of_a_missing_suite_loads_and_opens_nothing() {
        let other = Key::generate(OTHER).unwrap();
        let sessions = sessions_of(&format!("{}\n{}", line(""), *other.expose_secret()), &clock());
        let value = [&[1][..], &other.id().to_bytes(), &[0; 60]].concat();
        assert_eq!(reason(&sessions, &wire::encode(&value)), Reason::UnsupportedSuite);
        assert!(sessions.open(&sessions.seal(&visit(7)).unwrap()).is_ok());
    }

    #[test]
    fn a_sealing_key_of_a_missing_suite_is_refused() {
        let ring = KeyRing::generate(OTHER).unwrap();
        let refused = RingError::SuiteNotCompiled { suite: OTHER };
        assert_eq!(sessions().0.key_ring().replace(&ring), Err(refused.clone()));
        let error = Sessions::<Visit>::builder(ring).clock(clock()).build().unwrap_err();
        assert_eq!(error.ring_error(), Some(&refused));
    }

    #[test]
    fn a_scheduled_key_of_a_missing_suite_is_refused() {
        let scheduled = format!(
            "{}  seal-from=2099-01-01T00:00:00Z\n{}",
            *Key::generate(OTHER).unwrap().expose_secret(),
            line("")
        );
        let ring = KeyRing::danger_from_published(&scheduled).unwrap();
        let error = Sessions::<Visit>::builder(ring).clock(clock()).build().unwrap_err();
        assert_eq!(error.ring_error(), Some(&RingError::SuiteNotCompiled { suite: OTHER }));
    }
}
