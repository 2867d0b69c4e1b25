//! Sign-out: the marker that ends the browser's DBSC session, and what browsers say of themselves.

use crate::client::{Jar, Request};
use crate::device_key::DeviceKey;
use crate::pair::Pair;
use crate::site::*;

/// How the names of markers begin.
const MARKER: &str = "__Host-session-ended-";

/// The browser signs out, and its marker, with the name and the value.
fn sign_out(browser: &mut Browser, node: &crate::pair::Node) -> (String, String) {
    let response = browser.post(node, "/sign-out");
    let lines = response.all("set-cookie");
    let line = lines.iter().find(|line| line.starts_with(MARKER)).expect("a marker");
    // No page of a sibling domain, and none over plain HTTP, can set a cookie of this name.
    for attribute in ["; Secure", "; Path=/", "; HttpOnly", "; SameSite=None"] {
        assert!(line.contains(attribute), "{line}");
    }
    assert!(!line.contains("Domain"), "{line}");
    let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
    (name.to_owned(), value.to_owned())
}

#[test]
fn a_sign_out_ends_the_session_the_proof_and_the_key() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let mut victim = Browser::victim(home);
        let before = victim.clone();
        let (_, value) = sign_out(&mut victim, away);
        assert_eq!(value, victim.id());
        let names: Vec<&str> = victim.jar.0.iter().map(|(name, _)| &**name).collect();
        assert!(matches!(&names[..], [name] if name.starts_with(MARKER)), "{names:?}");
        // Signed for a challenge from before the sign-out, too.
        let token = before.key.refresh(&before.challenge(home));
        let request = victim.refresh_request().with("secure-session-response", token);
        for request in [victim.refresh_request(), request] {
            let ended = ask(home, request, &victim.jar);
            assert_ended(&ended);
            assert!(ended.all("set-cookie").iter().any(|line| line.starts_with(MARKER)));
        }
        // What a thief copied before lives on, for as long as the proof does.
        assert_accepted(home, &before.jar);
    });
}

#[test]
fn a_marker_ends_no_other_key() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let mut thief = Browser::thief(home);
        thief.sign_in(home, 1);
        let (own_name, own_id) = sign_out(&mut thief, home);
        let short = victim.proof_name().strip_prefix(PROOF).unwrap();
        let name = format!("{MARKER}{short}");
        let id = victim.id();
        for (name, value) in [
            (&*own_name, &*own_id),
            (&own_name, id),
            (&name, &own_id),
            (&name, ""),
            (&name, short),
            (&name, &format!("{id}A")),
            (&name, &victim.proof()),
            (&format!("%5F%5FHost-session-ended-{short}"), id),
            (&format!("__host-session-ended-{short}"), id),
            (&format!("session-ended-{short}"), id),
            (MARKER, id),
        ] {
            let cookies = jar(&[(SESSION, &victim.session()), (name, value)]);
            let response = ask(away, victim.refresh_request(), &cookies);
            assert_doubt(&response, "no-token");
        }
        // The victim's own would, but takes nothing from a session that is proven.
        let mut marked = victim.jar.clone();
        marked.0.push((name.clone(), id.to_owned()));
        assert_ended(&ask(away, victim.refresh_request(), &marked));
        assert_accepted(away, &marked);
        // It says nothing at a registration.
        let token = victim.key.registration(&offered(home));
        let request = endpoint("/dbsc/register").with("secure-session-response", token);
        assert_eq!(ask(away, request, &marked).status, 200);
    });
}

#[test]
fn a_thief_signs_only_themselves_out() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let mut thief = Browser::new(DeviceKey::new(THIEF));
        thief.jar = jar(&[(SESSION, &victim.session())]);
        let response = thief.post(away, "/sign-out");
        assert_eq!(response.status, 200);
        assert_eq!(page(&get(away, "/", &thief.jar)).status, "new");
        assert_accepted(away, &victim.jar);
        let mut victim = victim;
        victim.refresh(away);
    });
}

#[test]
fn a_page_of_another_site_signs_nobody_out() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        // With the cookies that such a request has, and with those that it cannot have.
        let proof = jar(&[(victim.proof_name(), &victim.proof())]);
        for cookies in [&Jar::default(), &proof] {
            let form = Request::new("POST", "/sign-out").with("sec-fetch-site", "cross-site");
            let response = send(away, form, cookies);
            assert_eq!(response.all("set-cookie"), Vec::<&str>::new());
        }
        assert_accepted(away, &victim.jar);
    });
}

#[test]
fn what_a_browser_says_it_skipped_grants_nothing() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (victim, thief) = (Browser::victim(home), Browser::thief(away));
        let id = victim.id();
        let alone = jar(&[(SESSION, &victim.session())]);
        let with_own = jar(&[(SESSION, &victim.session()), (victim.proof_name(), &thief.proof())]);
        let send = |cookies: &Jar, path: &str, method: &str, field: &str| {
            let request = Request::new(method, path)
                .with("sec-fetch-site", "same-origin")
                .with("secure-session-skipped", field);
            send(away, request, cookies)
        };
        for (token, status) in [
            ("quota_exceeded", "unproven skipped-quota-exceeded"),
            ("server_error", "unproven skipped-server-error"),
            ("unreachable", "unproven skipped-unreachable"),
            // Only words from a closed list are shown.
            ("bound", "unproven skipped"),
            ("<script>", "unproven skipped"),
        ] {
            let field = format!(r#"{token};session_identifier="{id}""#);
            let seen = page(&send(&alone, "/", "GET", &field));
            assert_eq!((seen.user, &*seen.status, &*seen.binding), (None, status, status));
            assert_eq!(send(&alone, "/admin", "GET", &field).status, 403);
            assert_eq!(send(&alone, "/count", "POST", &field).status, 403);
            let seen = page(&send(&with_own, "/", "GET", &field));
            assert_eq!((seen.user, &*seen.status), (None, "unproven other"));
        }
        let endless = format!(r#"a;session_identifier="{id}", "#).repeat(500);
        for field in ["", ";", ",", "\"", id, &*endless] {
            assert_eq!(page(&send(&alone, "/", "GET", field)).user, None);
        }
        // Nor does it take anything from the victim.
        let field = format!(r#"quota_exceeded;session_identifier="{id}""#);
        assert_eq!(page(&send(&victim.jar, "/", "GET", &field)).binding, "bound");
        let request = victim.refresh_request().with("secure-session-skipped", &field);
        assert_doubt(&ask(away, request, &victim.jar), "no-token");
    });
}
