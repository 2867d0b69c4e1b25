//! SPEC.md, the vectors and the crate agree (SPEC §15).
//!
//! `reference`, `typed` and `server` are a second implementation, written from SPEC.md alone; they
//! share no code with the crate and never call it. `make` and its neighbours make
//! `tests/vectors/v1.json` with them. The second implementation judges every vector as the crate
//! does, and opens what the crate seals. `accumulated` makes the random tests. After a change of
//! the format:
//!
//! ```text
//! SEALED_SESSION_VECTORS=write cargo test --test spec
//! ```

#[path = "support/raw_request.rs"]
mod raw_request;

#[path = "spec/accumulated.rs"]
mod accumulated;
#[path = "spec/committed_file.rs"]
mod committed_file;
#[path = "spec/csrf.rs"]
mod csrf;
#[path = "spec/dbsc/mod.rs"]
mod dbsc;
#[path = "spec/file.rs"]
mod file;
#[path = "spec/make.rs"]
mod make;
#[path = "spec/make_compression.rs"]
mod make_compression;
#[path = "spec/make_pieces.rs"]
mod make_pieces;
#[path = "spec/make_requests.rs"]
mod make_requests;
#[path = "spec/make_responses.rs"]
mod make_responses;
#[path = "spec/make_rings.rs"]
mod make_rings;
#[path = "spec/make_values.rs"]
mod make_values;
#[path = "spec/reference.rs"]
mod reference;
#[path = "spec/server.rs"]
mod server;
#[path = "spec/tickets.rs"]
mod tickets;
#[path = "spec/typed.rs"]
mod typed;

use file::*;
use make::*;
use raw_request::raw_request;
use reference::{Claims, Key, Suite};
use sealed_session::clock::ManualClock;
use sealed_session::error::{KeyProblem, Position, RingError};
use sealed_session::migrate::LegacyCookie;
use sealed_session::{
    Builder, Encoding, KeyRing, Level, LoadStatus, Map, OnUnreadable, SameSite, Session,
    SessionData, SessionError, Sessions, Tickets,
};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const COMMITTED: &str = include_str!("vectors/v1.json");

fn committed() -> File {
    serde_json::from_str(COMMITTED)
        .expect("tests/vectors/v1.json has the fields that this test knows, and no others")
}

/// Returns whether this build has exactly the suites that a vector is for.
fn applies(server: &Server) -> bool {
    let built: Vec<Suite> =
        [(cfg!(feature = "aes"), Suite::Xaes), (cfg!(feature = "chacha"), Suite::XChaCha)]
            .into_iter()
            .filter_map(|(has, suite)| has.then_some(suite))
            .collect();
    built == server.suites()
}

/// The flags of SPEC §3.4 that this build knows.
const FLAGS: u8 =
    reference::FLAGS & !if cfg!(feature = "compression") { 0 } else { reference::COMPRESSED };

/// Returns whether this build knows and does not know the flags that a sealed value is for.
fn applies_flags(sealed: Option<&Sealed>) -> bool {
    sealed.is_none_or(|sealed| {
        let unknown = sealed.flags_unknown;
        sealed.flags_known & !FLAGS == 0 && (unknown == 0 || unknown & !FLAGS != 0)
    })
}

/// The builder settings of a type's vectors, beyond those of every type.
trait Configured: SessionData {
    fn configure(builder: Builder<Self>, _: &Server) -> Builder<Self> {
        builder
    }
}

impl Configured for Counts {}
impl Configured for Empty {}
impl Configured for Every {}
impl Configured for Loose {}
impl Configured for Map {}
impl Configured for Tree {}
impl Configured for Wide {}

impl Configured for Visit {
    fn configure(mut builder: Builder<Self>, server: &Server) -> Builder<Self> {
        if server.upgrades {
            builder = builder
                .upgrade_from(|earlier: Earlier| Visit { user: earlier.user, cart: Vec::new() });
        }
        let Some(import) = &server.import else { return builder };
        let mut old = LegacyCookie::new(&import.name, time(import.until));
        if let Some(date) = import.delete_from {
            old = old.delete_after(time(date));
        }
        builder.import_from(old, |headers| {
            let (_, user) = headers.get("cookie")?.to_str().ok()?.split_once('=')?;
            Some(Visit { user: Some(user.parse().ok()?), cart: Vec::new() })
        })
    }
}

fn time(unix: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(unix)
}

fn build<T: Configured>(
    server: &Server,
    clock: &ManualClock,
    change: impl FnOnce(Builder<T>) -> Builder<T>,
) -> Sessions<T> {
    let ring = KeyRing::danger_from_published(&server.ring_text()).expect("a ring");
    let mut builder = Sessions::<T>::builder(ring)
        .cookie_name(&*server.cookie_name)
        .context(bytes(&server.context))
        .idle_timeout(Duration::from_secs(server.idle_timeout))
        .absolute_timeout(Duration::from_secs(server.absolute_timeout))
        .refresh_after(f64::from(server.refresh_millionths) / 1e6)
        .max_set_cookie_bytes(server.max_set_cookie)
        .max_cookies(server.max_cookies)
        .max_cookie_bytes(server.max_cookie_bytes)
        .session_ids(server.session_ids)
        .clock(clock.clone());
    if let Some(number) = server.shape_number {
        builder = builder.schema_version(number);
    }
    if server.pad_to > 0 {
        builder = builder.pad_to(server.pad_to);
    }
    #[cfg(feature = "compression")]
    {
        builder = builder.compress(server.compress);
    }
    if server.is_by_name() {
        builder = builder.encoding(Encoding::Named);
    }
    if server.protects_unreadable {
        builder = builder.on_unreadable(OnUnreadable::Refuse);
    }
    if server.reject_created_before > 0 {
        builder = builder.reject_created_before(time(server.reject_created_before));
    }
    for (name, context) in &server.aliases {
        builder = builder.accept_alias(name, bytes(context));
    }
    for (name, domain, path) in &server.copies {
        builder = builder.delete_stale(name, domain.as_deref(), path);
    }
    let sessions = change(T::configure(builder, server)).build().expect("a configuration");
    assert_eq!(hex::encode(sessions.shape()), server.shape);
    assert_eq!(sessions.shape_text().unwrap_or_default(), server.shape_text);
    sessions
}

/// Judges each vector, and fails with the names of all that fail.
fn each<V>(vectors: &[V], name: impl Fn(&V) -> &str, judge: impl Fn(&V)) {
    let fails = |vector: &&V| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge(vector))).is_err()
    };
    let failing: Vec<&str> = vectors.iter().filter(fails).map(name).collect();
    assert!(failing.is_empty(), "{} of {} fail: {failing:?}", failing.len(), vectors.len());
}

fn clock_at(now: u64) -> ManualClock {
    ManualClock::at(Duration::from_secs(now))
}

fn clock_of(now: u64, milliseconds: u64) -> ManualClock {
    ManualClock::at(Duration::from_secs(now) + Duration::from_millis(milliseconds))
}

/// Calls a generic function with the data type of a server.
macro_rules! of_type {
    ($server:expr, $function:ident($($argument:expr),*)) => {
        match &*$server.data {
            "Empty" => $function::<Empty>($($argument),*),
            "Visit" => $function::<Visit>($($argument),*),
            "Every" => $function::<Every>($($argument),*),
            "Map" => $function::<Map>($($argument),*),
            "Loose" => $function::<Loose>($($argument),*),
            "Wide" => $function::<Wide>($($argument),*),
            "Tree" => $function::<Tree>($($argument),*),
            "Counts" => $function::<Counts>($($argument),*),
            other => panic!("a vector of unknown data: {other}"),
        }
    };
}

fn status_word(status: LoadStatus) -> &'static str {
    match status {
        LoadStatus::New => "absent",
        LoadStatus::Restored => "ok",
        LoadStatus::CrossSite => "cross-site",
        LoadStatus::Imported => "imported",
        LoadStatus::Rejected(reason) => reason.as_str(),
        _ => panic!("a status that this test does not know"),
    }
}

fn json_of<T: SessionData>(value: &T) -> Json {
    serde_json::to_value(value).expect("JSON")
}

#[test]
fn the_vectors_are_what_the_second_implementation_makes() {
    let write = committed_file::is_being_written();
    let accumulated = if write { accumulated_by_the_second() } else { committed().accumulated };
    committed_file::compare_or_write("v1.json", &vectors(accumulated), COMMITTED);
}

#[test]
fn every_vector_has_a_unique_name_and_a_known_word() {
    let file = committed();
    let known = |word: &str, more: &[&str]| {
        assert!(REASONS.contains(&word) || more.contains(&word), "an unknown word: {word}")
    };
    file.values.iter().for_each(|vector| known(&vector.expect, &["ok"]));
    file.values.iter().flat_map(|vector| &vector.in_request).for_each(|word| known(word, &[]));
    file.requests.iter().for_each(|vector| known(&vector.expect, &["ok", "imported"]));
    file.requests
        .iter()
        .flat_map(|vector| &vector.writes)
        .for_each(|(_, word)| known(word, &["ok", "error"]));
    file.responses
        .iter()
        .for_each(|vector| known(&vector.expect, &["nothing", "set", "delete", "error"]));
    for vector in &file.rings {
        assert!(
            vector.expect == "ok" || RING_WORDS.contains(&&*vector.expect),
            "an unknown word: {}",
            vector.expect
        );
    }
    let groups: [Vec<(&str, &str)>; 4] = [
        file.values.iter().map(|vector| (&*vector.name, &*vector.expect)).collect(),
        file.requests.iter().map(|vector| (&*vector.name, &*vector.expect)).collect(),
        file.responses.iter().map(|vector| (&*vector.name, &*vector.expect)).collect(),
        file.rings.iter().map(|vector| (&*vector.name, &*vector.expect)).collect(),
    ];
    for group in &groups {
        let names: BTreeSet<&str> = group.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), group.len(), "a name twice");
        for (name, expect) in group {
            assert_eq!(name.starts_with("ok_"), ["ok", "imported"].contains(expect), "{name}");
        }
    }

    // Every word that this version can give occurs. The others give the reason why not.
    let written =
        file.requests.iter().flat_map(|vector| vector.writes.iter().map(|(_, word)| &**word));
    let given: BTreeSet<&str> =
        groups.iter().flatten().map(|(_, expect)| *expect).chain(written).collect();
    for word in REASONS {
        let elsewhere = match *word {
            "unproven" => "of device binding, which has a file of its own",
            "unencodable" => "a fault of a type's own, of which bytes can tell nothing",
            "busy" | "responded" => "of calls within a process",
            _ => "",
        };
        assert_eq!(given.contains(word), elsewhere.is_empty(), "{word}: {elsewhere}");
    }
    RING_WORDS.iter().for_each(|word| assert!(given.contains(word), "{word}"));
    let values = groups[0].len();
    assert!(values >= 50, "{values}");
}

#[test]
fn the_second_implementation_judges_every_value() {
    each(
        &committed().values,
        |vector| &vector.name,
        |vector| {
            let name = &vector.name;
            let unknown = vector.sealed.as_ref().map_or(0, |sealed| sealed.flags_unknown);
            let flags = reference::FLAGS & !unknown;
            let field = Text(format!("{}={}", vector.server.cookie_name, &*vector.value));
            let opened = vector.server.opens_alone(&vector.value, vector.now, flags);
            assert_eq!(
                opened.as_ref().map_or_else(|word| *word, |_| "ok"),
                vector.expect,
                "{name}"
            );
            let by_request = vector.server.opens_in_request(&[field], vector.now, flags);
            let word =
                by_request.map_or("absent", |opened| opened.map_or_else(|word| word, |_| "ok"));
            assert_eq!(word, vector.in_request.as_ref().unwrap_or(&vector.expect), "{name}");
            if let (Ok(opened), Some(sealed)) = (opened, &vector.sealed) {
                assert_eq!(hex::encode(&opened.body.data), sealed.data_bytes, "{name}");
                let compressed = sealed.flags_known & reference::COMPRESSED != 0;
                assert_eq!(opened.body.compressed, compressed, "{name}");
                if let Some(inflated) = &sealed.inflated {
                    assert_eq!(&hex::encode(&opened.data), inflated, "{name}");
                }
                assert_eq!(Some(opened.value), sealed.data, "{name}");
                assert_eq!(Some(claims_vector(&opened.claims)), sealed.claims, "{name}");
            }
        },
    );
}

fn loaded_by_the_second(vector: &RequestVector) -> server::Session<'_> {
    let request = server::Request {
        method: &vector.method,
        site: vector.sec_fetch_site.as_deref(),
        same_site: &vector.same_site,
    };
    server::load(&vector.server, &request, &vector.cookie_fields, vector.now)
}

#[test]
fn the_second_implementation_judges_every_request() {
    each(
        &committed().requests,
        |vector| &vector.name,
        |vector| {
            let name = &vector.name;
            let session = loaded_by_the_second(vector);
            assert_eq!(session.word, vector.expect, "{name}");
            let value =
                ["ok", "imported"].contains(&session.word).then(|| session.origin.value.clone());
            assert_eq!(value, vector.data, "{name}");
            for (action, expected) in &vector.writes {
                let word = loaded_by_the_second(vector)
                    .act(action)
                    .map_or_else(|refusal| refusal.word, |()| "ok");
                assert_eq!(word, expected, "{name}, {action:?}");
            }
        },
    );
}

#[test]
fn the_second_implementation_answers_every_response() {
    each(
        &committed().responses,
        |vector| &vector.name,
        |vector| {
            let name = &vector.name;
            let request = server::Request {
                method: "POST",
                site: vector.sec_fetch_site.as_deref(),
                same_site: "Lax",
            };
            let mut session =
                server::load(&vector.server, &request, &vector.cookie_fields, vector.now);
            if let Err(refusal) = session.act(&vector.action) {
                assert_eq!(
                    (refusal.word, refusal.needed),
                    (&*vector.expect, vector.needed),
                    "{name}"
                );
                return;
            }
            let touched = vector.action != Action::Nothing;
            let response = session.respond(
                touched,
                vector.status,
                vector.milliseconds_later,
                &vector.response_fields,
            );
            let attributes = match response.word() {
                "set" => response_attributes(response.max_age),
                "delete" => response_attributes(Some(0)),
                _ => Vec::new(),
            };
            assert_eq!(
                (response.word(), &response.set, &response.sealed_with, &response.deleted),
                (&*vector.expect, &vector.plaintext, &vector.sealed_with, &vector.deleted),
                "{name}"
            );
            assert_eq!(response.compresses, vector.compresses, "{name}");
            if !vector.compresses {
                assert_eq!(several(response.value_lengths), vector.value_lengths, "{name}");
            }
            assert_eq!(attributes, vector.attributes, "{name}");
            let draws_id = response
                .claims
                .is_some_and(|claims| claims.id.is_some_and(|id| id == "0".repeat(32)));
            assert_eq!(draws_id, vector.draws_id, "{name}");
            if !vector.response_fields.is_empty() || !vector.fields.is_empty() {
                assert_eq!(response.fields, vector.fields, "{name}");
            }
        },
    );
}

/// Lengths as a vector has them: none if there is one cookie.
fn several(lengths: Vec<usize>) -> Vec<usize> {
    if lengths.len() > 1 { lengths } else { Vec::new() }
}

fn open_value<T: Configured>(vector: &ValueVector) {
    let name = &vector.name;
    let sessions =
        build::<T>(&vector.server, &clock_of(vector.now, vector.milliseconds), |builder| builder);
    let word = match sessions.open(&vector.value) {
        Ok(value) => {
            if let Some(sealed) = &vector.sealed {
                assert_eq!(Some(json_of(&value)), sealed.data, "{name}");
            }
            "ok"
        }
        Err(error) => error.reason().as_str(),
    };
    assert_eq!(word, vector.expect, "{name}, by open()");

    let expected = vector.in_request.as_ref().unwrap_or(&vector.expect);
    let field = format!("{}={}", vector.server.cookie_name, &*vector.value);
    let by_fields = sessions.load(raw_request("GET", None, [field.as_bytes()]));
    assert_eq!(status_word(by_fields.load_status()), expected, "{name}, by load()");
    let mut headers = http::HeaderMap::new();
    // What no `HeaderValue` can carry is tested only with a raw request.
    let Ok(field) = http::HeaderValue::from_bytes(field.as_bytes()) else { return };
    headers.insert(http::header::COOKIE, field);
    let session = sessions.load((&http::Method::GET, &headers));
    assert_eq!(status_word(session.load_status()), expected, "{name}, by load()");
    let Some(claims) = vector
        .sealed
        .as_ref()
        .filter(|_| expected == "ok")
        .and_then(|sealed| sealed.claims.clone())
    else {
        return;
    };
    assert_eq!(
        Some(session.read(json_of)),
        vector.sealed.as_ref().and_then(|sealed| sealed.data.clone()),
        "{name}"
    );
    assert_eq!(session.id().map(|id| hex::encode(id.to_bytes())), claims.id, "{name}");
    let flashes: Vec<(u8, String)> =
        session.flashes().into_iter().map(|flash| (flash.level.0, flash.text)).collect();
    assert_eq!(flashes, claims.flashes, "{name}");
    assert_eq!(unix(session.info().issued_at()), claims.issued, "{name}");
    assert_eq!(
        unix(session.info().created_at()),
        claims.issued.saturating_sub(claims.age),
        "{name}"
    );
    let same_expiry = match (session.info().expiry(), claims.expiry) {
        (sealed_session::Expiry::Default, ExpiryVector::Default) => true,
        (sealed_session::Expiry::BrowserSession, ExpiryVector::BrowserSession) => true,
        (sealed_session::Expiry::Idle(idle), ExpiryVector::Idle(seconds)) => {
            idle.as_secs() == seconds
        }
        // The greatest times do not fit a `SystemTime`.
        (sealed_session::Expiry::At(time), ExpiryVector::At(seconds)) => {
            unix(time) == seconds || seconds == u64::MAX
        }
        _ => false,
    };
    assert!(same_expiry, "{name}");
}

fn unix(time: std::time::SystemTime) -> u64 {
    time.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()
}

#[test]
fn the_crate_judges_every_value_by_every_entry() {
    each(
        &committed().values,
        |vector| &vector.name,
        |vector| {
            if applies(&vector.server) && applies_flags(vector.sealed.as_ref()) {
                of_type!(vector.server, open_value(vector));
            }
        },
    );
}

fn load_request<T: Configured>(vector: &RequestVector) {
    let name = &vector.name;
    let same_site = match &*vector.same_site {
        "Lax" => SameSite::Lax,
        "Strict" => SameSite::Strict,
        "None" => SameSite::None,
        other => panic!("{other}"),
    };
    let sessions =
        build::<T>(&vector.server, &clock_at(vector.now), |builder| builder.same_site(same_site));
    let fields = vector.cookie_fields.iter().map(|field| field.as_bytes());
    let session = sessions.load(raw_request(
        &vector.method,
        vector.sec_fetch_site.as_deref().map(str::as_bytes),
        fields,
    ));
    assert_eq!(status_word(session.load_status()), vector.expect, "{name}, by load()");
    let mut headers = http::HeaderMap::new();
    for field in &vector.cookie_fields {
        // What no `HeaderValue` can carry is tested only with a raw request.
        let Ok(field) = http::HeaderValue::from_bytes(field.as_bytes()) else { return };
        headers.append(http::header::COOKIE, field);
    }
    if let Some(site) = &vector.sec_fetch_site {
        headers.insert("sec-fetch-site", site.parse().expect("a field"));
    }
    if let Some(site) = &vector.second_sec_fetch_site {
        headers.append("sec-fetch-site", site.parse().expect("a field"));
    }
    let session = sessions.load((&vector.method.parse().expect("a method"), &headers));
    assert_eq!(status_word(session.load_status()), vector.expect, "{name}, by load()");
    let opened = ["ok", "imported"].contains(&&*vector.expect).then(|| session.read(json_of));
    assert_eq!(opened, vector.data, "{name}");
    let refused = vector.expect == "cross-site";
    assert_eq!(session.flash(Level::INFO, "x") == Err(SessionError::CrossSite), refused, "{name}");
    for (action, expected) in &vector.writes {
        let session = sessions.load((&vector.method.parse().expect("a method"), &headers));
        let word = act(&session, action).map_or_else(|error| write_word(&error), |()| "ok");
        assert_eq!(word, expected, "{name}, {action:?}");
    }
}

/// The word of a refused write, or `error` if it has none.
fn write_word(error: &SessionError) -> &'static str {
    match error {
        SessionError::CrossSite => "cross-site",
        SessionError::Unreadable => "unreadable",
        SessionError::NoSealingKey => "no-sealing-key",
        SessionError::TooLarge { .. } => "too-large",
        SessionError::FlashTooLong { .. } | SessionError::Expiry(_) => "error",
        other => panic!("a refusal that no vector expects: {other}"),
    }
}

fn act<T: Configured>(session: &Session<T>, action: &Action) -> Result<(), SessionError> {
    let data = |json: &Json| serde_json::from_value::<T>(json.clone()).expect("data");
    match action {
        Action::Nothing => Ok(()),
        Action::Read => session.read(|_| Ok(())),
        Action::Set(json) => session.set(data(json)),
        Action::Update(json) => session.update(|value| *value = data(json)),
        Action::Flash(level, text) => session.flash(Level(*level), text),
        Action::TakeFlashes => session.take_flashes().map(drop),
        Action::SetExpiry(expiry) => session.set_expiry(expiry_of(*expiry)),
        Action::Purge => session.purge(),
        Action::Renew => session.renew(),
        Action::NoRefresh => {
            session.skip_refresh();
            Ok(())
        }
        Action::All(actions) => actions.iter().try_for_each(|action| act(session, action)),
    }
}

#[test]
fn the_crate_judges_every_request() {
    each(
        &committed().requests,
        |vector| &vector.name,
        |vector| {
            if applies(&vector.server) {
                of_type!(vector.server, load_request(vector));
            }
        },
    );
}

fn expiry_of(expiry: ExpiryVector) -> sealed_session::Expiry {
    match expiry {
        ExpiryVector::Default => sealed_session::Expiry::Default,
        ExpiryVector::BrowserSession => sealed_session::Expiry::BrowserSession,
        ExpiryVector::Idle(seconds) => sealed_session::Expiry::Idle(Duration::from_secs(seconds)),
        ExpiryVector::At(time) => {
            sealed_session::Expiry::At(std::time::UNIX_EPOCH + Duration::from_secs(time))
        }
    }
}

/// Parses a `Set-Cookie` line into name, value and sorted attributes.
fn parse_line(line: &str) -> (String, String, Vec<String>) {
    let mut parts = line.split("; ");
    let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie");
    let mut attributes: Vec<String> = parts.map(str::to_owned).collect();
    attributes.sort();
    (name.to_owned(), value.to_owned(), attributes)
}

/// The attributes of a line, sorted.
fn response_attributes(max_age: Option<u64>) -> Vec<String> {
    let mut attributes: Vec<String> =
        ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"].map(str::to_owned).into();
    attributes.extend(max_age.map(|seconds| format!("Max-Age={seconds}")));
    attributes.sort();
    attributes
}

/// The cookies that are set, with their values and attributes, in the order of their lines.
fn set_as_expected(vector: &ResponseVector, set: &[(String, String, Vec<String>)]) {
    let name = &vector.name;
    for (digit, (cookie, _, attributes)) in set.iter().enumerate() {
        let expected = match digit {
            0 => vector.server.cookie_name.clone(),
            _ => format!("{}.{digit}", vector.server.cookie_name),
        };
        assert_eq!((cookie, attributes), (&expected, &vector.attributes), "{name}");
    }
    if !vector.compresses {
        let lengths = set.iter().map(|(_, value, _)| value.len()).collect();
        assert_eq!(several(lengths), vector.value_lengths, "{name}");
    }
    let open =
        |fields: &[Text]| vector.server.opens_in_request(fields, vector.now, reference::FLAGS);
    let fields: Vec<Text> =
        set.iter().map(|(cookie, value, _)| Text(format!("{cookie}={value}"))).collect();
    let opened = open(&fields).expect("a candidate");
    let mut opened = opened.unwrap_or_else(|word| panic!("{name}: {word}"));
    if vector.draws_id {
        let came = open(&vector.cookie_fields).and_then(Result::ok);
        assert_ne!(
            opened.claims.id,
            came.and_then(|came| came.claims.id),
            "{name}: the id is another one"
        );
        opened.claims.id = opened.claims.id.filter(|id| *id != [0; 16]).map(|_| [0; 16]);
    }
    let plaintext = opened.claims.plaintext_of(&opened.body);
    if vector.compresses {
        assert!(opened.body.compressed && opened.body.data.len() < opened.data.len(), "{name}");
        let unpadded = plaintext.len() - opened.body.padding;
        let padding = reference::padding(unpadded, vector.server.pad_to);
        assert_eq!(opened.body.padding, padding, "{name}");
        let plaintext = opened.claims.plaintext(&opened.data);
        assert_eq!(Some(hex::encode(plaintext)), vector.plaintext, "{name}");
    } else {
        assert_eq!(Some(hex::encode(plaintext)), vector.plaintext, "{name}");
    }
    assert_eq!(Some(hex::encode(opened.key_id)), vector.sealed_with, "{name}");
}

fn respond<T: Configured>(vector: &ResponseVector) {
    let name = &vector.name;
    let clock = clock_at(vector.built_at);
    let sessions = build::<T>(&vector.server, &clock, |builder| builder);
    clock.set(Duration::from_secs(vector.now) + Duration::from_millis(vector.milliseconds));
    let fields = vector.cookie_fields.iter().map(|field| field.as_bytes());
    let session = sessions.load(raw_request(
        "POST",
        vector.sec_fetch_site.as_deref().map(str::as_bytes),
        fields,
    ));
    if let Err(error) = act(&session, &vector.action) {
        assert_eq!(write_word(&error), vector.expect, "{name}");
        if let SessionError::TooLarge { needed, allowed, .. } = error {
            // The vectors do not have `allowed`: the second implementation says it.
            let request = server::Request {
                method: "POST",
                site: vector.sec_fetch_site.as_deref(),
                same_site: "Lax",
            };
            let second = server::load(&vector.server, &request, &vector.cookie_fields, vector.now)
                .act(&vector.action)
                .expect_err("too large for the second implementation, too");
            assert_eq!((Some(needed), Some(allowed)), (vector.needed, second.allowed), "{name}");
        }
        return;
    }
    clock.advance(Duration::from_millis(vector.milliseconds_later));
    let mut headers = http::HeaderMap::new();
    for (name, value) in &vector.response_fields {
        headers.append(
            http::HeaderName::try_from(name).expect("a name"),
            value.parse().expect("a value"),
        );
    }
    let status = http::StatusCode::from_u16(vector.status).expect("a status");
    sessions
        .commit(&session, status, &mut headers)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let lines: Vec<_> = headers
        .get_all("set-cookie")
        .iter()
        .map(|line| parse_line(line.to_str().expect("ASCII")))
        .collect();
    let (deleted, set): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|(_, value, _)| value.is_empty());
    let word = match (&set[..], &deleted[..]) {
        ([], []) => "nothing",
        ([], _) => "delete",
        _ => "set",
    };
    assert_eq!(word, vector.expect, "{name}");
    let mut deleted_names = Vec::new();
    for (cookie, _, attributes) in &deleted {
        // Domain and Path follow the name if they differ from those of the session's own cookie.
        let usual = response_attributes(Some(0));
        let elsewhere = attributes
            .iter()
            .filter(|attribute| !usual.contains(attribute))
            .map(|other| format!("; {other}"));
        deleted_names.push([cookie.clone()].into_iter().chain(elsewhere).collect::<String>());
        let others = usual.iter().filter(|attribute| !attribute.starts_with("Path="));
        assert!(
            others.into_iter().all(|attribute| attributes.contains(attribute)),
            "{name}: {attributes:?}"
        );
    }
    deleted_names.sort_unstable();
    assert_eq!(deleted_names, vector.deleted, "{name}");
    if !set.is_empty() {
        set_as_expected(vector, &set);
    }
    if !vector.response_fields.is_empty() || !vector.fields.is_empty() {
        let others: BTreeSet<&str> = headers
            .keys()
            .map(http::HeaderName::as_str)
            .filter(|name| *name != "set-cookie")
            .collect();
        let joined = others.into_iter().map(|field| {
            let values: Vec<&str> =
                headers.get_all(field).iter().map(|value| value.to_str().expect("ASCII")).collect();
            (field.to_owned(), values.join(", "))
        });
        assert_eq!(joined.collect::<Vec<_>>(), vector.fields, "{name}");
    }
}

#[test]
fn the_crate_answers_every_response() {
    each(
        &committed().responses,
        |vector| &vector.name,
        |vector| {
            if applies(&vector.server) && vector.flags_known & !FLAGS == 0 {
                of_type!(vector.server, respond(vector));
            }
        },
    );
}

fn ring_word(error: &RingError) -> (usize, &'static str) {
    let (place, problem) = match error {
        RingError::Empty => return (0, "empty"),
        RingError::TooLong => return (0, "too-long"),
        RingError::Text { position: Position::Line(number) | Position::Key(number), problem } => {
            (*number, problem)
        }
        other => panic!("{other}"),
    };
    let word = match problem {
        KeyProblem::NotAKey | KeyProblem::Quoted => "not-a-key",
        KeyProblem::UnknownSuite => "unknown-suite",
        KeyProblem::SecretLength => "secret-length",
        KeyProblem::SecretAlphabet => "secret-alphabet",
        KeyProblem::Weak => "weak",
        KeyProblem::Published => "published",
        KeyProblem::Twice => "twice",
        KeyProblem::TooMany => "too-many",
        KeyProblem::UnknownAttribute => "unknown-attribute",
        KeyProblem::AttributeTwice => "attribute-twice",
        KeyProblem::Time => "time",
        KeyProblem::EndsBeforeItSeals => "ends-before-it-seals",
        KeyProblem::Overshadowed => "overshadowed",
        other => panic!("{other}"),
    };
    (place, word)
}

/// Bytes that are not UTF-8 can only come from a file.
fn refused_as_a_file(name: &str, bytes: &[u8]) {
    assert!(std::str::from_utf8(bytes).is_err(), "{name}");
    #[cfg(not(target_family = "wasm"))]
    {
        let path =
            std::env::temp_dir().join(format!("sealed-session-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).expect("written");
        let refused = KeyRing::from_file(&path);
        std::fs::remove_file(&path).expect("removed");
        assert!(matches!(refused, Err(RingError::NotUtf8)), "{name}: {refused:?}");
    }
}

#[test]
fn both_implementations_read_every_ring_text() {
    each(
        &committed().rings,
        |vector| &vector.name,
        |vector| {
            let name = &vector.name;
            if let Some(hexadecimal) = &vector.bytes {
                assert_eq!((&*vector.expect, vector.place), ("not-utf8", None), "{name}");
                refused_as_a_file(name, &bytes(hexadecimal));
                return;
            }
            let second = reference::ring(&vector.text, vector.takes_published);
            let ring = if vector.takes_published {
                KeyRing::danger_from_published(&vector.text)
            } else {
                vector.text.parse()
            };
            if vector.expect != "ok" {
                let expected = (vector.place.unwrap_or(0), &*vector.expect);
                assert_eq!(
                    second.map(drop),
                    Err((
                        vector.place.unwrap_or(0),
                        *RING_WORDS.iter().find(|word| **word == vector.expect).expect("a word")
                    )),
                    "{name}"
                );
                let error = ring.expect_err("refused");
                assert_eq!(ring_word(&error), expected, "{name}");
                return;
            }
            let second = second.unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
            for start in &vector.may_start {
                let server = Server {
                    suites: start.suites.clone(),
                    ring: vec![vector.text.0.clone()],
                    ..Server::of("Visit")
                };
                assert_eq!(
                    reference::may_start(&second, &server.suites(), start.now),
                    start.may,
                    "{name} at {}",
                    start.now
                );
                if applies(&server) {
                    let ring = KeyRing::danger_from_published(&vector.text).expect("a ring");
                    let built = Sessions::<Visit>::builder(ring).clock(clock_at(start.now)).build();
                    assert_eq!(
                        built.is_ok(),
                        start.may,
                        "{name} at {}: {:?}",
                        start.now,
                        built.err()
                    );
                }
            }
            let ring = ring.unwrap_or_else(|error| panic!("{name}: {error}"));
            let keys = ring.keys().into_iter().map(|key| RingKey {
                key_id: key.id.to_string(),
                suite: key.suite.name().to_owned(),
                seal_from: key.seal_from.map(unix),
                open_until: key.open_until.map(unix),
            });
            assert_eq!(keys.collect::<Vec<_>>(), vector.keys, "{name}");
            for (time, id) in &vector.sealing {
                let sealing = ring.sealing_key(std::time::UNIX_EPOCH + Duration::from_secs(*time));
                assert_eq!(sealing.map(|id| id.to_string()), *id, "{name} at {time}");
            }
            let again =
                KeyRing::danger_from_published(&ring.expose_secrets()).expect("what it prints");
            assert_eq!(again.keys(), ring.keys(), "{name}");
        },
    );
}

/// A map's bytes in the session's encoding, in which serde passes it to binary formats.
fn encode_by_the_crate(json: &Json) -> Option<Vec<u8>> {
    let mut map = Map::new();
    for (key, value) in json.as_object().expect("an object") {
        map.insert(key, value).ok()?;
    }
    let bytes = postcard::to_allocvec(&map).expect("bytes");
    Some(postcard::from_bytes::<&[u8]>(&bytes).expect("their length, and they").to_vec())
}

fn decode_by_the_crate(bytes: &[u8]) -> Option<Json> {
    let bytes = postcard::to_allocvec(bytes).expect("bytes");
    postcard::from_bytes::<Map>(&bytes).ok().map(|map| json_of(&map))
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "10,000 cases, not optimized")]
fn the_second_implementation_gives_the_accumulated_hashes() {
    assert_eq!(accumulated_by_the_second(), committed().accumulated);
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "10,000 cases, not optimized")]
fn the_crate_gives_the_accumulated_hashes() {
    if !applies(&Server::of("Visit")) {
        return;
    }
    let by_the_crate = accumulated_vectors(
        |case| accumulated::map_lines(case, encode_by_the_crate, decode_by_the_crate),
        |text, takes_published| {
            let ring =
                if takes_published { KeyRing::danger_from_published(text) } else { text.parse() };
            let ring = ring
                .map_err(|error| ring_word(&error))
                .map_err(|(place, word)| format!("{word} {place}"))?;
            let keys: Vec<accumulated::Accepted> = ring
                .keys()
                .into_iter()
                .map(|key| {
                    let suite = [Suite::Xaes, Suite::XChaCha]
                        .into_iter()
                        .find(|suite| suite.name() == key.suite.name());
                    let token = suite.expect("one of both").token();
                    (key.id.to_string(), token, key.seal_from.map(unix), key.open_until.map(unix))
                })
                .collect();
            let sealing = accumulated::TIMES.map(|time| {
                let time = std::time::UNIX_EPOCH + Duration::from_secs(time);
                ring.sealing_key(time).map(|id| id.to_string())
            });
            Ok(accumulated::accepted_line(&keys, &sealing))
        },
    );
    assert_eq!(by_the_crate, committed().accumulated);
}

fn seal_again<T: Configured>(vector: &ValueVector) {
    let name = &vector.name;
    let Some(sealed) = &vector.sealed else { return };
    let json = sealed.data.clone().expect("data");
    // JSON has no NaN.
    let Ok(data) = serde_json::from_value::<T>(json.clone()) else {
        return assert!(name.contains("nan"), "{name}");
    };
    // A session may hold what its reader ignores, another spelling, or another shape. A writer
    // writes its own.
    let written = hex::encode(vector.server.encode(&json));
    let sessions = build::<T>(&vector.server, &clock_at(vector.now), |builder| builder);
    let value = sessions.seal(&data).unwrap_or_else(|error| panic!("{name}: {error}"));
    let opened = vector.server.opens_alone(&value, vector.now, reference::FLAGS);
    let opened = opened.unwrap_or_else(|word| {
        panic!("{name}: the crate's seal is {word} for the second implementation")
    });
    assert_eq!(hex::encode(&opened.data), written, "{name}");
    let new = Claims::new(vector.now, vector.server.shape());
    assert_eq!(opened.claims, new, "{name}");

    // And the session as it is, with its claims, unless it is too long for one cookie.
    if vector.in_request.is_some() {
        return;
    }
    let field = format!("{}={}", vector.server.cookie_name, &*vector.value);
    let session = sessions.load(raw_request("GET", None, [field.as_bytes()]));
    assert_eq!(session.load_status(), LoadStatus::Restored, "{name}");
    let value = session.seal().unwrap_or_else(|error| panic!("{name}: {error}"));
    let opened = vector.server.opens_alone(&value, vector.now, reference::FLAGS);
    let opened = opened.unwrap_or_else(|word| panic!("{name}: {word}"));
    let came = sealed.claims.clone().expect("claims");
    let issued = came.issued.max(vector.now);
    let age = issued - came.issued.saturating_sub(came.age);
    if vector.server.shape == came.shape {
        assert_eq!(claims_vector(&opened.claims), ClaimsVector { issued, age, ..came }, "{name}");
        let data = bytes(&sealed.data_bytes);
        let compressed = sealed.flags_known & reference::COMPRESSED != 0;
        let data = if compressed { reference::inflate(&data).expect("a stream") } else { data };
        assert_eq!(hex::encode(&opened.data), hex::encode(data), "{name}");
    } else {
        let shape = vector.server.shape.clone();
        assert_eq!(
            claims_vector(&opened.claims),
            ClaimsVector { issued, age, shape, ..came },
            "{name}"
        );
        assert_eq!(hex::encode(&opened.data), written, "{name}");
    }
}

#[test]
fn the_second_implementation_opens_what_the_crate_seals() {
    each(
        &committed().values,
        |vector| &vector.name,
        |vector| {
            let is_read = applies(&vector.server) && applies_flags(vector.sealed.as_ref());
            if vector.expect == "ok" && is_read {
                of_type!(vector.server, seal_again(vector));
            }
        },
    );
}

#[test]
fn published_secrets_are_refused_by_every_normal_way() {
    for vector in committed().secrets {
        let error = vector.key.parse::<KeyRing>().expect_err("refused");
        assert_eq!(ring_word(&error), (1, "published"));
        assert!(!error.to_string().contains(&vector.key[vector.key.len() - 43..]));
        let ring = KeyRing::danger_from_published(&vector.key).expect("taken");
        assert_eq!(ring.keys()[0].id.to_string(), vector.key_id);
        #[cfg(not(target_family = "wasm"))]
        {
            let path = std::env::temp_dir().join(format!(
                "sealed-session-{}-{}",
                std::process::id(),
                vector.key_id
            ));
            std::fs::write(&path, &vector.key).expect("written");
            let refused = KeyRing::from_file(&path);
            std::fs::remove_file(&path).expect("removed");
            assert_eq!(ring_word(&refused.expect_err("refused")), (1, "published"));
        }
    }
}

const SPEC: &str = include_str!("../SPEC.md");

#[test]
fn the_examples_of_the_spec_are_vectors() {
    let file = committed();
    let example = file
        .values
        .iter()
        .find(|vector| vector.name == "ok_empty_typed_xaes")
        .expect("the example");
    let sealed = example.sealed.as_ref().expect("its parts");
    assert_eq!(example.value.len(), 79);
    let compact: String = SPEC.chars().filter(|character| !character.is_whitespace()).collect();
    for part in [
        &example.value.0,
        &sealed.envelope,
        &sealed.aad,
        &sealed.plaintext,
        &sealed.aead_key,
        &sealed.key_id,
    ] {
        assert!(compact.contains(&**part), "SPEC.md has no {part}");
    }
    for secret in file.secrets.iter().filter(|secret| secret.n == 0) {
        for part in [&secret.secret, &secret.key_id, &secret.aead_key] {
            assert!(compact.contains(&**part), "SPEC.md has no {part}");
        }
    }
    for name in ["ok_typed_xaes", "ok_typed_xchacha"] {
        let vector =
            file.values.iter().find(|vector| vector.name == name).expect("the worked example");
        let sealed = vector.sealed.as_ref().expect("its parts");
        for part in [
            &vector.value.0,
            &sealed.aead_key,
            &sealed.key_id,
            &sealed.nonce,
            &sealed.aad,
            &sealed.plaintext,
        ] {
            assert!(SPEC.contains(&**part), "SPEC.md has no {part} of {name}");
        }
    }
    let pieces = file
        .requests
        .iter()
        .find(|vector| vector.name == "ok_pieces_2")
        .expect("the example of several cookies");
    for cookie in pieces.cookie_fields.iter().flat_map(|field| field.split("; ")) {
        assert!(SPEC.contains(cookie), "SPEC.md has no {cookie}");
    }
    // The stored block of SPEC §6.5.
    let stream = "01 05 00 FA FF 00 03 05 05 05";
    assert!(SPEC.contains(stream));
    assert_eq!(
        reference::inflate(&bytes(&stream.replace(' ', ""))),
        Ok(reference::postcard(&visit(None, &[5; 3])))
    );
    // The table of SPEC §20.3: stage, word, fault and the vector's name, value.
    let (_, refusals) = SPEC.split_once("\n### 20.3 ").expect("the section");
    let (refusals, _) = refusals.split_once("\n### ").expect("its end");
    let rows = refusals.lines().filter(|line| line.starts_with("| ") && line.ends_with("` |"));
    let rows: Vec<Vec<&str>> = rows
        .map(|row| row.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
        .collect();
    assert!(rows.len() >= 9, "one refusal for each stage");
    for row in rows {
        let (_, name) = row[3].split_once("(`").expect("a vector's name");
        let name = name.trim_end_matches("`)");
        let vector = file
            .values
            .iter()
            .find(|vector| vector.name == name)
            .unwrap_or_else(|| panic!("no vector {name}"));
        assert_eq!((row[2], row[4]), (&*vector.expect, &*vector.value), "{name}");
    }
    assert!(
        [VISIT, NAMED, "map"]
            .iter()
            .all(|text| SPEC.contains(&hex::encode(reference::shape_of_text(text)))),
        "the shapes that SPEC.md names"
    );
    let upper = |map: Json| {
        reference::encode_map(&map)
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    for map in [
        json!({ "a": 1, "b": [1, 300] }),
        json!({ "list": [{ "id": 1 }, { "id": 2 }] }),
        json!({ "user": 7, "cart": [1, 300] }),
    ] {
        assert!(SPEC.contains(&upper(map.clone())), "SPEC.md has no {}", upper(map));
    }
    assert_eq!(
        hex::encode(reference::postcard(&visit(Some(7), &[1, 300]))),
        "010702 01 ac02".replace(' ', "")
    );
}

#[test]
fn the_shapes_of_the_table_are_hashes_of_their_texts() {
    #[derive(serde::Deserialize)]
    struct Row {
        text: String,
        shape: String,
    }
    let rows: Vec<Row> =
        serde_json::from_str(include_str!("vectors/shapes.json")).expect("the table");
    assert!(rows.len() >= 40);
    for row in rows {
        assert_eq!(
            hex::encode(reference::shape_of_text(&format!("postcard {}", row.text))),
            row.shape,
            "{}",
            row.text
        );
    }
}

#[test]
fn the_spec_has_the_words_of_the_tests() {
    for word in REASONS.iter().chain(RING_WORDS) {
        assert!(SPEC.contains(&format!("`{word}`")), "SPEC.md has no `{word}`");
    }
}

/// The table of SPEC §12.
fn numbers() -> BTreeMap<String, u64> {
    let (_, section) = SPEC.split_once("\n## 12. Numbers\n").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("its end");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (cells[1].trim_matches('`').to_owned(), cells[2].parse().expect("a number"))
    })
    .collect()
}

#[test]
fn the_spec_has_the_numbers_of_the_code() {
    // The table is the same for builds with one suite. The usual server needs both.
    if !applies(&Server::of("Visit")) {
        return;
    }
    let spec = numbers();
    let mut measured: BTreeMap<&str, u64> = BTreeMap::new();
    let clock = clock_at(NOW);
    let ring = || KeyRing::danger_from_published(&Server::of("Visit").ring_text()).expect("a ring");
    let new = || Sessions::<Visit>::builder(ring()).clock(clock.clone());
    let sessions = new().build().expect("the defaults");
    let number =
        |name: &str| *spec.get(name).unwrap_or_else(|| panic!("{name} is not in the table"));
    let largest = |from: u64, fits: &dyn Fn(u64) -> bool| {
        // The table's number is the last that fits, and the next does not.
        assert!(fits(from) && !fits(from + 1), "{from}");
        from
    };
    let smallest = |from: u64, fits: &dyn Fn(u64) -> bool| {
        assert!(fits(from) && !fits(from - 1), "{from}");
        from
    };
    let some_user = |user: u64| Visit { user: Some(user), cart: vec![] };
    let handle = |cookie: Option<&str>| {
        let field = cookie.map(|cookie| format!("{NAME}={cookie}"));
        sessions.load(raw_request("GET", None, field.as_deref().map(str::as_bytes)))
    };

    // The envelope's sizes, from a seal of the crate.
    let sealed = Sessions::<Empty>::builder(ring())
        .clock(clock.clone())
        .build()
        .expect("built")
        .seal(&Empty)
        .expect("sealed");
    let envelope = data_encoding::BASE64URL_NOPAD.decode(sealed.as_bytes()).expect("base64url");
    measured.insert("key-id", ring().keys()[0].id.to_bytes().len() as u64);
    measured.insert("envelope-overhead", envelope.len() as u64 - 14);
    let version_1 = |length: u64| {
        sessions
            .open(&reference::value(&vec![1; length as usize]))
            .expect_err("nonsense")
            .reason()
            .as_str()
    };
    measured.insert(
        "envelope-least",
        smallest(number("envelope-least"), &|length| version_1(length) == "unknown-key"),
    );
    let longest = |length: u64| {
        let session = handle(Some(&"A".repeat(length as usize)));
        status_word(session.load_status()) != "too-long"
    };
    measured.insert("value-most", largest(number("value-most"), &longest));
    let longest = |length: u64| {
        sessions.open(&"A".repeat(length as usize)).expect_err("nonsense").reason().as_str()
            != "too-long"
    };
    measured.insert("joined-most", largest(number("joined-most"), &longest));
    measured.insert("secret", 32);
    measured.insert("nonce", 24);
    measured.insert("tag", 16);
    assert_eq!(number("envelope-overhead"), 1 + number("key-id") + number("nonce") + number("tag"));

    // Times.
    let session = handle(None);
    session.set(some_user(1)).expect("set");
    let ends_in = |session: &sealed_session::Session<Visit>| session.info().expires_in().as_secs();
    measured.insert("idle-timeout", ends_in(&session));
    session
        .set_expiry(sealed_session::Expiry::At(
            std::time::UNIX_EPOCH + Duration::from_secs(NOW + ABSOLUTE + 60),
        ))
        .expect("within the slack");
    measured.insert("absolute-timeout", ends_in(&session));
    let idle = |seconds: u64| {
        session
            .set_expiry(sealed_session::Expiry::Idle(Duration::from_secs(ABSOLUTE + seconds)))
            .is_ok()
    };
    measured.insert("expiry-slack", largest(number("expiry-slack"), &idle));
    let ahead = |seconds: u64| {
        let value = Draft::visit()
            .with(|draft| (draft.claims.issued, draft.claims.age) = (NOW + seconds, 0))
            .value("ahead");
        sessions.open(&value).is_ok()
    };
    measured.insert("clock-skew", largest(number("clock-skew"), &ahead));
    let refreshed = |sessions: &Sessions<Visit>, draft: Draft, later: u64| {
        let field = format!("{NAME}={}", draft.value("refresh"));
        clock.set(Duration::from_secs(NOW));
        let session = sessions.load(raw_request("GET", None, [field.as_bytes()]));
        session.read(|_| ());
        clock.advance(Duration::from_secs(later));
        let mut headers = http::HeaderMap::new();
        sessions.commit(&session, http::StatusCode::OK, &mut headers).expect("committed");
        clock.set(Duration::from_secs(NOW));
        headers.contains_key("set-cookie")
    };
    let old = |age: u64| {
        Draft::visit().with(|draft| (draft.claims.issued, draft.claims.age) = (NOW - age, 0))
    };
    measured.insert(
        "refresh-divisor",
        IDLE / smallest(IDLE / number("refresh-divisor"), &|age| refreshed(&sessions, old(age), 0)),
    );
    measured.insert(
        "refresh-window",
        largest(number("refresh-window"), &|later| refreshed(&sessions, old(IDLE / 2), later)),
    );
    let eager = new()
        .refresh_after(0.000_001)
        .idle_timeout(Duration::from_secs(10))
        .build()
        .expect("built");
    measured.insert(
        "refresh-floor",
        smallest(number("refresh-floor"), &|age| refreshed(&eager, old(age), 0)),
    );
    let long = new()
        .idle_timeout(Duration::from_secs(900 * DAY))
        .absolute_timeout(Duration::from_secs(900 * DAY))
        .build()
        .expect("built");
    let session = long.load(raw_request("GET", None, []));
    session.set(some_user(1)).expect("set");
    let mut headers = http::HeaderMap::new();
    long.commit(&session, http::StatusCode::OK, &mut headers).expect("committed");
    let line = headers["set-cookie"].to_str().expect("ASCII");
    let (_, max_age) = line.split_once("Max-Age=").expect("Max-Age");
    measured.insert(
        "max-age",
        max_age.split(';').next().and_then(|digits| digits.parse().ok()).expect("a number"),
    );

    // The cookie.
    measured.insert("set-cookie", sessions.allowed_bytes() as u64);
    let limit = |bytes: u64| new().max_set_cookie_bytes(bytes as usize).build().is_ok();
    measured.insert("set-cookie-least", smallest(number("set-cookie-least"), &limit));
    measured.insert("set-cookie-most", largest(number("set-cookie-most"), &limit));
    measured.insert(
        "cookie-name",
        largest(number("cookie-name"), &|length| {
            new().cookie_name("x".repeat(length as usize)).build().is_ok()
        }),
    );
    let cookies = |cookies: u64| new().max_cookies(cookies as u8);
    let allowed = |builder: Builder<Visit>| builder.build().expect("built").allowed_bytes();
    let default = allowed(new());
    measured.insert("cookies", largest(number("cookies"), &|n| allowed(cookies(n)) <= default));
    measured
        .insert("cookies-most", largest(number("cookies-most"), &|n| cookies(n).build().is_ok()));
    let request = |bytes: u64| cookies(2).max_cookie_bytes(bytes as usize);
    let default = allowed(cookies(2));
    measured.insert("request", largest(number("request"), &|n| allowed(request(n)) <= default));
    let limit = |bytes: u64| request(bytes).build().is_ok();
    measured.insert("request-least", smallest(number("request-least"), &limit));
    measured.insert("request-most", largest(number("request-most"), &limit));
    let limit = |bytes: u64| request(bytes).partitioned(true).build().is_ok();
    let most = number("request-partitioned-most");
    measured.insert("request-partitioned-most", largest(most, &limit));
    let multiple = |bytes: u64| new().pad_to(bytes as usize).build().is_ok();
    measured.insert("padding-least", smallest(number("padding-least"), &multiple));
    measured.insert("padding-most", largest(number("padding-most"), &multiple));
    let flashes = |count: u64, text: &str| {
        let session = handle(None);
        (0..count).for_each(|_| session.flash(Level::INFO, text).expect("a flash message"));
        session.flashes().len() as u64 == count
    };
    measured.insert("flashes", largest(number("flashes"), &|count| flashes(count, "x")));
    measured.insert(
        "flash-bytes",
        largest(number("flash-bytes"), &|bytes| {
            let session = handle(None);
            let (first, second) = (bytes as usize / 2, bytes as usize - bytes as usize / 2);
            session
                .flash(Level::INFO, "x".repeat(first))
                .and_then(|()| session.flash(Level::INFO, "y".repeat(second)))
                .expect("two");
            session.flashes().len() == 2
        }),
    );

    // Tickets.
    let tickets =
        || Tickets::<String>::builder(ring()).purpose("x").valid_for(Duration::from_secs(60));
    let built = tickets().clock(clock.clone()).build().expect("built");
    let lengths = (1_000..2_000).map_while(|length| built.issue(&"x".repeat(length)).ok());
    measured.insert("ticket", lengths.map(|ticket| ticket.len() as u64).max().expect("some fit"));
    let limit = |length: u64| tickets().max_length(length as usize).build().is_ok();
    measured.insert("ticket-least", smallest(number("ticket-least"), &limit));
    measured.insert("ticket-most", largest(number("ticket-most"), &limit));
    let purpose = |bytes: u64| tickets().purpose(vec![b'x'; bytes as usize]).build().is_ok();
    measured.insert("ticket-purpose", largest(number("ticket-purpose"), &purpose));
    let bound = |bytes: u64| built.issue_for(vec![7; bytes as usize], &String::new()).is_ok();
    measured.insert("ticket-bound", largest(number("ticket-bound"), &bound));

    // Candidates.
    let forged = |n: u64| {
        let (_, mut envelope) = Draft::visit().seal(&format!("forged {n}"));
        envelope[40] ^= 1;
        format!("{NAME}={}", reference::value(&envelope))
    };
    let good = format!("{NAME}={}", Draft::visit().value("good"));
    let opened_after = |fields: Vec<String>| {
        let session = sessions.load(raw_request(
            "GET",
            None,
            fields.iter().map(String::as_bytes).chain([good.as_bytes()]),
        ));
        session.load_status() == LoadStatus::Restored
    };
    let candidates = |count: u64| opened_after((1..count).map(forged).collect());
    measured.insert("candidates-opened", largest(number("candidates-opened"), &candidates));
    let value = Draft::visit().value("in pieces");
    let tie = &value[8..14];
    let is_restored = |fields: Vec<String>| {
        let fields = fields.iter().map(String::as_bytes);
        sessions.load(raw_request("GET", None, fields)).load_status() == LoadStatus::Restored
    };
    let in_pieces = |count: u64| {
        // 20 characters, one each, and the rest.
        let later = (1..count).map(|digit| {
            let begin = 19 + digit as usize;
            let end = if digit == count - 1 { value.len() } else { begin + 1 };
            format!("{NAME}.{digit}={tie}.{}", &value[begin..end])
        });
        let first = if count == 1 { &*value } else { &value[..20] };
        is_restored([format!("{NAME}={count}.{first}")].into_iter().chain(later).collect())
    };
    measured.insert("pieces-least", smallest(number("pieces-least"), &in_pieces));
    measured.insert("pieces-most", largest(number("pieces-most"), &in_pieces));
    let other = Draft::visit().value("other pieces");
    let first_pieces = |count: u64| {
        let spoiled = format!("{NAME}=2.{}; {NAME}.1={}.!", &other[..20], &other[8..14]);
        let last = format!("{NAME}=2.{}; {NAME}.1={tie}.{}", &value[..20], &value[20..]);
        is_restored((1..count).map(|_| spoiled.clone()).chain([last]).collect())
    };
    measured.insert("first-pieces", largest(number("first-pieces"), &first_pieces));
    let inflates = |length: u64| {
        let items = length - 4;
        let data = [vec![0], reference::varint(items), vec![5; items as usize]].concat();
        assert_eq!(data.len() as u64, length);
        let stream = make_compression::run(&data);
        sessions.open(&Draft::visit().raw_stream(stream).value("inflated")).is_ok()
    };
    let most = number("inflated-most");
    let built = cfg!(feature = "compression");
    measured.insert("inflated-most", if built { largest(most, &inflates) } else { most });
    let looked_at = |bytes: u64| {
        let mut left = bytes as usize - (good.len() - NAME.len() - 1);
        let mut fields = Vec::new();
        while left > 0 {
            let part = left.min(4096);
            fields.push(format!("{NAME}={}", "!".repeat(part)));
            left -= part;
        }
        opened_after(fields)
    };
    measured.insert("candidate-bytes", largest(number("candidate-bytes"), &looked_at));

    // Rings.
    let keys = |count: u64| {
        let text: Vec<String> =
            (0..count as u32).map(|n| Key::new(random_secret(n), Suite::Xaes).text()).collect();
        text.join("\n").parse::<KeyRing>().is_ok()
    };
    measured.insert("ring-keys", largest(number("ring-keys"), &keys));
    let text = Key::new(random_secret(0), Suite::Xaes).text();
    let long = |bytes: u64| {
        format!("{text}#{}", "x".repeat(bytes as usize - text.len() - 1)).parse::<KeyRing>().is_ok()
    };
    measured.insert("ring-bytes", largest(number("ring-bytes"), &long));
    let variety = |count: u64| {
        let secret = std::array::from_fn(|n| (n as u64 % count) as u8 | 0x80);
        Key::new(secret, Suite::Xaes).text().parse::<KeyRing>().is_ok()
    };
    measured.insert("secret-variety", smallest(number("secret-variety"), &variety));
    let refused = (0..200).filter(|n| {
        Key::new(reference::published(*n), Suite::Xaes).text().parse::<KeyRing>().is_err()
    });
    measured.insert("published-secrets", refused.count() as u64);

    // Maps.
    let deep = |depth: u64| {
        let mut map = Map::default();
        map.insert("deep", nested(depth as usize)).is_ok()
    };
    measured.insert("map-depth", largest(number("map-depth"), &deep));

    // Typed data: a level for each variant.
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    enum Deep {
        #[default]
        End,
        In(Box<Deep>),
    }
    let sessions =
        Sessions::<Deep>::builder(sessions.key_ring().clone()).schema_version(1).build().unwrap();
    let deep = |depth: u64| {
        let value = (0..depth).fold(Deep::End, |inner, _| Deep::In(Box::new(inner)));
        sessions.seal(&value).is_ok()
    };
    measured.insert("typed-depth", largest(number("typed-depth"), &deep));

    let spec: BTreeMap<&str, u64> = spec.iter().map(|(name, number)| (&**name, *number)).collect();
    assert_eq!(measured, spec);
}
