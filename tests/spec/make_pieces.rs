//! Vectors of sessions in several cookies (SPEC §14): joining, splitting, what the limits admit, and
//! the deletion of pieces.

use super::file::*;
use super::make::*;
use super::make_requests::{self, draft, forged, of, pair};
use super::make_responses::{self, again, now, sets};
use super::reference::{self, Claims};
use serde_json::{Value as Json, json};

const BEFORE: &str = "__Host-shop";

/// The cookies of a value whose parts have these lengths; the last has the rest.
fn split(name: &str, value: &str, lengths: &[usize]) -> Vec<String> {
    let (tie, mut rest) = (&value[8..14], value);
    let mut cookies = Vec::new();
    for at in 0..=lengths.len() {
        let length = lengths.get(at).map_or(rest.len(), |length| *length);
        let (part, behind) = rest.split_at(length);
        cookies.push(match at {
            0 => format!("{name}={}.{part}", lengths.len() + 1),
            _ => format!("{name}.{at}={tie}.{part}"),
        });
        rest = behind;
    }
    cookies
}

/// A session whose value has so many characters, by its padding.
fn long(user: u64, issued: u64, characters: usize) -> Draft {
    let draft = draft(user, issued);
    let unpadded = draft.seal("length").1.len();
    let zeros = characters * 3 / 4 - unpadded - 1;
    let draft = draft.with(|draft| draft.padding = Some(zeros));
    assert_eq!(draft.value("length").len(), characters);
    draft
}

pub fn requests(made: &mut make_requests::Made) {
    joining(made);
    mixed(made);
    several_first_pieces(made);
    bounds(made);
    other_names(made);
}

fn joining(made: &mut make_requests::Made) {
    let mut add = |name: &str, note: &str, expect: &str, fields: Vec<String>, user: Option<u64>| {
        made.add(name, note, expect, fields, user);
    };
    let example = Draft::visit().value("ok_typed_xaes");
    let two = split(NAME, &example, &[60]);
    let one = of(1, NOW - 100);
    add(
        "ok_pieces_2_in_order",
        "two pieces",
        "ok",
        vec![split(NAME, &one, &[60]).join("; ")],
        Some(1),
    );
    let reversed = |mut pieces: Vec<String>| {
        pieces.reverse();
        pieces
    };
    add(
        "ok_pieces_2_reversed",
        "the later piece before the first",
        "ok",
        vec![reversed(split(NAME, &one, &[60])).join("; ")],
        Some(1),
    );
    let four = split(NAME, &one, &[30, 20, 20]);
    add(
        "ok_pieces_4_fields",
        "four pieces, each in a field of its own, in no order",
        "ok",
        [2, 0, 3, 1].map(|at| four[at].clone()).into(),
        Some(1),
    );
    let nine = split(NAME, &one, &[14, 8, 8, 8, 8, 8, 8, 8]);
    add(
        "ok_pieces_9",
        "nine pieces among other cookies, over two fields; the first has the 14 characters that it must have",
        "ok",
        vec![
            format!("a=b; {}; c=d", [5, 8, 1, 3].map(|at| nine[at].clone()).join("; ")),
            [7, 0, 2, 6, 4].map(|at| nine[at].clone()).join(";\t "),
        ],
        Some(1),
    );
    add(
        "ok_pieces_nothing_behind",
        "a later piece with nothing behind its dot",
        "ok",
        vec![split(NAME, &one, &[60, 0]).join("; ")],
        Some(1),
    );
    let mut more = split(NAME, &one, &[60]);
    let tie = &one[8..14];
    more.extend((2..=9).map(|digit| format!("{NAME}.{digit}={tie}.x")));
    add(
        "ok_pieces_more_than_counted",
        "two pieces, and more with the same tie: those from the count on are ignored",
        "ok",
        vec![more.join("; ")],
        Some(1),
    );
    let later = split(NAME, &one, &[60]).remove(1);
    let first = split(NAME, &one, &[60]).remove(0);
    let planted = format!("{NAME}.1={tie}.{}", "A".repeat(23));
    add(
        "ok_pieces_tied_twice",
        "two later pieces of one digit and tie: the first counts",
        "ok",
        vec![format!("{first}; {later}; {planted}")],
        Some(1),
    );
    add(
        "ok_pieces_duplicated",
        "each piece twice: there are two candidates of one session",
        "ok",
        vec![format!("{first}; {first}; {later}; {later}")],
        Some(1),
    );
    add(
        "open_pieces_tied_twice",
        "the other one first: what is joined does not open",
        "bad-seal",
        vec![format!("{first}; {planted}"), later.clone()],
        None,
    );
    add(
        "ok_pieces_beside_other_tie",
        "later pieces of the same digit with other ties before and behind ours",
        "ok",
        vec![format!(
            "{}; {NAME}.1=x; {NAME}.1=; {first}; {later}; {}",
            split(NAME, &of(2, NOW - 50), &[60])[1],
            split(NAME, &of(3, NOW - 50), &[60])[1]
        )],
        Some(1),
    );
    // A value of a length that leaves no spare bits, so that another order is base64url too.
    let even = draft(300, NOW - 100).value("pieces swapped");
    assert_eq!(even.len() % 4, 0);
    let parts = split(NAME, &even, &[44, 20]);
    let swapped = |digit: u8, other: &str| {
        format!("{NAME}.{digit}={}", other.split_once('=').expect("a cookie").1)
    };
    add(
        "open_pieces_swapped",
        "the second and the third piece of three under each other's name",
        "bad-seal",
        vec![format!("{}; {}; {}", parts[0], swapped(1, &parts[2]), swapped(2, &parts[1]))],
        None,
    );
    add(
        "envelope_pieces_dot",
        "a dot within the later piece's part",
        "malformed",
        vec![format!("{first}; {NAME}.1={tie}.{}.{}", &one[60..70], &one[70..])],
        None,
    );
    add(
        "envelope_pieces_blank",
        "a blank within the later piece's part",
        "malformed",
        vec![format!("{first}; {NAME}.1={tie}. {}", &one[60..])],
        None,
    );
    add(
        "ok_one_cookie_beside_pieces",
        "a session in one cookie, and later pieces that an earlier one left",
        "ok",
        vec![format!("{}; {later}; {NAME}.2={tie}.x", pair(&of(2, NOW - 200)))],
        Some(2),
    );
    add("find_pieces_later_alone", "later pieces alone", "absent", vec![later.clone()], None);
    for (name, count) in [("0", "0"), ("1", "1"), ("200", "200"), ("letter", "a")] {
        add(
            &format!("envelope_pieces_count_{name}"),
            "a count that there is not, and later pieces",
            "malformed",
            vec![format!("{NAME}={count}.{}; {later}", &one[..60])],
            None,
        );
    }
    let vector =
        made.add("ok_pieces_2", "the session of ok_typed_xaes in two cookies", "ok", two, None);
    vector.data = Draft::visit().data;
    let vector = made.add(
        "pieces_mixed_cross_site",
        "from another site, a first piece alone: a cookie came",
        "pieces-mixed",
        vec![first],
        None,
    );
    (vector.method, vector.sec_fetch_site) = ("POST".to_owned(), Some("cross-site".to_owned()));
}

fn mixed(made: &mut make_requests::Made) {
    let (old, new) = (of(1, NOW - 100), of(2, NOW - 50));
    let three = |value: &str| split(NAME, value, &[40, 20]);
    let (olds, news) = (three(&old), three(&new));
    for (name, note, pieces) in [
        ("last_missing", "without the last of three", vec![&news[0], &news[1]]),
        ("middle_missing", "without the second of three", vec![&news[0], &news[2]]),
        (
            "of_another_session",
            "with the pieces of another session",
            vec![&news[0], &olds[1], &olds[2]],
        ),
        (
            "two_ages",
            "a new first piece and a new second, and an old third",
            vec![&olds[2], &news[0], &news[1]],
        ),
        ("old_first", "an old first piece before new ones", vec![&olds[0], &news[1], &news[2]]),
    ] {
        made.add(
            &format!("pieces_mixed_{name}"),
            note,
            "pieces-mixed",
            vec![pieces.into_iter().map(|piece| &**piece).collect::<Vec<_>>().join("; ")],
            None,
        );
    }
    let tie = &new[8..14];
    for (name, note, later) in [
        ("emptied", "a later piece that was emptied", String::new()),
        ("tie_alone", "a later piece that is the tie without a dot", tie.to_owned()),
        ("no_tie", "a later piece without its tie", new[60..].to_owned()),
        (
            "short_tie",
            "a later piece whose tie lacks a character",
            format!("{}.{}", &tie[1..], &new[60..]),
        ),
        ("tie_case", "a later piece whose tie has other letter case", {
            let other: String = tie
                .chars()
                .map(|c| {
                    if c.is_ascii_lowercase() {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    }
                })
                .collect();
            assert_ne!(other, tie);
            format!("{other}.{}", &new[60..])
        }),
    ] {
        made.add(
            &format!("pieces_mixed_{name}"),
            note,
            "pieces-mixed",
            vec![format!("{}; {NAME}.1={later}", split(NAME, &new, &[60])[0])],
            None,
        );
    }
    let nine = format!("{NAME}=9.{}; {}", &new[..40], news[1..].join("; "));
    made.add(
        "pieces_mixed_claims_more",
        "a first piece of nine, of which three came",
        "pieces-mixed",
        vec![nine],
        None,
    );
    made.add(
        "pieces_mixed_first_of_13",
        "a first piece with 13 characters behind its dot, and what would complete it",
        "pieces-mixed",
        vec![split(NAME, &new, &[13]).join("; ")],
        None,
    );
    // Sixteen first pieces, and one behind them that would be complete.
    let alone = pair("2.AAAAAAAAAAAAAAAAAA");
    for (worse, fields) in [
        ("too_many", [vec![alone.clone(); 16], split(NAME, &new, &[60])].concat()),
        ("malformed", vec![pair("!"), alone.clone()]),
    ] {
        made.add(
            &format!("rank_pieces_mixed_over_{worse}"),
            "none opens; the more hopeful reason is reported",
            "pieces-mixed",
            fields,
            None,
        );
    }
}

fn several_first_pieces(made: &mut make_requests::Made) {
    let mut add = |name: &str, note: &str, expect: &str, fields: Vec<String>, user: Option<u64>| {
        made.add(name, note, expect, fields, user);
    };
    let (old, new) = (of(1, NOW - 100), of(2, NOW - 50));
    let (olds, news) = (split(NAME, &old, &[60]), split(NAME, &new, &[60]));
    add(
        "ok_first_pieces_2",
        "two sessions in two pieces each: the one issued last",
        "ok",
        vec![olds.join("; "), news.join("; ")],
        Some(2),
    );
    add(
        "ok_first_pieces_2_reversed",
        "the other way round",
        "ok",
        vec![news.join("; "), olds.join("; ")],
        Some(2),
    );
    add(
        "ok_first_pieces_1_stale",
        "of two first pieces one whose later piece is gone: the other counts, though it is older",
        "ok",
        vec![format!("{}; {}", news[0], olds.join("; "))],
        Some(1),
    );
    add(
        "ok_pieces_beside_one_cookie",
        "a session in two pieces beside an older one in one cookie",
        "ok",
        vec![format!("{}; {}", pair(&old), news.join("; "))],
        Some(2),
    );
    add(
        "ok_one_cookie_beside_older_pieces",
        "a session in one cookie beside an older one in two pieces",
        "ok",
        vec![format!("{}; {}", olds.join("; "), pair(&new))],
        Some(2),
    );
    // Each joined to what is no base64url, which ranks below every other reason.
    let spoiled = |n: usize| {
        let value = of(100 + n as u64, NOW);
        let tie = &value[8..14];
        [format!("{NAME}=2.{}", &value[..60]), format!("{NAME}.1={tie}.!")].join("; ")
    };
    let spoiled = |count: usize| (0..count).map(spoiled).collect::<Vec<_>>();
    let behind = |mut fields: Vec<String>, cookie: String| {
        fields.push(cookie);
        fields
    };
    add(
        "ok_first_pieces_16",
        "sixteen first pieces, ours the last of them",
        "ok",
        behind(spoiled(15), news.join("; ")),
        Some(2),
    );
    add(
        "find_first_pieces_17",
        "seventeen: the seventeenth is not joined",
        "too-many",
        behind(spoiled(16), news.join("; ")),
        None,
    );
    add(
        "ok_first_pieces_17_and_one_cookie",
        "seventeen, and one cookie behind them, which is looked at",
        "ok",
        behind(behind(spoiled(16), news.join("; ")), pair(&old)),
        Some(1),
    );
    add(
        "ok_first_pieces_17_too_long",
        "those that are longer than a cookie do not come so far",
        "ok",
        behind(vec![pair(&format!("2.{}", "A".repeat(4_095))); 17], news.join("; ")),
        Some(2),
    );
    let forged = |count: usize| (0..count).map(|n| pair(&forged(n))).collect::<Vec<_>>();
    add(
        "ok_pieces_sixteenth",
        "fifteen forged ones of a known key, and ours in two pieces: one candidate more",
        "ok",
        behind(forged(15), news.join("; ")),
        Some(2),
    );
    add(
        "find_pieces_seventeenth",
        "sixteen forged ones: ours in two pieces is not opened",
        "too-many",
        behind(forged(16), news.join("; ")),
        None,
    );
}

fn bounds(made: &mut make_requests::Made) {
    let mut add = |name: &str, note: &str, expect: &str, fields: Vec<String>, user: Option<u64>| {
        made.add(name, note, expect, fields, user);
    };
    let longest = long(1, NOW - 100, 14_000).value("pieces longest");
    add(
        "ok_pieces_14000",
        "a value of 14,000 characters in four cookies",
        "ok",
        vec![split(NAME, &longest, &[4_000, 4_000, 4_000]).join("; ")],
        Some(1),
    );
    let filled = |length: usize| {
        vec![
            pair(&format!("2.{}", "A".repeat(4_000))),
            format!("{NAME}.1=AAAAAA.{}", "A".repeat(length - 4_000)),
        ]
    };
    add(
        "envelope_pieces_14000",
        "14,000 characters of no envelope of version 1; the later piece is longer than a cookie can be",
        "unknown-version",
        filled(14_000),
        None,
    );
    add("envelope_pieces_14001", "one character more", "too-long", filled(14_001), None);
    let long_count = |cookies: usize| {
        let mut fields = vec![pair(&format!("2.{}", "A".repeat(cookies - 2)))];
        fields.push(format!("{NAME}.1=AAAAAA."));
        fields
    };
    add(
        "envelope_pieces_first_4096",
        "a first piece of 4,096 characters with its count",
        "unknown-version",
        long_count(4_096),
        None,
    );
    add("envelope_pieces_first_4097", "one character more", "too-long", long_count(4_097), None);

    // The sum: a first piece's whole text, and the parts of its later pieces.
    let (old, new) = (of(1, NOW - 100), of(2, NOW - 50));
    let pieces = split(NAME, &new, &[60]);
    let sum = 2 + new.len();
    let fill = |length: usize| {
        let mut fields = vec![pair(&"!".repeat(4_096)); length / 4_096];
        fields.push(pair(&"!".repeat(length % 4_096)));
        fields
    };
    let with = |length: usize, cookies: &[&[String]]| {
        fill(length).into_iter().chain(cookies.concat()).collect::<Vec<_>>()
    };
    let room = 65_536 - sum;
    add(
        "ok_pieces_at_64_kib",
        "candidates of 65,536 characters together, ours in two pieces the last of them",
        "ok",
        with(room, &[&pieces]),
        Some(2),
    );
    add(
        "find_pieces_beyond_64_kib",
        "one character more: what is joined counts",
        "too-many",
        with(room + 1, &[&pieces]),
        None,
    );
    let one = [pair(&old)];
    add(
        "find_behind_pieces_beyond_64_kib",
        "and one cookie behind it, which is not looked at either",
        "too-many",
        with(room + 1, &[&pieces, &one]),
        None,
    );
    let twice = [pieces[0].clone(), pieces[0].clone(), pieces[1].clone()];
    let newest = [pair(&of(3, NOW))];
    let room = 65_536 - 2 * sum - newest[0].len() + NAME.len() + 1;
    add(
        "ok_pieces_shared_at_64_kib",
        "one first piece twice: the later piece counts for each; behind them, the one issued last",
        "ok",
        with(room, &[&twice, &newest]),
        Some(3),
    );
    add(
        "ok_pieces_shared_beyond_64_kib",
        "one character more: the one issued last is not looked at",
        "ok",
        with(room + 1, &[&twice, &newest]),
        Some(2),
    );
    let too_long = filled(14_001);
    let many = [vec![too_long[0].clone(); 12], vec![too_long[1].clone(), pair(&old)]].concat();
    add(
        "ok_pieces_too_long_not_counted",
        "twelve that are too long: what would be joined to them does not count",
        "ok",
        many,
        Some(1),
    );
}

fn other_names(made: &mut make_requests::Made) {
    let mut server = Server::of("Visit");
    server.aliases =
        vec![(BEFORE.to_owned(), String::new()), ("__Host-older".to_owned(), String::new())];
    let sealed = |user: u64, name: &str| {
        let draft = draft(user, NOW - 100).with(|draft| draft.aad_name = Some(name.to_owned()));
        draft.value(&format!("pieces {user} {name}"))
    };
    let (own, before) = (sealed(1, NAME), sealed(3, BEFORE));
    let mut add = |name: &str, note: &str, expect: &str, fields: &[&str], user: Option<u64>| {
        made.add(name, note, expect, vec![fields.join("; ")], user).server = server.clone();
    };
    let pieces = split(BEFORE, &before, &[60]).join("; ");
    add("ok_pieces_other_name", "two pieces of another name", "ok", &[&pieces], Some(3));
    add(
        "ok_pieces_own_name_first",
        "beside two pieces of the own name",
        "ok",
        &[&pieces, &split(NAME, &own, &[60]).join("; ")],
        Some(1),
    );
    let later = &split(BEFORE, &own, &[60])[1];
    add(
        "pieces_mixed_names",
        "a first piece of the own name, and its later piece under another name",
        "pieces-mixed",
        &[&split(NAME, &own, &[60])[0], later],
        None,
    );
    add(
        "pieces_mixed_own_name_fails",
        "a first piece of the own name alone: the pieces of the other name are not looked at",
        "pieces-mixed",
        &[&split(NAME, &own, &[60])[0], &pieces],
        None,
    );
    add(
        "open_pieces_name_of_the_seal",
        "sealed under the own name, and sent in pieces under another",
        "bad-seal",
        &[&split(BEFORE, &own, &[60]).join("; ")],
        None,
    );
    server.aliases.clear();
    server.import = Some(Import { name: "sid".to_owned(), until: NOW + 100, delete_from: None });
    let vector = made.add(
        "pieces_mixed_import",
        "beside a first piece, another library's cookie is not read",
        "pieces-mixed",
        vec![format!("sid=7; {}", split(NAME, &own, &[60])[0])],
        None,
    );
    vector.server = server;
}

/// A map whose data have three bytes more than the text, from 40 bytes of text on a length, and from
/// 168 on one of two bytes.
fn text(length: usize) -> Json {
    json!({ "a": "x".repeat(length) })
}

fn of_text(length: usize, issued: u64, age: u64) -> Draft {
    Draft::map(text(length)).with(|draft| {
        (draft.claims.issued, draft.claims.age) = (issued, age);
        // Lines of 256 bytes: room for 179 characters in one cookie, 347 in two, 517 in three, 687
        // in four.
        (draft.server.max_set_cookie, draft.server.max_cookies) = (256, 4);
    })
}

fn data(length: usize) -> Vec<u8> {
    reference::encode_map(&text(length))
}

/// The cookies in which a draft's session came, under a name, whose parts have these lengths.
fn comes(vector: &mut ResponseVector, draft: &Draft, name: &str, lengths: &[usize], more: &str) {
    let value = draft.value(&vector.name);
    let pieces = split(name, &value, lengths).join("; ");
    vector.cookie_fields =
        vec![Text(if more.is_empty() { pieces } else { format!("{pieces}; {more}") })];
}

pub fn responses(made: &mut make_responses::Made) {
    growing_and_shrinking(made);
    refreshing(made);
    deleting(made);
    limits(made);
}

fn names(digits: impl IntoIterator<Item = u8>) -> Vec<String> {
    digits.into_iter().map(|digit| format!("{NAME}.{digit}")).collect()
}

fn growing_and_shrinking(made: &mut make_responses::Made) {
    let in_one = of_text(60, NOW - 60, 3540);
    let to = |draft: &Draft, length: usize| sets(now(draft), data(length), IDLE);
    let vector = made.add(
        "set_grows_1_to_2",
        "a session grows from one cookie to two",
        &in_one,
        Action::Set(text(100)),
        to(&in_one, 100),
    );
    // 45 + 1 + 14 + 105 bytes are 220 characters: 177 and 43.
    vector.value_lengths = vec![179, 50];
    let in_two = of_text(100, NOW - 60, 3540);
    let vector = made.add(
        "set_grows_2_to_4",
        "from two to four",
        &in_two,
        Action::Set(text(400)),
        to(&in_two, 400),
    );
    comes(vector, &in_two, NAME, &[177], "");
    // 45 + 1 + 14 + 406 bytes are 622 characters: 177, 170, 170 and 105.
    vector.value_lengths = vec![179, 177, 177, 112];
    let in_four = of_text(400, NOW - 60, 3540);
    let parts = [177, 170, 170];
    let vector = made.add(
        "set_shrinks_4_to_2",
        "from four to two: the third and the fourth are deleted",
        &in_four,
        Action::Set(text(100)),
        to(&in_four, 100),
    );
    comes(vector, &in_four, NAME, &parts, "");
    (vector.value_lengths, vector.deleted) = (vec![179, 50], names(2..=3));
    let vector = made.add(
        "set_shrinks_4_to_1",
        "from four to one: all later pieces are deleted",
        &in_four,
        Action::Set(text(60)),
        to(&in_four, 60),
    );
    comes(vector, &in_four, NAME, &parts, "");
    vector.deleted = names(1..=3);
    let vector = made.add(
        "set_over_pieces_mixed",
        "a write replaces pieces that cannot be joined",
        &in_four,
        Action::Set(text(100)),
        sets(new(&in_four), data(100), IDLE),
    );
    comes(vector, &in_four, NAME, &parts, "");
    let came = vector.cookie_fields[0].0.replace(&format!("{NAME}.3="), &format!("{NAME}.9="));
    vector.cookie_fields = vec![Text(came)];
    // Created now: 219 characters.
    (vector.value_lengths, vector.deleted) = (vec![179, 49], names([2, 9]));
    made.add(
        "nothing_pieces_mixed",
        "which a look leaves alone",
        &in_four,
        Action::Read,
        Expect::Nothing,
    )
    .cookie_fields = vec![Text(split(NAME, &in_four.value("pieces alone"), &parts)[0].clone())];
    let emptied = made.without(
        "set_cross_site_beside_emptied_piece",
        "from another site, a whole new session: nothing is deleted",
        &in_one,
        Action::Set(text(60)),
        sets(new(&in_one), data(60), IDLE),
    );
    emptied.cookie_fields = vec![Text(format!("{NAME}.2="))];
    emptied.sec_fetch_site = Some("cross-site".to_owned());
    // A value as it goes out now, and the longest that a refresh can make of it: 179 and 182.
    let edge = made.add(
        "set_1_now_and_2_later",
        "one cookie now, and two with the longest claims: that is measured",
        &in_one,
        Action::Set(text(69)),
        to(&in_one, 69),
    );
    edge.server.max_cookies = 2;
    let vector = made.add(
        "too_large_1_now_and_2_later",
        "which is too large if one cookie is allowed",
        &in_one,
        Action::Set(text(69)),
        Expect::Refuses("too-large"),
    );
    vector.server.max_cookies = 1;
    // 45 + 1 + 16 + 74 bytes are 182 characters.
    vector.needed = Some(182 + 77);
}

/// The claims of a new session in a draft's place.
fn new(draft: &Draft) -> Claims {
    Claims { issued: NOW, age: 0, ..draft.claims.clone() }
}

fn refreshing(made: &mut make_responses::Made) {
    let due = of_text(100, NOW - IDLE / 10, 0);
    let vector = made.add(
        "refresh_pieces",
        "a refresh sets all pieces, and deletes those behind them",
        &due,
        Action::Read,
        again(&due, IDLE),
    );
    comes(vector, &due, NAME, &[177], &format!("{NAME}.2=x; {NAME}.4="));
    // 45 + 1 + 15 + 105 bytes are 222 characters.
    (vector.value_lengths, vector.deleted) = (vec![179, 52], names([2, 4]));
    let vector = made.add(
        "refresh_pieces_otherwise_split",
        "pieces that another server split otherwise",
        &due,
        Action::Read,
        again(&due, IDLE),
    );
    comes(vector, &due, NAME, &[20, 90, 50], "");
    (vector.value_lengths, vector.deleted) = (vec![179, 52], names(2..=3));
    let small = of_text(60, NOW - IDLE / 10, 0);
    let vector = made.add(
        "refresh_1_beside_pieces",
        "one cookie beside later pieces: these are deleted",
        &small,
        Action::Read,
        again(&small, IDLE),
    );
    vector.cookie_fields.push(Text(format!("{NAME}.1=x; {NAME}.8=y")));
    vector.deleted = names([1, 8]);
    let vector = made.add(
        "nothing_1_beside_pieces",
        "not due: they stay",
        &of_text(60, NOW - 60, 0),
        Action::Read,
        Expect::Nothing,
    );
    vector.cookie_fields.push(Text(format!("{NAME}.1=x")));
    for (name, note, line, cookies, request) in [
        ("cookies", "a server that allows one cookie", 256, 1, 7_900),
        ("request", "a server that allows fewer bytes in a request", 256, 4, 256),
    ] {
        let draft = due.clone().with(|draft| {
            (draft.server.max_set_cookie, draft.server.max_cookies) = (line, cookies);
            draft.server.max_cookie_bytes = request;
        });
        let vector = made.add(
            &format!("nothing_refresh_pieces_{name}"),
            &format!("{note} does not refresh what is too large for it"),
            &draft,
            Action::Read,
            Expect::Nothing,
        );
        comes(vector, &draft, NAME, &[177], "");
        let vector = made.add(
            &format!("set_small_over_pieces_{name}"),
            &format!("{note}, and a write that fits one cookie"),
            &draft,
            Action::Set(text(60)),
            sets(now(&draft), data(60), IDLE),
        );
        comes(vector, &draft, NAME, &[177], "");
        vector.deleted = names([1]);
    }
    // At a refresh 45 + 1 + 15 + 199 bytes are 347 characters, which two cookies hold, and one byte
    // more makes 348.
    for (length, fits) in [(193, true), (194, false)] {
        let draft = of_text(length, NOW - IDLE / 10, 0).with(|draft| draft.server.max_cookies = 2);
        let (name, note, expect) = match fits {
            true => (
                "refresh_pieces_room_exact",
                "a refresh that fills two cookies",
                again(&draft, IDLE),
            ),
            false => (
                "nothing_refresh_pieces_room_less",
                "one that two cookies do not hold",
                Expect::Nothing,
            ),
        };
        let vector = made.add(name, note, &draft, Action::Read, expect);
        comes(vector, &draft, NAME, &[177], "");
        if fits {
            vector.value_lengths = vec![179, 177];
        }
    }
    // 222 characters in two cookies take 222 + 11 + 2 · 22 bytes of a request.
    let exact = due.clone().with(|draft| draft.server.max_cookie_bytes = 277);
    let vector = made.add(
        "refresh_pieces_request_exact",
        "a refresh that takes as much of a request as is allowed",
        &exact,
        Action::Read,
        again(&exact, IDLE),
    );
    comes(vector, &exact, NAME, &[177], "");
    vector.value_lengths = vec![179, 52];
    let less = due.with(|draft| draft.server.max_cookie_bytes = 276);
    let vector = made.add(
        "nothing_refresh_pieces_request_less",
        "one byte less is allowed",
        &less,
        Action::Read,
        Expect::Nothing,
    );
    comes(vector, &less, NAME, &[177], "");
}

fn deleting(made: &mut make_responses::Made) {
    let session = of_text(400, NOW - 60, 3540);
    let parts = [177, 170, 170];
    let all = |digits: &[u8]| [vec![NAME.to_owned()], names(digits.iter().copied())].concat();
    let stale = format!("{NAME}.5=; {NAME}.9=x");
    for (name, action, status) in [
        ("delete_pieces", Action::Purge, 200),
        ("delete_pieces_500", Action::Purge, 500),
        ("delete_pieces_emptied", Action::Set(json!({})), 200),
    ] {
        let vector = made.add(
            name,
            "everything that came of the name is deleted, joined or not",
            &session,
            action,
            Expect::Deletes,
        );
        comes(vector, &session, NAME, &parts, &stale);
        (vector.status, vector.deleted) = (status, all(&[1, 2, 3, 5, 9]));
    }
    let aliased = |draft: Draft| {
        draft.with(|draft| {
            draft.aad_name = Some(BEFORE.to_owned());
            draft.server.aliases = vec![(BEFORE.to_owned(), String::new())];
        })
    };
    let before = |digits: &[u8]| {
        let later = digits.iter().map(|digit| format!("{BEFORE}.{digit}"));
        [BEFORE.to_owned()].into_iter().chain(later).collect::<Vec<_>>()
    };
    let other = aliased(session);
    let vector = made.add(
        "set_pieces_other_name",
        "a session in four pieces of another name moves, and these go",
        &other,
        Action::Set(text(100)),
        sets(now(&other), data(100), IDLE),
    );
    comes(vector, &other, BEFORE, &parts, "");
    (vector.value_lengths, vector.deleted) = (vec![179, 50], before(&[1, 2, 3]));
    let due = aliased(of_text(100, NOW - IDLE / 10, 0));
    let vector = made.add(
        "refresh_pieces_other_name",
        "as with a refresh",
        &due,
        Action::Read,
        again(&due, IDLE),
    );
    comes(vector, &due, BEFORE, &[177], "");
    (vector.value_lengths, vector.deleted) = (vec![179, 52], before(&[1]));
}

fn limits(made: &mut make_responses::Made) {
    let session = of_text(60, NOW - 60, 3540);
    let with = |draft: &Draft, line: usize, cookies: u8, request: usize| {
        draft.clone().with(|draft| {
            (draft.server.max_set_cookie, draft.server.max_cookies) = (line, cookies);
            draft.server.max_cookie_bytes = request;
        })
    };
    // A text of 201 bytes: 45 + 1 + 16 + 207 bytes at its longest, 359 characters, and 356 now. Lines
    // of 262 bytes have room for 185 in one cookie, and for 359 in two. Two cookies of 359 take
    // 359 + 11 + 2 · 77 = 524 bytes of lines, and 359 + 11 + 2 · 22 = 414 of a request.
    let by_request = 7_900;
    for (name, note, length, (line, cookies, request), lengths) in [
        ("2_lines", "two lines as long as is allowed", 201, (262, 2, by_request), &[185, 180][..]),
        // 355 characters now, and 356: room(2) is 355.
        ("2_now_full", "two cookies that are full now", 200, (260, 3, by_request), &[183, 181]),
        (
            "3_with_1_character",
            "one character more: a third cookie has it",
            201,
            (260, 3, by_request),
            &[183, 181, 8],
        ),
        (
            "2_now_and_3_later",
            "two cookies now, and three at its longest",
            201,
            (261, 3, by_request),
            &[184, 181],
        ),
        (
            "2_request",
            "two cookies that take as much of a request as is allowed",
            201,
            (262, 2, 414),
            &[185, 180],
        ),
        (
            "4_lines",
            "four lines as long as is allowed",
            447,
            (256, 4, by_request),
            &[179, 177, 177, 174],
        ),
        (
            "1_request",
            "one cookie that takes as much of a request as is allowed",
            108,
            (4_093, 1, 256),
            &[],
        ),
    ] {
        let draft = with(&session, line, cookies, request);
        let expect = sets(now(&draft), data(length), IDLE);
        let name = format!("set_fits_{name}");
        made.add(&name, note, &draft, Action::Set(text(length)), expect).value_lengths =
            lengths.to_vec();
    }
    for (name, note, length, (line, cookies, request), needed) in [
        ("2_lines", "one byte too many for two lines", 201, (261, 2, by_request), 524),
        ("2_request", "one byte too many for a request", 201, (262, 2, 413), 524),
        (
            "request_admits_1",
            "a request that admits no second cookie: the needed bytes are those of one line",
            201,
            (400, 2, 378),
            359 + 77,
        ),
        (
            "request_admits_2",
            "one byte more: those of two lines, which do not fit a request either",
            201,
            (400, 2, 379),
            524,
        ),
        ("4_lines", "too many for four lines", 448, (256, 4, by_request), 688 + 29 + 4 * 77),
        (
            "1_request",
            "one byte too many for a request, in one cookie",
            109,
            (4_093, 1, 256),
            235 + 77,
        ),
        (
            "much",
            "five times as much as two lines hold",
            2_000,
            (256, 2, by_request),
            2_758 + 11 + 2 * 77,
        ),
    ] {
        let draft = with(&session, line, cookies, request);
        let name = format!("too_large_pieces_{name}");
        let expect = Expect::Refuses("too-large");
        made.add(&name, note, &draft, Action::Set(text(length)), expect).needed = Some(needed);
    }
    let flashed = with(&session, 262, 2, by_request)
        .with(|draft| draft.claims.flashes = vec![(20, "hello".to_owned())]);
    let unflashed = Claims { flashes: Vec::new(), ..now(&flashed) };
    made.add(
        "set_pieces_drops_a_flash",
        "a flash message is dropped where two cookies have no room for it",
        &flashed,
        Action::Set(text(201)),
        sets(unflashed, data(201), IDLE),
    )
    .value_lengths = vec![185, 180];
    // With so long a name, a first piece has room for 14 or for 13 characters of the value.
    for (length, note, needed) in [
        (
            182,
            "four cookies whose first holds just the tie: the needed bytes are those of four lines",
            170 + 29 + 4 * 240,
        ),
        (183, "a first piece that could not hold the tie: those of one line", 170 + 241),
    ] {
        let mut draft = session.clone();
        draft.server.cookie_name = "n".repeat(length);
        let expect = Expect::Refuses("too-large");
        let name = format!("too_large_name_of_{length}");
        made.without(&name, note, &draft, Action::Set(text(60)), expect).needed = Some(needed);
    }
}
