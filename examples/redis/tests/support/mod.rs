//! A Redis of the test's own, the examples' processes, and as much of a browser as sessions need.
//! Nothing waits for luck: what takes time is asked for until it is so, [`until`] a bound.
#![allow(dead_code)] // each test file uses a part of it

use redis::{Client, Connection};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

/// Asks 50 ms apart, for half a minute.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("not within half a minute: {what}");
}

pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

/// A redis-server on a free port, with nothing on disk: started again, it is empty. It ends with
/// this, or with this process.
pub struct Redis {
    process: Option<Child>,
    pub port: u16,
    dir: PathBuf,
}

impl Redis {
    pub fn start() -> Self {
        for _ in 0..10 {
            // Somebody else may take the port before Redis does: then the next one.
            let port =
                TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            let dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
                .join(format!("redis-{}-{port}", std::process::id()));
            std::fs::create_dir_all(&dir).unwrap();
            let mut redis = Self { process: None, port, dir };
            if redis.begin() {
                return redis;
            }
        }
        panic!("redis-server does not start on any of ten free ports");
    }

    /// Starts it once more, on the same port; a connection that happens to leave from there is
    /// waited for.
    pub fn start_again(&mut self) {
        until("redis-server starts again", || self.begin());
    }

    pub fn stop(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Takes connections and never answers, until it is thawed.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn connection(&self) -> Connection {
        Client::open(self.url()).unwrap().get_connection().unwrap()
    }

    /// One command, which must succeed.
    pub fn does(&self, command: &[&str]) {
        let (name, arguments) = command.split_first().unwrap();
        redis::cmd(name).arg(arguments).exec(&mut self.connection()).unwrap();
    }

    fn begin(&mut self) -> bool {
        let mut command = Command::new("redis-server");
        command.args([
            "--bind",
            "127.0.0.1",
            "--port",
            &self.port.to_string(),
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
        ]);
        command.arg(&self.dir).stdin(Stdio::null()).stdout(Stdio::null());
        let mut process = sealed_session_child::spawn(command)
            .expect("redis-server is missing: apt-get install redis-server, or scripts/test redis");
        let id = process.id();
        for _ in 0..600 {
            if process.try_wait().unwrap().is_some() {
                return false;
            }
            if self.answers_as(id) {
                self.process = Some(process);
                return true;
            }
            sleep(Duration::from_millis(50));
        }
        let _ = process.kill();
        let _ = process.wait();
        false
    }

    /// It is our process that answers at the port, and not another's.
    fn answers_as(&self, id: u32) -> bool {
        let info: Result<String, _> = Client::open(self.url())
            .and_then(|client| client.get_connection())
            .and_then(|mut connection| redis::cmd("INFO").arg("server").query(&mut connection));
        info.is_ok_and(|info| info.lines().any(|line| line == format!("process_id:{id}")))
    }

    fn signal(&self, signal: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A process of an example, which ends with this. It looks at Redis ten times a second.
pub struct Node {
    process: Child,
    // Stays open: a server that prints once more must not fail at it.
    stdout: BufReader<ChildStdout>,
    pub port: u16,
}

impl Node {
    pub fn start(program: &str, redis: &Redis, keys: &str) -> Self {
        let mut command = Self::command(program, redis, keys);
        command.stdout(Stdio::piped());
        let mut process = sealed_session_child::spawn(command).unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let port =
            line.trim_end().strip_prefix("http://localhost:").and_then(|port| port.parse().ok());
        let Some(port) = port else {
            let _ = process.kill();
            panic!("{program} does not start: {:?}", process.wait());
        };
        Self { process, stdout, port }
    }

    /// A start that is to fail.
    pub fn fails_to_start(program: &str, redis: &Redis, keys: &str) -> String {
        let Output { status, stderr, .. } = Self::command(program, redis, keys).output().unwrap();
        assert!(!status.success());
        String::from_utf8(stderr).unwrap()
    }

    pub fn stop(mut self) {
        self.end();
    }

    pub fn status(&self) -> String {
        Browser::default().get(self, "/status").body
    }

    /// What went wrong at its last look at Redis.
    pub fn trouble(&self) -> String {
        self.status().split_once("trouble ").unwrap().1.to_owned()
    }

    fn command(program: &str, redis: &Redis, keys: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("PORT", "0")
            .env("REDIS_URL", redis.url())
            .env("REDIS_EVERY_MS", "100")
            .env("SESSION_KEYS", keys);
        command.stdin(Stdio::null());
        command
    }

    fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.end();
    }
}

/// Keeps the one cookie of a site, whichever of its servers set it. A clone is a copy of the
/// cookie.
#[derive(Clone, Default)]
pub struct Browser {
    pub cookie: Option<String>,
}

pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Browser {
    pub fn get(&mut self, node: &Node, path: &str) -> Reply {
        self.send(node, "GET", path, "")
    }

    pub fn post(&mut self, node: &Node, path: &str, form: &str) -> Reply {
        self.send(node, "POST", path, form)
    }

    fn send(&mut self, node: &Node, method: &str, path: &str, form: &str) -> Reply {
        let cookie =
            self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, node.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let length = form.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n{cookie}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        for line in head.lines() {
            if let Some((name, value)) = line.split_once(": ")
                && name.eq_ignore_ascii_case("set-cookie")
            {
                let pair = value.split(';').next().unwrap();
                self.cookie = (!value.contains("Max-Age=0")).then(|| pair.to_owned());
            }
        }
        Reply { status: head.split(' ').nth(1).unwrap().parse().unwrap(), body: body.to_owned() }
    }
}
