//! Servers that are configured otherwise: without the setting or the feature, switched off, with
//! another name or context, and with an origin.

use crate::pair::{Node, Pair, Setup};
use crate::site::*;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

#[test]
fn a_server_without_the_setting_refuses_bound_sessions() {
    let pair = Pair::of(Setup::default(), Setup::default().with("DEVICE", "none"));
    let [with, without] = pair.nodes();
    let victim = Browser::victim(with);
    assert_refused(without, &victim.jar, "unknown-form");
    assert_refused(without, &jar(&[(SESSION, &victim.session())]), "unknown-form");
    assert_eq!(open(without, &victim.session()), "unknown-form");
    // It has no endpoints, and a sign-in there is unbound.
    assert_eq!(send(without, victim.refresh_request(), &victim.jar).status, 404);
    let mut thief = Browser::thief(with);
    thief.sign_in(without, 1);
    assert_eq!(seen(with, &thief.jar).binding, "unbound");
    // A write begins another session, as for any cookie that cannot be read.
    let mut robbed = victim.clone();
    let written = page(&robbed.post(without, "/count"));
    assert_eq!((written.user, written.count), (None, 1));
    assert_eq!(seen(with, &robbed.jar).user, None);
}

#[test]
fn a_server_without_the_setting_can_refuse_to_write() {
    let without = Setup::default().with("DEVICE", "none").with("PROTECT", 1);
    let pair = Pair::of(Setup::default(), without);
    let [with, without] = pair.nodes();
    let victim = Browser::victim(with);
    for path in ["/count", "/set", "/flash", "/expiry"] {
        let response = post(without, path, &victim.jar);
        assert_eq!((response.status, response.all("retry-after")), (503, vec!["1"]), "{path}");
        assert_eq!(response.all("set-cookie"), Vec::<&str>::new(), "{path}");
    }
    assert_accepted(with, &victim.jar);
}

/// The program of the fleet's nodes, which is built without the feature. Its sessions have the same
/// type.
fn without_the_feature() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let dir = Path::new(env!("CARGO_BIN_EXE_bound-node")).parent().unwrap();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--locked", "--quiet", "-p", "sealed-session-fleet", "--bin", "node"]);
        if dir.ends_with("release") {
            build.arg("--release");
        }
        let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
        assert!(built.success(), "the program is not built");
        dir.join("node")
    };
    BUILT.get_or_init(build).clone()
}

#[test]
fn a_server_without_the_feature_refuses_bound_sessions() {
    let without =
        Setup::default().program(without_the_feature()).with("RELEASE", "first").with("TLS", 1);
    for protects in [false, true] {
        let without = if protects { without.clone().with("PROTECT", 1) } else { without.clone() };
        let pair = Pair::of(Setup::default(), without);
        let [with, without] = pair.nodes();
        let text = |node: &Node, browser: &Browser| get(node, "/", &browser.jar).text();
        // Unbound sessions pass both ways.
        assert_eq!(text(without, &Browser::unbound(with)), "user 7 count 0\n");
        let mut older = Browser::new(crate::device_key::DeviceKey::new(VICTIM));
        assert_eq!(older.post(without, "/sign-in?user=7").status, 200);
        assert_eq!(seen(with, &older.jar).user, Some(7));

        let victim = Browser::victim(with);
        let response = get(without, "/", &victim.jar);
        assert_eq!((response.text(), response.all("set-cookie")), ("stranger\n".into(), vec![]));
        let mut robbed = victim.clone();
        let written = robbed.post(without, "/count");
        if protects {
            assert_eq!((written.status, written.all("set-cookie")), (503, vec![]));
            assert_accepted(with, &robbed.jar);
        } else {
            assert_eq!(written.status, 303);
            assert_eq!(seen(with, &robbed.jar).user, None);
        }
    }
}

#[test]
fn an_unbound_session_of_an_older_release_goes_on() {
    let pair = Pair::of(Setup::default().with("DEVICE", "none"), Setup::default());
    let [older, newer] = pair.nodes();
    let mut visitor = Browser::unbound(older);
    let created = seen(older, &visitor.jar).created;
    let written = page(&visitor.post(newer, "/count"));
    let expected = (Some(7), "restored", "unbound", created);
    let seen = |page: Page| (page.user, page.status, page.binding, page.created);
    let (user, status, binding, created) = seen(written);
    assert_eq!((user, &*status, &*binding, created), expected);
    // And back, and bound at the next sign-in.
    assert_eq!(crate::site::seen(older, &visitor.jar).count, 1);
    visitor.register(newer);
    visitor.sign_in(newer, 7);
    assert_accepted(newer, &visitor.jar);
}

/// What `Sessions::open` says to a value.
fn open(node: &Node, value: &str) -> String {
    get(node, &format!("/open?value={value}"), &Default::default()).text()
}

#[test]
fn opened_outside_a_request_a_bound_session_is_refused() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        assert_eq!(open(away, &victim.session()), "unproven");
        assert_eq!(open(away, &victim.proof()), "bad-seal");
        assert_eq!(open(away, &Browser::unbound(home).session()), "opened Some(7)");
    });
}

#[test]
fn another_context_refuses_bound_sessions() {
    let pair = Pair::of(Setup::default().with("CONTEXT", "tenant"), Setup::default());
    let [tenant, shared] = pair.nodes();
    let status = |node: &Node, browser: &Browser| page(&get(node, "/tenant", &browser.jar)).status;
    // One that is bound under the tenant's context, and opened with `with_context`.
    let victim = Browser::victim(tenant);
    assert_eq!(status(shared, &victim), "unknown-form");
    assert_eq!(status(shared, &Browser::unbound(tenant)), "restored");
    assert_refused(shared, &victim.jar, "bad-seal");
    // And the reverse. Nothing of one context is known in the other.
    let victim = Browser::victim(shared);
    assert_eq!(status(shared, &victim), "bad-seal");
    assert_refused(tenant, &victim.jar, "bad-seal");
    assert_ended(&ask(tenant, victim.refresh_request(), &victim.jar));
    let token = victim.key.registration(&offered(shared));
    assert_doubt(&register(tenant, &token), "challenge");
    let thief = Browser::thief(tenant);
    let renamed = jar(&[(SESSION, &victim.session()), (victim.proof_name(), &thief.proof())]);
    assert_refused(shared, &renamed, "unproven other");
}

#[test]
fn a_renamed_cookie_is_no_way_around_the_proof() {
    let renamed = Setup::default()
        .with("NAME", "__Host-Http-shop")
        .with("CONTEXT", "new")
        .with("ALIAS", format!("{SESSION} "));
    let pair = Pair::of(Setup::default(), renamed);
    let [old, new] = pair.nodes();
    let mut victim = Browser::victim(old);
    let session = victim.session();
    let short = victim.proof_name().strip_prefix(PROOF).unwrap().to_owned();
    let renamed_proof = format!("__Host-shop-proof-{short}");
    // The old proof proves the old session.
    assert_accepted(new, &victim.jar);
    // The session alone does not count, under either name.
    assert_refused(new, &jar(&[(SESSION, &session)]), "unproven missing");
    assert_refused(new, &jar(&[("__Host-Http-shop", &session)]), "bad-seal");
    // Nor with the thief's proof, of either server, under either name.
    for node in [old, new] {
        let own = Browser::thief(node).proof();
        for name in [victim.proof_name(), &renamed_proof] {
            assert_refused(new, &jar(&[(SESSION, &session), (name, &own)]), "unproven other");
        }
    }
    // The proof of a refresh has the new name, and proves the session under the old one.
    let old_name = victim.proof_name().to_owned();
    victim.refresh(new);
    assert_eq!(victim.proof_name(), renamed_proof);
    victim.jar.0.retain(|(name, _)| *name != old_name);
    assert_accepted(new, &victim.jar);
    pair.pass(SEALED);
    assert_refused(new, &victim.jar, "unproven late");
}

#[test]
fn the_off_switch_says_what_becomes_of_bound_sessions() {
    for (off, status, user, opened) in
        [("readable", "restored", Some(7), "opened Some(7)"), ("ended", "refused", None, "refused")]
    {
        let pair = Pair::of(Setup::default(), Setup::default().with("DEVICE", off));
        let [on, off] = pair.nodes();
        let mut victim = Browser::victim(on);
        for cookies in [&victim.jar, &jar(&[(SESSION, &victim.session())])] {
            let seen = seen(off, cookies);
            assert_eq!((&*seen.status, seen.user), (status, user));
            assert_ne!(seen.binding, "bound");
            assert_eq!(get(off, "/admin", cookies).status, 403);
        }
        assert_eq!(open(off, &victim.session()), opened);
        // Nothing is offered, registered or refreshed.
        let offer = get(off, "/sign-in", &Default::default());
        assert_eq!(offer.all("secure-session-registration"), Vec::<&str>::new());
        let token = victim.key.registration(&offered(on));
        assert_doubt(&register(off, &token), "off");
        let token = victim.key.refresh(&victim.challenge(on));
        assert_ended(&victim.answer(off, &token));
        // Nobody is bound by a sign-in.
        let mut thief = Browser::thief(on);
        thief.sign_in(off, 1);
        assert_eq!(seen(on, &thief.jar).binding, "unbound");
        // A sign-in of the victim is not bound to a key that the browser was told to forget.
        victim.sign_in(off, VICTIM.into());
        victim.jar.0.retain(|(name, _)| name == SESSION);
        let seen = seen(on, &victim.jar);
        assert_eq!((seen.user, &*seen.binding), (Some(7), "unbound"));
    }
}

#[test]
fn the_audience_of_a_token_is_that_of_the_endpoint() {
    let pair = Pair::both(Setup::default().with("ORIGIN", "https://shop.example"));
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let challenges = [offered(home), victim.challenge(home)];
        let endpoints = ["/dbsc/register", victim.refresh_url()];
        let answers = |audiences: [&str; 2]| {
            let payload =
                |at: usize| format!(r#"{{"aud":"{}","jti":"{}"}}"#, audiences[at], challenges[at]);
            let key = &victim.key;
            let header = format!(r#"{{"alg":"ES256","jwk":{},"typ":"dbsc+jwt"}}"#, key.jwk());
            let registration = key.token(&header, &payload(0));
            let refresh = key.token(r#"{"alg":"ES256","typ":"dbsc+jwt"}"#, &payload(1));
            [register(away, &registration), victim.answer(away, &refresh)]
        };
        let own = endpoints.map(|path| format!("https://shop.example{path}"));
        for answer in answers([&own[0], &own[1]]) {
            assert_eq!(answer.status, 200);
        }
        for answer in answers([&own[1], &own[0]]) {
            assert_doubt(&answer, "audience");
        }
        for origin in [
            "",
            "http://shop.example",
            "https://evil.example",
            "https://shop.example.evil.example",
            "https://shop.example:444",
            "https://shop.example@evil.example",
            "HTTPS://SHOP.EXAMPLE",
        ] {
            let foreign = endpoints.map(|path| format!("{origin}{path}"));
            for answer in answers([&foreign[0], &foreign[1]]) {
                assert_doubt(&answer, "audience");
            }
        }
    });
}
