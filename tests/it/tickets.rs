//! SPEC §3.5, tickets: what opens, and what is refused for which reason.

use crate::support::*;
use http::{HeaderMap, Method};
#[cfg(feature = "map")]
use sealed_session::Encoding;
use sealed_session::clock::ManualClock;
use sealed_session::error::TicketError;
use sealed_session::tickets::TicketsBuilder;
use sealed_session::{Builder, KeyRing, Reason, Session, SessionData, Sessions, Tickets};
use serde::{Deserialize, Serialize};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Reset {
    user: u64,
    version: u32,
}

const RESET: Reset = Reset { user: 7, version: 3 };

fn of(ring: &KeyRing, clock: &ManualClock) -> TicketsBuilder<Reset> {
    Tickets::builder(ring.clone())
        .purpose("password reset")
        .valid_for(secs(600))
        .clock(clock.clone())
}

fn tickets() -> (Tickets<Reset>, ManualClock, KeyRing) {
    let (clock, ring) = (clock(), ring());
    (of(&ring, &clock).build().unwrap(), clock, ring)
}

fn reason(tickets: &Tickets<Reset>, ticket: &str) -> Option<Reason> {
    tickets.open(ticket).err().map(|error| error.reason())
}

#[test]
fn a_ticket_opens_until_its_end_as_often_as_it_is_given() {
    let (tickets, clock, _) = tickets();
    let ticket = tickets.issue(&RESET).unwrap();
    assert!(ticket.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    for second in [0, 1, 599] {
        clock.set(secs(START + second));
        assert_eq!(tickets.open(&ticket), Ok(RESET));
    }
    for second in [600, 601, 10_000_000] {
        clock.set(secs(START + second));
        assert_eq!(reason(&tickets, &ticket), Some(Reason::ExpiredAt));
    }
    // Issued by a server whose clock is ahead, by two minutes and by more.
    clock.set(secs(START - 120));
    assert_eq!(tickets.open(&ticket), Ok(RESET));
    clock.set(secs(START - 121));
    assert_eq!(reason(&tickets, &ticket), Some(Reason::FromTheFuture));
}

#[test]
fn each_ticket_can_have_an_end_of_its_own() {
    let (tickets, clock, _) = tickets();
    let short = tickets.valid_for(secs(5)).issue(&RESET).unwrap();
    let long = tickets.issue_until([], at(START + 86_400), &RESET).unwrap();
    clock.set(secs(START + 5));
    assert_eq!(reason(&tickets, &short), Some(Reason::ExpiredAt));
    clock.set(secs(START + 86_399));
    assert_eq!(tickets.open(&long), Ok(RESET));
    for end in [START - 1, START + 86_399] {
        assert_eq!(tickets.issue_until([], at(end), &RESET), Err(TicketError::Ended));
    }
    assert_eq!(tickets.valid_for(secs(0)).issue(&RESET), Err(TicketError::Ended));
}

#[test]
fn purpose_context_and_bound_are_kept_apart_with_their_boundaries() {
    let (clock, ring) = (clock(), ring());
    let kinds = [
        ("ab", "c", "d"),
        ("a", "bc", "d"),
        ("abc", "d", ""),
        ("ab", "cd", ""),
        ("a", "b", "cd"),
        ("ab", "", "cd"),
    ];
    let build = |purpose: &str, context: &str| {
        of(&ring, &clock).purpose(purpose).context(context).build().unwrap()
    };
    for (issuer, (purpose, context, bound)) in kinds.iter().enumerate() {
        let ticket = build(purpose, context).issue_for(bound, &RESET).unwrap();
        for (opener, (purpose, context, bound)) in kinds.iter().enumerate() {
            let opened = build(purpose, context).open_for(bound, &ticket);
            let opened = opened.map_err(|error| error.reason());
            let expected = if issuer == opener { Ok(RESET) } else { Err(Reason::BadSeal) };
            assert_eq!(opened, expected, "{issuer} {opener}");
        }
    }
}

#[test]
fn tickets_and_sessions_do_not_open_as_each_other() {
    let (tickets, clock, ring) = tickets();
    let sessions = Sessions::<Reset>::builder(ring.clone()).clock(clock.clone()).build().unwrap();
    let (ticket, session) = (tickets.issue(&RESET).unwrap(), sessions.seal(&RESET).unwrap());
    assert_eq!(reason(&tickets, &session), Some(Reason::BadSeal));
    assert_eq!(sessions.open(&ticket).unwrap_err().reason(), Reason::BadSeal);
    // Nor with a context that imitates what a ticket is bound to.
    let imitation =
        [&[0][..], &0_u16.to_le_bytes(), &14_u16.to_le_bytes(), b"password reset", &[0, 0]]
            .concat();
    let imitating = sessions.with_context(imitation);
    assert_eq!(imitating.open(&ticket).unwrap_err().reason(), Reason::BadSeal);
}

#[test]
fn what_a_mail_program_does_to_a_link_is_refused() {
    let (tickets, _, _) = tickets();
    let ticket = tickets.issue(&RESET).unwrap();
    let last = ticket.len() - 1;
    for (changed, reason_) in [
        (format!("{ticket}."), Reason::Malformed),
        (format!("{ticket})"), Reason::Malformed),
        (format!("{ticket}]"), Reason::Malformed),
        (format!("<{ticket}>"), Reason::Malformed),
        (format!("{ticket}\""), Reason::Malformed),
        (format!("{ticket}&amp;utm_source=mail"), Reason::Malformed),
        (format!("{ticket}\u{200b}"), Reason::Malformed),
        (format!("{ticket}="), Reason::Malformed),
        (format!("{}=\r\n{}", &ticket[..40], &ticket[40..]), Reason::Malformed),
        // "ticket=3D…", quoted-printable that nobody decoded.
        (format!("3D{ticket}"), Reason::Malformed),
        (format!("3DAA{ticket}"), Reason::UnknownVersion),
        (format!(" {ticket}"), Reason::Malformed),
        (format!("{ticket}%3D"), Reason::Malformed),
        (format!("2.{ticket}"), Reason::Malformed),
        (ticket.replacen(|_: char| true, "%41", 1), Reason::Malformed),
        (ticket[..20].to_owned(), Reason::Malformed),
        (format!("{}\r\n{}", &ticket[..40], &ticket[40..]), Reason::Malformed),
        (String::new(), Reason::Malformed),
        (ticket.repeat(200), Reason::TooLong),
    ] {
        assert_eq!(reason(&tickets, &changed), Some(reason_), "{changed}");
    }
    // Cut, extended and changed, one character at a time: never another value.
    let (malformed, bad_seal) = (Some(Reason::Malformed), Some(Reason::BadSeal));
    for length in 0..last {
        let reason = reason(&tickets, &ticket[..length]);
        let is_short = length < 74; // the 55 bytes of SPEC §8, step 5
        assert!(reason == malformed || (reason == bad_seal && !is_short), "{length}: {reason:?}");
    }
    for extra in ["A", "AA", "AAA", "AAAA"] {
        let reason = reason(&tickets, &format!("{ticket}{extra}"));
        assert!(reason == malformed || reason == bad_seal, "{extra}: {reason:?}");
    }
    for at in 0..=last {
        let mut changed = ticket.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let reason = reason(&tickets, &changed);
        // The second character holds bits of the version and of the key's id.
        let expected = match at {
            0 => reason == Some(Reason::UnknownVersion),
            1 => matches!(reason, Some(Reason::UnknownVersion | Reason::UnknownKey)),
            2..6 => reason == Some(Reason::UnknownKey),
            6 => reason == Some(Reason::UnknownKey) || reason == bad_seal,
            _ => reason == bad_seal || (reason == malformed && at == last),
        };
        assert!(expected, "{at}: {reason:?}");
    }
}

#[test]
fn a_ticket_of_another_purpose_or_session_is_refused_and_so_is_one_a_minute_too_old() {
    let (tickets, clock, ring) = tickets();
    let other = of(&ring, &clock).purpose("invitation").build().unwrap();
    assert_eq!(reason(&tickets, &other.issue(&RESET).unwrap()), Some(Reason::BadSeal));

    let sessions =
        Sessions::<Reset>::builder(ring).session_ids(true).clock(clock.clone()).build().unwrap();
    let session = || {
        let session = sessions.load((&Method::POST, &HeaderMap::new()));
        session.set(RESET).unwrap();
        session
    };
    let (one, two) = (session(), session());
    let id = |session: &Session<Reset>| session.id().unwrap().to_bytes();
    let open = |session: &Session<Reset>, ticket: &str| {
        tickets.open_for(id(session), ticket).map_err(|error| error.reason())
    };
    let ticket = tickets.issue_for(id(&one), &RESET).unwrap();
    assert_eq!(open(&one, &ticket), Ok(RESET));
    assert_eq!(open(&two, &ticket), Err(Reason::BadSeal));
    assert_eq!(reason(&tickets, &ticket), Some(Reason::BadSeal), "bound to nothing");
    clock.set(secs(START + 600 + 60));
    assert_eq!(open(&one, &ticket), Err(Reason::ExpiredAt));
    clock.set(secs(START + 1));
    one.renew().unwrap(); // a sign-in
    assert_eq!(open(&one, &ticket), Err(Reason::BadSeal));
}

#[test]
fn a_ticket_of_another_type_is_known_as_such() {
    let (tickets, clock, ring) = tickets();
    let other = Tickets::<(u64, String)>::builder(ring.clone())
        .purpose("password reset")
        .valid_for(secs(600))
        .clock(clock.clone())
        .build()
        .unwrap();
    let ticket = other.issue(&(7, String::from("x"))).unwrap();
    assert_eq!(reason(&tickets, &ticket), Some(Reason::OtherShape));
    let upgraded = of(&ring, &clock)
        .upgrade_from(|(user, _): (u64, String)| Reset { user, version: 0 })
        .build()
        .unwrap();
    assert_eq!(upgraded.open(&ticket), Ok(Reset { user: 7, version: 0 }));
    // And the other way, while servers run that read only the older type.
    let writes_older = of(&ring, &clock)
        .upgrade_from(|(user, _): (u64, String)| Reset { user, version: 0 })
        .downgrade_to(|reset: &Reset| (reset.user, String::new()))
        .build()
        .unwrap();
    let ticket = writes_older.issue(&RESET).unwrap();
    assert_eq!(other.open(&ticket), Ok((7, String::new())));
    assert_eq!(writes_older.open(&ticket), Ok(Reset { user: 7, version: 0 }));
    // A number tells two types of one structure apart.
    let second = of(&ring, &clock).schema_version(2).build().unwrap();
    assert_eq!(reason(&second, &tickets.issue(&RESET).unwrap()), Some(Reason::OtherShape));
}

#[test]
fn the_length_is_measured_at_issue() {
    let (clock, ring) = (clock(), ring());
    let texts = |length: usize| {
        Tickets::<String>::builder(ring.clone())
            .purpose("link")
            .valid_for(secs(600))
            .clock(clock.clone())
            .max_length(length)
    };
    for length in [128, 2_000, 2_001, 8_000] {
        let tickets = texts(length).build().unwrap();
        let issue = |characters: usize| tickets.issue(&"x".repeat(characters));
        let longest =
            (0..8_000).take_while(|characters| issue(*characters).is_ok()).last().unwrap();
        assert!((length - 2..=length).contains(&issue(longest).unwrap().len()));
        let Err(TicketError::TooLong { needed, allowed }) = issue(longest + 1) else { panic!() };
        assert!(allowed == length && needed > length && needed <= length + 3);
    }
    for length in [0, 127, 8_001] {
        let error = texts(length).build().unwrap_err().to_string();
        assert!(error.contains("max_length must be between 128 and 8000"), "{error}");
    }
}

#[test]
fn a_key_that_ends_before_the_ticket_is_refused_at_issue() {
    let clock = clock();
    let text = line("open-until=2027-01-15T09:00:00Z"); // an hour from `START`
    let ring: KeyRing = text.parse().unwrap();
    let tickets = of(&ring, &clock).build().unwrap();
    let end = at(START + 3_600);
    assert!(tickets.issue_until([], end, &RESET).is_ok());
    let later = tickets.issue_until([], at(START + 3_601), &RESET);
    assert_eq!(later, Err(TicketError::KeyEndsFirst { latest: end }));
    clock.set(secs(START + 3_001));
    assert_eq!(tickets.issue(&RESET), Err(TicketError::KeyEndsFirst { latest: end }));
    clock.set(secs(START + 3_600));
    assert_eq!(tickets.issue(&RESET), Err(TicketError::NoSealingKey));
}

#[test]
fn tickets_outlive_a_rotation_and_end_with_their_key() {
    let (tickets, _, ring) = tickets();
    let ticket = tickets.issue(&RESET).unwrap();
    let old = ring.expose_secrets().trim().to_owned();
    ring.replace(&format!("{}\n{old}", line("")).parse().unwrap()).unwrap();
    assert_eq!(tickets.open(&ticket), Ok(RESET));
    let again = tickets.issue(&RESET).unwrap();
    assert_ne!(ticket[2..7], again[2..7], "the new key seals");
    ring.replace(&line("").parse().unwrap()).unwrap();
    assert_eq!(reason(&tickets, &ticket), Some(Reason::UnknownKey));
}

#[test]
fn padded_tickets_have_few_lengths() {
    let (clock, ring) = (clock(), ring());
    let tickets = Tickets::<String>::builder(ring)
        .purpose("link")
        .valid_for(secs(600))
        .clock(clock)
        .pad_to(64)
        .build()
        .unwrap();
    let lengths: std::collections::BTreeSet<usize> =
        (0..128).map(|length| tickets.issue(&"x".repeat(length)).unwrap().len()).collect();
    assert!(lengths.len() <= 3, "{lengths:?}");
    let ticket = tickets.issue(&String::from("x")).unwrap();
    assert_eq!(tickets.open(&ticket).unwrap(), "x");
}

#[cfg(feature = "compression")]
#[test]
fn compressed_tickets_are_shorter() {
    let (clock, ring) = (clock(), ring());
    let build = |compress: bool| {
        Tickets::<String>::builder(ring.clone())
            .purpose("link")
            .valid_for(secs(600))
            .clock(clock.clone())
            .compress(compress)
            .build()
            .unwrap()
    };
    let text = "There is much to say. ".repeat(40);
    let (plain, compressed) = (build(false), build(true));
    let ticket = compressed.issue(&text).unwrap();
    assert!(ticket.len() < plain.issue(&text).unwrap().len() / 4);
    assert_eq!(plain.open(&ticket).unwrap(), text);
}

#[test]
fn what_is_bound_has_a_limit() {
    let (tickets, _, _) = tickets();
    let ticket = tickets.issue_for([7; 1_024], &RESET).unwrap();
    assert_eq!(tickets.open_for([7; 1_024], &ticket), Ok(RESET));
    assert_eq!(tickets.issue_for([7; 1_025], &RESET), Err(TicketError::BoundTooLong));
    let longer = tickets.open_for([7; 70_000], &ticket);
    assert_eq!(longer.unwrap_err().reason(), Reason::BadSeal);
}

#[test]
fn a_builder_wants_a_purpose_and_an_end() {
    let refused = |builder: TicketsBuilder<Reset>, words: &str| {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let (clock, ring) = (clock(), ring());
    refused(Tickets::builder(ring.clone()).valid_for(secs(1)), "purpose must be set");
    refused(of(&ring, &clock).purpose("x".repeat(257)), "purpose must be set");
    refused(Tickets::builder(ring.clone()).purpose("x"), "valid_for must be set");
    refused(of(&ring, &clock).valid_for(std::time::Duration::from_millis(999)), "valid_for");
    refused(of(&ring, &clock).context([0; 65_536]), "context must be at most");
    refused(of(&ring, &clock).pad_to(1), "pad_to");
}

/// Of the same structure and name as the other.
mod of_yesterday {
    #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Reset {
        pub user: u64,
        pub version: u32,
    }
}

/// A default that differs each time.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stamped(u64);

impl Default for Stamped {
    fn default() -> Self {
        static MADE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        Self(MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
    }
}

/// A field that is written and not read back.
#[cfg(feature = "map")]
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Lost {
    #[expect(dead_code, reason = "serde sees it")]
    #[serde(skip_serializing)]
    user: u64,
}

#[test]
fn what_a_builder_says_of_its_type_is_true_of_tickets_and_of_sessions() {
    fn both<T: SessionData>(tickets: TicketsBuilder<T>, sessions: Builder<T>, expected: &str) {
        let tickets = tickets.build().unwrap_err().to_string();
        let sessions = sessions.build().unwrap_err().to_string();
        assert!(tickets.contains(expected) && !tickets.contains("session"), "{tickets}");
        assert_eq!(tickets, sessions);
    }
    fn tickets<T: SessionData>() -> TicketsBuilder<T> {
        Tickets::builder(ring()).purpose("x").valid_for(secs(1))
    }
    fn sessions<T: SessionData>() -> Builder<T> {
        Sessions::builder(ring())
    }
    both(
        tickets::<Reset>().upgrade_from(|_: of_yesterday::Reset| RESET),
        sessions::<Reset>().upgrade_from(|_: of_yesterday::Reset| RESET),
        "has the same structure and name as the current type",
    );
    both(
        tickets::<u64>().upgrade_from(|_: Reset| 0).upgrade_from(|_: of_yesterday::Reset| 0),
        sessions::<u64>().upgrade_from(|_: Reset| 0).upgrade_from(|_: of_yesterday::Reset| 0),
        "have the same shape, so their data cannot be distinguished",
    );
    both(tickets::<Stamped>(), sessions::<Stamped>(), "data equal to it counts as empty");
    #[cfg(feature = "map")]
    both(
        tickets::<Lost>().encoding(Encoding::Named),
        sessions::<Lost>().encoding(Encoding::Named),
        "cannot be sealed: its default can be written but not read back",
    );
}

#[test]
fn debug_output_shows_no_secret() {
    let (tickets, _, ring) = tickets();
    let shown = format!("{tickets:?} {:?}", of(&ring, &clock()));
    assert!(shown.contains("password reset") && !shown.contains("ssk1."), "{shown}");
}
