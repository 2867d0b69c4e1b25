//! SPEC §3.5, tickets: what opens, and what is refused for which reason.

use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::error::TicketError;
use sealed_session::tickets::TicketsBuilder;
use sealed_session::{KeyRing, Reason, Sessions, Tickets};
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
        (format!("{ticket}="), Reason::Malformed),
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
    // Cut and extended, one character at a time: never another value.
    for length in 0..last {
        assert!(reason(&tickets, &ticket[..length]).is_some(), "{length}");
    }
    for extra in ["A", "AA", "AAAA"] {
        assert!(reason(&tickets, &format!("{ticket}{extra}")).is_some());
    }
    for at in 0..=last {
        let mut changed = ticket.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(reason(&tickets, &changed).is_some(), "{at}");
    }
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

#[test]
fn debug_output_shows_no_secret() {
    let (tickets, _, ring) = tickets();
    let shown = format!("{tickets:?} {:?}", of(&ring, &clock()));
    assert!(shown.contains("password reset") && !shown.contains("ssk1."), "{shown}");
}
