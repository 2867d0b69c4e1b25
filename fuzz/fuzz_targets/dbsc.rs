//! Any request is answered by `Sessions::answer_dbsc` as the second implementation answers it: never
//! with a panic, never to be stored or shared with other origins, and never with a proof unless the
//! device signed a challenge for it.
//!
//! The first two bytes choose the configuration and the clock. The rest is text: a line with the
//! method and the target, and a line for each field. In it, `<K0>` stands for the sealed key of device
//! 0, `<C0>` for a challenge of that key, `<R>` for one of a registration, `<P0>` for a proof, `<B0>`
//! for a session that is bound to it, `<I0>` for its id, `<N0>` for the first characters of that, and
//! `<J0>` for the key as a JWK. There are three devices. A value `sign0|header|payload` becomes a
//! token that device 0 signed.
#![no_main]

#[path = "../../tests/spec/reference.rs"]
#[allow(dead_code)]
mod reference;

#[path = "../../tests/spec/dbsc"]
#[allow(dead_code)]
mod dbsc {
    pub mod builder;
    pub mod file;
    pub mod make;
    pub mod second;
}

use dbsc::builder::builder;
use dbsc::file::{Answer, Call, Server};
use dbsc::make::{self, Device, NOW};
use dbsc::second;
use http::{HeaderName, Response};
use libfuzzer_sys::fuzz_target;
use reference::{Key, Suite, published};
use sealed_session::Sessions;
use sealed_session::adapter::{FieldValue, RequestHeaders};
use sealed_session::clock::ManualClock;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::LazyLock;
use std::time::Duration;

/// Has the shape of the vectors.
#[derive(Default, Serialize, Deserialize)]
struct Visit {
    user: Option<u64>,
    cart: Vec<u32>,
}

struct Kind {
    server: Server,
    sessions: Sessions<Visit>,
    clock: ManualClock,
}

fn server(change: impl FnOnce(&mut Server)) -> Server {
    let mut server = Server::default();
    change(&mut server);
    server
}

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let second = Key::new(published(1), Suite::Xaes).text();
    let servers = [
        Server::default(),
        server(|server| server.origin = Some("https://shop.example".to_owned())),
        server(|server| server.mode = "off-readable".to_owned()),
        server(|server| server.mode = "off-ended".to_owned()),
        server(|server| server.within = Some(60)),
        server(|server| server.other_names = vec!["sid".to_owned()]),
        server(|server| server.same_site = "Strict".to_owned()),
        // The key of what the placeholders stand for ends, and is gone.
        server(|server| {
            server.ring[0] += " open-until=2027-01-15T08:05:00Z";
            server.ring.push(second.clone());
        }),
        server(|server| server.ring = vec![second.clone()]),
    ];
    servers.into_iter().map(Kind::new).collect()
});

impl Kind {
    fn new(server: Server) -> Self {
        let clock = ManualClock::at(Duration::from_secs(NOW));
        let sessions = builder(&server, &clock).build().expect("sessions");
        Self { sessions, server, clock }
    }
}

/// What the placeholders stand for, and the devices.
static SEALED: LazyLock<(Vec<(String, String)>, [Device; 3])> = LazyLock::new(|| {
    let devices = [0, 1, 2].map(Device::new);
    let mut texts = vec![("<R>".to_owned(), make::challenge(b"registration").text("seed"))];
    for (n, device) in devices.iter().enumerate() {
        let id = device.id();
        texts.extend([
            (format!("<K{n}>"), make::device_key(device).text("seed")),
            (format!("<C{n}>"), make::challenge(&device.thumbprint()).text("seed")),
            (format!("<P{n}>"), make::proof(device).text("seed")),
            (format!("<B{n}>"), make::Visit::bound(device).value("seed")),
            (format!("<N{n}>"), id[..4].to_owned()),
            (format!("<I{n}>"), id),
            (format!("<J{n}>"), device.jwk()),
        ]);
    }
    (texts, devices)
});

/// Seconds from when the placeholders were sealed to when the request comes.
const LATER: [i64; 8] = [0, 1, 60, 179, 180, 660, -120, -121];

fuzz_target!(|data: &[u8]| {
    let [kind, later, text @ ..] = data else { return };
    let kind = &KINDS[usize::from(*kind) % KINDS.len()];
    let now = NOW.saturating_add_signed(LATER[usize::from(*later) % LATER.len()]);
    let text = String::from_utf8_lossy(text);
    let (call, signed) = call(&text, now);
    kind.clock.set(Duration::from_secs(now));

    let response = kind.sessions.answer_dbsc(&Request(&call));
    let answer = response.as_ref().map(read);
    let expected = second::answer(&kind.server, &call).map(comparable);
    assert_eq!(answer, expected, "{call:?}");
    if let Some(proven) = answer.and_then(|answer| answer.proof) {
        let signers = signed.map(|n| SEALED.1[n].id());
        assert_eq!(signers, Some(proven.id), "a proof without a signature: {call:?}");
    }
});

/// Returns the call, and the device that signed its token.
fn call(text: &str, now: u64) -> (Call, Option<usize>) {
    let mut text = text.to_owned();
    for (placeholder, sealed) in &SEALED.0 {
        if text.contains(placeholder) {
            text = text.replace(placeholder, sealed);
        }
    }
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let (method, target) = first.split_once(' ').unwrap_or(("POST", first));
    let mut call = Call {
        name: String::new(),
        note: String::new(),
        server: Server::default(),
        now,
        method: method.to_owned(),
        target: target.to_owned(),
        fields: Vec::new(),
        cookies: Vec::new(),
        answer: None,
    };
    let mut signed = None;
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let token = value.strip_prefix("sign").and_then(|rest| {
            let [n, header, payload] = rest.split('|').collect::<Vec<_>>()[..] else { return None };
            let n = ["0", "1", "2"].iter().position(|digit| *digit == n)?;
            Some((n, SEALED.1[n].sign(header, payload)))
        });
        let value = match token {
            // The first token is the one that counts.
            Some((n, token)) => {
                let is_first = call.fields.iter().all(|(other, _)| other != RESPONSE);
                if name == RESPONSE && is_first {
                    signed = Some(n);
                }
                token
            }
            None => value.to_owned(),
        };
        match name {
            "cookie" => call.cookies.push(value),
            _ => call.fields.push((name.to_owned(), value)),
        }
    }
    (call, signed)
}

const RESPONSE: &str = "secure-session-response";

struct Request<'a>(&'a Call);

impl RequestHeaders for Request<'_> {
    fn method(&self) -> &str {
        &self.0.method
    }

    fn authority(&self) -> Option<&[u8]> {
        None
    }

    fn target(&self) -> Option<&str> {
        Some(&self.0.target)
    }

    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        let cookies = self.0.cookies.iter().filter(|_| name.as_str() == "cookie");
        let fields = self.0.fields.iter().filter(|(field, _)| field == name.as_str());
        for value in cookies.chain(fields.map(|(_, value)| value)) {
            each(FieldValue::Bytes(value.as_bytes()));
        }
    }
}

/// The parts of an answer that `read` can see without opening what is sealed, and the proof.
fn comparable(answer: Answer) -> Answer {
    let Answer { status, word, challenge, ends, id, instructions, key: _, proof, deleted } = answer;
    let challenge = challenge.map(|(id, _)| (id, 0));
    let proof = proof.map(|proof| dbsc::file::Proof { end: 0, ..proof });
    Answer { status, word, challenge, ends, id, instructions, key: None, proof, deleted }
}

fn read(response: &Response<String>) -> Answer {
    let headers = response.headers();
    assert_eq!(headers["cache-control"], "no-store");
    assert!(headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
    let status = response.status().as_u16();
    assert!([200, 403, 405, 503].contains(&status), "{status}");
    let mut answer = Answer { status, ..Answer::default() };
    if status == 403 {
        let word = response.body().strip_prefix("device binding: ").expect("a word");
        answer.word = Some(word.trim_end().to_owned());
    }
    if let Some(field) = headers.get("secure-session-challenge") {
        let parts: Vec<&str> = field.to_str().expect("ASCII").split('"').collect();
        answer.challenge = Some((parts[3].to_owned(), 0));
    }
    if status == 200 {
        let mut json: Value = serde_json::from_str(response.body()).expect("JSON");
        answer.ends = json["continue"] == false;
        let id = json["session_identifier"].as_str().map(str::to_owned);
        if answer.ends {
            answer.id = id.clone();
        } else {
            let url = json["refresh_url"].as_str().expect("a URL");
            let (before, _) = url.split_at(url.find("&key=").expect("a key") + 5);
            json["refresh_url"] = before.into();
            answer.instructions = Some(json);
        }
        for line in headers.get_all("set-cookie") {
            let line = line.to_str().expect("ASCII");
            let (pair, attributes) = line.split_once("; ").expect("attributes");
            let (name, value) = pair.split_once('=').expect("a name");
            let (attributes, max_age) = attributes.split_once("; Max-Age=").expect("an age");
            if value.is_empty() {
                answer.deleted.push(name.to_owned());
                continue;
            }
            answer.proof = Some(dbsc::file::Proof {
                name: name.to_owned(),
                id: id.clone().expect("an id"),
                attributes: attributes.to_owned(),
                max_age: max_age.parse().expect("seconds"),
                end: 0,
            });
        }
    }
    answer
}
