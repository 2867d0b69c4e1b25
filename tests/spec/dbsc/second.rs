//! A second implementation of SPEC Appendix A: what a token says, which tickets open, whether a
//! bound session counts, and how the endpoints answer. It names nothing of the crate.

use super::file::*;
use crate::reference::{self, Claims, Entry, Judge, Key, Reading, Suite, Word};
use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::cell::RefCell;

const SUITES: &[Suite] = &[Suite::Xaes, Suite::XChaCha];
const VISIT: &str = "postcard Visit{user:option u64,cart:[u32]}";

// §A.2 Keys

pub type Thumbprint = [u8; 16];

pub fn thumbprint(compressed: &[u8]) -> Thumbprint {
    Sha256::digest(compressed)[..16].try_into().unwrap()
}

pub fn id(thumbprint: &Thumbprint) -> String {
    BASE64URL_NOPAD.encode(thumbprint)
}

/// The compressed form of a point; `None` if it is none of the curve.
fn compressed(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    VerifyingKey::from_sec1_bytes(&[&[4], x, y].concat()).ok()?;
    Some([&[2 + (y[31] & 1)], x].concat())
}

/// The key that a compressed form is of.
fn key_of(compressed: &[u8]) -> Option<VerifyingKey> {
    let has_form = compressed.len() == 33 && matches!(compressed[0], 2 | 3);
    has_form.then(|| VerifyingKey::from_sec1_bytes(compressed).ok()).flatten()
}

pub fn is_key(compressed: &[u8]) -> bool {
    key_of(compressed).is_some()
}

// §A.3 Tickets

/// When it was issued, its end, and its data.
pub type Ticket = (u64, u64, Vec<u8>);

pub fn open_ticket(
    server: &Server,
    purpose: &str,
    bound: &[u8],
    now: u64,
    ticket: &str,
) -> Result<Ticket, Word> {
    let ring = server.entries();
    let keys: Vec<Key> = ring.iter().map(|entry| entry.key.clone()).collect();
    let open = |context: &[u8]| {
        let parts = [purpose.as_bytes(), context, bound];
        reference::open_dated_ticket(&keys, 1, parts, [0; 4], now, ticket)
    };
    let contexts = server.contexts.iter().map(|context| context.as_bytes());
    let opened = contexts.map(open).find(|opened| *opened != Err("bad-seal"));
    let opened = opened.unwrap_or(Err("bad-seal"));
    let before_the_key = ["too-long", "malformed", "unknown-version", "unknown-key"];
    let envelope = BASE64URL_NOPAD.decode(ticket.as_bytes()).unwrap_or_default();
    let has_ended = |entry: &Entry| {
        envelope.get(1..5) == Some(&entry.key.id[..])
            && entry.open_until.is_some_and(|end| now >= end)
    };
    match opened {
        Err(word) if before_the_key.contains(&word) => Err(word),
        _ if ring.iter().any(has_ended) => Err("key-ended"),
        opened => opened,
    }
}

/// The end of a ticket that is issued now; `None` if nothing seals.
fn end_of_new(server: &Server, now: u64, lifetime: u64) -> Option<u64> {
    let ring = server.entries();
    let key_end = reference::sealing(&ring, now)?.open_until.unwrap_or(u64::MAX);
    Some((now + lifetime).min(key_end))
}

// §A.4 Cookies

impl Server {
    pub fn entries(&self) -> Vec<Entry> {
        reference::ring(&self.ring.join("\n"), true).expect("a ring")
    }

    /// Each once.
    fn bases(&self) -> Vec<&str> {
        let prefixes = ["__Host-Http-", "__Host-", "__Http-", "__Secure-"];
        let names = [&self.cookie_name].into_iter().chain(&self.other_names);
        let mut bases = Vec::new();
        for name in names {
            let base = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix));
            let base = base.unwrap_or(name);
            if !bases.contains(&base) {
                bases.push(base);
            }
        }
        bases
    }

    fn proof_names(&self, key: &Thumbprint) -> Vec<String> {
        let short = &id(key)[..4];
        self.bases().iter().map(|base| format!("__Host-{base}-proof-{short}")).collect()
    }

    fn marker_name(&self, key: &Thumbprint) -> String {
        format!("__Host-{}-ended-{}", self.bases()[0], &id(key)[..4])
    }
}

/// The values of a name, without the empty ones.
fn values(cookies: &[String], name: &str) -> Vec<String> {
    let parts = cookies.iter().flat_map(|field| field.split(';'));
    parts
        .filter_map(|part| part.trim_matches([' ', '\t']).strip_prefix(name)?.strip_prefix('='))
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
        .collect()
}

// §A.5 The binding

/// Whether a request has a fresh proof of a key: when it was issued, or what is wrong.
fn prove(server: &Server, cookies: &[String], key: &Thumbprint, now: u64) -> Result<u64, Word> {
    let proofs = server.proof_names(key).into_iter().flat_map(|name| values(cookies, &name));
    let opened: Vec<Result<u64, Word>> = proofs
        .take(4)
        .map(|proof| {
            let (issued, _, data) = open_ticket(server, "dbsc proof", b"", now, &proof)?;
            if data == *key { Ok(issued) } else { Err("other") }
        })
        .collect();
    let newest = opened.iter().flatten().max();
    newest.copied().ok_or(match &*opened {
        [] => "missing",
        some if some.contains(&Err("expired-at")) => "late",
        _ => "other",
    })
}

fn binding_of(claims: &Claims) -> Option<Thumbprint> {
    let (_, bytes) = claims.extensions.iter().find(|(tag, _)| *tag == reference::BINDING)?;
    Some(bytes[..].try_into().expect("16 bytes"))
}

/// What became of the cookies of a request.
pub struct Loaded {
    pub word: Word,
    /// What is wrong with the proof of an unproven session.
    pub detail: Option<Word>,
    /// When the session was proven.
    pub proven_at: Option<u64>,
    /// The key that the session that came is bound to, proven or not.
    pub bound_to: Option<Thumbprint>,
    pub data: Option<Vec<u8>>,
}

pub fn load(server: &Server, cookies: &[String], now: u64) -> Loaded {
    let ring = server.entries();
    let shape = reference::shape_of_text(VISIT);
    // When each was issued, and its key.
    let unproven: RefCell<Vec<(u64, Thumbprint)>> = RefCell::default();
    let binding = |claims: &Claims| match (&*server.mode, binding_of(claims)) {
        ("on", Some(key)) => prove(server, cookies, &key, now).map(drop).map_err(|_| {
            unproven.borrow_mut().push((claims.issued, key));
            "unproven"
        }),
        ("off-ended", Some(_)) => Err("refused"),
        ("on", None) => match server.within {
            Some(within) if now.saturating_sub(claims.created()) > within => Err("refused"),
            _ => Ok(()),
        },
        _ => Ok(()),
    };
    let names = [&server.cookie_name].into_iter().chain(&server.other_names);
    let mut came = names.map(|name| (name, values(cookies, name)));
    let Some((name, candidates)) = came.find(|(_, values)| !values.is_empty()) else {
        return Loaded {
            word: "absent",
            detail: None,
            proven_at: None,
            bound_to: None,
            data: None,
        };
    };
    let contexts: Vec<Vec<u8>> =
        server.contexts.iter().map(|context| context.as_bytes().to_vec()).collect();
    let decode = |came: [u8; 4], data: Option<&[u8]>| match data {
        _ if came != shape => Err("other-shape"),
        // A user and an empty cart: what these vectors have.
        Some([1, _, 0]) | None => Ok(Json::Null),
        Some(_) => Err("undecodable"),
    };
    let read = |binding| Reading {
        ring: &ring,
        suites: SUITES,
        name,
        contexts: &contexts,
        now,
        idle: 1_209_600,
        absolute: server.absolute_timeout,
        reject_created_before: 0,
        flags: reference::FLAGS,
        binding,
        decode: &decode,
    };
    let outcome = {
        let known = server.mode != "none";
        let binding: Option<&Judge> = known.then_some(&binding);
        let came = reference::Came { values: &candidates, pieces: &[] };
        read(binding).open(came).expect("a candidate")
    };
    match outcome {
        Ok(opened) => {
            let bound_to = binding_of(&opened.claims);
            let proven_at = bound_to
                .filter(|_| server.mode == "on")
                .and_then(|key| prove(server, cookies, &key, now).ok());
            Loaded { word: "ok", detail: None, proven_at, bound_to, data: Some(opened.data) }
        }
        Err((word, _)) => {
            // Of the session that was issued last; of equals, of the first.
            let found = unproven.borrow();
            let last = found.iter().map(|(issued, _)| *issued).max();
            let newest = found.iter().find(|(issued, _)| Some(*issued) == last);
            let bound_to = newest.filter(|_| word == "unproven").map(|(_, key)| *key);
            let detail = bound_to.and_then(|key| prove(server, cookies, &key, now).err());
            Loaded { word, detail, proven_at: None, bound_to, data: None }
        }
    }
}

// §A.9 The token

pub struct Token<'a> {
    signed: &'a str,
    signature: Vec<u8>,
    pub key: Option<[Vec<u8>; 2]>,
    pub challenge: String,
    pub audience: Option<String>,
}

/// The strings of an object that has these members, and perhaps some of the others.
fn members(
    json: &str,
    needed: &[&str],
    optional: &[&str],
) -> Option<serde_json::Map<String, Json>> {
    // No member needs an escape, so a name is written in one way.
    if json.contains('\\') {
        return None;
    }
    let object: serde_json::Map<String, Json> = serde_json::from_str(json).ok()?;
    let known = |name: &String| needed.contains(&&**name) || optional.contains(&&**name);
    let once = |name: &&str| object.contains_key(*name);
    (object.keys().all(known) && needed.iter().all(once)).then_some(object)
}

/// How often a text has a name as a member: a string before a colon. A value before a colon is not
/// JSON.
fn has_duplicates(json: &str) -> bool {
    let mut names = Vec::new();
    let mut inside: Vec<&str> = json.split('"').collect();
    // Every other part is inside quotation marks, because there are no escapes. Names of `jwk` are
    // not those of the header.
    let last = inside.pop().unwrap_or_default();
    let mut depth = 0;
    for (index, part) in inside.iter().enumerate() {
        let behind = inside.get(index + 1).unwrap_or(&last);
        if index % 2 == 0 {
            depth += part.matches('{').count();
            depth -= part.matches('}').count();
        } else if behind.trim_start().starts_with(':') {
            names.push((depth, *part));
        }
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    names.len() != count
}

impl<'a> Token<'a> {
    pub fn parse(field: &'a str) -> Option<Self> {
        if field.len() > 4096 {
            return None;
        }
        let quoted = field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let token = quoted.unwrap_or(field);
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else { return None };
        let signed = &token[..header.len() + 1 + payload.len()];
        let bytes = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
        let json = |part: &str| {
            let json = String::from_utf8(bytes(part)?).ok()?;
            // A faulty text may have anything before its first name.
            let object: Option<Json> = serde_json::from_str(&json).ok();
            (object?.is_object() && !has_duplicates(&json)).then_some(json)
        };
        let text = |value: &Json| value.as_str().map(str::to_owned);
        let header = members(&json(header)?, &["alg", "typ"], &["jwk"])?;
        if header["alg"] != "ES256" || header["typ"] != "dbsc+jwt" {
            return None;
        }
        let key = match header.get("jwk") {
            None => None,
            Some(jwk) => {
                let jwk = jwk.as_object()?;
                if jwk.len() != 4 || jwk.get("kty")? != "EC" || jwk.get("crv")? != "P-256" {
                    return None;
                }
                let coordinate =
                    |name: &str| bytes(jwk.get(name)?.as_str()?).filter(|bytes| bytes.len() == 32);
                Some([coordinate("x")?, coordinate("y")?])
            }
        };
        let payload = members(&json(payload)?, &["jti"], &["aud"])?;
        let audience = match payload.get("aud") {
            None => None,
            Some(audience) => Some(text(audience)?),
        };
        let signature = bytes(signature).filter(|bytes| bytes.len() == 64)?;
        Some(Self { signed, signature, key, challenge: text(&payload["jti"])?, audience })
    }

    fn is_signed_by(&self, compressed: &[u8]) -> bool {
        let key = key_of(compressed).expect("a point of the curve");
        Signature::from_slice(&self.signature)
            .is_ok_and(|signature| key.verify(self.signed.as_bytes(), &signature).is_ok())
    }
}

// §A.8 The endpoints

fn answer_of(status: u16) -> Answer {
    Answer { status, ..Answer::default() }
}

fn refused(word: Word) -> Answer {
    Answer { word: Some(word.to_owned()), ..answer_of(403) }
}

/// `None`: the request is for no endpoint.
pub fn answer(server: &Server, call: &Call) -> Option<Answer> {
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    let end = path.strip_prefix(&*server.path)?;
    let is_register = match end {
        "/register" => true,
        "/refresh" => false,
        _ => return None,
    };
    Some(if call.method != "POST" {
        answer_of(405)
    } else if is_register {
        register(server, call)
    } else {
        refresh(server, call, query)
    })
}

fn field<'a>(call: &'a Call, name: &str) -> &'a str {
    call.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
}

fn check_fetch_metadata(call: &Call) -> Result<(), Word> {
    let is_good = field(call, "sec-fetch-site") == "same-origin"
        && field(call, "sec-fetch-mode") == "no-cors";
    if is_good { Ok(()) } else { Err("fetch-metadata") }
}

fn token<'a>(server: &Server, call: &'a Call, bound: &[u8], path: &str) -> Result<Token<'a>, Word> {
    let field = field(call, "secure-session-response");
    if field.is_empty() {
        return Err("no-token");
    }
    let token = Token::parse(field).ok_or("token")?;
    open_ticket(server, "dbsc challenge", bound, call.now, &token.challenge)
        .map_err(|_| "challenge")?;
    let own = |audience: &String| {
        let origin = server.origin.as_ref();
        let address = audience.split('?').next();
        origin.is_none_or(|origin| address == Some(&*format!("{origin}{}{path}", server.path)))
    };
    if token.audience.as_ref().is_none_or(own) { Ok(token) } else { Err("audience") }
}

fn register(server: &Server, call: &Call) -> Answer {
    if server.mode != "on" {
        return refused("off");
    }
    let registered = || {
        check_fetch_metadata(call)?;
        let token = token(server, call, b"registration", "/register")?;
        let [x, y] = token.key.as_ref().ok_or("key")?;
        let compressed = compressed(x, y).ok_or("key")?;
        if token.is_signed_by(&compressed) { Ok(compressed) } else { Err("signature") }
    };
    registered().map_or_else(refused, |key| proven(server, call, &key))
}

fn refresh(server: &Server, call: &Call, query: &str) -> Answer {
    let came = field(call, "sec-secure-session-id");
    let came = came.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(came);
    let value =
        |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let opened = value("key").ok_or("absent").and_then(|key| {
        let (_, _, data) = open_ticket(server, "dbsc key", b"", call.now, key)?;
        if key_of(&data).is_some() { Ok(data) } else { Err("undecodable") }
    });
    let key = match opened {
        Ok(key) => key,
        Err(word) => {
            let perhaps = ["unknown-key", "unsupported-suite", "from-the-future"];
            let until = value("until").and_then(|until| until.parse().ok()).unwrap_or(0);
            let latest = call.now + server.absolute_timeout + 86_400;
            let is_plausible = until <= latest || call.now < 31_536_000;
            if perhaps.contains(&word) && call.now < until && is_plausible {
                return answer_of(503);
            }
            let is_character = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            let is_id = came.len() == 22 && came.bytes().all(is_character);
            let id = is_id.then(|| came.to_owned());
            return Answer { ends: true, id, ..answer_of(200) };
        }
    };
    let print = thumbprint(&key);
    let refused_with_challenge = |word| match end_of_new(server, call.now, 180) {
        Some(end) => Answer { challenge: Some((id(&print), end)), ..refused(word) },
        None => answer_of(503),
    };
    if let Err(word) = check_fetch_metadata(call) {
        return refused_with_challenge(word);
    }
    let is_marked = values(&call.cookies, &server.marker_name(&print)).contains(&id(&print));
    let is_other = || {
        let came = load(server, &call.cookies, call.now);
        came.word == "ok" && came.bound_to.is_some_and(|other| other != print)
    };
    if server.mode != "on" || is_marked || is_other() {
        let names = server.proof_names(&print);
        let came = |name: &&String| {
            let parts = call.cookies.iter().flat_map(|field| field.split(';'));
            parts.into_iter().any(|part| part.trim().starts_with(&format!("{name}=")))
        };
        let others = names[1..].iter().filter(came).cloned();
        let deleted =
            [names[0].clone()].into_iter().chain(others).chain([server.marker_name(&print)]);
        let (id, deleted) = (Some(id(&print)), deleted.collect());
        return Answer { ends: true, id, deleted, ..answer_of(200) };
    }
    let check = || {
        if came != id(&print) {
            return Err("session-id");
        }
        let token = token(server, call, &print, "/refresh")?;
        if token.key.is_some() {
            return Err("key");
        }
        if token.is_signed_by(&key) { Ok(()) } else { Err("signature") }
    };
    match check() {
        Ok(()) => proven(server, call, &key),
        Err(word) => refused_with_challenge(word),
    }
}

fn proven(server: &Server, call: &Call, key: &[u8]) -> Answer {
    let print = thumbprint(key);
    let key_end = end_of_new(server, call.now, server.absolute_timeout);
    let proof_end = end_of_new(server, call.now, server.proof_lifetime + 60);
    let (Some(key_end), Some(proof_end)) = (key_end, proof_end) else { return answer_of(503) };
    let until = key_end.min(call.now + 86_400);
    let name = server.proof_names(&print)[0].clone();
    let attributes = format!("HttpOnly; SameSite={}; Secure; Path=/", server.same_site);
    let mut scope = json!({ "include_site": false });
    if !server.excluded.is_empty() {
        let rule = |path: &String| json!({ "type": "exclude", "domain": "*", "path": path });
        scope["scope_specification"] = server.excluded.iter().map(rule).collect();
    }
    let instructions = json!({
        "session_identifier": id(&print),
        "refresh_url": format!("{}/refresh?until={until}&key=", server.path),
        "scope": scope,
        "credentials": [{ "type": "cookie", "name": name, "attributes": attributes }],
        "allowed_refresh_initiators": ["*"],
    });
    let max_age = server.proof_lifetime.min(proof_end - call.now);
    Answer {
        instructions: Some(instructions),
        key: Some((hex::encode(key), key_end)),
        proof: Some(Proof { name, id: id(&print), attributes, max_age, end: proof_end }),
        ..answer_of(200)
    }
}
