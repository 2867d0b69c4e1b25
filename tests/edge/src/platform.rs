//! How each platform runs a module on loopback, and where its keys lie there. `tests/edge/run` has
//! built the modules before.

use crate::process::Process;
use sealed_session_frameworks::contract::App;
use sealed_session_frameworks::site::Host;
use std::any::Any;
use std::cell::RefCell;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    Cloudflare,
    Fastly,
    WasiHttp,
}

/// What a server is started with.
#[derive(Clone, Copy)]
pub enum Module<'a> {
    /// The conformance suite's site, put together so.
    Site(App),
    /// The shop, with the text of its key ring, or without any.
    Shop(Option<&'a str>),
    /// The shop with XChaCha20-Poly1305 alone.
    ShopOfOneSuite(&'a str),
    /// The reader of `examples/edge/reader`, a Worker.
    Reader(&'a str),
}

/// A server, and the directory that it lies in, which goes with it.
pub struct Running {
    pub process: Process,
    _directory: Directory,
}

impl Platform {
    pub const ALL: [Self; 3] = [Self::Cloudflare, Self::Fastly, Self::WasiHttp];

    pub fn name(self) -> &'static str {
        match self {
            Self::Cloudflare => "Cloudflare",
            Self::Fastly => "Fastly",
            Self::WasiHttp => "WASI-HTTP",
        }
    }

    /// Starts a server on a free loopback port.
    ///
    /// # Errors
    /// What the platform wrote, where it does not listen.
    pub fn start(self, module: Module<'_>) -> Result<Running, String> {
        let directory =
            Directory::new(self).map_err(|error| format!("no directory for {self:?}: {error}"))?;
        let command = match self {
            Self::Cloudflare => workerd(module, &directory.0),
            Self::Fastly => viceroy(module, &directory.0),
            Self::WasiHttp => wasmtime(module, &directory.0),
        };
        let command = command.map_err(|error| format!("{self:?}: {error}"))?;
        let listens = match self {
            Self::Cloudflare => |line: &str| port(line, r#""socket":"http","port":"#),
            Self::Fastly | Self::WasiHttp => |line: &str| port(line, "http://127.0.0.1:"),
        };
        Ok(Running { process: Process::start(command, listens)?, _directory: directory })
    }
}

/// A Worker of worker-build, in workerd. Keys come by a secret binding, which is a text binding
/// there.
fn workerd(module: Module<'_>, directory: &Path) -> std::io::Result<Command> {
    let build = match module {
        Module::Site(_) => "tests/edge/sites/cloudflare/build",
        Module::Shop(_) => "examples/edge/cloudflare/build",
        Module::ShopOfOneSuite(_) => "examples/edge/cloudflare/build-chacha",
        Module::Reader(_) => "examples/edge/reader/build",
    };
    let mut modules = vec![r#"(name = "index.js", esModule = embed "index.js")"#];
    copy(&repository().join(build).join("index.js"), &directory.join("index.js"))?;
    if !matches!(module, Module::Reader(_)) {
        copy(&repository().join(build).join("index_bg.wasm"), &directory.join("index_bg.wasm"))?;
        modules.push(r#"(name = "./index_bg.wasm", wasm = embed "index_bg.wasm")"#);
    }
    let modules = modules.join(", ");
    let binding = |name| format!(r#"(name = "{name}", fromEnvironment = "{name}")"#);
    let mut command = Command::new(repository().join("tests/edge/node_modules/.bin/workerd"));
    let bindings = match module {
        Module::Site(app) => {
            command.env("APP", format!("{app:?}"));
            binding("APP")
        }
        Module::Shop(Some(keys)) | Module::ShopOfOneSuite(keys) | Module::Reader(keys) => {
            command.env("SESSION_KEYS", keys);
            binding("SESSION_KEYS")
        }
        Module::Shop(None) => String::new(),
    };
    let config = format!(
        r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [{modules}],
    compatibilityDate = "2026-11-01",
    bindings = [{bindings}],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
"#
    );
    fs::write(directory.join("config.capnp"), config)?;
    command.args(["serve", "--control-fd=1", "config.capnp"]).current_dir(directory);
    Ok(command)
}

/// A wasip1 program, in viceroy. Keys come from a secret store.
fn viceroy(module: Module<'_>, directory: &Path) -> std::io::Result<Command> {
    let (program, stores) = match module {
        Module::Site(app) => (
            "wasm32-wasip1/release/site-fastly.wasm",
            format!(
                "[local_server.kv_stores]\nsite = [{{ key = \"first\", data = \"\" }}]\n\
                 [local_server.config_stores.site]\nformat = \"inline-toml\"\n[local_server.config_stores.site.contents]\napp = \"{app:?}\"\n"
            ),
        ),
        Module::Shop(keys) => ("wasm32-wasip1/release/shop-fastly.wasm", secret_store(keys)),
        Module::ShopOfOneSuite(keys) => ("edge-chacha/shop-fastly.wasm", secret_store(Some(keys))),
        Module::Reader(_) => return Err(std::io::Error::other("the reader is a Worker")),
    };
    let config = format!(
        "manifest_version = 3\nname = \"test\"\nlanguage = \"rust\"\n[local_server]\n{stores}"
    );
    fs::write(directory.join("fastly.toml"), config)?;
    let mut command = Command::new("viceroy");
    command
        .args(["serve", "-v", "--addr", "127.0.0.1:0", "-C", "fastly.toml"])
        .arg(built(program))
        .current_dir(directory);
    if let Module::Shop(Some(keys)) | Module::ShopOfOneSuite(keys) = module {
        command.env("SESSION_KEYS", keys);
    }
    Ok(command)
}

fn secret_store(keys: Option<&str>) -> String {
    let (key, source) = if keys.is_some() {
        ("SESSION_KEYS", r#"env = "SESSION_KEYS""#)
    } else {
        ("ANOTHER", r#"data = "x""#)
    };
    format!("[local_server.secret_stores]\nshop = [{{ key = \"{key}\", {source} }}]\n")
}

/// A component, in wasmtime. Keys come from the environment.
fn wasmtime(module: Module<'_>, directory: &Path) -> std::io::Result<Command> {
    let mut command = Command::new("wasmtime");
    command.args(["serve", "-O", "pooling-allocator=n", "-S", "cli=y", "--addr", "127.0.0.1:0"]);
    let program = match module {
        Module::Site(app) => {
            let directory = directory.display();
            command.args([
                "--dir",
                &format!("{directory}::/state"),
                "--env",
                "STATE=/state/saved",
                "--env",
                &format!("APP={app:?}"),
            ]);
            "wasm32-wasip2/release/site-wasi-http.wasm"
        }
        Module::Shop(Some(keys)) => {
            command.args(["--env", "SESSION_KEYS"]).env("SESSION_KEYS", keys);
            "wasm32-wasip2/release/shop-wasi-http.wasm"
        }
        Module::Shop(None) => "wasm32-wasip2/release/shop-wasi-http.wasm",
        Module::ShopOfOneSuite(keys) => {
            command.args(["--env", "SESSION_KEYS"]).env("SESSION_KEYS", keys);
            "edge-chacha/shop-wasi-http.wasm"
        }
        Module::Reader(_) => return Err(std::io::Error::other("the reader is a Worker")),
    };
    command.arg(built(program));
    Ok(command)
}

/// The shop on axum, a process of this machine.
///
/// # Errors
/// What it wrote, where it does not listen.
pub fn axum_shop(keys: &str) -> Result<Process, String> {
    let mut command = Command::new(built("debug/axum"));
    command.env("PORT", "0").env("SESSION_KEYS", keys);
    Process::start(command, |line| port(line, "http://localhost:"))
}

/// The reader of `examples/edge/reader` in Node.
///
/// # Errors
/// What it wrote, where it does not listen.
pub fn reader_in_node(keys: &str) -> Result<Process, String> {
    let mut command = Command::new("node");
    command
        .arg(repository().join("examples/edge/reader/server.js"))
        .env("PORT", "0")
        .env("SESSION_KEYS", keys);
    Process::start(command, |line| port(line, "http://localhost:"))
}

fn port(line: &str, before: &str) -> Option<SocketAddr> {
    let rest = &line[line.find(before)? + before.len()..];
    let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    Some(SocketAddr::from(([127, 0, 0, 1], rest[..digits].parse().ok().filter(|port| *port != 0)?)))
}

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Something that cargo built.
pub fn built(path: &str) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| repository().join("target"), PathBuf::from)
        .join(path)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let explain = |error| {
        std::io::Error::other(format!("{}: {error}; tests/edge/run builds it", from.display()))
    };
    fs::copy(from, to).map(drop).map_err(explain)
}

struct Directory(PathBuf);

impl Directory {
    fn new(platform: Platform) -> std::io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!(
            "sealed-session-edge-{}-{}-{number}",
            std::process::id(),
            platform.name()
        ));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A platform as the suite's host: one server of each kind.
pub struct Servers {
    platform: Platform,
    running: RefCell<Vec<Rc<Running>>>,
}

impl Servers {
    pub fn of(platform: Platform) -> Self {
        Self { platform, running: RefCell::default() }
    }
}

impl Host for Servers {
    fn start(&self, app: App) -> Result<(SocketAddr, Box<dyn Any>), String> {
        let running = Rc::new(self.platform.start(Module::Site(app))?);
        self.running.borrow_mut().push(Rc::clone(&running));
        Ok((running.process.address, Box::new(running)))
    }

    fn keeps_letter_case(&self) -> bool {
        false
    }

    fn log(&self) -> String {
        self.running.borrow().iter().map(|running| running.process.log()).collect()
    }
}
