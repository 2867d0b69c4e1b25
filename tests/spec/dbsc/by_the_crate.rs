//! The crate judges the vectors, and the second implementation opens what the crate seals.

use super::builder::builder;
use super::file::*;
use super::make::{self, Device, NOW};
use super::{appendix, committed, second};
use crate::committed_file::is_built;
use crate::file::Visit;
use http::{Request, Response};
use sealed_session::clock::ManualClock;
use sealed_session::dbsc::{DeviceBinding, Unproven};
use sealed_session::{DeviceBound, KeyRing, LoadStatus, Reason, Sessions};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// `None`: a suite is not compiled in.
fn sessions(server: &Server, now: u64) -> Option<Sessions<Visit>> {
    if !server.ring.iter().all(|line| is_built(line)) {
        return None;
    }
    // Builders refuse a ring with which nothing seals, unless the clock is not set.
    let clock = ManualClock::at(Duration::ZERO);
    let sessions = builder(server, &clock).build().unwrap();
    clock.set(Duration::from_secs(now));
    Some(sessions)
}

fn request(call: &Call) -> Request<()> {
    let mut request = Request::builder().method(&*call.method).uri(&*call.target);
    for (name, value) in &call.fields {
        request = request.header(name, value.as_bytes());
    }
    for cookie in &call.cookies {
        request = request.header("cookie", cookie);
    }
    request.body(()).unwrap()
}

fn word_of(response: &Response<String>) -> Option<String> {
    let word = response.body().strip_prefix("device binding: ")?;
    Some(word.trim_end().to_owned())
}

/// A line as name, value, and attributes with `Max-Age` by itself.
fn parse_line(line: &str) -> (String, String, String, u64) {
    let (pair, attributes) = line.split_once("; ").unwrap();
    let (name, value) = pair.split_once('=').unwrap();
    let (attributes, max_age) = attributes.split_once("; Max-Age=").unwrap();
    (name.to_owned(), value.to_owned(), attributes.to_owned(), max_age.parse().unwrap())
}

/// What an answer of the crate says. The second implementation opens what is sealed in it.
fn read(server: &Server, now: u64, response: &Response<String>) -> Answer {
    let headers = response.headers();
    assert_eq!(headers["cache-control"], "no-store");
    assert!(headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
    let mut answer = Answer { status: response.status().as_u16(), ..Answer::default() };
    let open = |purpose: &str, bound: &[u8], ticket: &str| {
        let (issued, end, data) = second::open_ticket(server, purpose, bound, now, ticket).unwrap();
        assert_eq!(issued, now);
        (end, data)
    };
    if answer.status == 405 {
        assert_eq!(headers["allow"], "POST");
    }
    if answer.status == 503 {
        assert_eq!(headers["retry-after"], "1");
    }
    if answer.status == 403 {
        answer.word = word_of(response);
    }
    if let Some(field) = headers.get("secure-session-challenge") {
        let [_, challenge, _, id, ""] = field.to_str().unwrap().split('"').collect::<Vec<_>>()[..]
        else {
            panic!("{field:?}")
        };
        let key = data_encoding::BASE64URL_NOPAD.decode(id.as_bytes()).unwrap();
        assert_eq!(field, &*format!(r#""{challenge}";id="{id}""#));
        answer.challenge = Some((id.to_owned(), open("dbsc challenge", &key, challenge).0));
    }
    for line in headers.get_all("set-cookie") {
        let (name, value, attributes, max_age) = parse_line(line.to_str().unwrap());
        if max_age == 0 && value.is_empty() {
            answer.deleted.push(name);
            continue;
        }
        let (end, data) = open("dbsc proof", b"", &value);
        let id = second::id(&data.try_into().unwrap());
        answer.proof = Some(Proof { name, id, attributes, max_age, end });
    }
    if answer.status == 200 {
        assert_eq!(headers["content-type"], "application/json");
        let mut json: Json = serde_json::from_str(response.body()).unwrap();
        answer.ends = json["continue"] == false;
        if answer.ends {
            answer.id = json["session_identifier"].as_str().map(str::to_owned);
            let members = json.as_object().unwrap().len();
            assert_eq!(members, 1 + usize::from(answer.id.is_some()));
        } else {
            let url = json["refresh_url"].as_str().unwrap().to_owned();
            let (before, key) = url.split_at(url.find("&key=").unwrap() + 5);
            let (end, data) = open("dbsc key", b"", key);
            answer.key = Some((hex::encode(data), end));
            json["refresh_url"] = before.into();
            answer.instructions = Some(json);
        }
    }
    answer
}

#[test]
fn the_crate_answers_every_call() {
    for call in committed().calls {
        let Some(sessions) = sessions(&call.server, call.now) else { continue };
        let response = sessions.answer_dbsc(request(&call));
        let answer = response.map(|response| read(&call.server, call.now, &response));
        assert_eq!(answer, call.answer, "{}", call.name);
    }
}

/// A field that is read and whose challenge does not open is `challenge`.
#[test]
fn the_crate_reads_every_token() {
    let Some(sessions) = sessions(&Server::default(), NOW) else { return };
    for vector in committed().tokens {
        let request = Request::post("/dbsc/register")
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "no-cors")
            .header("secure-session-response", &vector.field);
        let response = sessions.answer_dbsc(request.body(()).unwrap()).unwrap();
        let expected = if vector.expect == "ok" { "challenge" } else { "token" };
        assert_eq!(word_of(&response).as_deref(), Some(expected), "{}", vector.name);
    }
}

#[test]
fn the_crate_reads_the_tokens_of_a_browser() {
    let server = Server { origin: Some("https://dbsc.test:4264".to_owned()), ..Server::default() };
    let Some(sessions) = sessions(&server, NOW) else { return };
    for token in super::tokens_of_a_browser() {
        let field = token["field"].as_str().unwrap().to_owned();
        let response = sessions.answer_dbsc(post("/dbsc/register", &Device::new(0), Some(field)));
        let is_offered = token["payload"]["authorization"].is_null();
        let expected = if is_offered { "challenge" } else { "token" };
        assert_eq!(word_of(&response.unwrap()).as_deref(), Some(expected), "{}", token["kind"]);
    }
}

fn unproven(status: LoadStatus) -> Option<&'static str> {
    match status {
        LoadStatus::Rejected(Reason::Unproven(Unproven::Missing)) => Some("missing"),
        LoadStatus::Rejected(Reason::Unproven(Unproven::Late)) => Some("late"),
        LoadStatus::Rejected(Reason::Unproven(Unproven::Other)) => Some("other"),
        _ => None,
    }
}

#[test]
fn the_crate_judges_every_bound_session() {
    for vector in committed().sessions {
        let Some(sessions) = sessions(&vector.server, vector.now) else { continue };
        let fields: Vec<_> = vector.cookies.iter().map(|cookie| ("cookie", cookie)).collect();
        let session = sessions.load(("GET", &fields[..]));
        let status = session.load_status();
        let word = crate::status_word(status);
        assert_eq!(word, vector.expect, "{}", vector.name);
        assert_eq!(unproven(status), vector.unproven.as_deref(), "{}", vector.name);
        let user = if vector.expect == "ok" { Some(7) } else { None };
        assert_eq!(session.read(|visit| visit.user), user, "{}", vector.name);
        let proven_at = match session.binding() {
            DeviceBinding::Bound { proven_at } => Some(unix(proven_at)),
            _ => None,
        };
        assert_eq!(proven_at, vector.proven_at, "{}", vector.name);
    }
}

fn unix(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A request for an endpoint by the device's browser.
fn post(target: &str, device: &Device, token: Option<String>) -> Request<()> {
    let mut request = Request::post(target)
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "no-cors")
        .header("sec-secure-session-id", device.id());
    if let Some(token) = token {
        request = request.header("secure-session-response", token);
    }
    request.body(()).unwrap()
}

fn refresh_url(key: &str, now: u64) -> String {
    format!("/dbsc/refresh?until={}&key={key}", now + 1)
}

/// Whether the crate takes a ticket where its purpose belongs. `None`: a suite is not compiled in.
fn takes(vector: &TicketVector) -> Option<bool> {
    let TicketVector { name, server, now, ticket, expect, .. } = vector;
    let sessions = sessions(server, *now)?;
    let device = Device::new(0);
    match &*vector.purpose {
        "dbsc proof" => {
            let cookies = make::bound_session(server, *now, &device, ticket);
            let status = sessions.load(("GET", &[("cookie", cookies)][..])).load_status();
            let is_late = unproven(status) == Some("late");
            assert_eq!(is_late, expect == "expired-at", "{name}: {status:?}");
            Some(status == LoadStatus::Restored)
        }
        "dbsc key" => {
            let request = post(&refresh_url(ticket, *now), &device, None);
            let response = sessions.answer_dbsc(request).unwrap();
            let may_open_elsewhere = ["unknown-key", "from-the-future"].contains(&&**expect);
            assert_eq!(response.status() == 503, may_open_elsewhere, "{name}");
            Some(response.status() == 403)
        }
        _ => {
            let bound = hex::decode(&vector.bound).unwrap();
            let request = if bound == b"registration" {
                post("/dbsc/register", &device, Some(device.registration(ticket)))
            } else {
                let mut devices = (0..3).map(Device::new);
                let device = devices.find(|device| device.thumbprint()[..] == bound).unwrap();
                let key = make::sealed_key(server, *now, &device);
                post(&refresh_url(&key, *now), &device, Some(device.refresh(ticket)))
            };
            let response = sessions.answer_dbsc(request).unwrap();
            let is_refused = word_of(&response).as_deref() == Some("challenge");
            assert_eq!(response.status() == 200, !is_refused, "{name}");
            Some(!is_refused)
        }
    }
}

#[test]
fn the_crate_judges_every_ticket_of_a_binding() {
    for vector in committed().tickets {
        let Some(is_taken) = takes(&vector) else { continue };
        assert_eq!(is_taken, vector.expect == "ok", "{}: {}", vector.name, vector.expect);
    }
}

/// A whole visit: the browser is the second implementation, and the server the crate. The offer, the
/// bound session and what follows from it are what SPEC says.
#[test]
fn the_second_implementation_is_a_browser_of_the_crate() {
    let server = Server::default();
    let Some(sessions) = sessions(&server, NOW) else { return };
    let device = Device::new(0);
    let session = sessions.load(("GET", &[("cookie", "")][..]));
    session.offer_binding();
    let mut headers = http::HeaderMap::new();
    sessions.commit(&session, http::StatusCode::OK, &mut headers).unwrap();
    let offer = headers["secure-session-registration"].to_str().unwrap();
    let challenge = offer
        .strip_prefix(r#"(ES256);path="/dbsc/register";challenge=""#)
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap();
    assert_eq!(headers["cache-control"], "no-store");
    let (issued, end, data) =
        second::open_ticket(&server, "dbsc challenge", b"registration", NOW, challenge).unwrap();
    assert_eq!((issued, end, &*data), (NOW, NOW + 180, &[][..]));

    let request = post("/dbsc/register", &device, Some(device.registration(challenge)));
    let response = sessions.answer_dbsc(request).unwrap();
    let proof = response.headers()["set-cookie"].to_str().unwrap();
    let (proof, _) = proof.split_once(';').unwrap();
    let session = sessions.load(("POST", &[("cookie", proof)][..]));
    session.renew().unwrap();
    session.set(Visit { user: Some(7), cart: Vec::new() }).unwrap();
    let mut headers = http::HeaderMap::new();
    sessions.commit(&session, http::StatusCode::OK, &mut headers).unwrap();
    let line = headers["set-cookie"].to_str().unwrap();
    let (cookie, _) = line.split_once(';').unwrap();

    let alone = second::load(&server, &[cookie.to_owned()], NOW);
    assert_eq!((alone.word, alone.detail), ("unproven", Some("missing")));
    assert_eq!(alone.bound_to, Some(device.thumbprint()));
    let both = second::load(&server, &[format!("{cookie}; {proof}")], NOW);
    assert_eq!((both.word, both.proven_at), ("ok", Some(NOW)));

    // Sign-out deletes the proof, and sets the marker.
    let cookies = format!("{cookie}; {proof}");
    let session = sessions.load(("POST", &[("cookie", cookies)][..]));
    session.purge().unwrap();
    let mut headers = http::HeaderMap::new();
    sessions.commit(&session, http::StatusCode::OK, &mut headers).unwrap();
    let lines: Vec<_> = headers
        .get_all("set-cookie")
        .iter()
        .map(|line| parse_line(line.to_str().unwrap()))
        .collect();
    let short = &device.id()[..4];
    let (proof_name, marker) =
        (format!("__Host-session-proof-{short}"), format!("__Host-session-ended-{short}"));
    let attributes = |same_site: &str| format!("HttpOnly; SameSite={same_site}; Secure; Path=/");
    assert!(lines.contains(&(proof_name, String::new(), attributes("Lax"), 0)), "{lines:?}");
    let kept = (marker, device.id(), attributes("None"), server.absolute_timeout);
    assert!(lines.contains(&kept), "{lines:?}");
    assert_eq!(lines.len(), 3);
}

/// The line that sets a cookie, as its value and `Max-Age`.
fn cookie_of(headers: &http::HeaderMap) -> (String, String, u64) {
    let (name, value, _, max_age) = parse_line(headers["set-cookie"].to_str().unwrap());
    (name, value, max_age)
}

#[test]
fn the_appendix_has_the_numbers_of_the_code() {
    let (_, section) = appendix().split_once("\n### A.12 Numbers\n").expect("the section");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let spec: BTreeMap<&str, u64> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            (cells[1].trim_matches('`'), cells[2].parse().expect("a number"))
        })
        .collect();
    let server = Server::default();
    let Some(default) = sessions(&server, NOW) else { return };
    let mut measured: BTreeMap<&str, u64> = BTreeMap::new();

    let builds = |seconds: u64| {
        let ring = KeyRing::danger_from_published(&server.ring[0]).unwrap();
        let device = DeviceBound::at("/dbsc").proof_lifetime(Duration::from_secs(seconds));
        Sessions::<Visit>::builder(ring).device_bound(device).build().is_ok()
    };
    let (least, most) = (spec["proof-least"], spec["proof-most"]);
    assert!(!builds(least - 1) && builds(least) && builds(most) && !builds(most + 1));
    measured.extend([("proof-least", least), ("proof-most", most)]);

    // A setting without `proof_lifetime`.
    let ring = KeyRing::danger_from_published(&server.ring[0]).unwrap();
    let sessions = Sessions::<Visit>::builder(ring)
        .clock(ManualClock::at(Duration::from_secs(NOW)))
        .device_bound(DeviceBound::at("/dbsc"))
        .build()
        .unwrap();
    let device = Device::new(0);
    let commit = |cookies: &str, handler: &dyn Fn(&sealed_session::Session<Visit>)| {
        let session = sessions.load(("POST", &[("cookie", cookies)][..]));
        handler(&session);
        let mut headers = http::HeaderMap::new();
        sessions.commit(&session, http::StatusCode::OK, &mut headers).unwrap();
        headers
    };
    let headers = commit("", &|session| session.offer_binding());
    let offer = headers["secure-session-registration"].to_str().unwrap().to_owned();
    let challenge = offer.split('"').nth(3).unwrap();
    let (issued, end, _) =
        second::open_ticket(&server, "dbsc challenge", b"registration", NOW, challenge).unwrap();
    measured.insert("challenge", end - issued);
    let request = post("/dbsc/register", &device, Some(device.registration(challenge)));
    let response = sessions.answer_dbsc(request).unwrap();
    let until = response.body().split_once("?until=").unwrap().1;
    let until: u64 = until.split('&').next().unwrap().parse().unwrap();
    measured.insert("rollout", until - NOW);
    let (name, proof, max_age) = cookie_of(response.headers());
    let (issued, end, data) = second::open_ticket(&server, "dbsc proof", b"", NOW, &proof).unwrap();
    measured.insert("proof", max_age);
    measured.insert("proof-slack", end - issued - max_age);
    measured.insert("thumbprint", data.len() as u64);
    measured.insert("short-id", name.rsplit_once("-proof-").unwrap().1.len() as u64);

    let is_proven = |proofs: u64| {
        // The session comes with the first of those that do not open.
        let mut cookies = make::bound_session(&server, NOW, &device, "abc");
        for _ in 2..proofs {
            cookies += &format!("; {name}=abc");
        }
        cookies += &format!("; {name}={proof}");
        default.load(("GET", &[("cookie", cookies)][..])).load_status() == LoadStatus::Restored
    };
    let opened = spec["proofs-opened"];
    assert!(is_proven(opened) && !is_proven(opened + 1));
    measured.insert("proofs-opened", opened);

    let tokens = committed().tokens;
    let length = |name: &str| {
        let vector = tokens.iter().find(|vector| vector.name == name).unwrap();
        vector.field.len() as u64
    };
    assert_eq!(length("ok_4096") + 1, length("too_long"));
    measured.insert("token", length("ok_4096"));

    let signed_in = |cookies: &str| {
        let headers = commit(cookies, &|session| {
            session.renew().unwrap();
            session.set(Visit { user: Some(7), cart: Vec::new() }).unwrap();
        });
        let value = cookie_of(&headers).1;
        data_encoding::BASE64URL_NOPAD.decode(value.as_bytes()).unwrap().len() as u64
    };
    let (bound, unbound) = (signed_in(&format!("{name}={proof}")), signed_in(""));
    measured.insert("bound-session", bound - unbound);

    assert_eq!(measured, spec);
}
