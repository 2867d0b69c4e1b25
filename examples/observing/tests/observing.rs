//! The metrics of real processes over HTTP, and the dashboard and alerts that use them.

use sealed_session::clock::ManualClock;
use sealed_session::hooks::EventKind;
use sealed_session::keys::Key;
use sealed_session::{KeyRing, Sessions, Suite};
use sealed_session_observing::Visit;
use sealed_session_observing::counters::{ALERTED, EVENTS, SEALING_SINCE, SEALS_UNTIL};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

const COOKIE: &str = "__Host-Http-session";

/// A server in a process of its own, with its ring's file.
struct Node {
    child: Child,
    address: String,
    ring: PathBuf,
}

impl Node {
    fn start(ring: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = format!("sealed-session-observing-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(file);
        std::fs::write(&path, ring).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealed-session-observing"));
        command.arg(&path).arg("127.0.0.1:0").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = sealed_session_child::spawn(command).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").expect("an address").to_owned();
        Self { child, address, ring: path }
    }

    /// Sends a request with a cookie's value, if there is one. Returns the response.
    fn send(&self, method: &str, path: &str, value: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let cookie =
            if value.is_empty() { String::new() } else { format!("cookie: {COOKIE}={value}\r\n") };
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: shop\r\n{cookie}content-type: text/plain\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Signs in, and returns the cookie's value.
    fn sign_in(&self) -> String {
        let response = self.send("POST", "/sign-in", "", "");
        let (_, rest) = response.split_once(&format!("{COOKIE}=")).expect("a cookie");
        rest.split(';').next().unwrap().to_owned()
    }

    fn metrics(&self) -> String {
        let response = self.send("GET", "/metrics", "", "");
        response.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn events(&self, event: &str, reason: &str) -> Option<f64> {
        let labels = format!("{{cookie=\"{COOKIE}\",event=\"{event}\",reason=\"{reason}\"}}");
        sample(&self.metrics(), &format!("{EVENTS}{labels}"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.ring);
    }
}

/// Returns the value of a time series.
fn sample(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|value| value.parse().unwrap())
}

fn key(attributes: &str) -> String {
    format!("{} {attributes}\n", *Key::generate(Suite::Xaes256Gcm).unwrap().expose_secret())
}

#[test]
fn a_node_without_the_new_key_shows_in_the_counter() {
    let (old, new) = (key(""), key("seal-from=2020-01-01T00:00:00Z"));
    let rotated = Node::start(&format!("{new}{old}"));
    let forgotten = Node::start(&old);
    let visitor = rotated.sign_in();
    assert_eq!(rotated.events("created", ""), Some(1.0));
    assert_eq!(rotated.events("restored", ""), Some(0.0), "there before the first event");

    assert!(rotated.send("GET", "/", &visitor, "").contains("user Some(7)"));
    assert_eq!(rotated.events("restored", ""), Some(1.0));
    assert_eq!(rotated.events("rejected", "unknown-key"), Some(0.0));

    assert_eq!(forgotten.events("rejected", "unknown-key"), Some(0.0));
    for visits in [1.0, 2.0, 3.0] {
        assert!(forgotten.send("GET", "/", &visitor, "").contains("user None"));
        assert_eq!(forgotten.events("rejected", "unknown-key"), Some(visits));
    }
    // Requests that access no session.
    forgotten.send("GET", "/health", &visitor, "");
    assert_eq!(forgotten.events("rejected", "unknown-key"), Some(3.0));
    assert_eq!(rotated.events("rejected", "unknown-key"), Some(0.0));
}

/// The session of another release.
#[derive(Default, Serialize, Deserialize)]
struct NextVisit {
    user: Option<u64>,
    cart: Vec<String>,
    coupon: Option<String>,
}

#[test]
fn other_mistakes_of_a_rollout_show_too() {
    let ring = key("");
    let node = Node::start(&ring);
    let keys: KeyRing = ring.parse().unwrap();
    let next = Sessions::<NextVisit>::new(keys.clone()).unwrap();
    let next = next.seal(&NextVisit { user: Some(7), ..NextVisit::default() }).unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let ahead = ManualClock::at(now + Duration::from_secs(3600));
    let ahead = Sessions::<Visit>::builder(keys).clock(ahead).build().unwrap();
    let ahead = ahead.seal(&Visit { user: Some(7), ..Visit::default() }).unwrap();
    for (reason, value) in [("other-shape", next), ("from-the-future", ahead)] {
        node.send("GET", "/", &value, "");
        assert_eq!(node.events("rejected", reason), Some(1.0));
    }
    assert!(node.send("POST", "/add", "", &"x".repeat(5000)).starts_with("HTTP/1.1 500"));
    assert_eq!(node.events("too-large", ""), Some(1.0));
    let visitor = node.sign_in();
    node.send("POST", "/sign-out", &visitor, "");
    assert_eq!(node.events("ended", "purge"), Some(1.0));
}

#[test]
fn the_gauges_are_those_of_the_ring() {
    let forever = Node::start(&key(""));
    let text = forever.metrics();
    assert_eq!(sample(&text, SEALS_UNTIL), Some(f64::INFINITY));
    assert!(sample(&text, SEALING_SINCE).is_some_and(f64::is_nan));
    let ends = Node::start(&key("seal-from=2020-01-01T00:00:00Z open-until=2100-01-01T00:00:00Z"));
    let text = ends.metrics();
    assert_eq!(sample(&text, SEALS_UNTIL), Some(4_102_444_800.0));
    assert_eq!(sample(&text, SEALING_SINCE), Some(1_577_836_800.0));
}

/// The values of a label in the selectors of an expression.
fn label_values<'a>(text: &'a str, label: &str) -> Vec<&'a str> {
    let starts = [format!("{label}=\""), format!("{label}=~\"")];
    let values = |start: &String| -> Vec<&'a str> {
        let after = text.split(&**start).skip(1);
        after.flat_map(|after| after.split('"').next().unwrap().split('|')).collect()
    };
    starts.iter().flat_map(values).collect()
}

/// What stands between `open` and `close`, separated by commas.
fn items<'a>(text: &'a str, open: &str, close: char) -> Vec<&'a str> {
    let groups = text.split(open).skip(1).map(|rest| rest.split(close).next().unwrap());
    groups.flat_map(|group| group.split(',')).map(str::trim).collect()
}

/// Checks that all metrics and label values in a file's expressions are those of the example.
fn check_expressions(expressions: &[String]) {
    let node = Node::start(&key("seal-from=2020-01-01T00:00:00Z"));
    let metrics = node.metrics();
    let all = expressions.join("\n");
    assert!(expressions.len() >= 5, "{expressions:?}");
    for name in all.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        if name.starts_with("sealed_session") {
            assert!(metrics.contains(&format!("# TYPE {name} ")), "{name} is not exported");
        }
    }
    for event in label_values(&all, "event") {
        assert!(EventKind::NAMES.contains(&event), "no event is named {event}");
    }
    let spec = include_str!("../../../SPEC.md");
    for reason in label_values(&all, "reason") {
        assert!(spec.contains(&format!("`{reason}`")), "no reason is named {reason}");
    }
    let selected =
        items(&all, "{", '}').into_iter().map(|item| item.split(['=', '!']).next().unwrap());
    for label in selected.chain(items(&all, "by (", ')')) {
        // Prometheus adds the instance.
        assert!(["cookie", "event", "instance", "reason"].contains(&label), "no label {label}");
    }
}

#[test]
fn the_alerts_use_what_is_exported() {
    let alerts = include_str!("../../../deploy/observing/alerts.yaml");
    // Each expression is one line, or a folded block (`>-`).
    let mut expressions = Vec::new();
    let mut lines = alerts.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(first) = line.trim().strip_prefix("expr: ") else { continue };
        let indent = line.len() - line.trim_start().len();
        let mut expression = first.trim_start_matches(">-").to_owned();
        while let Some(more) = lines.next_if(|next| next.len() - next.trim_start().len() > indent) {
            expression.push(' ');
            expression.push_str(more.trim());
        }
        expressions.push(expression);
    }
    assert_eq!(expressions.len(), alerts.matches("- alert: ").count());
    check_expressions(&expressions);
    let page = include_str!("../../../docs/observing.md");
    for alert in alerts.split("- alert: ").skip(1).map(|rest| rest.lines().next().unwrap()) {
        assert!(page.contains(&format!("| `{alert}` |")), "the page does not explain {alert}");
    }
    // Counters with an alert are there from the start.
    let all = expressions.join("\n");
    for (event, reason) in ALERTED {
        assert!(label_values(&all, "event").contains(&event), "{event} has no alert");
        // The alert of a refused ring selects no reason.
        let selected = event == "rejected";
        assert!(!selected || label_values(&all, "reason").contains(&reason), "{reason}");
    }
}

#[test]
fn the_dashboard_uses_what_is_exported() {
    let text = include_str!("../../../deploy/observing/dashboard.json");
    let dashboard: serde_json::Value = serde_json::from_str(text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    let mut expressions = Vec::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "two panels with one id");
        assert!(panel["title"].is_string() && panel["gridPos"]["w"].is_u64());
        for target in panel["targets"].as_array().unwrap() {
            expressions.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    check_expressions(&expressions);
}

#[test]
fn the_page_shows_the_code() {
    let page = include_str!("../../../docs/observing.md");
    let code = include_str!("../src/counters.rs");
    let shown: Vec<&str> = page.split("```rust,ignore\n").skip(1).collect();
    let counting = shown[0].split("```").next().unwrap();
    for item in counting.split("\n\n").map(str::trim) {
        assert!(code.contains(item), "the example has other code than the page: {item}");
    }
    for name in [EVENTS, SEALS_UNTIL, SEALING_SINCE] {
        assert!(page.contains(name), "{name}");
    }
}
