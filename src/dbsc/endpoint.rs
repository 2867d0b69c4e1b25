//! The two endpoints: a browser's request → the answer.
//!
//! ```text
//! POST …/register      token ─▶ challenge ─▶ key ─▶ signature ─▶ 200: instructions, proof
//! POST …/refresh?key=… key ─▶ token ─▶ challenge ─▶ signature ─▶ 200: instructions, proof
//!                                └ none: 403 with a challenge     └ any doubt: the same
//! ```
//! - **What the status does to the browser.** It deletes its DBSC session for every 4xx except a 403
//!   with a challenge. So a doubt is a 403 with a new challenge, and what this server cannot know
//!   yet is a 503. An end is a 200 that says so.
//! - No signature is verified before the sealed challenge was opened.
//! - The key comes from the sealed URL, and never from a refresh's token.
//! - Pages of other origins are refused. So are scripts, which cannot send a token in the mode
//!   `no-cors`.

use crate::clock::unix_time::UnixTime;
use crate::crypto::es256::PublicKey;
use crate::dbsc::device::Device;
use crate::dbsc::instructions;
use crate::dbsc::key::{DeviceKey, Thumbprint};
use crate::dbsc::sealed::{Purpose, maybe_opens_elsewhere};
use crate::dbsc::token::{Token, unquoted};
use crate::events::EventLog;
use crate::headers::cookie::Fields;
use crate::headers::request::{RequestHeaders, SEC_FETCH_MODE, SEC_FETCH_SITE, first_field};
use crate::hooks::EventKind;
use crate::keys::{KeyRing, Ring};
use crate::limits;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, SET_COOKIE,
};
use http::{Response, StatusCode};

const SECURE_SESSION_RESPONSE: HeaderName = HeaderName::from_static("secure-session-response");
const SECURE_SESSION_CHALLENGE: HeaderName = HeaderName::from_static("secure-session-challenge");
const SEC_SECURE_SESSION_ID: HeaderName = HeaderName::from_static("sec-secure-session-id");

/// What the challenge of a registration is bound to. No thumbprint has its length.
const REGISTRATION: &[u8] = b"registration";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call<'a> {
    Register,
    /// With the query.
    Refresh(&'a str),
}

/// The parts of a server that an answer needs.
pub(crate) struct Endpoint<'a> {
    pub(crate) device: &'a Device,
    pub(crate) ring: &'a KeyRing,
    pub(crate) now: UnixTime,
    pub(crate) log: &'a EventLog,
    /// The request's cookies.
    pub(crate) fields: &'a Fields,
    /// Returns the key that the request's session is bound to, if the session is accepted.
    pub(crate) proven_key: &'a dyn Fn() -> Option<Thumbprint>,
}

/// Why a token was not accepted. The answer says it in its body, and the event has it.
type Doubt = &'static str;

const NO_TOKEN: Doubt = "no-token";
const TOKEN: Doubt = "token";
const FETCH_METADATA: Doubt = "fetch-metadata";
const SESSION_ID: Doubt = "session-id";
const CHALLENGE: Doubt = "challenge";
const KEY: Doubt = "key";
const SIGNATURE: Doubt = "signature";
const AUDIENCE: Doubt = "audience";

impl Device {
    /// Returns which endpoint a request is for.
    pub(crate) fn call<'a>(&self, target: &'a str) -> Option<Call<'a>> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path == self.register_path {
            Some(Call::Register)
        } else if path == self.refresh_path {
            Some(Call::Refresh(query))
        } else {
            None
        }
    }

    /// Returns the value of `Secure-Session-Registration`. `None` if nothing can be sealed.
    pub(crate) fn offer(&self, ring: &Ring, now: UnixTime) -> Option<String> {
        let challenge = self.challenge(ring, now, REGISTRATION)?;
        Some(format!(r#"(ES256);path="{}";challenge="{challenge}""#, self.register_path))
    }

    fn challenge(&self, ring: &Ring, now: UnixTime, bound: &[u8]) -> Option<String> {
        let lifetime = limits::device::CHALLENGE_LIFETIME;
        let sealed = self.contexts.seal(ring, now, Purpose::Challenge, bound, lifetime, &[]);
        sealed.map(|sealed| sealed.text)
    }

    fn is_own_audience(&self, audience: &str, path: &str) -> bool {
        let Some(origin) = &self.origin else { return true };
        let address = audience.split('?').next().unwrap_or_default();
        address.strip_prefix(&**origin) == Some(path)
    }
}

impl Endpoint<'_> {
    pub(crate) fn answer(&self, call: Call<'_>, request: &impl RequestHeaders) -> Response<String> {
        if request.method() != "POST" {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "POST only");
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            return answer;
        }
        match call {
            Call::Register => self.register(request),
            Call::Refresh(query) => self.refresh(query, request),
        }
    }

    fn register(&self, request: &impl RequestHeaders) -> Response<String> {
        if !self.device.is_on() {
            return text(StatusCode::FORBIDDEN, "off");
        }
        match self.registered_key(request) {
            Ok(key) => {
                self.emit(EventKind::DeviceRegistered);
                self.prove(&key)
            }
            Err(doubt) => {
                self.emit(EventKind::DeviceRefused { why: doubt });
                text(StatusCode::FORBIDDEN, doubt)
            }
        }
    }

    fn registered_key(&self, request: &impl RequestHeaders) -> Result<DeviceKey, Doubt> {
        check_fetch_metadata(request)?;
        let field = first_field(request, &SECURE_SESSION_RESPONSE);
        let token = self.token(field, REGISTRATION, &self.device.register_path)?;
        let (x, y) = token.key.ok_or(KEY)?;
        let key = PublicKey::from_coordinates(&x, &y).map(DeviceKey::new).ok_or(KEY)?;
        verify(&key, &token)?;
        Ok(key)
    }

    fn refresh(&self, query: &str, request: &impl RequestHeaders) -> Response<String> {
        let id = unquoted(first_field(request, &SEC_SECURE_SESSION_ID));
        let key = match self.sealed_key(query) {
            Ok(key) => key,
            Err(NoKey::Ended) => {
                self.emit(EventKind::DeviceEnded { why: "key" });
                return json(instructions::end(readable_id(id)));
            }
            Err(NoKey::NotYet) => {
                self.emit(EventKind::DeviceRefused { why: "unknown-key" });
                return unavailable();
            }
        };
        // Before an end, which deletes cookies: a page of another site can send the URL of a key
        // that its author registered.
        let is_of_browser = check_fetch_metadata(request);
        if let Some(why) = is_of_browser.ok().and_then(|()| self.end_of(key.thumbprint)) {
            self.emit(EventKind::DeviceEnded { why });
            return self.end(key.thumbprint);
        }
        match is_of_browser.and_then(|()| self.check_refresh(&key, id, request)) {
            Ok(()) => {
                self.emit(EventKind::DeviceRefreshed);
                self.prove(&key)
            }
            Err(doubt) => {
                // The first request of every refresh is without a token.
                if doubt != NO_TOKEN {
                    self.emit(EventKind::DeviceRefused { why: doubt });
                }
                self.doubt(doubt, key.thumbprint)
            }
        }
    }

    /// Returns why the browser's DBSC session ends, if it does.
    fn end_of(&self, thumbprint: Thumbprint) -> Option<&'static str> {
        if !self.device.is_on() {
            Some("off")
        } else if self.device.is_marked(self.fields, thumbprint) {
            Some("signed-out")
        } else if (self.proven_key)().is_some_and(|other| other != thumbprint) {
            Some("other-key")
        } else {
            None
        }
    }

    fn check_refresh(
        &self,
        key: &DeviceKey,
        id: &[u8],
        request: &impl RequestHeaders,
    ) -> Result<(), Doubt> {
        if id != key.thumbprint.id().as_bytes() {
            return Err(SESSION_ID);
        }
        let field = first_field(request, &SECURE_SESSION_RESPONSE);
        let token = self.token(field, &key.thumbprint.0, &self.device.refresh_path)?;
        if token.key.is_some() {
            return Err(KEY);
        }
        verify(key, &token)
    }

    /// Reads a token and opens its challenge.
    fn token<'a>(&self, field: &'a [u8], bound: &[u8], path: &str) -> Result<Token<'a>, Doubt> {
        if field.is_empty() {
            return Err(NO_TOKEN);
        }
        let token = Token::parse(field).ok_or(TOKEN)?;
        let opened = self.ring.open_with(|ring| {
            self.device.contexts.open(ring, self.now, Purpose::Challenge, bound, &token.challenge)
        });
        let challenge = opened.map_err(|_| CHALLENGE)?;
        let ahead = challenge.issued.since(self.now);
        if ahead > limits::device::SKEW_WARNING {
            self.emit(EventKind::ClockAhead { seconds: ahead });
        }
        let is_ours = |audience: &String| self.device.is_own_audience(audience, path);
        if token.audience.as_ref().is_none_or(is_ours) { Ok(token) } else { Err(AUDIENCE) }
    }

    fn sealed_key(&self, query: &str) -> Result<DeviceKey, NoKey> {
        let value = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        };
        let text = value("key").ok_or(NoKey::Ended)?;
        let opened = self
            .ring
            .open_with(|ring| self.device.contexts.open(ring, self.now, Purpose::Key, &[], text));
        match opened {
            Ok(opened) => DeviceKey::from_compressed(&opened.data).ok_or(NoKey::Ended),
            Err(reason) if maybe_opens_elsewhere(reason) => {
                let until = value("until").and_then(|until| until.parse().ok());
                let may_come = until.is_some_and(|until| self.may_come(UnixTime::from_secs(until)));
                Err(if may_come { NoKey::NotYet } else { NoKey::Ended })
            }
            Err(_) => Err(NoKey::Ended),
        }
    }

    /// Returns `true` if a browser may ask again, until `until`, for a key that this server cannot
    /// open. `until` is not authentic, and decides nothing else.
    fn may_come(&self, until: UnixTime) -> bool {
        let left = until.since(self.now);
        // An `until` beyond a key's life comes from a server whose clock was far ahead. To a server
        // that does not know the time yet, every `until` looks like that, and it must end no keys.
        let longest = self.device.key_lifetime.saturating_add(limits::device::ROLLOUT);
        left > 0 && (left <= longest || self.now.as_secs() < limits::NO_CLOCK_YET)
    }

    /// Answers with the instructions and a new proof.
    fn prove(&self, key: &DeviceKey) -> Response<String> {
        let (device, now, ring) = (self.device, self.now, self.ring.snapshot());
        let lifetime = device.key_lifetime;
        let sealed = device.contexts.seal(&ring, now, Purpose::Key, &[], lifetime, &key.compressed);
        let proof = device.new_proof(&ring, now, key.thumbprint);
        let (Some(sealed), Some(proof)) = (sealed, proof) else { return unavailable() };
        let until = sealed.end.min(now.plus(limits::device::ROLLOUT)).as_secs();
        let refresh_url = format!("{}?until={until}&key={}", device.refresh_path, sealed.text);
        let mut answer = json(device.instructions(key.thumbprint, &refresh_url));
        add_set_cookie(&mut answer, proof);
        answer
    }

    fn end(&self, thumbprint: Thumbprint) -> Response<String> {
        let mut answer = json(instructions::end(Some(&thumbprint.id())));
        for line in self.device.delete_proof(self.fields, thumbprint) {
            add_set_cookie(&mut answer, line);
        }
        add_set_cookie(&mut answer, self.device.delete_marker(thumbprint));
        answer
    }

    fn doubt(&self, doubt: Doubt, thumbprint: Thumbprint) -> Response<String> {
        let ring = self.ring.snapshot();
        let challenge = self.device.challenge(&ring, self.now, &thumbprint.0);
        let field = challenge.and_then(|challenge| {
            HeaderValue::try_from(format!(r#""{challenge}";id="{}""#, thumbprint.id())).ok()
        });
        let Some(field) = field else { return unavailable() };
        let mut answer = text(StatusCode::FORBIDDEN, doubt);
        answer.headers_mut().insert(SECURE_SESSION_CHALLENGE, field);
        answer
    }

    fn emit(&self, kind: EventKind) {
        self.log.emit(kind, self.now);
    }
}

/// Why the URL of a refresh has no key.
enum NoKey {
    /// It never comes back.
    Ended,
    /// Another server may have it.
    NotYet,
}

fn check_fetch_metadata(request: &impl RequestHeaders) -> Result<(), Doubt> {
    let is_same_origin = first_field(request, &SEC_FETCH_SITE) == b"same-origin";
    let is_of_browser = first_field(request, &SEC_FETCH_MODE) == b"no-cors";
    if is_same_origin && is_of_browser { Ok(()) } else { Err(FETCH_METADATA) }
}

fn verify(key: &DeviceKey, token: &Token<'_>) -> Result<(), Doubt> {
    let is_valid = key.public.verifies(token.signed, &token.signature);
    if is_valid { Ok(()) } else { Err(SIGNATURE) }
}

/// Returns an id that needs no escape in JSON.
fn readable_id(id: &[u8]) -> Option<&str> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    std::str::from_utf8(id).ok().filter(|_| id.len() == 22 && id.iter().all(is_plain))
}

fn answer(status: StatusCode, kind: &'static str, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn json(body: String) -> Response<String> {
    answer(StatusCode::OK, "application/json", body)
}

fn text(status: StatusCode, word: &str) -> Response<String> {
    answer(status, "text/plain; charset=utf-8", format!("device binding: {word}\n"))
}

fn unavailable() -> Response<String> {
    let mut answer = text(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

fn add_set_cookie(answer: &mut Response<String>, line: String) {
    // Names, values and attributes are ours, and ASCII.
    if let Ok(mut line) = HeaderValue::try_from(line) {
        line.set_sensitive(true);
        answer.headers_mut().append(SET_COOKIE, line);
    }
}
