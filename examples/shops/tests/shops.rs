//! Each shop as its visitors find it: the real process, asked over HTTP by as much of a browser as
//! a visit needs. All six take the same visit, and one visit goes through all six.

use sealed_session::{KeyRing, SessionId, Sessions, Suite};
use shop::Visit;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const SHOPS: [(&str, &str); 6] = [
    ("axum", env!("CARGO_BIN_EXE_axum")),
    ("actix-web", env!("CARGO_BIN_EXE_actix-web")),
    ("Rocket", env!("CARGO_BIN_EXE_rocket")),
    ("Poem", env!("CARGO_BIN_EXE_poem")),
    ("Salvo", env!("CARGO_BIN_EXE_salvo")),
    ("hyper", env!("CARGO_BIN_EXE_hyper")),
];

#[test]
fn each_framework_takes_the_same_visit() {
    let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
    for shop in Shop::open_all(&ring) {
        println!("in the shop on {}", shop.framework);
        let mut browser = Browser::default();

        let page = browser.get(&shop);
        assert!(page.contains("Nothing yet.") && page.contains("Your name"));
        assert_eq!(browser.cookie, None, "an empty session sets no cookie");

        browser.post(&shop, "/cart", "article=sealing-wax");
        let page = browser.get(&shop);
        assert!(page.contains("Sealing wax is in your cart.") && page.contains("1 × Sealing wax"));
        assert!(!browser.get(&shop).contains("is in your cart."), "a message is shown once");

        browser.post(&shop, "/cart", "article=writing-paper");
        browser.post(&shop, "/cart", "article=sealing-wax");
        let page = browser.get(&shop);
        assert!(
            page.contains("Writing paper is in your cart.")
                && page.contains("Sealing wax is in your cart.")
        );
        assert!(page.contains("2 × Sealing wax") && page.contains("1 × Writing paper"));

        let before = browser.session_id(&ring);
        browser.post(&shop, "/sign-in", "name=Ada+%3Cb%3Ex");
        let signed_in = browser.session_id(&ring);
        assert!(
            signed_in.is_some() && signed_in != before,
            "signing in gives the session a new id"
        );
        let page = browser.get(&shop);
        assert!(
            page.contains("Signed in as <strong>Ada &lt;b&gt;x</strong>") && !page.contains("<b>x")
        );
        assert!(page.contains("2 × Sealing wax"), "the cart is kept");

        browser.post(&shop, "/sign-in", "name=Grace");
        assert_ne!(browser.session_id(&ring), signed_in, "and once more, another");

        browser.signs_out(&shop);
    }
}

#[test]
fn one_visit_goes_through_all_frameworks() {
    let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
    let mut browser = Browser::default();
    let shops = Shop::open_all(&ring);

    browser.post(&shops[0], "/sign-in", "name=Ada");
    let id = browser.session_id(&ring);
    for (before, shop) in (0..).zip(&shops) {
        println!("in the shop on {}", shop.framework);
        let page = browser.get(shop);
        assert!(page.contains("Signed in as <strong>Ada</strong>"));
        assert!(
            before == 0 || page.contains(&format!("{before} × Signet ring")),
            "what the shop before put into the cart"
        );
        assert_eq!(
            page.contains("Signet ring is in your cart."),
            before > 0,
            "its message too, and once"
        );
        browser.post(shop, "/cart", "article=signet-ring");
    }
    assert!(browser.get(&shops[0]).contains("6 × Signet ring"));
    assert_eq!(browser.session_id(&ring), id, "it is one session");
    browser.signs_out(&shops[0]);
}

#[test]
fn what_no_shop_has_is_refused_and_changes_nothing() {
    let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
    for shop in Shop::open_all(&ring) {
        println!("in the shop on {}", shop.framework);
        let mut browser = Browser::default();
        let answer = browser.send(&shop, "POST", "/cart", "article=moon");
        assert_eq!((answer.status, answer.body.as_str()), (404, "There is no such article.\n"));
        assert!(answer.field("content-type").starts_with("text/plain"));
        assert_eq!(browser.cookie, None);

        let answer = browser.send(&shop, "POST", "/cart", "colour=red");
        assert!(
            (400..500).contains(&answer.status),
            "a form without the article is {}",
            answer.status
        );
        assert_eq!(browser.send(&shop, "GET", "/nowhere", "").status, 404);
    }
}

/// A shop's process, which ends with this.
struct Shop {
    framework: &'static str,
    process: Child,
    // Stays open: a framework that goes on printing must not fail at it.
    stdout: BufReader<ChildStdout>,
    port: u16,
}

impl Shop {
    fn open_all(ring: &KeyRing) -> Vec<Self> {
        SHOPS.iter().map(|(framework, program)| Self::open(framework, program, ring)).collect()
    }

    fn open(framework: &'static str, program: &str, ring: &KeyRing) -> Self {
        let mut command = Command::new(program);
        command
            .env("PORT", "0")
            .env("SESSION_KEYS", ring.expose_secrets().as_str())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut process = sealed_session_child::spawn(command).unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let mut shop = Self { framework, process, stdout, port: 0 };
        let mut line = String::new();
        shop.stdout.read_line(&mut line).unwrap();
        let port = line
            .trim_end()
            .strip_prefix(&format!("The shop on {framework} is open at http://localhost:"));
        shop.port = port
            .and_then(|port| port.parse().ok())
            .unwrap_or_else(|| panic!("{framework} says {line:?}"));
        shop
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// As much of a browser as a visit needs: it keeps the one cookie of a shop, whichever shop set it.
#[derive(Default)]
struct Browser {
    cookie: Option<String>,
}

impl Browser {
    /// The page as HTML.
    fn get(&mut self, shop: &Shop) -> String {
        let page = self.send(shop, "GET", "/", "");
        assert_eq!(
            (page.status, page.field("content-type").to_lowercase().as_str()),
            (200, "text/html; charset=utf-8")
        );
        page.is_for_one_visitor();
        page.body
    }

    /// Posts a form, and is sent back to the page.
    fn post(&mut self, shop: &Shop, path: &str, form: &str) {
        let answer = self.send(shop, "POST", path, form);
        assert_eq!((answer.status, answer.field("location")), (303, "/"));
        answer.is_for_one_visitor();
    }

    /// "Signed out." is shown once, and then nothing of the visit is left.
    fn signs_out(&mut self, shop: &Shop) {
        self.post(shop, "/sign-out", "");
        assert!(self.cookie.is_some(), "the message travels in a session of its own");
        let page = self.get(shop);
        assert!(
            page.contains("Signed out.")
                && page.contains("Your name")
                && page.contains("Nothing yet.")
        );
        assert_eq!(self.cookie, None, "the cookie goes with the page that shows the message");
        assert!(!self.get(shop).contains("Signed out."));
    }

    fn session_id(&self, ring: &KeyRing) -> Option<SessionId> {
        let cookie = self.cookie.as_deref().unwrap_or_default();
        let sessions = Sessions::<Visit>::new(ring.clone()).unwrap();
        sessions.load(("GET", &[("cookie", cookie)][..])).id()
    }

    fn send(&mut self, shop: &Shop, method: &str, path: &str, form: &str) -> Answer {
        let cookie =
            self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let port = shop.port;
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n{cookie}"
        )
        .unwrap();
        if method == "POST" {
            let length = form.len();
            write!(
                stream,
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"
            )
            .unwrap();
        }
        write!(stream, "\r\n{form}").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let answer = Answer::parse(&text);
        for line in answer.fields("set-cookie") {
            self.keep(line);
        }
        answer
    }

    fn keep(&mut self, line: &str) {
        let (pair, attributes) = line.split_once("; ").unwrap();
        assert!(pair.starts_with("__Host-Http-session="));
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age="] {
            assert!(
                attributes.split("; ").any(|present| present.starts_with(attribute)),
                "no {attribute} in {attributes}"
            );
        }
        let deleted = attributes.split("; ").any(|attribute| attribute == "Max-Age=0");
        self.cookie = (!deleted).then(|| pair.to_owned());
    }
}

struct Answer {
    status: u16,
    head: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|status| status.parse().ok())
            .unwrap();
        let field = |line: &str| {
            line.split_once(':')
                .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                .unwrap()
        };
        Self { status, head: lines.map(field).collect(), body: body.to_owned() }
    }

    fn fields(&self, name: &str) -> impl Iterator<Item = &str> {
        self.head
            .iter()
            .filter(move |(present, _)| present == name)
            .map(|(_, value)| value.as_str())
    }

    /// The one field of the name.
    fn field(&self, name: &str) -> &str {
        let mut fields = self.fields(name);
        match (fields.next(), fields.next()) {
            (Some(value), None) => value,
            (first, _) => {
                panic!("{name} is there {}", if first.is_some() { "twice" } else { "nowhere" })
            }
        }
    }

    /// What touched a session tells caches so.
    fn is_for_one_visitor(&self) {
        assert!(self.fields("vary").any(|vary| vary.eq_ignore_ascii_case("cookie")));
        assert!(self.field("cache-control").split(", ").any(|directive| directive == "private"));
    }
}
