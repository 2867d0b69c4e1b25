//! `sealed_session::inspect`: it agrees with `open` on every value, does not panic on any
//! input, and shows no secret.

use crate::support::*;
use proptest::prelude::*;
use sealed_session::inspect::{DataFormat, Inspector, RingText, Stage, Verdict, redact_keys};
use sealed_session::keys::Key;
use sealed_session::{KeyRing, Level, Map, Reason, SessionData, Sessions, Suite};
use std::time::SystemTime;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Compares an inspection with what `open` says, and returns where it stopped.
fn stopped<T: SessionData>(sessions: &Sessions<T>, value: &str) -> Option<(Stage, Reason)> {
    let inspection = sessions.inspect(value);
    let opened = sessions.open(value).err().map(|error| error.reason());
    assert_eq!(inspection.stopped().map(|(_, reason)| reason), opened, "{value}");
    assert_eq!(inspection.verdict == Verdict::Opens, opened.is_none());
    inspection.stopped()
}

#[test]
fn each_stage_stops_what_it_is_for() {
    let (sessions, clock) = sessions();
    let key = wire::Key::of(sessions.key_ring());
    let value = sessions.seal(&visit(7)).unwrap();
    assert_eq!(stopped(&sessions, &value), None);
    let mut other_version = wire::decode(&value);
    other_version[0] = 9;
    let mut other_tag = wire::decode(&value);
    *other_tag.last_mut().unwrap() ^= 1;
    let of_another_key = self::sessions().0.seal(&visit(7)).unwrap();
    for (value, expected) in [
        ("A".repeat(14_001), (Stage::Length, Reason::TooLong)),
        (String::from("3.AAAA"), (Stage::Pieces, Reason::Pieces)),
        (String::from("3.A=A"), (Stage::Base64url, Reason::Malformed)),
        (String::new(), (Stage::Base64url, Reason::Malformed)),
        (String::from("AQ"), (Stage::Version, Reason::Malformed)),
        (wire::encode(&other_version), (Stage::Version, Reason::UnknownVersion)),
        (of_another_key, (Stage::KeyId, Reason::UnknownKey)),
        (wire::encode(&other_tag), (Stage::Seal, Reason::BadSeal)),
        (key.seal(&[0x40; 20]), (Stage::Claims, Reason::UnknownForm)),
        (key.seal(&[0; 10]), (Stage::Shape, Reason::OtherShape)),
    ] {
        assert_eq!(stopped(&sessions, &value), Some(expected), "{value}");
    }
    clock.advance(secs(40 * DAY));
    assert_eq!(stopped(&sessions, &value), Some((Stage::Lifetime, Reason::ExpiredAbsolute)));
    let ahead = sessions.seal(&visit(7)).unwrap();
    clock.set(secs(START));
    assert_eq!(stopped(&sessions, &ahead), Some((Stage::Issued, Reason::FromTheFuture)));
}

#[test]
fn the_type_and_the_application_have_the_last_word() {
    let clock = clock();
    let sessions = builder(&clock)
        .validate(|_, visit| if visit.user == Some(7) { Err("not today") } else { Ok(()) })
        .build()
        .unwrap();
    let refused = sessions.with_context("elsewhere");
    assert_eq!(stopped(&sessions, &sessions.seal(&visit(8)).unwrap()), None);
    let value = sessions.seal(&visit(7)).unwrap();
    assert_eq!(stopped(&sessions, &value), Some((Stage::Validation, Reason::Refused("not today"))));
    assert!(sessions.inspect(&value).contents.is_some(), "what it refuses it shows nevertheless");
    assert_eq!(stopped(&refused, &value), Some((Stage::Seal, Reason::BadSeal)));

    // A type reads more than its bytes: the data of a `Visit` with bytes behind it.
    let key = wire::Key::of(sessions.key_ring());
    let mut plaintext = key.open(&sessions.seal(&visit(8)).unwrap());
    plaintext.push(0);
    assert_eq!(stopped(&sessions, &key.seal(&plaintext)), Some((Stage::Data, Reason::Undecodable)));
}

#[test]
fn a_key_that_has_ended_is_named() {
    let clock = clock();
    let sessions = sessions_of(
        &format!(
            "{}\n{}",
            line("seal-from=2027-02-01T00:00:00Z"),
            line("open-until=2027-02-02T00:00:00Z")
        ),
        &clock,
    );
    let value = sessions.seal(&visit(7)).unwrap();
    clock.set(secs(START + 18 * DAY));
    let inspection = sessions.inspect(&value);
    assert_eq!(inspection.stopped(), Some((Stage::KeyEnd, Reason::KeyEnded)));
    assert_eq!(inspection.key.unwrap(), sessions.key_ring().keys()[1]);
    assert_eq!(stopped(&sessions, &value), Some((Stage::KeyEnd, Reason::KeyEnded)));
}

#[test]
fn contexts_that_are_also_opened_count() {
    let (clock, ring) = (clock(), ring());
    let of = |ring: &KeyRing| Sessions::<Visit>::builder(ring.clone()).clock(clock.clone());
    let before = of(&ring).context("before").build().unwrap();
    let now = of(&ring).accept_alias(NAME, "before").build().unwrap();
    assert_eq!(stopped(&now, &before.seal(&visit(7)).unwrap()), None);
    assert_eq!(
        stopped(&before, &now.seal(&visit(7)).unwrap()),
        Some((Stage::Seal, Reason::BadSeal))
    );
}

#[test]
fn contents_are_those_of_the_session() {
    let (sessions, _) = sessions();
    let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
    session.set(visit(7)).unwrap();
    session.renew().unwrap();
    session.flash(Level::SUCCESS, "Saved.").unwrap();
    let value = session.seal().unwrap();
    let contents =
        Inspector::new().ring(sessions.key_ring()).at(at(START)).inspect(&value).contents.unwrap();
    assert_eq!((contents.issued, contents.created), (at(START), at(START)));
    assert_eq!((contents.id, contents.shape), (session.id(), sessions.shape()));
    assert_eq!(
        (contents.end, contents.refresh_from),
        (session.info().expires_at(), session.info().refreshes_at())
    );
    assert_eq!(contents.flashes, session.flashes());
    assert_eq!(contents.format, DataFormat::Positional);
    assert_eq!(contents.data, postcard::to_allocvec(&visit(7)).unwrap());
    assert!(contents.map.is_none() && !contents.refresh_due);
    let shown = format!("{contents:?}{:?}", sessions.inspect(&value));
    let id = session.id().unwrap().to_string();
    assert!(
        !shown.contains("Saved") && !shown.contains(&id) && !shown.contains("ssk1."),
        "{shown}"
    );
}

#[test]
fn a_map_is_shown_and_an_unexpected_shape_is_refused() {
    let ring = ring();
    let sessions = Sessions::<Map>::builder(ring.clone()).clock(clock()).build().unwrap();
    let mut map = Map::new();
    map.insert("user", 7).unwrap();
    let value = sessions.seal(&map).unwrap();
    let inspector = Inspector::new().ring(&ring).at(at(START));
    let contents = inspector.inspect(&value).contents.unwrap();
    assert_eq!((contents.format, contents.map), (DataFormat::Map, Some(map)));
    assert_eq!(
        inspector.clone().shape(*b"abcd").inspect(&value).stopped(),
        Some((Stage::Shape, Reason::OtherShape))
    );
    assert_eq!(inspector.shape(sessions.shape()).inspect(&value).verdict, Verdict::Opens);
}

#[test]
fn without_a_ring_nothing_is_opened() {
    let (sessions, _) = sessions();
    let value = sessions.seal(&visit(7)).unwrap();
    let seen = Inspector::default().inspect(&value);
    assert_eq!((seen.verdict, seen.key, seen.characters), (Verdict::NotTried, None, value.len()));
    assert_eq!(seen.key_id, sessions.key_ring().sealing_key(at(START)));
    assert_eq!(seen.envelope_bytes.unwrap(), seen.content_bytes.unwrap() + 45);
    assert_eq!(seen.verdict.to_string(), "not opened: no key ring was given to open it with");
    assert_eq!(Inspector::new().inspect("5.AAAA").pieces, Some(5));
}

#[test]
fn times_at_the_end_of_time_are_no_problem() {
    let (sessions, _) = sessions();
    let key = wire::Key::of(sessions.key_ring());
    // Issued, age and expiry (`At`) at the greatest u64.
    let greatest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let claims = [&[0][..], &greatest, &[0, 0, 3], &greatest, &[0], &sessions.shape()].concat();
    let inspection = sessions.inspect(key.seal(&claims));
    assert_eq!(inspection.stopped(), Some((Stage::Issued, Reason::FromTheFuture)));
    assert!(inspection.contents.unwrap().end > SystemTime::UNIX_EPOCH);
    let forever = Inspector::new()
        .ring(sessions.key_ring())
        .idle_timeout(secs(u64::MAX))
        .absolute_timeout(secs(u64::MAX))
        .at(at(START));
    assert_eq!(forever.inspect(sessions.seal(&visit(7)).unwrap()).verdict, Verdict::Opens);
}

#[test]
fn stages_have_the_steps_of_the_specification() {
    let steps: Vec<u8> = Stage::ALL.iter().map(|stage| stage.step()).collect();
    assert!(steps.is_sorted_by(|one, next| one < next), "{steps:?}");
    assert!(Stage::ALL.is_sorted());
}

#[test]
fn a_rings_text_has_the_places_of_its_words() {
    let (one, two) = (line(""), line(""));
    let (one, two) = (one.trim(), two.trim());
    for text in [
        format!(
            "# head\n\n\t{one} \t seal-from=2029-01-01T00:00:00Z  # c\n\
             {two}  open-until=2030-01-01T00:00:00Z"
        ),
        format!(
            "\u{feff}{one} seal-from=2029-01-01T00:00:00Z\r\n# {two}\r\n\
             {two} open-until=2030-01-01T00:00:00Z\r\n"
        ),
        format!(
            "# a; {one} seal-from=2029-01-01T00:00:00Z;{two} open-until=2030-01-01T00:00:00Z # b"
        ),
    ] {
        let ring: RingText = text.parse().unwrap();
        let keys = ring.keys();
        assert_eq!(keys.len(), 2);
        for (key, (token, place)) in
            keys.iter().zip([(one, &keys[0].seal_from), (two, &keys[1].open_until)])
        {
            let words = &text[key.words.clone()];
            assert!(words.starts_with(token) && words.ends_with("-01-01T00:00:00Z"), "{text}");
            assert_eq!(text[place.clone().unwrap()].len(), 20);
            assert_eq!(key.line, text[..key.words.start].matches('\n').count() + 1);
        }
        assert_eq!((&keys[0].open_until, &keys[1].seal_from), (&None, &None));
        assert_eq!(ring.ring().keys()[1], keys[1].info);
        assert!(!format!("{ring:?}").contains("ssk1."));
    }
}

#[test]
fn keys_are_redacted_wherever_they_stand() {
    let key = Key::generate(SUITE).unwrap().expose_secret().to_string();
    for text in [format!("cannot read \"{key}\""), format!("{key}\n{key}"), key[..30].to_owned()] {
        assert!(!redact_keys(&text).contains("ssk1."), "{}", redact_keys(&text));
    }
    assert_eq!(redact_keys("ssk1.xaes256gcm.$(openssl …)"), "ssk1.xaes256gcm.$(openssl …)");
}

#[test]
fn a_suite_that_is_not_compiled_in_is_named() {
    let other = if cfg!(feature = "aes") { Suite::XChaCha20Poly1305 } else { Suite::Xaes256Gcm };
    let ring = KeyRing::generate(other).unwrap();
    let id = ring.keys()[0].id.to_bytes();
    let value = wire::encode(&[&[1][..], &id, &[0; 60]].concat());
    let stopped = Inspector::new().ring(&ring).inspect(value).stopped();
    let expected = if cfg!(all(feature = "aes", feature = "chacha")) {
        (Stage::Seal, Reason::BadSeal)
    } else {
        (Stage::Suite, Reason::UnsupportedSuite)
    };
    assert_eq!(stopped, Some(expected));
}

proptest! {
    #[test]
    fn no_value_makes_it_panic(value in prop::collection::vec(any::<u8>(), 0..200)) {
        let (sessions, _) = sessions();
        sessions.inspect(&value);
        Inspector::new().inspect(&value);
        let text = String::from_utf8_lossy(&value);
        stopped(&sessions, &text);
        stopped(&sessions, &wire::encode(&value));
        // Authentic, and anything at all inside.
        stopped(&sessions, &wire::Key::of(sessions.key_ring()).seal(&value));
    }

    #[test]
    fn a_changed_byte_stops_it_where_opening_stops(at in any::<usize>(), flip in 1u8..) {
        let (sessions, _) = sessions();
        let mut bytes = wire::decode(&sessions.seal(&visit(7)).unwrap());
        let at = at % bytes.len();
        bytes[at] ^= flip;
        prop_assert!(stopped(&sessions, &wire::encode(&bytes)).is_some());
    }

    #[test]
    fn no_text_makes_the_rings_places_panic(text in "(ssk1|[#;=\\. \t\r\n\u{feff}a-z0-9])*") {
        let _ = text.parse::<RingText>();
        redact_keys(&text);
    }
}
