//! The processes: nginx and three nodes, with a ring file for each node. They end with the
//! [`Fleet`], or with this process.

use crate::clock::FleetClock;
use crate::releases::Release;
use sealed_session::Suite;
use sealed_session::keys::Key;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub const NODES: usize = 3;
const NAMES: [&str; NODES] = ["a", "b", "c"];

/// What a node is started with.
#[derive(Clone)]
pub struct Equipment {
    pub release: Release,
    /// Seconds by which its clock is ahead of the fleet's; of a clock that is behind, below zero.
    pub skew: i64,
    /// The text of its ring file; without one it makes a key of its own at each start.
    pub ring: Option<String>,
    /// `OnUnreadable::Refuse` in place of `Overwrite`.
    pub protect: bool,
}

impl Equipment {
    /// A node of the first release with the right time.
    pub fn with_ring(ring: &str) -> Self {
        Self { release: Release::First, skew: 0, ring: Some(ring.to_owned()), protect: false }
    }
}

pub struct Fleet {
    pub clock: Arc<FleetClock>,
    /// Where nginx listens.
    pub port: u16,
    nodes: Vec<Node>,
    nginx: Option<Child>,
    dir: PathBuf,
}

struct Node {
    name: &'static str,
    equipment: Equipment,
    port: u16,
    process: Option<Child>,
}

impl Fleet {
    /// `program` is the path of `node`; `dir` is emptied, and holds all files of the fleet.
    pub fn start(program: &'static str, dir: PathBuf, equipment: [Equipment; NODES]) -> Self {
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let clock = Arc::new(FleetClock::begin(dir.join("clock")).unwrap());
        let nodes = NAMES.into_iter().zip(equipment).map(|(name, equipment)| Node {
            name,
            equipment,
            port: 0,
            process: None,
        });
        let mut fleet = Self { clock, port: 0, nodes: nodes.collect(), nginx: None, dir };
        for node in 0..NODES {
            fleet.write_ring(node);
            fleet.begin(node, program);
        }
        fleet.begin_nginx();
        fleet
    }

    /// The nodes' own addresses, past nginx.
    pub fn addresses(&self) -> [String; NODES] {
        std::array::from_fn(|node| format!("http://127.0.0.1:{}", self.nodes[node].port))
    }

    pub fn name_of(&self, node: usize) -> &'static str {
        self.nodes[node].name
    }

    /// The operator's copy of the ring, from which the nodes' are made. It begins as the first
    /// node's.
    pub fn operators_ring(&self) -> PathBuf {
        let path = self.dir.join("session.keys");
        if !path.exists() {
            fs::copy(self.ring_path(0), &path).unwrap();
        }
        path
    }

    /// Replaces a node's ring file, as an operator's tool does: whole, by a rename. The node sees
    /// it by itself.
    pub fn set_ring(&mut self, node: usize, text: &str) {
        self.nodes[node].equipment.ring = Some(text.to_owned());
        self.write_ring(node);
    }

    /// Kills the process as it stands.
    pub fn kill(&mut self, node: usize) {
        let mut process = self.nodes[node].process.take().expect("it runs");
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Starts it again at its port.
    pub fn start_again(&mut self, node: usize, program: &str) {
        self.begin(node, program);
    }

    /// Kills it and starts it with what `change` makes of its equipment.
    pub fn redeploy(&mut self, node: usize, program: &str, change: impl FnOnce(&mut Equipment)) {
        self.kill(node);
        change(&mut self.nodes[node].equipment);
        self.write_ring(node);
        self.begin(node, program);
    }

    fn ring_path(&self, node: usize) -> PathBuf {
        self.dir.join(format!("ring-{}", self.nodes[node].name))
    }

    fn write_ring(&self, node: usize) {
        if let Some(text) = &self.nodes[node].equipment.ring {
            use std::os::unix::fs::OpenOptionsExt;
            let path = self.ring_path(node);
            let new = path.with_extension("new");
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&new)
                .unwrap();
            std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
            fs::rename(new, path).unwrap();
        }
    }

    fn begin(&mut self, node: usize, program: &str) {
        let ring = self.ring_path(node);
        let Node { name, equipment, port, process } = &mut self.nodes[node];
        let mut command = Command::new(program);
        command
            .env("NODE", *name)
            .env("CLOCK", self.clock.path())
            .env("SKEW", equipment.skew.to_string());
        command.env("RELEASE", equipment.release.name()).env("PORT", port.to_string());
        if equipment.ring.is_some() {
            command.env("KEYS", ring);
        }
        if equipment.protect {
            command.env("PROTECT", "1");
        }
        let stderr = fs::File::options()
            .create(true)
            .append(true)
            .open(self.dir.join(format!("node-{name}.log")))
            .unwrap();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        let mut child = sealed_session_child::spawn(command).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        *port = line
            .trim_end()
            .parse()
            .unwrap_or_else(|_| panic!("node {name} does not start; its log is in {:?}", self.dir));
        *process = Some(child);
    }

    fn begin_nginx(&mut self) {
        for _ in 0..10 {
            // Somebody else may take the port before nginx does: then the next one.
            self.port =
                TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            fs::write(
                self.dir.join("nginx.conf"),
                nginx_conf(self.port, self.nodes.iter().map(|node| node.port)),
            )
            .unwrap();
            let mut process = nginx(&self.dir);
            let mut log =
                BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
            // It says so once it listens; where it cannot, it ends, and its log with it.
            if log.any(|line| line.contains("event method")) {
                std::thread::spawn(move || log.for_each(drop)); // so that it never waits for a reader
                self.nginx = Some(process);
                return;
            }
            process.wait().unwrap();
        }
        panic!("nginx does not start on any of ten free ports; its log is in {:?}", self.dir);
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for process in self.nodes.iter_mut().map(|node| &mut node.process).chain([&mut self.nginx])
        {
            if let Some(mut process) = process.take() {
                let _ = process.kill();
                let _ = process.wait();
            }
        }
    }
}

fn nginx(dir: &Path) -> Child {
    let mut command = Command::new("nginx");
    command.arg("-p").arg(dir).arg("-c").arg(dir.join("nginx.conf"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    sealed_session_child::spawn(command)
        .expect("nginx is missing: apt-get install nginx-light, or scripts/test fleet")
}

/// A request whose node died, or that a node refused with 503, goes to the next node, a POST too:
/// what it did to the session is in the response that nobody got, so it has not been done.
fn nginx_conf(port: u16, nodes: impl Iterator<Item = u16>) -> String {
    let servers: String =
        nodes.map(|port| format!("        server 127.0.0.1:{port} max_fails=0;\n")).collect();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path temp;\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log nginx.log;\nerror_log stderr notice;\nevents {{ worker_connections 4096; }}\nhttp {{\n    access_log off;\n\
         {temporary}    upstream fleet {{\n{servers}        keepalive 64;\n    }}\n    server {{\n        listen 127.0.0.1:{port};\n\
         \x20       location / {{\n            proxy_pass http://fleet;\n            proxy_http_version 1.1;\n            proxy_set_header Connection \"\";\n\
         \x20           proxy_next_upstream error timeout http_503 non_idempotent;\n        }}\n    }}\n}}\n"
    )
}

/// A new key's token, as it stands in a ring.
pub fn token() -> String {
    Key::generate(Suite::Xaes256Gcm).unwrap().expose_secret().to_string()
}

/// A Unix second, as a ring spells it.
pub fn date(unix: u64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(unix.try_into().unwrap()).unwrap();
    time.format(&Rfc3339).unwrap()
}
