//! Requests to the endpoints that no browser makes for its own page.

use crate::client::{Jar, Request};
use crate::device_key::DeviceKey;
use crate::pair::{Pair, Setup};
use crate::site::*;

#[test]
fn the_endpoints_answer_post_alone() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let token = victim.key.registration(&offered(home));
        for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "X"] {
            for url in ["/dbsc/register", victim.refresh_url()] {
                let request = Request::new(method, url)
                    .with("sec-fetch-site", "same-origin")
                    .with("sec-fetch-mode", "no-cors")
                    .with("sec-secure-session-id", victim.id())
                    .with("secure-session-response", &token);
                let response = ask(away, request, &victim.jar);
                assert_eq!(response.status, 405, "{method} {url}");
                assert_eq!(response.all("allow"), ["POST"]);
            }
        }
        let preflight = Request::new("OPTIONS", "/dbsc/register")
            .with("origin", "https://evil.example")
            .with("access-control-request-method", "POST")
            .with("access-control-request-headers", "secure-session-response");
        assert_eq!(ask(away, preflight, &Jar::default()).status, 405);
    });
}

#[test]
fn pages_of_other_origins_and_scripts_are_refused() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let registration = victim.key.registration(&offered(home));
        let refresh = victim.key.refresh(&victim.challenge(home));
        let send = |fields: &[(&str, &str)]| {
            let with = |url: &str, token: &str| {
                let request = Request::new("POST", url)
                    .with("sec-secure-session-id", victim.id())
                    .with("secure-session-response", token);
                let request =
                    fields.iter().fold(request, |request, (name, value)| request.with(name, value));
                ask(away, request, &victim.jar)
            };
            [with("/dbsc/register", &registration), with(victim.refresh_url(), &refresh)]
        };
        let (site, mode) = ("sec-fetch-site", "sec-fetch-mode");
        for fields in [
            vec![],
            vec![(site, "same-origin")],
            vec![(mode, "no-cors")],
            vec![(site, ""), (mode, "no-cors")],
            vec![(site, "same-origin"), (mode, "")],
            vec![(site, "cross-site"), (mode, "no-cors")],
            vec![(site, "cross-site"), (mode, "navigate")],
            vec![(site, "same-site"), (mode, "no-cors")],
            vec![(site, "none"), (mode, "navigate")],
            vec![(site, "Same-Origin"), (mode, "no-cors")],
            vec![(site, "same-origin"), (mode, "cors")],
            vec![(site, "same-origin"), (mode, "same-origin")],
            vec![(site, "same-origin"), (mode, "navigate")],
            vec![(site, "same-origin"), (mode, "websocket")],
            vec![(site, "cross-site"), (site, "same-origin"), (mode, "no-cors")],
            vec![(site, "cross-site, same-origin"), (mode, "no-cors")],
            vec![(site, "same-origin"), (mode, "cors"), (mode, "no-cors")],
            vec![(site, "cross-site"), (mode, "no-cors"), ("origin", "https://shop.example")],
        ] {
            for response in send(&fields) {
                assert_eq!(response.status, 403, "{fields:?}");
                assert_eq!(word(&response), "fetch-metadata", "{fields:?}");
            }
        }
        for response in send(&[(site, "same-origin"), (mode, "no-cors")]) {
            assert_eq!(response.status, 200);
        }
    });
}

/// The session's cookie comes on requests of other sites if it has `SameSite=None`. A page of
/// another site may then send the URL of a key that its author registered, made so that its cookies
/// have the names of the victim's.
#[test]
fn a_page_of_another_site_deletes_no_proof() {
    let pair = Pair::both(Setup::default().with("SAME_SITE", "none"));
    pair.each_way(|home, away| {
        let [mut victim, mut thief] = crate::copies::keys_with_one_name().map(Browser::new);
        victim.register(home);
        victim.sign_in(home, VICTIM.into());
        assert_accepted(away, &victim.jar);
        thief.register(home);
        let form = Request::new("POST", thief.refresh_url())
            .with("sec-fetch-site", "cross-site")
            .with("sec-fetch-mode", "navigate")
            .with("origin", "https://evil.example");
        let response = ask(away, form, &victim.jar);
        assert_eq!(response.all("set-cookie"), Vec::<&str>::new());
        assert_doubt(&response, "fetch-metadata");
    });
}

#[test]
fn the_id_of_another_session_is_refused() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (victim, thief) = (Browser::victim(home), Browser::thief(home));
        let token = victim.key.refresh(&victim.challenge(home));
        let send = |ids: &[&str]| {
            let request = endpoint(victim.refresh_url()).with("secure-session-response", &token);
            let request =
                ids.iter().fold(request, |request, id| request.with("sec-secure-session-id", id));
            ask(away, request, &victim.jar)
        };
        let id = victim.id();
        for ids in [
            vec![],
            vec![""],
            vec![thief.id()],
            vec![&id[1..]],
            vec![&*format!("{id}A")],
            vec![&*format!("\"{id}")],
            vec![&*format!("\"\"{id}\"\"")],
            vec![&*format!("{id}, {id}")],
            vec![thief.id(), id],
        ] {
            assert_doubt(&send(&ids), "session-id");
        }
        for ids in [vec![id], vec![&*format!("\"{id}\"")], vec![id, thief.id()]] {
            assert_eq!(send(&ids).status, 200, "the first field counts: {ids:?}");
        }
    });
}

#[test]
fn of_several_tokens_the_first_counts() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let challenge = victim.challenge(home);
        let (good, bad) =
            (victim.key.refresh(&challenge), DeviceKey::new(THIEF).refresh(&challenge));
        let send = |tokens: &[&str]| {
            let request = tokens.iter().fold(victim.refresh_request(), |request, token| {
                request.with("secure-session-response", token)
            });
            ask(away, request, &victim.jar)
        };
        assert_doubt(&send(&[&bad, &good]), "signature");
        assert_eq!(send(&[&good, &bad]).status, 200);
        for joined in [
            format!("{good}, {good}"),
            format!("{good},{bad}"),
            format!("{bad}, {good}"),
            format!("\"{good}\", \"{good}\""),
        ] {
            assert_doubt(&send(&[&joined]), "token");
        }
    });
}

#[test]
fn a_token_may_be_in_quotes() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let token = victim.key.refresh(&victim.challenge(home));
        for good in [token.clone(), format!("\"{token}\""), format!("  {token}\t")] {
            assert_eq!(victim.answer(away, &good).status, 200, "{good}");
        }
        for bad in [
            format!("\"{token}"),
            format!("{token}\""),
            format!("'{token}'"),
            format!("\"\"{token}\"\""),
            format!("\"{token}\";a=b"),
            format!("\" {token}\""),
            format!(":{token}:"),
            format!("Bearer {token}"),
            "\"\"".to_owned(),
            "\"".to_owned(),
        ] {
            assert_doubt(&victim.answer(away, &bad), "token");
        }
        assert_doubt(&victim.answer(away, ""), "no-token");
    });
}

#[test]
fn a_changed_refresh_url_grants_nothing() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (victim, thief) = (Browser::victim(home), Browser::thief(home));
        let (own, key) = (thief.sealed_key(), victim.sealed_key());
        let (until, _) = victim.refresh_url().split_once("&key=").unwrap();
        let token = victim.key.refresh(&victim.challenge(home));
        let send = |query: &str| {
            let request = endpoint(&format!("/dbsc/refresh{query}"))
                .with("sec-secure-session-id", victim.id())
                .with("secure-session-response", &token);
            ask(away, request, &victim.jar)
        };
        // `until` decides about a key that the server does not know, and about nothing else.
        let until = until.strip_prefix("/dbsc/refresh?").unwrap();
        for query in [
            format!("?{until}&key={key}"),
            format!("?key={key}&{until}"),
            format!("?key={key}"),
            format!("?until=0&key={key}"),
            format!("?until=18446744073709551616&key={key}"),
            format!("?until=-1&until=x&key={key}&a=b"),
            format!("?&&keys=1&key={key}&key={own}"),
        ] {
            assert_eq!(send(&query).status, 200, "{query}");
        }
        // The thief's key first: it is another session's.
        let first_own = format!("?{until}&key={own}&key={key}");
        assert_ended(&send(&first_own));
        for query in [
            String::new(),
            "?".to_owned(),
            format!("?{until}"),
            format!("?{until}&key="),
            format!("?{until}&key"),
            format!("?{until}&KEY={key}"),
            format!("?{until}&key={}", &key[..key.len() - 1]),
            format!("?{until}&key={key}A"),
            format!("?{until}&key={key}%3D"),
            format!("?{until}&key=%{:x}{}", key.as_bytes()[0], &key[1..]),
            format!("?{until};key={key}"),
        ] {
            let response = send(&query);
            assert_ended(&response);
            // It is told about itself alone.
            let ended = format!(r#"{{"session_identifier":"{}","continue":false}}"#, victim.id());
            assert_eq!(response.text(), ended, "{query}");
        }
    });
}

#[test]
fn an_end_repeats_no_text_of_the_request() {
    let pair = Pair::start();
    pair.each_way(|_, away| {
        for id in ["\"}<script>", "AAAAAAAAAAAAAAAAAAAAA\"", "A", "\u{e9}AAAAAAAAAAAAAAAAAAAAA"] {
            let request = endpoint("/dbsc/refresh?key=A").with("sec-secure-session-id", id);
            let response = ask(away, request, &Jar::default());
            assert_ended(&response);
            assert_eq!(response.text(), r#"{"continue":false}"#);
            assert_eq!(response.all("content-type"), ["application/json"]);
        }
    });
}

#[test]
fn only_the_two_paths_are_endpoints() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        let token = victim.key.registration(&offered(home));
        for path in [
            "/dbsc/register/",
            "/dbsc//register",
            "//dbsc/register",
            "/DBSC/register",
            "/dbsc/Register",
            "/dbsc/%72egister",
            "/dbsc/register%3F",
            "/dbsc/register;a",
            "/a/../dbsc/register",
            "/dbsc/./register",
            "/dbsc",
            "/register",
        ] {
            let request = endpoint(path).with("secure-session-response", &token);
            assert_eq!(send(away, request, &Jar::default()).status, 404, "{path}");
        }
        for path in ["/dbsc/register", "/dbsc/register?", "/dbsc/register?a=b&key=c"] {
            let request = endpoint(path).with("secure-session-response", &token);
            assert_eq!(ask(away, request, &Jar::default()).status, 200, "{path}");
        }
        // Proxies pass on absolute targets; their authority is not looked at.
        let absolute = endpoint("http://evil.example/dbsc/register");
        let absolute = absolute.with("secure-session-response", &token);
        assert_eq!(ask(away, absolute, &Jar::default()).status, 200);
    });
}
