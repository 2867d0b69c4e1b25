//! One visitor, one ring of keys, and servers that know nothing of one another: a process of axum,
//! a Worker, a program on Fastly, a WASI-HTTP component, and readers in plain JavaScript. While the
//! visitor walks among them, the ring's second key begins to seal.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sealed_session::Suite;
use sealed_session::keys::{Key, KeyId};
use sealed_session_edge::platform::{Module, Platform, Running, axum_shop, reader_in_node};
use sealed_session_edge::process::Process;
use sealed_session_frameworks::client::{Jar, Request, Response};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const COOKIE: &str = "__Host-Http-session";
const STEPS: u32 = 500;
/// Seconds from the making of the ring until its second key seals: as long as the servers may take
/// to start.
const AHEAD: u64 = 30;

/// A ring whose first key has no dates, and whose second begins to seal in the middle of the walk;
/// of one suite each.
struct Rotation {
    ring: String,
    before: KeyId,
    after: KeyId,
}

impl Rotation {
    fn scheduled() -> Self {
        let [old, new] = [Suite::Xaes256Gcm, Suite::XChaCha20Poly1305]
            .map(|suite| Key::generate(suite).unwrap());
        let ring = format!(
            "{} seal-from={}; {}",
            *new.expose_secret(),
            rfc3339(now() + AHEAD),
            *old.expose_secret()
        );
        Self { ring, before: old.id(), after: new.id() }
    }
}

struct Servers {
    addresses: Vec<(&'static str, SocketAddr)>,
    _processes: Vec<Process>,
    _running: Vec<Running>,
}

impl Servers {
    /// All at once, since wasmtime and viceroy compile first.
    fn start(ring: &str) -> Self {
        let started = thread::scope(|scope| {
            let modules = Platform::ALL.map(|platform| {
                (platform, scope.spawn(move || platform.start(Module::Shop(Some(ring)))))
            });
            modules.map(|(platform, started)| (platform.name(), started.join().unwrap().unwrap()))
        });
        let axum = axum_shop(ring).unwrap();
        let mut addresses = vec![("axum", axum.address)];
        addresses.extend(started.iter().map(|(name, running)| (*name, running.process.address)));
        Self {
            addresses,
            _processes: vec![axum],
            _running: started.into_iter().map(|(_, running)| running).collect(),
        }
    }
}

/// xorshift64: the same walk for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

#[derive(Default)]
struct Visitor {
    jar: Jar,
    /// The keys that sealed the cookies, each time another.
    sealed_by: Vec<KeyId>,
}

impl Visitor {
    fn send(&mut self, address: SocketAddr, request: Request) -> Response {
        let response = self.jar.on(request).send(address);
        self.jar.take(&response);
        for line in response.lines(COOKIE) {
            let value = line.split(['=', ';']).nth(1).unwrap_or_default();
            let Ok(envelope) = BASE64_URL_SAFE_NO_PAD.decode(value) else { panic!("{line}") };
            let id = KeyId::from(<[u8; 4]>::try_from(&envelope[1..5]).unwrap());
            if self.sealed_by.last() != Some(&id) {
                self.sealed_by.push(id);
            }
        }
        response
    }

    fn adds(&mut self, (name, address): (&str, SocketAddr)) {
        let response =
            self.send(address, Request::form("/cart", "same-origin", "article=signet-ring"));
        assert_eq!(
            (response.status, response.lines(COOKIE).len()),
            (303, 1),
            "{name}: {response:?}"
        );
    }

    fn sees(&mut self, (name, address): (&str, SocketAddr), count: u32) {
        let response = self.send(address, Request::get("/"));
        let page = response.text();
        assert_eq!(response.status, 200, "{name}: {page}");
        assert!(
            count == 0 || page.contains(&format!("<li>{count} × Signet ring</li>")),
            "{name} has not {count}: {page}"
        );
    }
}

/// Walks among the servers, and after each step lets `look` see the visitor and what must be in the
/// cart.
fn walk(rotation: &Rotation, seed: u64, mut look: impl FnMut(&Visitor, u32)) {
    let servers = Servers::start(&rotation.ring);
    let (mut dice, mut visitor) = (Dice(seed), Visitor::default());
    let mut any = || servers.addresses[dice.below(servers.addresses.len())];
    let signed_in = visitor.send(any().1, Request::form("/sign-in", "same-origin", "name=Ada"));
    assert_eq!(signed_in.status, 303);
    assert_eq!(
        visitor.sealed_by,
        [rotation.before],
        "the servers took longer than {AHEAD} s to start"
    );
    for count in 1..=STEPS {
        visitor.adds(any());
        look(&visitor, count);
        if count % 10 == 0 {
            visitor.sees(any(), count);
        }
        // The visitor lingers over the page where the walk was faster than the schedule.
        while count == STEPS / 2 && !switched(&visitor, rotation, any()) {
            thread::sleep(Duration::from_millis(100));
        }
    }
    servers.addresses.iter().for_each(|server| visitor.sees(*server, STEPS));
    assert_eq!(
        visitor.sealed_by,
        [rotation.before, rotation.after],
        "all servers changed keys at the same second, and none went back"
    );
}

/// Whether a visit that writes nothing of its own, by a copy of the visitor, is sealed under the
/// new key already.
fn switched(visitor: &Visitor, rotation: &Rotation, server: (&str, SocketAddr)) -> bool {
    let mut copy = Visitor { jar: visitor.jar.clone(), sealed_by: Vec::new() };
    copy.adds(server);
    copy.sealed_by == [rotation.after]
}

#[test]
fn a_visitor_walks_between_axum_and_three_platforms_while_a_rotation_passes() {
    walk(&Rotation::scheduled(), 0x5eed, |_, _| {});
}

#[test]
fn readers_in_javascript_see_every_step_of_such_a_walk() {
    let rotation = Rotation::scheduled();
    let worker = Platform::Cloudflare.start(Module::Reader(&rotation.ring)).unwrap();
    let node = reader_in_node(&rotation.ring).unwrap();
    walk(&rotation, 0xcafe, |visitor, count| {
        for address in [worker.process.address, node.address] {
            let response = visitor.jar.on(Request::get("/")).send(address);
            let expected = format!(
                r#"{{"status":"ok","user":"Ada","cart":[{{"article":"SignetRing","count":{count}}}]}}"#
            );
            assert_eq!((response.text(), response.lines(COOKIE).len()), (expected, 0));
            assert!(
                response.list("vary").contains(&"cookie".to_owned())
                    && response.list("cache-control").contains(&"private".to_owned())
            );
        }
    });
    for address in [worker.process.address, node.address] {
        let read = |cookie: &str| Request::get("/").with("cookie", cookie).send(address).text();
        assert!(Request::get("/").send(address).text().contains(r#""status":"absent""#));
        assert!(read(&format!("{COOKIE}=junk!")).contains(r#""status":"malformed""#));
        assert!(
            read(&format!("{COOKIE}={}", "A".repeat(80))).contains(r#""status":"unknown-version""#)
        );
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

/// A Unix second as a ring's text has it.
fn rfc3339(seconds: u64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds.try_into().unwrap())
        .unwrap()
        .format(&Rfc3339)
        .unwrap()
}
