//! One process of a proxy, with its listeners. It ends with the [`Proxy`], or with this process.

use crate::client::{Address, Outcome, Protocol};
use crate::site;
use axum::http::StatusCode;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The ports that a configuration is written for.
pub struct Ports {
    /// Of the site.
    pub site: u16,
    listeners: Vec<(&'static str, u16)>,
}

impl Ports {
    /// The port of the listener of this name.
    pub fn of(&self, listener: &str) -> u16 {
        let found = self.listeners.iter().find(|(name, _)| *name == listener);
        found.unwrap_or_else(|| panic!("no listener {listener}")).1
    }
}

pub struct Proxy {
    listeners: Vec<(&'static str, Address)>,
    process: Child,
}

impl Proxy {
    /// Starts a program in front of the site on free ports, and waits until all listeners answer.
    /// `command` writes the configuration into the directory, which is emptied first and holds all
    /// files of the process.
    pub async fn start(
        site: Address,
        dir: &Path,
        listeners: &[(&'static str, Protocol)],
        command: impl Fn(&Path, &Ports) -> Command,
    ) -> Self {
        for _ in 0..10 {
            let _ = fs::remove_dir_all(dir);
            fs::create_dir_all(dir).unwrap();
            let ports = Ports {
                site: site.port,
                listeners: listeners.iter().map(|(name, _)| *name).zip(free_ports()).collect(),
            };
            let mut command = command(dir, &ports);
            let log = File::create(dir.join("output")).unwrap();
            command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
            let process = sealed_session_child::spawn(command).unwrap_or_else(|error| {
                panic!("{}: {error}; scripts/tools proxies installs it", dir.display())
            });
            let addresses = listeners.iter().map(|&(name, protocol)| {
                let port = ports.of(name);
                (name, Address { port, protocol })
            });
            let mut proxy = Self { listeners: addresses.collect(), process };
            if proxy.is_ready(site).await {
                return proxy;
            }
            // Another process may have taken a port before the proxy did: try the next ones.
        }
        let output = fs::read_to_string(dir.join("output")).unwrap_or_default();
        panic!("it does not start on any of ten sets of free ports; {}:\n{output}", dir.display());
    }

    /// The address of the listener of this name, if this process has it.
    pub fn find(&self, listener: &str) -> Option<Address> {
        self.listeners.iter().find(|(name, _)| *name == listener).map(|(_, address)| *address)
    }

    /// Waits until the site answers through every listener. Returns `false` if the process ends.
    async fn is_ready(&mut self, site: Address) -> bool {
        let wanted = site::ready(site.port);
        let began = Instant::now();
        for (name, address) in &self.listeners {
            loop {
                let answer = address.get("/ready", &[]).await;
                if answer.outcome == Outcome::Status(StatusCode::OK) && answer.body == wanted {
                    break;
                }
                if self.process.try_wait().unwrap().is_some() {
                    return false;
                }
                assert!(
                    began.elapsed() < Duration::from_secs(60),
                    "listener {name} answers {:?}",
                    answer.outcome
                );
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        true
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes a program end when its standard input does. The kernel no longer ends a child with its
/// parent once the child has changed its user, as Apache does as root.
pub fn ending_with_its_input(command: &Command) -> Command {
    const SCRIPT: &str = r#"exec 3<&0; (read -r _ <&3; kill -KILL $$) & exec 3<&- "$0" "$@""#;
    let mut shell = Command::new("sh");
    shell.args(["-c", SCRIPT]).arg(command.get_program()).args(command.get_args());
    shell
}

/// Ports of loopback that were free a moment ago.
fn free_ports() -> impl Iterator<Item = u16> {
    let mut held = Vec::new(); // so that none comes twice
    std::iter::from_fn(move || {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        held.push(listener);
        Some(port)
    })
}

/// The path of a program. Debian has servers in a directory that only root's `PATH` names.
pub fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut found = directories.map(|directory| directory.join(name)).filter(|path| path.is_file());
    found.next().unwrap_or_else(|| panic!("{name} is missing: scripts/tools proxies installs it"))
}

/// The first number of what a program says of its version.
pub fn version(name: &str, argument: &str) -> String {
    let output = Command::new(program(name)).arg(argument).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let mut words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let version = words.find(|word| word.contains('.') && word.starts_with(|c: char| c != '.'));
    version.unwrap_or_else(|| panic!("{name} {argument} says no version: {text}")).to_owned()
}
