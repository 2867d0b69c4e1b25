//! Vectors of responses, by subject: when a refresh is due, the measure of a line, flash messages,
//! claims that change, keys that no longer seal, caches, other names and types, and the cookie of
//! another library.

use super::file::*;
use super::make::*;
use super::reference::{self, Claims, Key, Suite};
use super::typed;
use serde_json::{Value as Json, json};

pub fn vectors() -> Vec<ResponseVector> {
    let mut made = Made(Vec::new());
    refresh(&mut made);
    clocks(&mut made);
    measure(&mut made);
    extensions(&mut made);
    flashes(&mut made);
    claims(&mut made);
    no_sealing_key(&mut made);
    caches(&mut made);
    other_names(&mut made);
    other_shapes(&mut made);
    moving_in(&mut made);
    super::make_pieces::responses(&mut made);
    super::make_compression::responses(&mut made);
    made.0
}

pub struct Made(Vec<ResponseVector>);

impl Made {
    pub fn add(
        &mut self,
        name: &str,
        note: &str,
        draft: &Draft,
        action: Action,
        expect: Expect,
    ) -> &mut ResponseVector {
        self.0.push(response(name, note, draft, true, action, expect));
        self.0.last_mut().expect("it was added")
    }

    pub fn without(
        &mut self,
        name: &str,
        note: &str,
        draft: &Draft,
        action: Action,
        expect: Expect,
    ) -> &mut ResponseVector {
        self.0.push(response(name, note, draft, false, action, expect));
        self.0.last_mut().expect("it was added")
    }
}

pub fn came(issued: u64, age: u64) -> Draft {
    Draft::visit().with(|draft| (draft.claims.issued, draft.claims.age) = (issued, age))
}

pub fn key(n: u8) -> Key {
    Key::new(reference::published(n), Suite::Xaes)
}

fn visit_json(user: u64) -> Json {
    json!({ "user": user, "cart": [] })
}

fn nothing() -> Json {
    json!({ "user": null, "cart": [] })
}

fn by_place(value: &Json) -> Vec<u8> {
    typed::write_by_place(&typed::VISIT, value)
}

/// The claims of a draft as they are sealed now.
pub fn now(draft: &Draft) -> Claims {
    let issued = draft.claims.issued.max(NOW);
    Claims { issued, age: issued - draft.claims.created(), ..draft.claims.clone() }
}

pub fn sets(claims: Claims, data: Vec<u8>, max_age: u64) -> Expect {
    Expect::SetsBytes(key(0), claims, data, Some(max_age))
}

/// The session of a draft with the same data.
pub fn again(draft: &Draft, max_age: u64) -> Expect {
    sets(now(draft), draft.data_bytes.clone(), max_age)
}

fn refresh(made: &mut Made) {
    let share = |millionths: u32, idle: u64, age: u64| {
        came(NOW - age, 0).with(|draft| {
            (draft.server.refresh_millionths, draft.server.idle_timeout) = (millionths, idle)
        })
    };
    for (name, note, millionths, idle, age, due) in [
        (
            "share_0",
            "share 0: due at every touch, in the very second of the issue too",
            0,
            IDLE,
            0,
            true,
        ),
        ("share_1_floor", "share 1 / 1,000,000 of 10 s: at least a second", 1, 10, 0, false),
        ("share_1_second", "the same a second later", 1, 10, 1, true),
        ("share_remainder", "33.3333 % of 100 s: 33.3333 s, rounded down", 333_333, 100, 33, true),
        ("share_remainder_before", "the same a second earlier", 333_333, 100, 32, false),
        ("share_remainder_large", "half of 1,209,601 s", 500_000, IDLE + 1, 604_800, true),
        (
            "share_remainder_large_before",
            "the same a second earlier",
            500_000,
            IDLE + 1,
            604_799,
            false,
        ),
        (
            "share_whole",
            "the whole of the idle limit, one second before its end",
            1_000_000,
            100,
            99,
            false,
        ),
    ] {
        let draft = share(millionths, idle, age);
        let (name, expect) = if due {
            (format!("refresh_{name}"), again(&draft, idle))
        } else {
            (format!("nothing_{name}"), Expect::Nothing)
        };
        made.add(&name, note, &draft, Action::Read, expect);
    }
    let ahead = came(NOW + 50, 60).with(|draft| draft.server.refresh_millionths = 0);
    made.add(
        "refresh_share_0_ahead",
        "share 0, and issued ahead of the clock: due all the same",
        &ahead,
        Action::Read,
        again(&ahead, IDLE + 50),
    );
    let ahead = came(NOW + 50, 60);
    made.add(
        "nothing_ahead",
        "issued ahead of the clock, with the usual share",
        &ahead,
        Action::Read,
        Expect::Nothing,
    );
    let due = came(NOW - IDLE / 10, 0);
    made.add(
        "nothing_no_refresh",
        "due, and the application asks for no refresh",
        &due,
        Action::All(vec![Action::Read, Action::NoRefresh]),
        Expect::Nothing,
    );
    let changed = Action::All(vec![Action::NoRefresh, Action::Update(visit_json(8))]);
    made.add(
        "set_no_refresh",
        "that leaves out no change",
        &due,
        changed,
        sets(now(&due), by_place(&visit_json(8)), IDLE),
    );
    let empty =
        empty_visit().with(|draft| (draft.claims.issued, draft.claims.age) = (NOW - IDLE / 2, 0));
    made.add(
        "nothing_empty_due",
        "an empty session that is due",
        &empty,
        Action::Read,
        Expect::Nothing,
    );
    let flash = empty.with(|draft| draft.claims.flashes = vec![(20, "x".to_owned())]);
    made.add(
        "refresh_flash_alone",
        "due, and empty but for a flash message",
        &flash,
        Action::Read,
        again(&flash, IDLE),
    );
    // The line as it would go out, and not the longest, decides here.
    let line =
        "__Host-Http-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600".len();
    let long = due.clone().with(|draft| {
        let value = json!({ "user": 7, "cart": vec![5; 180] });
        (draft.data_bytes, draft.data) = (by_place(&value), Some(value));
    });
    let length =
        line + ((45 + 1 + now(&long).encode().len() + long.data_bytes.len()) * 4).div_ceil(3);
    let fits = long.clone().with(|draft| draft.server.max_set_cookie = length);
    made.add(
        "refresh_fits",
        "its line is as long as is allowed",
        &fits,
        Action::Read,
        again(&fits, IDLE),
    );
    let longer = long.with(|draft| draft.server.max_set_cookie = length - 1);
    made.add(
        "nothing_refresh_too_long",
        "its line is one byte longer",
        &longer,
        Action::Read,
        Expect::Nothing,
    );
    made.add(
        "delete_too_long",
        "which a purge does not mind",
        &longer,
        Action::Purge,
        Expect::Deletes,
    );
    let change = Action::Set(visit_json(8));
    made.add(
        "nothing_on_103",
        "an interim response carries nothing",
        &due,
        change.clone(),
        Expect::Nothing,
    )
    .status = 103;
    let expect = sets(now(&due), by_place(&visit_json(8)), IDLE);
    made.add("set_on_101", "101 carries a change", &due, change.clone(), expect).status = 101;
    let expect = sets(now(&due), by_place(&visit_json(8)), IDLE);
    made.add("set_on_304", "304 carries a change", &due, change, expect).status = 304;
    made.add(
        "nothing_flash_500",
        "a flash message is lost with 5xx",
        &due,
        Action::Flash(20, "x".to_owned()),
        Expect::Nothing,
    )
    .status = 599;
    let purged = Action::All(vec![Action::Purge, Action::Flash(20, "bye".to_owned())]);
    made.add(
        "delete_purged_and_set_500",
        "5xx carries out the purge, and loses what came after it",
        &due,
        purged,
        Expect::Deletes,
    )
    .status = 500;
    let twice = Action::All(vec![Action::Set(visit_json(8)), Action::Purge]);
    made.add("delete_set_and_purged", "a purge after a change", &due, twice, Expect::Deletes);
    let back = Action::All(vec![
        Action::Update(visit_json(8)),
        Action::Update(json!({ "user": 7, "cart": [1, 300] })),
    ]);
    made.add(
        "refresh_changed_and_back",
        "changed, and changed back: a refresh is due",
        &due,
        back.clone(),
        again(&due, IDLE),
    );
    made.add(
        "nothing_changed_and_back",
        "the same where none is",
        &came(NOW - 60, 0),
        back,
        Expect::Nothing,
    );
}

fn clocks(made: &mut Made) {
    let due = came(NOW - IDLE / 10, 0);
    for (name, note, at, later, due_then) in [
        ("after_5000_ms", "loaded within a second, answered 5.000 s later", 900, 5_000, true),
        ("after_5001_ms", "answered 5.001 s later", 900, 5_001, false),
        ("after_5001_ms_of_6_s", "5.001 s later, at a whole second", 999, 5_001, false),
        ("at_once", "0.999 s beyond the second from which on it is due", 999, 0, true),
    ] {
        let (name, expect) = if due_then {
            (format!("refresh_{name}"), again(&due, IDLE))
        } else {
            (format!("nothing_{name}"), Expect::Nothing)
        };
        let vector = made.add(&name, note, &due, Action::Read, expect);
        (vector.milliseconds, vector.milliseconds_later) = (at, later);
    }
    let early = came(NOW - IDLE / 10 + 1, 0);
    made.add(
        "nothing_rounded_down",
        "0.999 s beyond the second before it is due",
        &early,
        Action::Read,
        Expect::Nothing,
    )
    .milliseconds = 999;
    let session = came(NOW - 60, 0);
    let expect = sets(now(&session), by_place(&visit_json(8)), IDLE);
    let vector = made.add(
        "set_rounded_down",
        "issued at the whole second, with Max-Age from there, however late the answer is",
        &session,
        Action::Set(visit_json(8)),
        expect,
    );
    (vector.milliseconds, vector.milliseconds_later) = (999, 100_000);
}

fn measure(made: &mut Made) {
    let session = came(NOW - 60, 3540);
    let cart = |items: usize| json!({ "user": 8, "cart": vec![5; items] });
    // Attributes, `Max-Age` at its longest, claims at their longest, data.
    let needed = |draft: &Draft, items: usize| {
        let most = draft.server.absolute_timeout + 120;
        let claims = &draft.claims;
        let longest = Claims { issued: claims.issued + most, age: most, ..claims.clone() };
        let line = format!(
            "__Host-Http-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age={}",
            most.min(400 * DAY)
        );
        line.len()
            + ((45 + 1 + longest.encode().len() + by_place(&cart(items)).len()) * 4).div_ceil(3)
    };
    let years = |draft: &Draft, absolute: u64| {
        draft.clone().with(|draft| draft.server.absolute_timeout = absolute)
    };
    let browser =
        session.clone().with(|draft| draft.claims.expiry = reference::Expiry::BrowserSession);
    for (name, note, draft) in [
        (
            "age_3_bytes",
            "an absolute timeout of 2,097,031 s: `age` takes three bytes at the longest",
            years(&session, 2_097_031),
        ),
        ("age_4_bytes", "2,097,032 s: it takes four", years(&session, 2_097_032)),
        (
            "max_age_7_digits",
            "9,999,879 s: Max-Age takes seven digits at the longest",
            years(&session, 9_999_879),
        ),
        ("max_age_8_digits", "9,999,880 s: it takes eight", years(&session, 9_999_880)),
        (
            "max_age_400_days",
            "1,000 days: Max-Age is never more than 400",
            years(&session, 1_000 * DAY),
        ),
        ("browser_session", "BrowserSession: Max-Age counts there too", browser),
    ] {
        // Lengths of base64url go in steps: of three lengths of data in a row one is at the edge of
        // each.
        for items in 180..183 {
            let limit = needed(&draft, items);
            let fits = draft.clone().with(|draft| draft.server.max_set_cookie = limit);
            let max_age = match draft.claims.expiry {
                reference::Expiry::BrowserSession => None,
                _ => Some(IDLE),
            };
            let expect = Expect::SetsBytes(key(0), now(&draft), by_place(&cart(items)), max_age);
            made.add(
                &format!("set_fits_{name}_{items}"),
                note,
                &fits,
                Action::Set(cart(items)),
                expect,
            );
            let too_large = draft.clone().with(|draft| draft.server.max_set_cookie = limit - 1);
            let note = format!("{note}; one byte too many");
            let name = format!("too_large_{name}_{items}");
            made.add(
                &name,
                &note,
                &too_large,
                Action::Set(cart(items)),
                Expect::Refuses("too-large"),
            )
            .needed = Some(limit);
        }
    }
    let note = "a value that is no change is not measured";
    let same = session.with(|draft| draft.server.max_set_cookie = 256);
    let value = json!({ "user": 7, "cart": [1, 300] });
    made.add(
        "nothing_same_too_large",
        note,
        &same.clone().with(|draft| draft.server.cookie_name = NAME.to_owned()),
        Action::Update(value),
        Expect::Nothing,
    );
}

fn extensions(made: &mut Made) {
    let all = || vec![(128, vec![1]), (191, vec![2, 2]), (192, vec![3]), (255, vec![])];
    let with = |issued: u64| came(issued, 3540).with(|draft| draft.claims.extensions = all());
    let due = with(NOW - IDLE / 10);
    made.add(
        "refresh_extensions",
        "a refresh keeps extensions",
        &due,
        Action::Read,
        again(&due, IDLE),
    );
    let session = with(NOW - 60);
    let expect = sets(now(&session), by_place(&visit_json(8)), IDLE);
    made.add("set_extensions", "a write keeps them", &session, Action::Set(visit_json(8)), expect);
    let renewed = Claims {
        id: Some([0; 16]),
        issued: NOW,
        age: 0,
        extensions: vec![(128, vec![1]), (191, vec![2, 2])],
        ..now(&session)
    };
    let expect = sets(renewed, session.data_bytes.clone(), IDLE);
    made.add(
        "renew_extensions",
        "renewing drops those from 192 on",
        &session,
        Action::Renew,
        expect,
    );
    let new = Claims { issued: NOW, age: 0, extensions: Vec::new(), ..now(&session) };
    let expect = sets(new, by_place(&visit_json(8)), IDLE);
    let actions = Action::All(vec![Action::Purge, Action::Set(visit_json(8))]);
    made.add("purge_extensions", "purging drops all", &session, actions, expect);
    let padded = came(NOW - IDLE / 10, 0).with(|draft| draft.padding = Some(40));
    made.add(
        "refresh_padding",
        "a refresh does not write padding",
        &padded,
        Action::Read,
        again(&padded, IDLE),
    );
}

fn flashes(made: &mut Made) {
    let with =
        |texts: Vec<(u8, String)>| came(NOW - 60, 3540).with(|draft| draft.claims.flashes = texts);
    let numbered = |from: u8, to: u8| (from..to).map(|n| (n, format!("m{n}"))).collect::<Vec<_>>();
    let kept = |draft: &Draft, flashes: Vec<(u8, String)>| Claims { flashes, ..now(draft) };
    let data = || by_place(&visit_json(8));
    let seventeen = with(numbered(0, 17));
    let expect = sets(kept(&seventeen, numbered(1, 17)), data(), IDLE);
    made.add(
        "set_drops_seventeenth",
        "seventeen flash messages came: a write keeps the newest sixteen",
        &seventeen,
        Action::Set(visit_json(8)),
        expect,
    );
    let due = with(numbered(0, 17))
        .with(|draft| (draft.claims.issued, draft.claims.age) = (NOW - IDLE / 10, 0));
    made.add(
        "refresh_keeps_seventeen",
        "a refresh keeps all of them",
        &due,
        Action::Read,
        again(&due, IDLE),
    );
    let sixteen = with(numbered(0, 16));
    let mut flashes = numbered(1, 16);
    flashes.push((40, "new".to_owned()));
    let expect = sets(kept(&sixteen, flashes), sixteen.data_bytes.clone(), IDLE);
    made.add(
        "set_flash_drops_oldest",
        "a seventeenth takes the oldest one's place",
        &sixteen,
        Action::Flash(40, "new".to_owned()),
        expect,
    );
    let text = |length: usize| "x".repeat(length);
    let full = with(vec![(20, text(512)), (20, text(512))]);
    let expect = sets(kept(&full, full.claims.flashes.clone()), data(), IDLE);
    made.add(
        "set_1024_bytes",
        "1,024 bytes of flash messages came: a write keeps them",
        &full,
        Action::Set(visit_json(8)),
        expect,
    );
    let over = with(vec![(20, text(512)), (21, text(513))]);
    let expect = sets(kept(&over, vec![(21, text(513))]), data(), IDLE);
    made.add(
        "set_1025_bytes",
        "1,025 bytes came: the oldest is dropped",
        &over,
        Action::Set(visit_json(8)),
        expect,
    );
    let longer = with(vec![(21, text(1_025))]);
    let expect = sets(kept(&longer, longer.claims.flashes.clone()), data(), IDLE);
    made.add(
        "set_1025_bytes_alone",
        "one of 1,025 bytes came: the newest always stays",
        &longer,
        Action::Set(visit_json(8)),
        expect,
    );
    let some = with(vec![(20, text(1))]);
    let expect = sets(kept(&some, vec![(40, text(1_024))]), some.data_bytes.clone(), IDLE);
    made.add(
        "set_flash_1024_bytes",
        "one of 1,024 bytes takes the place of all others",
        &some,
        Action::Flash(40, text(1_024)),
        expect,
    );
    made.add(
        "error_flash_1025_bytes",
        "one of 1,025 bytes is refused",
        &some,
        Action::Flash(40, text(1_025)),
        Expect::Refuses("error"),
    );
    let utf8 = Action::Flash(40, "é".repeat(513));
    made.add(
        "error_flash_utf8",
        "513 characters of 1,026 bytes are refused",
        &some,
        utf8,
        Expect::Refuses("error"),
    );
    let taken = Action::TakeFlashes;
    let expect = sets(kept(&some, vec![]), some.data_bytes.clone(), IDLE);
    made.add(
        "set_taken",
        "flash messages that were taken wait no longer",
        &some,
        taken.clone(),
        expect,
    );
    made.add(
        "nothing_none_to_take",
        "there is none to take",
        &came(NOW - 60, 0),
        taken,
        Expect::Nothing,
    );

    // Room for the data and the newer of two messages.
    let two = with(vec![(20, text(30)), (21, text(30))]);
    let cart = json!({ "user": 8, "cart": vec![5; 100] });
    let needed = |flashes: &[(u8, String)]| {
        let most = ABSOLUTE + 120;
        let claims = Claims {
            issued: NOW - 60 + most,
            age: most,
            flashes: flashes.to_vec(),
            extensions: Vec::new(),
            ..two.claims.clone()
        };
        let line =
            "__Host-Http-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592120".len();
        line + ((45 + 1 + claims.encode().len() + by_place(&cart).len()) * 4).div_ceil(3)
    };
    let limited = |limit: usize| two.clone().with(|draft| draft.server.max_set_cookie = limit);
    let newer = [(21, text(30))];
    let expect = || sets(kept(&two, newer.to_vec()), by_place(&cart), IDLE);
    made.add(
        "set_drops_a_flash",
        "the oldest is dropped for the data's sake",
        &limited(needed(&newer)),
        Action::Set(cart.clone()),
        expect(),
    );
    let expect = sets(kept(&two, vec![]), by_place(&cart), IDLE);
    made.add(
        "set_drops_all_flashes",
        "all are",
        &limited(needed(&newer) - 1),
        Action::Set(cart.clone()),
        expect,
    );
    let vector = made.add(
        "too_large_without_flashes",
        "too large without them too",
        &limited(needed(&[]) - 1),
        Action::Set(cart.clone()),
        Expect::Refuses("too-large"),
    );
    vector.needed = Some(needed(&[]));
    let alone = came(NOW - 60, 3540).with(|draft| draft.server.max_set_cookie = 300);
    let most = ABSOLUTE + 120;
    let longest = Claims {
        issued: NOW - 60 + most,
        age: most,
        flashes: vec![(40, text(100))],
        ..alone.claims.clone()
    };
    let line =
        "__Host-Http-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592120".len();
    let vector = made.add(
        "too_large_flash",
        "a flash message that does not fit by itself",
        &alone,
        Action::Flash(40, text(100)),
        Expect::Refuses("too-large"),
    );
    vector.needed =
        Some(line + ((45 + 1 + longest.encode().len() + alone.data_bytes.len()) * 4).div_ceil(3));
}

fn claims(made: &mut Made) {
    let session = came(NOW - 60, 3540);
    let id = |draft: &Draft, id: Option<[u8; 16]>| Claims { id, ..now(draft) };
    let renewed = |draft: &Draft| Claims { age: 0, ..id(draft, Some([0; 16])) };
    made.add(
        "set_renewed",
        "a renewal draws an id, though the application asked for none, and is created now",
        &session,
        Action::Renew,
        sets(renewed(&session), session.data_bytes.clone(), IDLE),
    );
    let with_id = session.clone().with(|draft| draft.claims.id = Some([7; 16]));
    made.add(
        "set_renewed_id",
        "a renewal draws another id",
        &with_id,
        Action::Renew,
        sets(renewed(&with_id), with_id.data_bytes.clone(), IDLE),
    );
    let ahead = came(NOW + 100, 150);
    let expect = Claims { issued: NOW + 100, age: 100, id: Some([0; 16]), ..ahead.claims.clone() };
    made.add(
        "set_renewed_ahead",
        "issued no earlier than what came, and created now",
        &ahead,
        Action::Renew,
        sets(expect, ahead.data_bytes.clone(), IDLE + 100),
    );
    let flashed = session.clone().with(|draft| {
        draft.claims.flashes = vec![(20, "kept".to_owned())];
        draft.claims.expiry = reference::Expiry::Idle(600);
    });
    made.add(
        "set_renewed_keeps",
        "flash messages and expiry stay",
        &flashed,
        Action::Renew,
        sets(renewed(&flashed), flashed.data_bytes.clone(), 600),
    );
    let twice = Action::All(vec![Action::Renew, Action::Renew]);
    made.add(
        "set_renewed_twice",
        "renewed twice",
        &session,
        twice,
        sets(renewed(&session), session.data_bytes.clone(), IDLE),
    );
    let just_now = came(NOW, 0).with(|draft| draft.claims.id = Some([7; 16]));
    let expect = sets(renewed(&just_now), just_now.data_bytes.clone(), IDLE);
    made.add(
        "set_renewed_at_once",
        "created in this second: the id alone is another one",
        &just_now,
        Action::Renew,
        expect,
    );
    made.without(
        "nothing_renewed_empty",
        "an empty session stays empty",
        &session,
        Action::Renew,
        Expect::Nothing,
    );
    let ids = |draft: &Draft| draft.clone().with(|draft| draft.server.session_ids = true);
    let new = Claims { issued: NOW, age: 0, id: Some([0; 16]), ..session.claims.clone() };
    made.without(
        "set_new_id",
        "ids are asked for: the first write draws one",
        &ids(&session),
        Action::Set(visit_json(8)),
        sets(new.clone(), by_place(&visit_json(8)), IDLE),
    );
    made.add(
        "set_first_id",
        "a session without one gets it with a write",
        &ids(&session),
        Action::Set(visit_json(8)),
        sets(id(&session, Some([0; 16])), by_place(&visit_json(8)), IDLE),
    );
    made.add(
        "set_keeps_id",
        "a session that has one keeps it",
        &ids(&with_id),
        Action::Set(visit_json(8)),
        sets(id(&with_id, Some([7; 16])), by_place(&visit_json(8)), IDLE),
    );
    let due = came(NOW - IDLE / 10, 0);
    made.add(
        "refresh_draws_no_id",
        "a refresh draws none",
        &ids(&due),
        Action::Read,
        again(&due, IDLE),
    );
    let due_with_id = due.clone().with(|draft| draft.claims.id = Some([7; 16]));
    made.add(
        "refresh_keeps_id",
        "and keeps the one that is there",
        &due_with_id,
        Action::Read,
        again(&due_with_id, IDLE),
    );
    let purged = Action::All(vec![Action::Purge, Action::Set(visit_json(8))]);
    made.add(
        "set_id_after_purge",
        "after a purge the new session has another id",
        &ids(&with_id),
        purged,
        sets(new, by_place(&visit_json(8)), IDLE),
    );
    let emptied = Action::Set(nothing());
    made.without(
        "nothing_no_id_for_empty",
        "an empty session has none",
        &ids(&session),
        emptied,
        Expect::Nothing,
    );

    let expiry = |expiry: ExpiryVector| Action::SetExpiry(expiry);
    let (idle, at) = (ExpiryVector::Idle, ExpiryVector::At);
    for (name, note, value, expect) in [
        (
            "idle_longest",
            "an idle timeout of the absolute one and 60 s",
            idle(ABSOLUTE + 60),
            Some(ABSOLUTE - 3600),
        ),
        (
            "at_longest",
            "an end at the absolute timeout and 60 s from now",
            at(NOW + ABSOLUTE + 60),
            Some(ABSOLUTE - 3600),
        ),
        ("idle_least", "an idle timeout of a second", idle(1), Some(1)),
        ("at_least", "an end in a second", at(NOW + 1), Some(1)),
        ("idle_too_long", "61 s above the absolute timeout", idle(ABSOLUTE + 61), None),
        (
            "at_too_late",
            "an end 61 s beyond the absolute timeout from now",
            at(NOW + ABSOLUTE + 61),
            None,
        ),
        ("idle_zero", "an idle timeout of 0", idle(0), None),
        ("at_now", "an end that has come", at(NOW), None),
    ] {
        let claims = |value| match value {
            ExpiryVector::Idle(seconds) => reference::Expiry::Idle(seconds),
            ExpiryVector::At(time) => reference::Expiry::At(time),
            _ => reference::Expiry::Default,
        };
        let (name, expect) = match expect {
            Some(max_age) => {
                let claims = Claims { expiry: claims(value), ..now(&session) };
                (format!("set_expiry_{name}"), sets(claims, session.data_bytes.clone(), max_age))
            }
            None => (format!("error_expiry_{name}"), Expect::Refuses("error")),
        };
        made.add(&name, note, &session, expiry(value), expect);
    }
    made.add(
        "nothing_same_expiry",
        "the expiry that it has",
        &session,
        expiry(ExpiryVector::Default),
        Expect::Nothing,
    );
    made.without(
        "nothing_expiry_alone",
        "an expiry alone keeps no empty session",
        &session,
        expiry(idle(600)),
        Expect::Nothing,
    );
    let vector = response(
        "set_browser_session",
        "without Max-Age from here on",
        &session,
        true,
        expiry(ExpiryVector::BrowserSession),
        Expect::SetsBytes(
            key(0),
            Claims { expiry: reference::Expiry::BrowserSession, ..now(&session) },
            session.data_bytes.clone(),
            None,
        ),
    );
    made.0.push(vector);
    let kept = session.clone().with(|draft| draft.claims.expiry = reference::Expiry::Idle(600));
    let purged = Action::All(vec![Action::Purge, Action::Set(visit_json(8))]);
    let new = Claims { issued: NOW, age: 0, ..session.claims.clone() };
    made.add(
        "set_default_after_purge",
        "after a purge the new session has the default expiry",
        &kept,
        purged,
        sets(new, by_place(&visit_json(8)), IDLE),
    );
}

fn no_sealing_key(made: &mut Made) {
    let ring = |draft: Draft| {
        draft.with(|draft| {
            // The key that sealed has ended; the one that opens the cookie does not seal yet.
            draft.secret = 1;
            draft.server.ring = vec![
                format!("{} seal-from=2027-01-16T08:00:00Z", key(1).text()),
                format!(
                    "{} seal-from=2027-01-01T00:00:00Z open-until=2027-01-15T08:00:00Z",
                    key(0).text()
                ),
            ];
        })
    };
    let (session, due) = (ring(came(NOW - 60, 3540)), ring(came(NOW - IDLE / 10, 0)));
    let large = json!({ "user": 8, "cart": vec![u32::MAX; 2000] });
    let mut add = |name: &str, note: &str, draft: &Draft, action: Action, expect: Expect| {
        made.add(name, note, draft, action, expect).built_at = NOW - 100;
    };
    let refused = || Expect::Refuses("no-sealing-key");
    add(
        "no_sealing_key_update",
        "no key seals",
        &session,
        Action::Update(visit_json(8)),
        refused(),
    );
    add(
        "no_sealing_key_flash",
        "for a flash message as well",
        &session,
        Action::Flash(20, "x".to_owned()),
        refused(),
    );
    add("no_sealing_key_renew", "for a renewal", &session, Action::Renew, refused());
    add(
        "no_sealing_key_expiry",
        "for an expiry",
        &session,
        Action::SetExpiry(ExpiryVector::BrowserSession),
        refused(),
    );
    add(
        "no_sealing_key_set_too_large",
        "it is named before too-large",
        &session,
        Action::Set(large.clone()),
        refused(),
    );
    add(
        "no_sealing_key_update_too_large",
        "by every write",
        &session,
        Action::Update(large),
        refused(),
    );
    add("nothing_no_sealing_key_due", "a refresh is left out", &due, Action::Read, Expect::Nothing);
    add(
        "nothing_no_sealing_key_same",
        "what is no change needs no key",
        &session,
        Action::Set(json!({ "user": 7, "cart": [1, 300] })),
        Expect::Nothing,
    );
    add("delete_no_sealing_key", "a purge needs none", &session, Action::Purge, Expect::Deletes);
    add(
        "delete_no_sealing_key_emptied",
        "nor does what empties the session",
        &session,
        Action::Set(nothing()),
        Expect::Deletes,
    );
    let purged = Action::All(vec![Action::Purge, Action::Set(visit_json(8))]);
    add(
        "no_sealing_key_after_purge",
        "what is written after a purge does",
        &session,
        purged,
        refused(),
    );
}

fn caches(made: &mut Made) {
    let (session, due) = (came(NOW - 60, 3540), came(NOW - IDLE / 10, 0));
    let wrote = |fields: &[(&str, &str)]| {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<Vec<_>>()
    };
    type Fields<'a> = &'a [(&'a str, &'a str)];
    // What the application wrote, what a touch makes of it, what a cookie makes of it, and whether
    // a refresh goes out.
    let cases: &[(&str, &str, Fields, Fields, Fields, bool)] = &[
        (
            "silent",
            "nothing",
            &[],
            &[("cache-control", "private"), ("vary", "Cookie")],
            &[("cache-control", "private"), ("vary", "Cookie")],
            true,
        ),
        (
            "no_store",
            "`no-store` bars shared caches",
            &[("cache-control", "no-store")],
            &[("cache-control", "no-store"), ("vary", "Cookie")],
            &[("cache-control", "no-store"), ("vary", "Cookie")],
            true,
        ),
        (
            "private",
            "`private`, in capitals",
            &[("cache-control", "Private, max-age=5")],
            &[("cache-control", "Private, max-age=5"), ("vary", "Cookie")],
            &[("cache-control", "Private, max-age=5"), ("vary", "Cookie")],
            true,
        ),
        (
            "private_list",
            "`private` of a field alone bars nothing",
            &[("cache-control", "private=\"set-cookie, x\"")],
            &[("cache-control", "private=\"set-cookie, x\", private"), ("vary", "Cookie")],
            &[("cache-control", "private=\"set-cookie, x\", private"), ("vary", "Cookie")],
            true,
        ),
        (
            "max_age",
            "`max-age` and `no-cache` are no word of shared caches",
            &[("cache-control", "max-age=60"), ("cache-control", "no-cache")],
            &[("cache-control", "max-age=60, no-cache, private"), ("vary", "Cookie")],
            &[("cache-control", "max-age=60, no-cache, private"), ("vary", "Cookie")],
            true,
        ),
        (
            "public",
            "`public`",
            &[("cache-control", "public, max-age=60")],
            &[("cache-control", "public, max-age=60"), ("vary", "Cookie")],
            &[("cache-control", "max-age=60, private"), ("vary", "Cookie")],
            false,
        ),
        (
            "s_maxage",
            "`s-maxage`, in capitals, with a blank",
            &[("cache-control", "S-MaxAge =60")],
            &[("cache-control", "S-MaxAge =60"), ("vary", "Cookie")],
            &[("cache-control", "private"), ("vary", "Cookie")],
            false,
        ),
        (
            "public_no_store",
            "`public` beside `no-store`",
            &[("cache-control", "public, no-store")],
            &[("cache-control", "public, no-store"), ("vary", "Cookie")],
            &[("cache-control", "public, no-store"), ("vary", "Cookie")],
            true,
        ),
        (
            "quoted",
            "`public` within a quoted string",
            &[("cache-control", "x=\"a, public\"")],
            &[("cache-control", "x=\"a, public\", private"), ("vary", "Cookie")],
            &[("cache-control", "x=\"a, public\", private"), ("vary", "Cookie")],
            true,
        ),
        (
            "quoted_no_store",
            "`no-store` within a quoted string bars nothing",
            &[("cache-control", "x=\"a, no-store , b\"")],
            &[("cache-control", "x=\"a, no-store , b\", private"), ("vary", "Cookie")],
            &[("cache-control", "x=\"a, no-store , b\", private"), ("vary", "Cookie")],
            true,
        ),
        (
            "targeted",
            "a targeted field",
            &[("cdn-cache-control", "max-age=60")],
            &[("cdn-cache-control", "max-age=60"), ("vary", "Cookie")],
            &[("cache-control", "private"), ("cdn-cache-control", "no-store"), ("vary", "Cookie")],
            false,
        ),
        (
            "targeted_other",
            "a targeted field of a vendor, and Surrogate-Control",
            &[("surrogate-control", "max-age=60"), ("x-cdn-cache-control", "")],
            &[("surrogate-control", "max-age=60"), ("vary", "Cookie"), ("x-cdn-cache-control", "")],
            &[
                ("cache-control", "private"),
                ("surrogate-control", "no-store"),
                ("vary", "Cookie"),
                ("x-cdn-cache-control", "no-store"),
            ],
            false,
        ),
        (
            "targeted_barred",
            "a targeted field that is itself barred",
            &[("cdn-cache-control", "private")],
            &[("cache-control", "private"), ("cdn-cache-control", "private"), ("vary", "Cookie")],
            &[("cache-control", "private"), ("cdn-cache-control", "private"), ("vary", "Cookie")],
            true,
        ),
        (
            "edge_control",
            "Akamai's field",
            &[("edge-control", "max-age=60")],
            &[("edge-control", "max-age=60"), ("vary", "Cookie")],
            &[("cache-control", "private"), ("edge-control", "no-store"), ("vary", "Cookie")],
            false,
        ),
        (
            "edge_control_private",
            "`private` is not a word of Akamai's",
            &[("edge-control", "private")],
            &[("edge-control", "private"), ("vary", "Cookie")],
            &[("cache-control", "private"), ("edge-control", "no-store"), ("vary", "Cookie")],
            false,
        ),
        (
            "edge_control_bypass",
            "`bypass-cache` forbids shared caching",
            &[("edge-control", "max-age=60, Bypass-Cache")],
            &[
                ("cache-control", "private"),
                ("edge-control", "max-age=60, Bypass-Cache"),
                ("vary", "Cookie"),
            ],
            &[
                ("cache-control", "private"),
                ("edge-control", "max-age=60, Bypass-Cache"),
                ("vary", "Cookie"),
            ],
            true,
        ),
        (
            "x_accel_expires",
            "nginx's field, a number of seconds",
            &[("x-accel-expires", "3600")],
            &[("vary", "Cookie"), ("x-accel-expires", "3600")],
            &[("cache-control", "private"), ("vary", "Cookie"), ("x-accel-expires", "0")],
            false,
        ),
        (
            "x_accel_expires_0",
            "0 forbids shared caching",
            &[("x-accel-expires", "0")],
            &[("cache-control", "private"), ("vary", "Cookie"), ("x-accel-expires", "0")],
            &[("cache-control", "private"), ("vary", "Cookie"), ("x-accel-expires", "0")],
            true,
        ),
        (
            "targeted_no_store",
            "a targeted field beside `no-store`, which does not bind it",
            &[("cache-control", "no-store"), ("cdn-cache-control", "max-age=60")],
            &[
                ("cache-control", "no-store"),
                ("cdn-cache-control", "max-age=60"),
                ("vary", "Cookie"),
            ],
            &[("cache-control", "no-store"), ("cdn-cache-control", "no-store"), ("vary", "Cookie")],
            false,
        ),
        (
            "vary",
            "`Vary` that names `cookie` already",
            &[("vary", "accept, cookie")],
            &[("cache-control", "private"), ("vary", "accept, cookie")],
            &[("cache-control", "private"), ("vary", "accept, cookie")],
            true,
        ),
        (
            "vary_star",
            "`Vary: *`",
            &[("vary", "*")],
            &[("cache-control", "private"), ("vary", "*")],
            &[("cache-control", "private"), ("vary", "*")],
            true,
        ),
        (
            "vary_other",
            "`Vary` of another field, twice",
            &[("vary", "accept"), ("vary", "x-cookie")],
            &[("cache-control", "private"), ("vary", "accept, x-cookie, Cookie")],
            &[("cache-control", "private"), ("vary", "accept, x-cookie, Cookie")],
            true,
        ),
    ];
    for (name, note, before, touched, carrying, refreshed) in cases {
        let mut add =
            |kind: &str, draft: &Draft, action: Action, expect: Expect, fields: Fields| {
                let vector = made.add(&format!("{kind}_cache_{name}"), note, draft, action, expect);
                (vector.response_fields, vector.fields) = (wrote(before), wrote(fields));
            };
        add("nothing", &session, Action::Read, Expect::Nothing, touched);
        add(
            "set",
            &session,
            Action::Set(visit_json(8)),
            sets(now(&session), by_place(&visit_json(8)), IDLE),
            carrying,
        );
        add("delete", &session, Action::Purge, Expect::Deletes, carrying);
        if *refreshed {
            add("refresh", &due, Action::Read, again(&due, IDLE), carrying);
        } else {
            add("nothing_due", &due, Action::Read, Expect::Nothing, touched);
        }
        if *name == "public" {
            add("nothing_untouched", &due, Action::Nothing, Expect::Nothing, before);
        }
    }
}

const BEFORE: &str = "__Host-shop";

fn other_names(made: &mut Made) {
    let named = |draft: &Draft| {
        draft.clone().with(|draft| {
            draft.aad_name = Some(BEFORE.to_owned());
            draft.server.aliases =
                vec![(BEFORE.to_owned(), String::new()), (NAME.to_owned(), hex::encode("old"))];
        })
    };
    let (session, due) = (named(&came(NOW - 60, 3540)), named(&came(NOW - IDLE / 10, 0)));
    let under = |vector: &mut ResponseVector| {
        let value = vector.cookie_fields[0].0.replacen(NAME, BEFORE, 1);
        vector.cookie_fields = vec![Text(value)];
    };
    let changed = |draft: &Draft| sets(now(draft), by_place(&visit_json(8)), IDLE);
    under(made.add(
        "nothing_other_name",
        "a cookie of another name, read and not due",
        &session,
        Action::Read,
        Expect::Nothing,
    ));
    let vector = made.add(
        "set_other_name",
        "a write moves the session, and the other cookie goes",
        &session,
        Action::Set(visit_json(8)),
        changed(&session),
    );
    under(vector);
    vector.deleted = vec![BEFORE.to_owned()];
    let vector =
        made.add("refresh_other_name", "as does a refresh", &due, Action::Read, again(&due, IDLE));
    under(vector);
    vector.deleted = vec![BEFORE.to_owned()];
    let vector = made.add(
        "delete_other_name",
        "a purge deletes what came, and nothing else",
        &session,
        Action::Purge,
        Expect::Deletes,
    );
    under(vector);
    vector.cookie_fields.push(Text(format!("{BEFORE}.2=x")));
    vector.deleted = vec![BEFORE.to_owned(), format!("{BEFORE}.2")];
    let own =
        came(NOW - 60, 3540).with(|draft| draft.server.aliases = session.server.aliases.clone());
    let vector = made.add(
        "set_beside_other_name",
        "a cookie of another name beside the own one goes",
        &own,
        Action::Set(visit_json(8)),
        changed(&own),
    );
    vector.cookie_fields.push(Text(format!("{BEFORE}=x; {BEFORE}.1=y")));
    vector.deleted = vec![BEFORE.to_owned(), format!("{BEFORE}.1")];
    let earlier = own.clone().with(|draft| {
        draft.aad_context = Some(b"old".to_vec());
        (draft.claims.issued, draft.claims.age) = (NOW - IDLE / 10, 0);
    });
    made.add(
        "refresh_earlier_context",
        "a refresh moves the session to the present context",
        &earlier,
        Action::Read,
        again(&earlier, IDLE),
    );
    let emptied = own.clone();
    let vector = made.without(
        "delete_emptied_cookie",
        "an emptied cookie came: a purge deletes it",
        &emptied,
        Action::Purge,
        Expect::Deletes,
    );
    vector.cookie_fields = vec![Text(format!("{NAME}="))];
    let vector = made.add(
        "nothing_cross_site_other_name",
        "from another site: a purge deletes nothing",
        &session,
        Action::Purge,
        Expect::Nothing,
    );
    under(vector);
    vector.sec_fetch_site = Some("cross-site".to_owned());
    let vector = made.without(
        "nothing_cross_site_purge",
        "from another site, and nothing came",
        &own,
        Action::Purge,
        Expect::Nothing,
    );
    vector.sec_fetch_site = Some("cross-site".to_owned());
    let new = Claims { issued: NOW, age: 0, ..own.claims.clone() };
    let vector = made.without(
        "set_cross_site",
        "from another site, a whole new session",
        &own,
        Action::Set(visit_json(8)),
        sets(new, by_place(&visit_json(8)), IDLE),
    );
    vector.sec_fetch_site = Some("cross-site".to_owned());

    let copies = came(NOW - 60, 3540).with(|draft| {
        draft.server.copies = vec![
            ("sid".to_owned(), None, "/shop".to_owned()),
            (NAME.to_owned(), None, "/shop".to_owned()),
            ("sid".to_owned(), Some("example.org".to_owned()), "/".to_owned()),
            ("gone".to_owned(), None, "/".to_owned()),
        ];
    });
    // A `__Host-` name is at `/` alone.
    let copies = copies.with(|draft| drop(draft.server.copies.remove(1)));
    let deleted = vec!["sid; Domain=example.org".to_owned(), "sid; Path=/shop".to_owned()];
    let also = |vector: &mut ResponseVector| vector.cookie_fields.push(Text("sid=x".to_owned()));
    also(made.add(
        "nothing_copies",
        "copies at other places stay where nothing is set",
        &copies,
        Action::Read,
        Expect::Nothing,
    ));
    let vector = made.add(
        "set_beside_copies",
        "copies of a name that came go with a cookie that is set",
        &copies,
        Action::Set(visit_json(8)),
        changed(&copies),
    );
    also(vector);
    vector.deleted = deleted.clone();
    let vector = made.add(
        "delete_copies",
        "and with one that is deleted",
        &copies,
        Action::Purge,
        Expect::Deletes,
    );
    also(vector);
    vector.deleted = [vec![NAME.to_owned()], deleted].concat();
}

fn other_shapes(made: &mut Made) {
    let value = json!({ "user": 7, "cart": [1, 300] });
    let at = |draft: Draft, issued: u64, age: u64| {
        draft.with(|draft| (draft.claims.issued, draft.claims.age) = (issued, age))
    };
    let by_name = |issued: u64, age: u64| {
        at(
            Draft::named("Visit", value.clone(), &value)
                .with(|draft| draft.server = Server::of("Visit")),
            issued,
            age,
        )
    };
    let (session, due) = (by_name(NOW - 60, 3540), by_name(NOW - IDLE / 10, 0));
    made.add(
        "refresh_by_name",
        "a refresh keeps encoding and shape, at a server that writes by place",
        &due,
        Action::Read,
        again(&due, IDLE),
    );
    made.add(
        "nothing_same_by_name",
        "the same value is no change, though it would be written otherwise",
        &session,
        Action::Set(value.clone()),
        Expect::Nothing,
    );
    let own = |draft: &Draft| Claims { shape: reference::shape_of_text(VISIT), ..now(draft) };
    made.add(
        "set_by_place",
        "a write is in the server's own encoding and shape",
        &session,
        Action::Update(visit_json(8)),
        sets(own(&session), by_place(&visit_json(8)), IDLE),
    );
    let flashed = Claims { flashes: vec![(20, "x".to_owned())], ..own(&session) };
    made.add(
        "set_flash_by_place",
        "a flash message is a write of the whole session",
        &session,
        Action::Flash(20, "x".to_owned()),
        sets(flashed, by_place(&value), IDLE),
    );
    let earlier = |issued: u64, age: u64| {
        at(
            Draft::new(Server::of("Visit"), json!({ "user": 7, "cart": [] }), vec![1, 7]),
            issued,
            age,
        )
        .with(|draft| {
            draft.server.upgrades = true;
            draft.claims.shape = reference::shape_of_text(EARLIER);
        })
    };
    let (session, due) = (earlier(NOW - 60, 3540), earlier(NOW - IDLE / 10, 0));
    made.add(
        "refresh_earlier_type",
        "a refresh keeps the bytes of an earlier type",
        &due,
        Action::Read,
        again(&due, IDLE),
    );
    made.add(
        "nothing_earlier_type",
        "as does a write of the value that it is read as",
        &session,
        Action::Set(visit_json(7)),
        Expect::Nothing,
    );
    made.add(
        "set_earlier_type",
        "what is written is of the present type",
        &session,
        Action::Update(visit_json(8)),
        sets(own(&session), by_place(&visit_json(8)), IDLE),
    );
    made.add(
        "set_renewed_earlier_type",
        "a renewal too",
        &session,
        Action::Renew,
        sets(Claims { id: Some([0; 16]), age: 0, ..own(&session) }, by_place(&visit_json(7)), IDLE),
    );
    let spelled = |issued: u64, age: u64| {
        at(
            Draft::visit().with(|draft| draft.data_bytes = vec![1, 0x87, 0, 2, 1, 0xac, 2]),
            issued,
            age,
        )
    };
    let (session, due) = (spelled(NOW - 60, 3540), spelled(NOW - IDLE / 10, 0));
    made.add(
        "refresh_other_spelling",
        "a refresh keeps data that a writer would spell otherwise",
        &due,
        Action::Read,
        again(&due, IDLE),
    );
    made.add(
        "nothing_other_spelling",
        "the same value is no change of them",
        &session,
        Action::Update(value.clone()),
        Expect::Nothing,
    );
    made.add(
        "nothing_set_other_spelling",
        "nor as a whole new value",
        &session,
        Action::Set(value),
        Expect::Nothing,
    );
}

fn moving_in(made: &mut Made) {
    let import = |until: u64, delete_from: Option<u64>| {
        came(NOW - 60, 3540).with(|draft| {
            draft.server.import = Some(Import { name: "sid".to_owned(), until, delete_from });
        })
    };
    let new = |draft: &Draft| Claims { issued: NOW, age: 0, ..draft.claims.clone() };
    let old = |vector: &mut ResponseVector| vector.cookie_fields.push(Text("sid=7".to_owned()));
    let also_deleted = |vector: &mut ResponseVector| {
        vector.cookie_fields.push(Text("sid=7".to_owned()));
        vector.deleted.push("sid".to_owned());
    };
    let (reads, deletes) = (import(NOW + 100, None), import(NOW + 100, Some(NOW)));
    let (later, over) = (import(NOW + 100, Some(NOW + 1)), import(NOW, Some(NOW)));
    let imported = |draft: &Draft| sets(new(draft), by_place(&visit_json(7)), IDLE);
    let changed = |draft: &Draft| sets(new(draft), by_place(&visit_json(8)), IDLE);
    old(made.without(
        "set_imported",
        "an imported session is set though nothing was written",
        &reads,
        Action::Read,
        imported(&reads),
    ));
    old(made.without(
        "set_imported_and_changed",
        "and with what is written",
        &reads,
        Action::Set(visit_json(8)),
        changed(&reads),
    ));
    also_deleted(made.without(
        "set_imported_deletes",
        "from the second date on the old cookie goes with that",
        &deletes,
        Action::Read,
        imported(&deletes),
    ));
    old(made.without(
        "set_imported_later",
        "one second before that date it stays",
        &later,
        Action::Read,
        imported(&later),
    ));
    for (status, name) in [
        (304, "nothing_imported_304"),
        (101, "nothing_imported_101"),
        (500, "nothing_imported_500"),
    ] {
        let vector = made.without(
            name,
            "not on this status, and the old cookie stays",
            &deletes,
            Action::Read,
            Expect::Nothing,
        );
        old(vector);
        vector.status = status;
    }
    let vector = made.without(
        "nothing_imported_late",
        "not 5.001 s later",
        &deletes,
        Action::Read,
        Expect::Nothing,
    );
    old(vector);
    vector.milliseconds_later = 5_001;
    let vector = made.without(
        "nothing_imported_public",
        "nor in place of a cache's permission",
        &deletes,
        Action::Read,
        Expect::Nothing,
    );
    old(vector);
    vector.response_fields = vec![("cache-control".to_owned(), "public".to_owned())];
    vector.fields = vec![
        ("cache-control".to_owned(), "public".to_owned()),
        ("vary".to_owned(), "Cookie".to_owned()),
    ];
    let gone = |vector: &mut ResponseVector, names: &[&str]| {
        vector.cookie_fields.push(Text("sid=7".to_owned()));
        vector.deleted = names.iter().map(|name| (*name).to_owned()).collect();
    };
    gone(
        made.without(
            "delete_imported_purged",
            "a purge deletes the old cookie at any date",
            &reads,
            Action::Purge,
            Expect::Deletes,
        ),
        &["sid"],
    );
    gone(
        made.without(
            "delete_imported_emptied",
            "as does an update that empties the session",
            &reads,
            Action::Update(nothing()),
            Expect::Deletes,
        ),
        &["sid"],
    );
    gone(
        made.add("delete_both", "beside the session's own", &reads, Action::Purge, Expect::Deletes),
        &[NAME, "sid"],
    );
    let vector = made.add(
        "delete_old_that_did_not_come",
        "and where the session's own alone came",
        &reads,
        Action::Purge,
        Expect::Deletes,
    );
    vector.deleted.push("sid".to_owned());
    gone(
        made.add(
            "delete_old_date",
            "from the second date on every answer to a touch deletes it",
            &deletes,
            Action::Read,
            Expect::Deletes,
        ),
        &["sid"],
    );
    old(made.add(
        "nothing_old_date",
        "not a second earlier",
        &later,
        Action::Read,
        Expect::Nothing,
    ));
    old(made.add(
        "nothing_old_untouched",
        "nor where nobody looked",
        &deletes,
        Action::Nothing,
        Expect::Nothing,
    ));
    gone(
        made.without(
            "delete_old_over",
            "one that is not read any more goes too",
            &over,
            Action::Read,
            Expect::Deletes,
        ),
        &["sid"],
    );
    let vector = made.without(
        "nothing_old_unreadable",
        "one that its reader refused, before the first date: another server may read it",
        &deletes,
        Action::Read,
        Expect::Nothing,
    );
    vector.cookie_fields = vec![Text("sid=seven".to_owned())];
    let unknown = deletes.clone().with(|draft| draft.secret = 5);
    old(made.add(
        "nothing_old_beside_unknown_key",
        "nor beside a cookie that does not open",
        &unknown,
        Action::Read,
        Expect::Nothing,
    ));
    let vector = made.add(
        "set_old_beside_unknown_key",
        "but with a session that is set in its place",
        &unknown,
        Action::Set(visit_json(8)),
        changed(&unknown),
    );
    also_deleted(vector);
    let cross_site = made.without(
        "nothing_old_cross_site",
        "from another site nothing is deleted",
        &deletes,
        Action::Purge,
        Expect::Nothing,
    );
    old(cross_site);
    cross_site.sec_fetch_site = Some("cross-site".to_owned());
    let vector = made.without(
        "delete_old_500",
        "a purge deletes it with 5xx too",
        &reads,
        Action::Purge,
        Expect::Deletes,
    );
    gone(vector, &["sid"]);
    vector.status = 503;
}
