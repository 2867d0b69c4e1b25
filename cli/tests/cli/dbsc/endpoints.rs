//! Faults of the two endpoints, or in front of them.

use super::site::{
    REFRESH, REGISTER, Site, answering, answering_at, as_get, asking, drop_query, dropping, hiding,
    instead_of, pages, plain, rewrite_cookies, ring, sessions, set_body, shop, split,
    with_sessions,
};
use super::{check, command, fails, run};
use axum::Router;
use axum::http::HeaderValue;
use sealed_session::DeviceBound;
use sealed_session::dbsc::WhenOff;

#[test]
fn the_route_does_not_reach_the_server() {
    for status in [404, 405] {
        let app = instead_of(shop(), REGISTER, move || async move { plain(status, &[], "no") });
        let line = fails(check(app), "registration", "no-route");
        assert!(line.contains(&format!("answers {status}: expected 200")), "{line}");
    }
    let app = instead_of(shop(), REFRESH, || async { plain(404, &[], "no") });
    assert!(fails(check(app), "challenge", "no-route").contains("expected 403"));
}

#[test]
fn another_page_answers_for_the_route() {
    let app = instead_of(shop(), REGISTER, || async { plain(200, &[], "<!doctype html>") });
    assert!(fails(check(app), "registration", "no-route").contains("answers 200"));
    let app = instead_of(shop(), REFRESH, || async { plain(200, &[], "<!doctype html>") });
    fails(check(app), "challenge", "no-route");
}

#[test]
fn the_route_leads_elsewhere() {
    let to = [("location", "https://www.shop.example/dbsc/register/?secret")];
    let app = instead_of(shop(), REGISTER, move || async move { plain(308, &to, "") });
    let line = fails(check(app), "registration", "redirect");
    assert!(line.contains("leads to https://www.shop.example/dbsc/register/:"), "{line}");
}

#[test]
fn a_firewall_refuses_the_route() {
    for status in [400, 401, 403, 429] {
        let app = instead_of(shop(), REGISTER, move || async move { plain(status, &[], "no") });
        let line = fails(check(app), "registration", "refused-in-front");
        assert!(line.contains("CSRF"), "{line}");
    }
    let app = instead_of(shop(), REFRESH, || async { plain(403, &[], "no") });
    fails(check(app), "challenge", "refused-in-front");
}

#[test]
fn the_server_fails() {
    for status in [500, 502, 504] {
        let app = instead_of(shop(), REFRESH, move || async move { plain(status, &[], "no") });
        let line = fails(check(app), "challenge", "server-error");
        assert!(line.contains(&format!("answers {status}")), "{line}");
    }
}

#[test]
fn a_refresh_hangs() {
    let site = Site::start(instead_of(shop(), REFRESH, std::future::pending));
    let said = run(&mut command(&[&site.url("/sign-in"), "--timeout", "1s"]));
    assert!(fails(said, "challenge", "timeout").contains("browsers wait 20 s"));
}

#[test]
fn a_proxy_removes_the_token() {
    let app = dropping(shop(), &["secure-session-response"]);
    let line = fails(check(app), "registration", "header-stripped");
    assert!(line.contains("403, no-token: the field Secure-Session-Response"), "{line}");
    let app = asking(shop(), |request| {
        if request.uri().path() == REFRESH {
            request.headers_mut().remove("secure-session-response");
        }
    });
    fails(check(app), "refresh", "header-stripped");
}

#[test]
fn a_proxy_changes_the_token() {
    let app = asking(shop(), |request| {
        if let Some(token) = request.headers_mut().get_mut("secure-session-response") {
            let cut = token.to_str().unwrap()[..256].to_owned();
            *token = HeaderValue::try_from(cut).unwrap();
        }
    });
    fails(check(app), "registration", "token");
}

#[test]
fn a_proxy_removes_fetch_metadata() {
    for name in [&["sec-fetch-site"][..], &["sec-fetch-mode"]] {
        let line = fails(check(dropping(shop(), name)), "registration", "fetch-metadata");
        assert!(line.contains("Sec-Fetch-Mode"), "{line}");
    }
    let app = asking(shop(), |request| {
        if request.uri().path() == REFRESH {
            request.headers_mut().remove("sec-fetch-site");
        }
    });
    fails(check(app), "challenge", "fetch-metadata");
}

#[test]
fn a_proxy_removes_the_session_id() {
    let app = dropping(shop(), &["sec-secure-session-id"]);
    let line = fails(check(app), "challenge", "header-stripped");
    assert!(line.contains("Sec-Secure-Session-Id"), "{line}");
}

#[test]
fn a_proxy_removes_the_cookie() {
    let line = fails(check(hiding(shop(), &["set-cookie"])), "proof", "no-cookie");
    assert!(line.contains("__Host-session-proof-"), "{line}");
    let app = answering_at(shop(), REFRESH, |_, response| {
        response.headers_mut().remove("set-cookie");
    });
    fails(check(app), "refresh", "no-cookie");
}

#[test]
fn a_proxy_changes_the_cookie() {
    for (from, to, shown) in [
        ("; HttpOnly", "", "attributes SameSite=Lax; Secure; Path=/:"),
        ("SameSite=Lax", "SameSite=None", "SameSite=None"),
        ("Path=/", "Path=/shop", "Path=/shop"),
        ("Path=/", "Path=/; Domain=shop.example", "Domain=shop.example"),
    ] {
        let app = answering(shop(), |response| rewrite_cookies(response, from, to));
        let line = fails(check(app), "proof", "cookie-changed");
        assert!(line.contains(shown), "{line}");
    }
    let app = answering(shop(), |response| rewrite_cookies(response, "; Max-Age=600", ""));
    assert!(fails(check(app), "proof", "cookie-changed").contains("has no Max-Age"));
}

#[test]
fn a_proxy_removes_the_challenge() {
    let app = hiding(shop(), &["secure-session-challenge"]);
    fails(check(app), "challenge", "no-challenge");
    let app = answering(shop(), |response| {
        if let Some(challenge) = response.headers_mut().get_mut("secure-session-challenge") {
            let changed = challenge.to_str().unwrap().split(';').next().unwrap().to_owned();
            *challenge = HeaderValue::try_from(changed).unwrap();
        }
    });
    fails(check(app), "challenge", "no-challenge");
}

#[test]
fn a_proxy_removes_the_query() {
    let app = asking(shop(), |request| {
        if request.uri().path() == REFRESH {
            drop_query(request);
        }
    });
    assert!(fails(check(app), "challenge", "ended").contains("the query of this address"));
}

#[test]
fn a_proxy_changes_the_method() {
    let app = asking(shop(), |request| {
        if request.uri().path() == REGISTER {
            as_get(request);
        }
    });
    assert!(fails(check(app), "registration", "no-route").contains("another method than POST"));
}

#[test]
fn a_layer_removes_no_store() {
    for (path, step) in [(REGISTER, "instructions"), (REFRESH, "challenge")] {
        let app = answering_at(shop(), path, |_, response| {
            if response.status() != 200 || response.headers().contains_key("set-cookie") {
                response.headers_mut().remove("cache-control");
            }
        });
        let said = check(app);
        assert!(said.out.contains("ok\trefresh\t"), "the steps behind it are tried: {said:?}");
        let errors = said.out.lines().filter(|line| line.starts_with("error\t"));
        let begins =
            [format!("error\t{step}\tcacheable: "), String::from("error\trefresh\tcacheable: ")];
        let errors: Vec<&str> = errors.collect();
        assert_eq!(said.status, 1);
        assert_eq!(errors.len(), if path == REGISTER { 1 } else { 2 }, "{said:?}");
        assert!(
            errors.iter().zip(&begins).all(|(line, begins)| line.starts_with(begins)),
            "{said:?}"
        );
    }
}

/// Instructions with this `refresh_url`, `scope` and list of credentials.
fn instructions(refresh_url: &str, scope: &str, credentials: &str) -> String {
    format!(
        r#"{{"session_identifier":"a","refresh_url":"{refresh_url}","scope":{scope},"credentials":[{credentials}]}}"#
    )
}

#[test]
fn a_proxy_changes_the_instructions() {
    let (scope, cookie) =
        (r#"{"include_site":false}"#, r#"{"type":"cookie","name":"a","attributes":""}"#);
    for body in [
        String::from("{}"),
        instructions("https://thief.example/", scope, cookie),
        instructions("/", "{}", cookie),
        instructions("/", scope, ""),
    ] {
        let app = answering_at(shop(), REGISTER, move |_, response| set_body(response, &body));
        fails(check(app), "registration", "instructions");
    }
    let of_another = instructions("/", scope, cookie);
    let app = answering_at(shop(), REFRESH, move |_, response| {
        if response.status() == 200 {
            set_body(response, &of_another);
        }
    });
    assert!(fails(check(app), "refresh", "instructions").contains("another session_identifier"));
}

/// Two servers: the first has the page, the second an endpoint.
fn split_at(path: &'static str, first: Router, second: Router) -> super::Said {
    check(split(first, path, second))
}

#[test]
fn the_servers_do_not_share_a_ring() {
    let line = fails(split_at(REGISTER, shop(), shop()), "registration", "challenge");
    assert!(line.contains("same key ring"), "{line}");
    let line = fails(split_at(REFRESH, shop(), shop()), "challenge", "unavailable");
    assert!(line.contains("same ring"), "{line}");
}

#[test]
fn the_servers_share_a_ring() {
    let ring = ring();
    let server = || with_sessions(pages(), sessions(ring.clone(), DeviceBound::at("/dbsc")));
    split_at(REGISTER, server(), server()).ok();
    split_at(REFRESH, server(), server()).ok();
}

#[test]
fn one_server_is_off() {
    let ring = ring();
    let server = |device| with_sessions(pages(), sessions(ring.clone(), device));
    let on = || server(DeviceBound::at("/dbsc"));
    let off = || server(DeviceBound::at("/dbsc").off(WhenOff::Readable));
    assert!(
        fails(split_at(REGISTER, on(), off()), "registration", "off").contains("DeviceBound::off")
    );
    fails(split_at(REFRESH, on(), off()), "challenge", "ended");
}
