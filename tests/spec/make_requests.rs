//! Vectors of requests, by subject: finding, several candidates and the rank of their reasons,
//! other names and contexts, what is cross-site, what another server may read, and the cookie of
//! another library.

use super::file::*;
use super::make::*;
use super::reference::{self, Expiry, Key, Suite};
use serde_json::{Value as Json, json};

pub fn vectors() -> Vec<RequestVector> {
    let mut made = Made(Vec::new());
    finding(&mut made);
    several(&mut made);
    ranks(&mut made);
    other_names(&mut made);
    cross_site(&mut made);
    unreadable(&mut made);
    moving_in(&mut made);
    super::make_pieces::requests(&mut made);
    made.0
}

pub struct Made(Vec<RequestVector>);

impl Made {
    pub fn add(
        &mut self,
        name: &str,
        note: &str,
        expect: &str,
        fields: Vec<String>,
        user: Option<u64>,
    ) -> &mut RequestVector {
        self.0.push(RequestVector {
            name: name.to_owned(),
            note: note.to_owned(),
            server: Server::of("Visit"),
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
        self.0.last_mut().expect("it was added")
    }
}

pub fn draft(user: u64, issued: u64) -> Draft {
    Draft::new(Server::of("Visit"), json!(null), reference::postcard(&visit(Some(user), &[])))
        .with(|draft| (draft.claims.issued, draft.claims.age) = (issued, 0))
}

pub fn of(user: u64, issued: u64) -> String {
    draft(user, issued).value(&format!("request {user} {issued}"))
}

pub fn pair(value: &str) -> String {
    format!("{NAME}={value}")
}

pub fn forged(n: usize) -> String {
    let (_, mut envelope) = draft(0, NOW).seal(&format!("forged {n}"));
    *envelope.last_mut().expect("a tag") ^= 1;
    reference::value(&envelope)
}

fn finding(made: &mut Made) {
    let one = of(1, NOW - 100);
    // A form feed and a vertical tab no header can carry; they come by bytes alone.
    for (name, note, mark) in [
        ("carriage_return", "CR", '\r'),
        ("line_feed", "LF", '\n'),
        ("vertical_tab", "VT", '\u{b}'),
        ("form_feed", "FF", '\u{c}'),
    ] {
        let before = format!("{note} before the name: no blank");
        made.add(
            &format!("find_{name}_before"),
            &before,
            "absent",
            vec![format!("a=b; {mark}{}", pair(&one))],
            None,
        );
        let behind = format!("{note} behind the value: no blank");
        made.add(
            &format!("envelope_{name}_behind"),
            &behind,
            "malformed",
            vec![format!("{}{mark}; a=b", pair(&one))],
            None,
        );
    }
    for (name, note, piece) in [
        ("0", "a piece of number 0", "0"),
        ("10", "a piece of two digits", "10"),
        ("1x", "a piece with a letter behind its digit", "1x"),
    ] {
        let fields = vec![format!("{NAME}.{piece}={one}")];
        let vector = made.add(
            &format!("find_cross_site_piece_{name}"),
            &format!("{note}: none"),
            "cross-site",
            fields,
            None,
        );
        vector.method = "POST".to_owned();
        vector.sec_fetch_site = Some("cross-site".to_owned());
    }
    let vector = made.add(
        "find_absent_piece_cross_site",
        "a piece alone came: it counts as a cookie",
        "absent",
        vec![format!("{NAME}.1={one}")],
        None,
    );
    vector.method = "POST".to_owned();
    vector.sec_fetch_site = Some("cross-site".to_owned());
    made.add(
        "ok_beside_emptied",
        "an emptied one before ours",
        "ok",
        vec![format!("{NAME}=; {}", pair(&one))],
        Some(1),
    );
    made.add(
        "find_absent_emptied_blanks",
        "blanks behind an emptied one",
        "absent",
        vec![format!("{NAME}= \t; a=b")],
        None,
    );
    let emptied = made.add(
        "find_cross_site_emptied",
        "an emptied one counts as none",
        "cross-site",
        vec![pair("")],
        None,
    );
    emptied.method = "POST".to_owned();
    emptied.sec_fetch_site = Some("cross-site".to_owned());
}

fn several(made: &mut Made) {
    let ours = of(1, NOW - 100);
    let filled = |length: usize| {
        let mut fields = vec![pair(&"A".repeat(4096)); length / 4096];
        fields.push(pair(&"A".repeat(length % 4096)));
        fields
    };
    let room = 65_536 - ours.len();
    let with_ours =
        |fields: Vec<String>| fields.into_iter().chain([pair(&ours)]).collect::<Vec<_>>();
    made.add(
        "ok_at_64_kib",
        "candidates of 65,536 characters together, ours the last of them",
        "ok",
        with_ours(filled(room)),
        Some(1),
    );
    made.add(
        "find_beyond_64_kib",
        "one character more: ours is not looked at",
        "unknown-version",
        with_ours(filled(room + 1)),
        None,
    );
    let unknown: Vec<String> = (0..16)
        .map(|n| pair(&draft(9, NOW).with(|draft| draft.secret = 4).value(&format!("unknown {n}"))))
        .collect();
    made.add(
        "ok_behind_unknown_keys",
        "sixteen of a key that the ring lacks, whose tag is not checked, and ours",
        "ok",
        with_ours(unknown),
        Some(1),
    );
    let junk: Vec<String> = (0..17).map(|n| pair(&forged(n))).collect();
    made.add(
        "find_too_many_all_forged",
        "seventeen forged ones: the seventeenth is not opened",
        "too-many",
        junk,
        None,
    );
}

/// Pairs of reasons beyond those that stand side by side in the list.
fn ranks(made: &mut Made) {
    let with = |change: &dyn Fn(&mut Draft), name: &str| {
        pair(&Draft::visit().with(|draft| change(draft)).value(name))
    };
    let both =
        |made: &mut Made, better: &str, worse: &str, first: &str, second: &str, server: &Server| {
            for (order, fields) in [
                ("in_order", format!("{first}; {second}")),
                ("reversed", format!("{second}; {first}")),
            ] {
                let name = format!("rank_{better}_over_{worse}_{order}").replace('-', "_");
                made.add(
                    &name,
                    "neither opens; the more hopeful reason is reported",
                    better,
                    vec![fields],
                    None,
                )
                .server = server.clone();
            }
        };
    let mut server = Server::of("Visit");
    server.reject_created_before = NOW - 1000;
    server.ring.push(format!(
        "{} open-until=2027-01-15T08:00:00Z",
        Key::new(reference::published(2), Suite::Xaes).text()
    ));
    let unsupported = pair(&Draft::visit().suite(Suite::XChaCha).value("rank unsupported"));
    let unknown = with(&|draft| draft.secret = 4, "rank unknown");
    let ended = with(&|draft| draft.secret = 2, "rank ended");
    let refused = with(&|_| (), "rank refused");
    let expired =
        with(&|draft| (draft.claims.issued, draft.claims.age) = (NOW - IDLE, 0), "rank expired");
    let (forged, version) = (pair(&forged(0)), pair("Ag"));
    let reasons = [
        ("unknown-version", &version),
        ("unsupported-suite", &unsupported),
        ("unknown-key", &unknown),
        ("key-ended", &ended),
        ("refused", &refused),
        ("expired-idle", &expired),
        ("bad-seal", &forged),
    ];
    for window in reasons.windows(2) {
        let [(better, first), (worse, second)] = window else { continue };
        let mut server = server.clone();
        if [better, worse].contains(&&"unsupported-suite") {
            server.suites.truncate(1);
        }
        both(made, better, worse, first, second, &server);
    }
    both(made, "unknown-key", "refused", &unknown, &refused, &server);
    for (better, cookie) in [
        (
            "from-the-future",
            with(&|draft| (draft.claims.issued, draft.claims.age) = (NOW + 121, 0), "rank future"),
        ),
        ("other-shape", with(&|draft| draft.claims.shape = [1; 4], "rank shape")),
        ("unknown-form", with(&|draft| draft.form = 9, "rank form")),
        ("undecodable", with(&|draft| draft.data_bytes = vec![9], "rank data")),
        ("pieces-mixed", pair("2.AAAA")),
    ] {
        both(made, better, "refused", &cookie, &refused, &server);
    }
    for (worse, cookie) in
        [("bad-seal", &forged), ("too-long", &pair(&"A".repeat(4097))), ("malformed", &pair("!"))]
    {
        both(made, "refused", worse, &refused, cookie, &server);
    }
    let at = |expiry: Expiry, issued: u64, age: u64, name: &str| {
        with(
            &|draft| {
                (draft.claims.expiry, draft.claims.issued, draft.claims.age) = (expiry, issued, age)
            },
            name,
        )
    };
    let (first, second) = (
        at(Expiry::At(5), NOW - IDLE, 0, "expired at"),
        at(Expiry::Default, NOW - IDLE, 0, "expired idle"),
    );
    let note = "two that expired, issued at the same second: the first names the reason";
    made.add(
        "rank_expired_first_of_equals",
        note,
        "expired-at",
        vec![format!("{first}; {second}")],
        None,
    );
    made.add(
        "rank_expired_first_of_equals_reversed",
        note,
        "expired-idle",
        vec![format!("{second}; {first}")],
        None,
    );
}

const BEFORE: &str = "__Host-shop";

fn other_names(made: &mut Made) {
    let mut server = Server::of("Visit");
    server.context = hex::encode("new");
    server.aliases = vec![
        (BEFORE.to_owned(), String::new()),
        (NAME.to_owned(), hex::encode("old")),
        ("__Host-older".to_owned(), String::new()),
        (BEFORE.to_owned(), hex::encode("first")),
    ];
    let sealed = |user: u64, name: &str, context: &str| {
        let draft = draft(user, NOW - 100).with(|draft| {
            draft.aad_name = Some(name.to_owned());
            draft.aad_context = Some(context.as_bytes().to_vec());
        });
        format!("{name}={}", draft.value(&format!("other {user} {name} {context}")))
    };
    let (ours, earlier) = (sealed(1, NAME, "new"), sealed(2, NAME, "old"));
    let (before, first, older) =
        (sealed(3, BEFORE, ""), sealed(4, BEFORE, "first"), sealed(5, "__Host-older", ""));
    let mut add = |name: &str, note: &str, expect: &str, fields: &[&str], user: Option<u64>| {
        made.add(name, note, expect, vec![fields.join("; ")], user).server = server.clone();
    };
    add(
        "ok_earlier_context",
        "the name's own cookie, under an earlier context",
        "ok",
        &[&earlier],
        Some(2),
    );
    add("ok_other_name", "a cookie of another name alone", "ok", &[&before], Some(3));
    add(
        "ok_other_name_other_context",
        "under the other name's second context",
        "ok",
        &[&first],
        Some(4),
    );
    add("ok_own_name_first", "the own name beside another", "ok", &[&before, &ours], Some(1));
    add(
        "ok_first_other_name",
        "two other names: the one that was given first, wherever it stands",
        "ok",
        &[&older, &before],
        Some(3),
    );
    add("ok_second_other_name", "the other name that came", "ok", &[&older], Some(5));
    add(
        "envelope_own_name_fails",
        "the own name does not open: the other is no second chance",
        "malformed",
        &[&pair("!"), &before],
        None,
    );
    add(
        "open_first_other_name_fails",
        "nor is the second other name for the first",
        "bad-seal",
        &[&before.replace(BEFORE, "__Host-older"), &format!("{BEFORE}={}", forged(7))],
        None,
    );
    add(
        "find_own_piece",
        "a piece of the own name: the other is not looked at",
        "absent",
        &[&format!("{NAME}.1=x"), &before],
        None,
    );
    add(
        "find_other_piece",
        "a piece of the first other name: the second is not looked at",
        "absent",
        &[&format!("{BEFORE}.1=x"), &older],
        None,
    );
    add(
        "ok_own_name_emptied",
        "the own name, emptied: no cookie of it came",
        "ok",
        &[&pair(""), &before],
        Some(3),
    );
    add(
        "open_context_of_another_name",
        "a context that is another name's alone",
        "bad-seal",
        &[&sealed(6, NAME, "first")],
        None,
    );
    add(
        "open_no_context",
        "the empty context, which is the other names' alone",
        "bad-seal",
        &[&sealed(6, NAME, "")],
        None,
    );
    add(
        "open_name_of_the_seal",
        "sealed under the own name, and sent under the other",
        "bad-seal",
        &[&ours.replace(NAME, BEFORE)],
        None,
    );
    let vector = made.add(
        "find_cross_site_other_name",
        "from another site, a cookie of another name alone: it is not read",
        "cross-site",
        vec![before.clone()],
        None,
    );
    (vector.server, vector.method, vector.sec_fetch_site) =
        (server.clone(), "POST".to_owned(), Some("cross-site".to_owned()));
    vector.writes = vec![(Action::Update(some(8)), "cross-site".to_owned())];
    let vector = made.add("ok_other_name_get", "the same by a link", "ok", vec![before], Some(3));
    (vector.server, vector.sec_fetch_site) = (server, Some("cross-site".to_owned()));
}

fn some(user: u64) -> Json {
    json!({ "user": user, "cart": [] })
}

fn nothing() -> Json {
    json!({ "user": null, "cart": [] })
}

/// Each kind of write, and what it says.
fn table(words: [&str; 7]) -> Vec<(Action, String)> {
    let writes = [
        Action::Update(some(8)),
        Action::Flash(20, "x".to_owned()),
        Action::TakeFlashes,
        Action::SetExpiry(ExpiryVector::BrowserSession),
        Action::Set(some(8)),
        Action::Renew,
        Action::Purge,
    ];
    writes.into_iter().zip(words.map(str::to_owned)).collect()
}

/// One write behind another that is accepted.
fn after(first: Action, word: &str) -> (Action, String) {
    (Action::All(vec![first, Action::Update(some(9))]), word.to_owned())
}

fn cross_site(made: &mut Made) {
    let ours = pair(&of(1, NOW - 100));
    for (name, note, same_site, method, site, cookie, expect) in [
        ("find_absent_options", "OPTIONS is as GET", "Lax", "OPTIONS", "cross-site", "", "absent"),
        ("find_absent_trace", "TRACE is as GET", "Lax", "TRACE", "cross-site", "", "absent"),
        (
            "find_cross_site_method_case",
            "`get` is another method than GET",
            "Lax",
            "get",
            "cross-site",
            "",
            "cross-site",
        ),
        ("find_cross_site_put", "PUT is as POST", "Lax", "PUT", "cross-site", "", "cross-site"),
        (
            "find_cross_site_strict_options",
            "Strict holds it back on every method",
            "Strict",
            "OPTIONS",
            "cross-site",
            "",
            "cross-site",
        ),
        (
            "find_absent_strict_piece",
            "Strict, and a piece that came all the same",
            "Strict",
            "GET",
            "cross-site",
            "__Host-Http-session.2=x",
            "absent",
        ),
        (
            "find_absent_strict_same_site",
            "Strict, from a sibling domain",
            "Strict",
            "GET",
            "same-site",
            "",
            "absent",
        ),
        ("find_absent_site_none", "a visitor's own doing", "Strict", "GET", "none", "", "absent"),
        (
            "ok_strict_cross_site",
            "our cookie came all the same",
            "Strict",
            "GET",
            "cross-site",
            &*ours,
            "ok",
        ),
    ] {
        let fields = if cookie.is_empty() { vec![] } else { vec![cookie.to_owned()] };
        let vector = made.add(name, note, expect, fields, (expect == "ok").then_some(1));
        vector.same_site = same_site.to_owned();
        vector.method = method.to_owned();
        vector.sec_fetch_site = Some(site.to_owned());
    }
    for (name, first, second, expect) in [
        ("find_cross_site_site_twice", "cross-site", "same-origin", "cross-site"),
        ("find_absent_site_twice", "same-origin", "cross-site", "absent"),
    ] {
        let vector =
            made.add(name, "of two fields of that name the first counts", expect, vec![], None);
        vector.method = "POST".to_owned();
        (vector.sec_fetch_site, vector.second_sec_fetch_site) =
            (Some(first.to_owned()), Some(second.to_owned()));
    }
    let vector = made.add(
        "find_cross_site_writes",
        "what each write says, and what it says behind another",
        "cross-site",
        vec![],
        None,
    );
    (vector.method, vector.sec_fetch_site) = ("POST".to_owned(), Some("cross-site".to_owned()));
    vector.writes = table(["cross-site", "cross-site", "ok", "cross-site", "ok", "ok", "ok"]);
    vector.writes.extend([
        after(Action::Set(some(8)), "ok"),
        after(Action::Set(nothing()), "cross-site"),
        after(Action::Renew, "ok"),
        after(Action::Purge, "cross-site"),
        after(Action::TakeFlashes, "cross-site"),
    ]);
}

fn unreadable(made: &mut Made) {
    let ours = pair(&of(1, NOW - 100));
    let sealed = |change: &dyn Fn(&mut Draft), name: &str| {
        pair(&Draft::visit().with(|draft| change(draft)).value(name))
    };
    let unknown = sealed(&|draft| draft.secret = 4, "protect unknown");
    let mut server = Server::of("Visit");
    server.protects_unreadable = true;
    server.suites.truncate(2);
    let readable_elsewhere = [
        ("unknown-key", unknown.clone()),
        ("unknown-version", pair("Ag")),
        ("unknown-form", sealed(&|draft| draft.form = 8, "protect form")),
        ("other-shape", sealed(&|draft| draft.claims.shape = [1; 4], "protect shape")),
        (
            "from-the-future",
            sealed(
                &|draft| (draft.claims.issued, draft.claims.age) = (NOW + 121, 0),
                "protect future",
            ),
        ),
    ];
    for (reason, cookie) in readable_elsewhere {
        let vector = made.add(
            &format!("protect_{reason}").replace('-', "_"),
            "a server that protects what another may read: what each write says, and what it says behind another",
            reason,
            vec![cookie],
            None,
        );
        vector.server = server.clone();
        vector.writes =
            table(["unreadable", "unreadable", "ok", "unreadable", "unreadable", "ok", "ok"]);
        vector.writes.extend([
            after(Action::Renew, "ok"),
            after(Action::Purge, "ok"),
            after(Action::TakeFlashes, "unreadable"),
        ]);
    }
    let no = || table(["ok"; 7]);
    for (name, note, expect, cookies) in [
        (
            "protect_bad_seal",
            "no server reads it: it is not protected",
            "bad-seal",
            vec![pair(&forged(1))],
        ),
        ("protect_malformed", "no server reads it", "malformed", vec![pair("!")]),
        (
            "protect_pieces_mixed",
            "a first piece alone: no server joins it",
            "pieces-mixed",
            vec![pair("2.AAAA")],
        ),
        (
            "protect_undecodable",
            "no server reads it",
            "undecodable",
            vec![sealed(&|draft| draft.data_bytes = vec![9], "protect undecodable")],
        ),
        (
            "protect_expired",
            "it is over everywhere",
            "expired-idle",
            vec![pair(&of(1, NOW - IDLE))],
        ),
        (
            "protect_one_of_two",
            "of two one that no server reads: they are not protected",
            "unknown-key",
            vec![unknown.clone(), pair(&forged(2))],
        ),
        ("ok_protect_beside_ours", "one that opens beside it", "ok", vec![unknown.clone(), ours]),
        ("protect_absent", "no cookie came", "absent", vec![]),
    ] {
        let user = (expect == "ok").then_some(1);
        let vector = made.add(name, note, expect, cookies, user);
        vector.server = server.clone();
        vector.writes = no();
    }
    let mut ended = server.clone();
    ended.ring.push(format!(
        "{} open-until=2027-01-15T08:00:00Z",
        Key::new(reference::published(2), Suite::Xaes).text()
    ));
    let cookie = sealed(&|draft| draft.secret = 2, "protect ended");
    let vector = made.add(
        "protect_key_ended",
        "its key has ended: it is over everywhere",
        "key-ended",
        vec![cookie],
        None,
    );
    (vector.server, vector.writes) = (ended, no());
    let vector = made.add(
        "protect_both",
        "two that another server may read",
        "other-shape",
        vec![unknown.clone(), sealed(&|draft| draft.claims.shape = [1; 4], "protect shape too")],
        None,
    );
    (vector.server, vector.writes) = (
        server.clone(),
        table(["unreadable", "unreadable", "ok", "unreadable", "unreadable", "ok", "ok"]),
    );
    let vector = made.add(
        "overwrite_unknown_key",
        "by default a write puts a new session in its place",
        "unknown-key",
        vec![unknown],
        None,
    );
    vector.writes = no();
    server.suites.truncate(1);
    let unsupported = pair(&Draft::visit().suite(Suite::XChaCha).value("protect unsupported"));
    let note = "for implementations that have XAES-256-GCM alone: another may have the suite";
    let vector =
        made.add("protect_unsupported_suite", note, "unsupported-suite", vec![unsupported], None);
    (vector.server, vector.writes) =
        (server, table(["unreadable", "unreadable", "ok", "unreadable", "unreadable", "ok", "ok"]));
}

fn moving_in(made: &mut Made) {
    let mut server = Server::of("Visit");
    server.import = Some(Import { name: "sid".to_owned(), until: NOW + 100, delete_from: None });
    let ours = of(1, NOW - 100);
    let mut add = |name: &str, note: &str, expect: &str, fields: &[&str], user: Option<u64>| {
        let vector = made.add(name, note, expect, vec![fields.join("; ")], user);
        vector.server = server.clone();
        vector.server.aliases = vec![(BEFORE.to_owned(), String::new())];
    };
    add(
        "ok_import",
        "another library's cookie, and none of ours",
        "imported",
        &["a=b", "sid=7"],
        Some(7),
    );
    add(
        "ok_import_beside_emptied",
        "beside an emptied one of ours",
        "imported",
        &["sid=7", &pair("")],
        Some(7),
    );
    add(
        "ok_import_not_beside_ours",
        "beside ours it is not read",
        "ok",
        &["sid=7", &pair(&ours)],
        Some(1),
    );
    add(
        "envelope_import",
        "nor in place of one that does not open",
        "malformed",
        &["sid=7", &pair("!")],
        None,
    );
    add(
        "find_import_piece",
        "nor beside a piece of ours",
        "absent",
        &["sid=7", &format!("{NAME}.1=x")],
        None,
    );
    add(
        "open_import_other_name",
        "nor in place of one of another name that does not open",
        "bad-seal",
        &["sid=7", &format!("{BEFORE}={ours}")],
        None,
    );
    add("find_import_unreadable", "one that its reader refuses", "absent", &["sid=seven"], None);
    add("find_import_name_case", "the old name in other letter case", "absent", &["SID=7"], None);
    add(
        "find_import_percent",
        "a name that percent-decodes to the old one",
        "absent",
        &["s%69d=7"],
        None,
    );
    for (name, note, until, expect, user) in [
        ("ok_import_last_second", "one second before the date", NOW + 1, "imported", Some(7)),
        ("find_import_over", "at the date", NOW, "absent", None),
    ] {
        let vector = made.add(name, note, expect, vec!["sid=7".to_owned()], user);
        vector.server = server.clone();
        vector.server.import = Some(Import { name: "sid".to_owned(), until, delete_from: None });
    }
    let vector = made.add(
        "find_cross_site_import",
        "from another site: it is not read",
        "cross-site",
        vec!["sid=7".to_owned()],
        None,
    );
    (vector.server, vector.method, vector.sec_fetch_site) =
        (server, "POST".to_owned(), Some("cross-site".to_owned()));
}
