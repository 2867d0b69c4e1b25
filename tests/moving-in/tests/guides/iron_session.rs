//! From iron-session 8, in Node.js.

use crate::scenario::{Old, deployment, run, status};
use crate::sites::Jar;
use http::HeaderMap;
use sealed_session::{KeyRing, LoadStatus};
use sealed_session_moving_in::builder::builder;
use sealed_session_moving_in::{Visit, iron_session};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::Once;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/iron-session");

/// An application on iron-session. It ends when its standard input is closed, which is when this is
/// dropped.
struct Node {
    process: Child,
    address: SocketAddr,
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(HERE);
        let output = npm.output().unwrap_or_else(|why| {
            panic!("npm is needed, to install iron-session (Debian: apt-get install npm): {why}")
        });
        assert!(
            output.status.success(),
            "npm ci in {HERE} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    });
}

fn server(passwords: &HashMap<String, String>) -> Node {
    install();
    let mut node = Command::new("node");
    node.arg("server.mjs")
        .current_dir(HERE)
        .env("PASSWORDS", serde_json::to_string(passwords).unwrap());
    let mut process = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap_or_else(|why| {
        panic!("node, 20 or newer, is needed, for an application on iron-session (Debian: apt-get install nodejs): {why}")
    });
    let mut port = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let port: u16 = port
        .trim()
        .parse()
        .unwrap_or_else(|_| panic!("server.mjs printed no port: see above what node says"));
    Node { process, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) }
}

fn passwords<const N: usize>(ids: [&str; N]) -> HashMap<String, String> {
    let password =
        || cookie::Key::generate().master().iter().map(|byte| format!("{byte:02x}")).collect();
    HashMap::from(ids.map(|id| (id.to_owned(), password())))
}

#[test]
fn iron_session() {
    let here = passwords(["1"]);
    let (server, elsewhere) = (server(&here), server(&passwords(["1"])));
    let read = move |headers: &HeaderMap| iron_session::read(headers, &here);
    let visit = Visit { user: Some(7), cart: vec![3, 300] };
    run(Old {
        server: server.address,
        elsewhere: elsewhere.address,
        cookie: "session",
        read,
        visit,
    });
}

#[test]
fn iron_session_with_two_passwords_and_past_its_time() {
    let both = passwords(["1", "2"]);
    let first = HashMap::from([("1".to_owned(), both["1"].clone())]);
    let (before, after) = (server(&first), server(&both));
    let sessions = builder(KeyRing::ephemeral().unwrap(), "session", move |headers| {
        iron_session::read(headers, &both)
    });
    let sessions = sessions.clock(deployment()).build().unwrap();
    let seal = |node: &Node, query: &str| {
        let mut visitor = Jar::default();
        visitor.ask(node.address, &format!("POST /sign-in?{query}"));
        visitor.value("session").to_owned()
    };
    assert_eq!(status(&sessions, "session", &seal(&before, "without-cart")), LoadStatus::Imported);
    assert_eq!(status(&sessions, "session", &seal(&after, "days-ago=13")), LoadStatus::Imported);

    let expired = seal(&after, "days-ago=15");
    assert_eq!(Jar::with("session", &expired).ask(after.address, "GET /who"), "nobody");
    assert_eq!(status(&sessions, "session", &expired), LoadStatus::New);
    // Prolonged by who holds it, to a date that is and to a number that is none.
    let parts: Vec<&str> = expired.split('*').collect();
    for date in ["", "9999999999999", "99999999999999999999999999999999999999", "-1", "+1", "x"] {
        let forged = [&parts[..5], &[date], &parts[6..]].concat().join("*");
        assert_eq!(status(&sessions, "session", &forged), LoadStatus::New, "{date:?}");
    }
    for other in [
        expired.replace("~2", ""),
        expired.replace("~2", "~1"),
        format!("{expired}~2"),
        format!("*{expired}"),
    ] {
        assert_eq!(status(&sessions, "session", &other), LoadStatus::New);
    }
}
