//! `SessionConfig` and `SameSite` as text: what a configuration sets is what the builder's methods
//! set, what it does not set stays, and what is wrong is refused by name.

use http::{HeaderMap, Method, StatusCode};
use sealed_session::clock::ManualClock;
use sealed_session::{
    Builder, CrossOrigin, Encoding, Expiry, KeyRing, Map, OnUnreadable, SameSite, SessionConfig,
    Sessions,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(86_400);
/// 2027-01-15T08:00:00Z
const NOW: Duration = Duration::from_secs(1_800_000_000);

#[derive(Default, Serialize, Deserialize)]
struct Visit {
    user: u32,
    text: String,
}

fn config(json: Value) -> SessionConfig {
    serde_json::from_value(json).unwrap()
}

fn refusal(json: &str) -> String {
    serde_json::from_str::<SessionConfig>(json).unwrap_err().to_string()
}

/// A ring and a clock, from which builders are made that differ only in what a test sets.
struct Base {
    ring: KeyRing,
    clock: ManualClock,
}

impl Base {
    fn new() -> Self {
        Self { ring: KeyRing::ephemeral().unwrap(), clock: ManualClock::at(NOW) }
    }

    fn builder(&self) -> Builder<Visit> {
        Sessions::builder(self.ring.clone()).clock(self.clock.clone()).cookie_name("session")
    }

    /// Everything that a user could notice of a configuration, as text.
    fn behaviour(&self, builder: Builder<Visit>) -> String {
        let sessions = builder.build().unwrap();
        let mut seen = vec![format!(
            "{} {} {:?}",
            sessions.cookie_name(),
            sessions.allowed_bytes(),
            sessions.shape()
        )];
        let post = |headers: &HeaderMap| sessions.load((&Method::POST, headers));
        let commit = |session, seen: &mut Vec<String>| {
            let mut headers = HeaderMap::new();
            sessions.commit(session, StatusCode::OK, &mut headers).unwrap();
            for line in headers.get_all("set-cookie") {
                let (cookie, attributes) = line.to_str().unwrap().split_once("; ").unwrap();
                seen.push(format!("{} {attributes}", cookie.len()));
            }
        };

        let session = post(&HeaderMap::new());
        session.update(|visit| visit.user = 7).unwrap();
        let info = session.info();
        seen.push(format!("{info:?} {}", session.id().is_some()));
        commit(&session, &mut seen);
        let session = post(&HeaderMap::new());
        seen.push(format!("{:?}", session.set_expiry(Expiry::Idle(25 * DAY))));

        let long = post(&HeaderMap::new());
        let text: String = (0..1500).map(|number| format!("{number} ")).collect();
        seen.push(format!("{:?}", long.update(|visit| visit.text = text)));
        commit(&long, &mut seen);

        // A cookie of the default configuration.
        let default = self.builder().build().unwrap();
        let sealed = default.seal(&Visit { user: 8, text: String::new() }).unwrap();
        seen.push(format!("{:?}", sessions.open(&sealed).map(|visit| visit.user)));
        let brings = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("cookie", format!("session={value}").parse().unwrap());
            headers
        };
        self.clock.set(NOW + 2 * DAY);
        let session = post(&brings(&sealed));
        session.read(|_| ());
        commit(&session, &mut seen);
        self.clock.set(NOW);
        let session = post(&brings(&sealed));
        session.purge().unwrap();
        commit(&session, &mut seen);

        for (origin, path) in [
            ("https://a.example", "/"),
            ("https://b.example", "/hooks/1"),
            ("https://b.example", "/"),
        ] {
            let request = http::Request::post(path).header("host", "shop.example");
            let request = request.header("origin", origin).body(()).unwrap();
            seen.push(format!("{:?}", sessions.check_cross_origin(&request)));
        }

        // A cookie under a key that this server does not know.
        let stranger = Sessions::<Visit>::new(KeyRing::ephemeral().unwrap()).unwrap();
        let sealed = stranger.seal(&Visit::default()).unwrap();
        let session = post(&brings(&sealed));
        seen.push(format!("{:?}", session.update(|visit| visit.user = 9)));
        seen.join("\n")
    }
}

#[test]
fn a_setting_does_what_its_method_does() {
    type Set = fn(Builder<Visit>) -> Builder<Visit>;
    let cases: [(Value, Set); 26] = [
        (json!({"cookie_name": "other"}), |b| b.cookie_name("other")),
        (json!({"context": "staging"}), |b| b.context("staging")),
        (json!({"idle_timeout": "7 days"}), |b| b.idle_timeout(7 * DAY)),
        (json!({"absolute_timeout": "20 days"}), |b| b.absolute_timeout(20 * DAY)),
        (json!({"expiry": "browser_session"}), |b| b.expiry(Expiry::BrowserSession)),
        (json!({"expiry": "2 days"}), |b| b.expiry(Expiry::Idle(2 * DAY))),
        (json!({"refresh_after": 0.5}), |b| b.refresh_after(0.5)),
        (json!({"path": "/app"}), |b| b.path("/app")),
        (json!({"cross_origin": "refuse"}), |b| b.cross_origin(CrossOrigin::refuse())),
        (json!({"cross_origin": {"trust": ["https://a.example"], "exempt": ["/hooks/"]}}), |b| {
            b.cross_origin(CrossOrigin::refuse().trust("https://a.example").exempt("/hooks/"))
        }),
        (json!({"domain": "example.com"}), |b| b.domain("example.com")),
        (json!({"secure": false}), |b| b.secure(false)),
        (json!({"http_only": false}), |b| b.http_only(false)),
        (json!({"same_site": "strict"}), |b| b.same_site(SameSite::Strict)),
        (json!({"partitioned": true}), |b| b.partitioned(true)),
        (json!({"delete_partitioned_copy": true}), |b| b.delete_partitioned_copy(true)),
        (json!({"max_set_cookie_bytes": 3600}), |b| b.max_set_cookie_bytes(3600)),
        (json!({"max_cookies": 2}), |b| b.max_cookies(2)),
        (json!({"max_cookie_bytes": 2000}), |b| b.max_cookie_bytes(2000)),
        (json!({"compress": true}), |b| b.compress(true)),
        (json!({"pad_to": 64}), |b| b.pad_to(64)),
        (json!({"session_ids": true}), |b| b.session_ids(true)),
        (json!({"on_unreadable": "refuse"}), |b| b.on_unreadable(OnUnreadable::Refuse)),
        (json!({"schema_version": 3}), |b| b.schema_version(3)),
        (json!({"encoding": "named"}), |b| b.encoding(Encoding::Named)),
        (json!({"reject_created_before": "2027-01-15T08:00:01Z"}), |b| {
            b.reject_created_before(SystemTime::UNIX_EPOCH + NOW + Duration::from_secs(1))
        }),
    ];
    let base = Base::new();
    let default = base.behaviour(base.builder());
    assert_eq!(default, base.behaviour(base.builder().config(&SessionConfig::default())));
    for (json, set) in cases {
        let configured = base.behaviour(base.builder().config(&config(json.clone())));
        assert_eq!(configured, base.behaviour(set(base.builder())), "{json}");
        assert_ne!(configured, default, "{json} has no effect");
    }
}

#[test]
fn development_is_switched_on_and_off() {
    let base = Base::new();
    let named = || base.builder().cookie_name("__Host-Http-session");
    let name = |builder: Builder<Visit>| builder.build().unwrap().cookie_name().to_owned();
    assert_eq!(name(named().config(&config(json!({"development": true})))), "session");
    let off = config(json!({"development": false}));
    assert_eq!(name(named().development().config(&off)), "__Host-Http-session");
}

#[test]
fn the_last_call_counts() {
    let base = Base::new();
    let config = config(json!({"cookie_name": "configured"}));
    let name = |builder: Builder<Visit>| builder.build().unwrap().cookie_name().to_owned();
    assert_eq!(name(base.builder().config(&config)), "configured");
    assert_eq!(name(base.builder().config(&config).cookie_name("fixed")), "fixed");
}

#[test]
fn build_refuses_it_by_name() {
    let cases = [
        (json!({"cookie_name": "a b"}), "cookie_name: "),
        (json!({"idle_timeout": "0 s"}), "idle_timeout must be at least one second"),
        (json!({"absolute_timeout": "1 day"}), "longer than absolute_timeout (86400 s)"),
        (json!({"expiry": "31 days"}), "expiry(Expiry::Idle) of 2678400 s"),
        (json!({"expiry": "2027-01-16T00:00:00Z"}), "expiry(Expiry::At)"),
        (json!({"refresh_after": 1.5}), "refresh_after must be between"),
        (json!({"cookie_name": "session", "path": "app"}), "the path must begin with /"),
        (
            json!({"cookie_name": "session", "domain": "https://a.example"}),
            "the domain must be a host name",
        ),
        (json!({"secure": false}), "needs secure(true)"),
        (json!({"http_only": false}), "needs http_only(true)"),
        (json!({"domain": "example.com"}), "must not have a domain"),
        (json!({"max_set_cookie_bytes": 5000}), "max_set_cookie_bytes must be between"),
        (json!({"max_cookies": 5}), "max_cookies must be between 1 and 4"),
        (json!({"max_cookies": 300}), "max_cookies must be between 1 and 4"),
        (json!({"max_cookie_bytes": 100}), "max_cookie_bytes must be between"),
        (json!({"pad_to": 1}), "pad_to must be between"),
        (json!({"schema_version": 1}), "schema_version"),
        (
            json!({"partitioned": true, "delete_partitioned_copy": true}),
            "delete_partitioned_copy(true) conflicts",
        ),
        (
            json!({"cookie_name": "session", "secure": false, "same_site": "None"}),
            "same_site(SameSite::None) needs secure(true)",
        ),
    ];
    for (json, expected) in cases {
        let ring = KeyRing::ephemeral().unwrap();
        let config = config(json.clone());
        let error = Sessions::<Map>::builder(ring).config(&config).build().unwrap_err();
        assert!(error.to_string().contains(expected), "{json}: {error}");
    }
}

#[test]
fn an_unknown_name_is_refused_with_the_known_ones() {
    for name in ["cookie-name", "cookieName", "Cookie_Name", "keys"] {
        let error = refusal(&format!(r#"{{"{name}": "session"}}"#));
        assert!(error.starts_with(&format!("unknown field `{name}`, expected one of")), "{error}");
        assert!(error.contains("`cookie_name`") && error.contains("`development`"), "{error}");
    }
    let twice = r#"{"path": "/", "path": "/app"}"#;
    assert!(refusal(twice).starts_with("duplicate field `path`"));
    assert!(refusal("[]").contains("the settings of a session, by name"));
}

#[test]
fn a_wrong_value_is_refused_by_name() {
    let cases = [
        (r#"{"idle_timeout": 14}"#, "idle_timeout: 14 has no unit: write it as text, such as"),
        (r#"{"idle_timeout": "14"}"#, "idle_timeout: a number has no unit"),
        (r#"{"absolute_timeout": "1M"}"#, "absolute_timeout: months and years have no fixed"),
        (r#"{"absolute_timeout": "1 month"}"#, "absolute_timeout: months and years"),
        (r#"{"idle_timeout": "500ms"}"#, "idle_timeout: durations are counted in whole seconds"),
        (r#"{"expiry": "never"}"#, r#"expiry: expected "default", "browser_session", a time or a"#),
        (r#"{"expiry": 15}"#, "expiry: 15 has no unit"),
        (r#"{"same_site": "off"}"#, r#"same_site: expected "Strict", "Lax" or "None""#),
        (r#"{"same_site": 1}"#, r#"same_site: expected "Strict", "Lax" or "None", not the"#),
        (r#"{"on_unreadable": "Refuse"}"#, r#"on_unreadable: expected "replace" or "refuse""#),
        (r#"{"cross_origin": "allow"}"#, r#"cross_origin: expected "refuse", or the lists trust"#),
        (r#"{"cross_origin": {"ssk1secret": []}}"#, r#"cross_origin: expected "refuse", or the"#),
        (r#"{"cross_origin": true}"#, r#"invalid type: boolean `true`, expected "refuse", or"#),
        (r#"{"encoding": "json"}"#, r#"encoding: expected "positional" or "named""#),
        (r#"{"context": 7}"#, "context: expected text, not the number 7: put it in quotes"),
        (r#"{"schema_version": 5000000000}"#, "schema_version: must be at most 4294967295"),
        (
            r#"{"reject_created_before": "2027-01-15"}"#,
            "reject_created_before: expected a time in RFC 3339",
        ),
    ];
    for (json, expected) in cases {
        let error = refusal(json);
        assert!(error.starts_with(expected), "{json}: {error}");
    }
    assert!(refusal(r#"{"secure": "yes"}"#).contains("expected a boolean"));
    // What was in the wrong place is not repeated.
    assert!(!refusal(r#"{"same_site": "ssk1secret"}"#).contains("secret"));
    assert!(!refusal(r#"{"idle_timeout": "7 ssk1secret"}"#).contains("secret"));
}

#[test]
fn durations_are_numbers_with_units() {
    let seconds = |text: &str| config(json!({ "idle_timeout": text })).idle_timeout;
    for (text, expected) in [
        ("14 days", 14 * 86_400),
        ("14d", 14 * 86_400),
        (" 30m ", 1800),
        ("1h30m", 5400),
        ("1 hour 30 min 5 s", 5405),
        ("2 weeks 1 day", 15 * 86_400),
        ("0s", 0),
        ("90 secs", 90),
    ] {
        assert_eq!(seconds(text), Some(Duration::from_secs(expected)), "{text}");
    }
    for text in [
        "",
        " ",
        "d",
        "days 3",
        "-1 day",
        "1.5h",
        "1h 30",
        "1 h,30 m",
        "1 fortnight",
        "30 D",
        "99999999999999999999s",
        "18446744073709551615 weeks",
        "18446744073709551615s 1s",
        "٣ days",
    ] {
        let error = refusal(&json!({ "idle_timeout": text }).to_string());
        assert!(error.starts_with("idle_timeout: "), "{text:?}: {error}");
    }
}

#[test]
fn what_is_written_reads_as_the_same() {
    let all = json!({
        "cookie_name": "session", "context": "shop", "idle_timeout": "1 day",
        "absolute_timeout": "36 hours", "expiry": "45 minutes", "refresh_after": 0.25,
        "path": "/app", "domain": "example.com", "secure": true, "http_only": true,
        "same_site": "None", "partitioned": true, "delete_partitioned_copy": false,
        "max_set_cookie_bytes": 4000, "max_cookies": 2, "max_cookie_bytes": 7000,
        "compress": true, "pad_to": 32, "session_ids": true, "on_unreadable": "refuse",
        "schema_version": 2, "encoding": "positional",
        "cross_origin": {"trust": ["https://accounts.example.com"], "exempt": ["POST /hooks/"]},
        "reject_created_before": "2026-01-31T12:00:00Z", "development": false,
    });
    assert_eq!(serde_json::to_value(config(all.clone())).unwrap(), all);
    let others = json!({"expiry": "default", "on_unreadable": "replace", "same_site": "Lax"});
    assert_eq!(serde_json::to_value(config(others.clone())).unwrap(), others);
    let end = json!({"expiry": "2027-01-16T00:00:00Z", "idle_timeout": "61 seconds"});
    assert_eq!(serde_json::to_value(config(end.clone())).unwrap(), end);
    let unset = config(json!({"domain": null, "idle_timeout": null}));
    assert_eq!(unset, SessionConfig::default());
    assert_eq!(serde_json::to_value(unset).unwrap(), json!({}));
}

#[test]
fn same_site_is_text() {
    for same_site in [SameSite::Strict, SameSite::Lax, SameSite::None] {
        let text = same_site.to_string();
        assert_eq!(text.parse(), Ok(same_site));
        assert_eq!(text.to_uppercase().parse(), Ok(same_site));
    }
    for text in ["", " Lax", "Default", "null"] {
        let error = text.parse::<SameSite>().unwrap_err();
        assert_eq!(error.to_string(), r#"expected "Strict", "Lax" or "None""#);
    }
}

#[cfg(feature = "dbsc")]
mod device_bound {
    use super::*;
    use sealed_session::DeviceBound;
    use sealed_session::dbsc::WhenOff;

    #[test]
    fn it_is_a_path_or_a_table() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let cases = [
            (json!("/dbsc"), DeviceBound::at("/dbsc")),
            (json!({"path": "/dbsc"}), DeviceBound::at("/dbsc")),
            (
                json!({"path": "/dbsc", "off": "readable"}),
                DeviceBound::at("/dbsc").off(WhenOff::Readable),
            ),
            (
                json!({
                    "path": "/dbsc", "origin": "https://shop.example", "proof_lifetime": "8 minutes",
                    "exclude": ["/assets", "/img"], "require": "2 minutes", "off": "ended",
                }),
                DeviceBound::at("/dbsc")
                    .origin("https://shop.example")
                    .proof_lifetime(minutes(8))
                    .exclude("/assets")
                    .exclude("/img")
                    .require(minutes(2))
                    .off(WhenOff::Ended),
            ),
        ];
        for (form, expected) in cases {
            let read = config(json!({ "device_bound": form }));
            assert_eq!(read.device_bound, Some(expected));
            let written = serde_json::to_value(&read).unwrap();
            assert_eq!(config(written.clone()), read, "{written}");
            if form.is_object() {
                assert_eq!(written["device_bound"], form);
            }
        }
    }

    #[test]
    fn it_is_applied() {
        let base = Base::new();
        let offers = |config: &SessionConfig| {
            let sessions = base.builder().config(config).build().unwrap();
            let session = sessions.load((&http::Method::GET, &HeaderMap::new()));
            session.offer_binding();
            let mut headers = HeaderMap::new();
            sessions.commit(&session, 200_u16, &mut headers).unwrap();
            headers.contains_key("secure-session-registration")
        };
        assert!(!offers(&SessionConfig::default()));
        assert!(offers(&config(json!({"device_bound": "/dbsc"}))));
        assert!(!offers(&config(json!({"device_bound": {"path": "/dbsc", "off": "ended"}}))));
    }

    #[test]
    fn a_wrong_form_is_refused_by_name() {
        let cases = [
            (json!({}), "device_bound: expected the path of the endpoints, or a table"),
            (json!({"path": "/dbsc", "ssk1secret": "x"}), "device_bound: expected the path"),
            (json!({"path": ["/dbsc"]}), "device_bound: path: expected text"),
            (
                json!({"path": "/dbsc", "exclude": "/assets"}),
                "device_bound: exclude: expected a list",
            ),
            (json!({"path": "/dbsc", "off": "yes"}), "device_bound: off: expected"),
            (
                json!({"path": "/dbsc", "require": "2"}),
                "device_bound: require: a number has no unit",
            ),
            (json!(true), "invalid type: boolean `true`, expected the path of the endpoints"),
        ];
        for (form, expected) in cases {
            let error = refusal(&json!({ "device_bound": form }).to_string());
            assert!(error.starts_with(expected) && !error.contains("secret"), "{error}");
        }
        let error = config(json!({"device_bound": "/dbsc/"}));
        let refused = Base::new().builder().config(&error).build().unwrap_err().to_string();
        assert!(refused.starts_with("device_bound: at(\"/dbsc/\")"), "{refused}");
    }
}
