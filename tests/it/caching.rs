//! docs/rules.md §5.8, each cell of the table: what a response tells caches if the session was
//! touched or the cookie is set, and the handler's own fields forbid shared caches, allow them,
//! target some caches, or are absent.

use crate::support::*;
use sealed_session::Session;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

type Fields<'a> = &'a [(&'a str, &'a str)];

const SILENT: Fields = &[];

/// The response's fields except `Set-Cookie` and `Vary`, as `name: value` lines, and whether it
/// sets or deletes a cookie. The visitor signed in `ago` seconds ago.
fn answer(ago: u64, fields: Fields, handler: impl Fn(&Session<Visit>)) -> (Vec<String>, bool) {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(ago));
    let call = fields.iter().fold(Call::get(), |call, (name, value)| call.answers(name, value));
    let answer = browser.send(&sessions, call, handler);
    answer.committed.unwrap();
    let others = answer.headers.iter().filter(|(name, _)| *name != "set-cookie" && *name != "vary");
    let mut lines: Vec<String> =
        others.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort_unstable();
    (lines, answer.headers.contains_key("set-cookie"))
}

fn read(session: &Session<Visit>) {
    session.read(|_| ());
}

fn touched(fields: Fields) -> Vec<String> {
    let (lines, cookie) = answer(0, fields, read);
    assert!(!cookie);
    lines
}

fn set(fields: Fields) -> Vec<String> {
    let (lines, cookie) = answer(0, fields, |session| session.set(visit(8)).unwrap());
    assert!(cookie);
    let deleted = answer(0, fields, |session| session.purge().unwrap());
    assert_eq!((lines.clone(), true), deleted, "deleting is as setting");
    lines
}

/// Returns whether a read that is due for a refresh is refreshed. The fields must be those of a
/// response that sets the cookie, or of one that only touches the session.
fn refreshed(fields: Fields) -> bool {
    let (lines, cookie) = answer(2 * DAY, fields, read);
    assert_eq!(lines, if cookie { set(fields) } else { touched(fields) });
    cookie
}

#[test]
fn a_response_without_cache_fields_becomes_private() {
    assert_eq!(touched(SILENT), ["cache-control: private"]);
    assert_eq!(set(SILENT), ["cache-control: private"]);
    assert!(refreshed(SILENT));
}

#[test]
fn private_is_appended_to_neutral_directives() {
    for value in [
        "max-age=60",
        "no-cache",
        "max-age=0, must-revalidate",
        "private=\"x-user\"",
        "no-cache=\"set-cookie\"",
    ] {
        let fields = [("cache-control", value)];
        let appended = [format!("cache-control: {value}, private")];
        assert_eq!(
            (touched(&fields), set(&fields), refreshed(&fields)),
            (appended.to_vec(), appended.to_vec(), true)
        );
    }
}

#[test]
fn a_response_that_forbids_shared_caches_stays_as_it_is() {
    for value in [
        "no-store",
        "private",
        "PRIVATE, max-age=60",
        "max-age=60, No-Store",
        "private, private=\"x\"",
    ] {
        let fields = [("cache-control", value)];
        let same = vec![format!("cache-control: {value}")];
        assert_eq!(
            (touched(&fields), set(&fields), refreshed(&fields)),
            (same.clone(), same, true),
            "{value}"
        );
    }
}

#[test]
fn a_handlers_no_store_is_never_weakened() {
    for value in ["no-store, public", "public, no-store, max-age=60", "no-store, s-maxage=9"] {
        let fields = [("cache-control", value)];
        for lines in [touched(&fields), set(&fields)] {
            assert!(lines[0].contains("no-store"), "{lines:?}");
        }
    }
}

#[test]
fn a_touched_public_response_gets_only_vary() {
    for value in [
        "public",
        "public, max-age=60",
        "s-maxage=60",
        "Public",
        "max-age=1, S-MaxAge=60",
        "s-maxage=\"60\"",
    ] {
        assert_eq!(touched(&[("cache-control", value)]), [format!("cache-control: {value}")]);
    }
}

#[test]
fn a_cookie_turns_public_and_s_maxage_into_private() {
    for (value, left) in [
        ("public", "private"),
        ("public, max-age=60", "max-age=60, private"),
        ("S-MAXAGE=60, max-age=5, PUBLIC", "max-age=5, private"),
        ("s-maxage=\"60\", immutable", "immutable, private"),
    ] {
        assert_eq!(set(&[("cache-control", value)]), [format!("cache-control: {left}")]);
    }
}

#[test]
fn only_a_conflict_with_the_handlers_fields_skips_a_refresh() {
    for value in ["public", "s-maxage=60", "max-age=60, public"] {
        assert!(!refreshed(&[("cache-control", value)]), "{value}");
    }
    assert!(refreshed(&[("cache-control", "public, no-store")]), "barred: nothing goes");
    assert!(refreshed(&[("cache-control", "public, private")]));
    for (value, refresh) in [("max-age=60", false), ("no-store", true), ("private", true)] {
        assert_eq!(refreshed(&[("cdn-cache-control", value)]), refresh, "{value}");
        assert_eq!(
            refreshed(&[("cache-control", "no-store"), ("surrogate-control", value)]),
            refresh,
            "{value}"
        );
    }
}

#[test]
fn a_touched_response_with_targeted_fields_gets_only_vary() {
    for name in [
        "cdn-cache-control",
        "surrogate-control",
        "cloudflare-cdn-cache-control",
        "vercel-cdn-cache-control",
    ] {
        let fields = [("cache-control", "max-age=5"), (name, "max-age=60")];
        let mut same = vec!["cache-control: max-age=5".to_owned(), format!("{name}: max-age=60")];
        same.sort_unstable();
        assert_eq!(touched(&fields), same);
    }
}

#[test]
fn a_cookie_turns_targeted_fields_into_no_store() {
    for name in ["cdn-cache-control", "surrogate-control", "akamai-cdn-cache-control"] {
        for (cache_control, left) in
            [("max-age=5", "max-age=5, private"), ("no-store", "no-store"), ("private", "private")]
        {
            for (targeted, becomes) in [
                ("max-age=60", "no-store"),
                ("no-store", "no-store"),
                ("private, max-age=9", "private, max-age=9"),
            ] {
                let mut expected =
                    vec![format!("cache-control: {left}"), format!("{name}: {becomes}")];
                expected.sort_unstable();
                assert_eq!(set(&[("cache-control", cache_control), (name, targeted)]), expected);
            }
        }
    }
}

#[test]
fn each_targeted_field_is_judged_by_itself() {
    let fields = [("cdn-cache-control", "max-age=60"), ("surrogate-control", "no-store")];
    let expected =
        ["cache-control: private", "cdn-cache-control: no-store", "surrogate-control: no-store"];
    assert_eq!(set(&fields), expected);
    let similar = [("x-cdn-cache-control-x", "max-age=60"), ("x-surrogate-control", "max-age=60")];
    assert_eq!(set(&similar).len(), 3);
    assert_eq!(
        set(&similar)[1..],
        ["x-cdn-cache-control-x: max-age=60", "x-surrogate-control: max-age=60"]
    );
}

/// nginx and Akamai obey these before `Cache-Control`.
#[test]
fn the_fields_of_nginx_and_akamai_are_targeted_too() {
    for (name, value, becomes) in [
        ("x-accel-expires", "3600", "0"),
        ("x-accel-expires", "@1900000000", "0"),
        ("x-accel-expires", "no-store", "0"),
        ("x-accel-expires", "00", "0"),
        ("x-accel-expires", "0", "0"),
        ("edge-control", "cache-maxage=1d", "no-store"),
        ("edge-control", "!no-store, max-age=60", "no-store"),
        ("edge-control", "private", "no-store"),
        ("edge-control", "No-Store", "No-Store"),
        ("edge-control", "max-age=60, bypass-cache", "max-age=60, bypass-cache"),
    ] {
        let barred = value == becomes;
        for (cache_control, left) in
            [("max-age=5", "max-age=5, private"), ("no-store", "no-store"), ("private", "private")]
        {
            let fields = [("cache-control", cache_control), (name, value)];
            assert_eq!(
                set(&fields),
                [format!("cache-control: {left}"), format!("{name}: {becomes}")],
                "{name}: {value}"
            );
            assert_eq!(refreshed(&fields), barred, "{name}: {value}: a refresh takes nothing back");
        }
        let appended = if barred { "max-age=5, private" } else { "max-age=5" };
        assert_eq!(
            touched(&[("cache-control", "max-age=5"), (name, value)]),
            [format!("cache-control: {appended}"), format!("{name}: {value}")]
        );
    }
    // nginx uses only one of several, so each must forbid storing.
    assert_eq!(
        set(&[("x-accel-expires", "0"), ("x-accel-expires", "60")]),
        ["cache-control: private", "x-accel-expires: 0"]
    );
    assert_eq!(
        set(&[("x-accel-expires", "0"), ("x-accel-expires", "0")]).len(),
        3,
        "left as it is"
    );
}

#[test]
fn several_fields_of_one_name_are_one_list() {
    let fields = [("cache-control", "max-age=60"), ("cache-control", "public")];
    assert_eq!(set(&fields), ["cache-control: max-age=60, private"]);
    let barred = [("cache-control", "public"), ("cache-control", "no-store")];
    assert!(set(&barred).contains(&"cache-control: no-store".to_owned()));
    let barred = [("cdn-cache-control", "max-age=60"), ("cdn-cache-control", "no-store")];
    assert_eq!(
        set(&barred),
        ["cache-control: private", "cdn-cache-control: max-age=60", "cdn-cache-control: no-store"]
    );
    let targeted = [("cdn-cache-control", "max-age=60"), ("cdn-cache-control", "max-age=9")];
    assert_eq!(set(&targeted), ["cache-control: private", "cdn-cache-control: no-store"]);
}

#[test]
fn a_word_in_a_quoted_string_is_not_a_directive() {
    let fields = [("cache-control", "x=\"a, public, no-store, b\", max-age=5")];
    let appended = ["cache-control: x=\"a, public, no-store, b\", max-age=5, private"];
    assert_eq!(
        (touched(&fields), set(&fields)),
        (appended.map(str::to_owned).to_vec(), appended.map(str::to_owned).to_vec())
    );
}

#[test]
fn an_escaped_quote_does_not_end_a_quoted_string() {
    for value in [r#"x="a\", private""#, r#"x="a\", no-store, b""#, r#"x="a\\\", private, ""#] {
        let appended = [format!("cache-control: {}, private", value.trim_end_matches([',', ' ']))];
        assert_eq!(
            (touched(&[("cache-control", value)]), set(&[("cache-control", value)])),
            (appended.to_vec(), appended.to_vec())
        );
    }
    let ended = [("cache-control", r#"x="a\\", private"#)];
    assert_eq!(
        touched(&ended),
        [r#"cache-control: x="a\\", private"#],
        "an escaped backslash escapes nothing"
    );
}

/// The `Vary` fields of a touched response, joined.
fn vary(values: &[&str], handler: impl Fn(&Session<Visit>)) -> String {
    let (sessions, _) = sessions();
    let call = values.iter().fold(Call::get(), |call, value| call.answers("vary", value));
    Call::run(call, &sessions, handler).fields("vary").join(", ")
}

#[test]
fn vary_gets_cookie_unless_it_has_it_or_is_a_star() {
    let write = |session: &Session<Visit>| session.set(visit(1)).unwrap();
    for (values, joined) in [
        (&[][..], "Cookie"),
        (&["Accept"], "Accept, Cookie"),
        (&["Accept, Origin"], "Accept, Origin, Cookie"),
        (&["Accept", "Origin"], "Accept, Origin, Cookie"),
        (&["Accept, cookie"], "Accept, cookie"),
        (&["Accept", "COOKIE"], "Accept, COOKIE"),
        (&["*"], "*"),
        (&["X-Cookie"], "X-Cookie, Cookie"),
    ] {
        assert_eq!(vary(values, read), joined);
        assert_eq!(vary(values, write), joined);
    }
}

#[test]
fn private_and_public_responses_vary_too() {
    let (sessions, _) = sessions();
    for value in ["no-store", "private", "public", "s-maxage=1"] {
        let answer =
            Call::get().answers("cache-control", value).run(&sessions, |session| session.cloned());
        assert_eq!(answer.fields("vary"), ["Cookie"], "{value}");
    }
}

#[test]
fn asking_about_a_session_touches_it() {
    let asks: [fn(&Session<Visit>); 11] = [
        |session| assert_ne!(format!("{:?}", session.is_empty()), ""),
        |session| assert_ne!(format!("{:?}", session.id()), ""),
        |session| assert_ne!(format!("{:?}", session.load_status()), ""),
        |session| assert_ne!(format!("{:?}", session.is_new()), ""),
        |session| assert_ne!(format!("{:?}", session.info().expiry()), ""),
        |session| assert_ne!(format!("{:?}", session.info().expires_at()), ""),
        |session| assert_ne!(format!("{:?}", session.info().expires_in()), ""),
        |session| assert_ne!(format!("{:?}", session.size()), ""),
        |session| assert_ne!(format!("{:?}", session.flashes()), ""),
        |session| assert_ne!(format!("{:?}", session.take_flashes()), ""),
        |session| session.read(|_| ()),
    ];
    for ask in asks {
        assert_eq!(vary(&[], ask), "Cookie");
    }
    assert_eq!(vary(&[], |_| ()), "");
    assert_eq!(
        vary(&[], |session| session.skip_refresh()),
        "",
        "saying that it is no visit is no touch"
    );
    assert_eq!(
        vary(&[], |session| assert!(!session.is_modified())),
        "",
        "what nobody touched is not modified"
    );
}

/// A signed-in visitor's session, two days old, in a handler that closes it.
fn closed(handler: impl Fn(&Session<Visit>)) -> Vec<(String, String)> {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(2 * DAY));
    let answer = browser.get(&sessions, |session| {
        handler(session);
        session.close();
    });
    answer.committed.unwrap();
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    answer.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

#[test]
fn a_closed_session_still_makes_the_response_private() {
    let told = [("vary", "Cookie"), ("cache-control", "private")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(closed(read), told, "no refresh");
    assert_eq!(closed(|session| session.set(visit(8)).unwrap()), told, "no change");
    assert_eq!(closed(|session| session.purge().unwrap()), told, "no deletion");
    assert_eq!(closed(|_| ()), []);
}

#[test]
fn a_held_handle_counts_as_touched_and_a_dropped_one_not() {
    let (sessions, clock) = sessions();
    let mut browser = signed_in(&sessions);
    clock.advance(secs(2 * DAY));
    let held = browser.get(&sessions, |session| session.clone());
    assert_eq!(
        (held.fields("vary"), held.fields("cache-control")),
        (vec!["Cookie"], vec!["private"])
    );
    assert!(
        held.lines().is_empty(),
        "a session that nobody opened is not opened by commit, and not refreshed"
    );
    let gone = browser.get(&sessions, |session| drop(session.clone()));
    assert!(gone.headers.is_empty());
}

#[test]
fn an_error_response_that_read_the_session_is_touched_too() {
    let (sessions, _) = sessions();
    for status in [404, 500, 304] {
        let answer = signed_in(&sessions)
            .send(&sessions, Call::get().status(status), |session| session.set(visit(7)));
        assert_eq!(
            (answer.fields("vary"), answer.fields("cache-control")),
            (vec!["Cookie"], vec!["private"]),
            "{status}"
        );
    }
}
