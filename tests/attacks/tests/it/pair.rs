//! The two processes. They end with the [`Pair`], or with the process of the test.

use sealed_session_fleet::clock::FleetClock;
use sealed_session_fleet::fleet::token;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const BOUND_NODE: &str = env!("CARGO_BIN_EXE_bound-node");

pub struct Pair {
    pub clock: FleetClock,
    nodes: Vec<Node>,
    dir: PathBuf,
}

/// One of the processes.
pub struct Node {
    pub address: SocketAddr,
    process: Child,
}

/// What a node is started with: its variables, besides those that every node has.
#[derive(Clone, Default)]
pub struct Setup {
    variables: Vec<(&'static str, String)>,
    /// The text of a ring of its own, in place of the one that is shared.
    ring: Option<String>,
    program: Option<PathBuf>,
}

impl Setup {
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.variables.push((name, value.to_string()));
        self
    }

    /// Seconds by which its clock is ahead.
    pub fn skew(self, seconds: i64) -> Self {
        self.with("SKEW", seconds)
    }

    pub fn ring(mut self, text: &str) -> Self {
        self.ring = Some(text.to_owned());
        self
    }

    /// Another program than the server of this package.
    pub fn program(mut self, path: PathBuf) -> Self {
        self.program = Some(path);
        self
    }
}

impl Pair {
    /// Two servers without any other setting than `device_bound`.
    pub fn start() -> Self {
        Self::of(Setup::default(), Setup::default())
    }

    /// Two that are alike.
    pub fn both(setup: Setup) -> Self {
        Self::of(setup.clone(), setup)
    }

    pub fn of(one: Setup, other: Setup) -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("attacks-{}-{number}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let clock = FleetClock::begin(dir.join("clock")).unwrap();
        let mut pair = Self { clock, nodes: Vec::new(), dir };
        pair.set_ring("shared", &token());
        for (name, setup) in [("one", one), ("other", other)] {
            pair.start_node(name, setup);
        }
        pair
    }

    pub fn nodes(&self) -> [&Node; 2] {
        [&self.nodes[0], &self.nodes[1]]
    }

    /// Calls the case twice: robbed at the first and attacked at the second, and the reverse.
    pub fn each_way(&self, case: impl Fn(&Node, &Node)) {
        let [one, other] = self.nodes();
        case(one, other);
        case(other, one);
    }

    pub fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds)).unwrap();
    }

    /// Replaces a ring's file as an operator's tool does: whole, by a rename. The rings of nodes
    /// with one of their own are called `one` and `other`.
    pub fn set_ring(&self, name: &str, text: &str) {
        let path = self.dir.join(name);
        let new = path.with_extension("new");
        let options = &mut fs::OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&new).unwrap();
        writeln!(file, "{text}").unwrap();
        fs::rename(new, path).unwrap();
    }

    fn start_node(&mut self, name: &str, setup: Setup) {
        let ring = if let Some(text) = &setup.ring {
            self.set_ring(name, text);
            name
        } else {
            "shared"
        };
        let mut command = match &setup.program {
            Some(path) => Command::new(path),
            None => Command::new(BOUND_NODE),
        };
        command.env("KEYS", self.dir.join(ring)).env("CLOCK", self.clock.path());
        command.env("SKEW", "0").env("DEVICE", "on").env("NODE", name).env("PORT", "0");
        command.envs(setup.variables);
        let log = fs::File::create(self.dir.join(format!("{name}.log"))).unwrap();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut process = sealed_session_child::spawn(command).unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(port) = line.trim_end().parse::<u16>() else {
            panic!("{name} does not start; its log is in {:?}", self.dir)
        };
        self.nodes.push(Node { address: (Ipv4Addr::LOCALHOST, port).into(), process });
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            let _ = node.process.kill();
            let _ = node.process.wait();
        }
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}
