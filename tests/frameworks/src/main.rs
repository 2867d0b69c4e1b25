//! Runs the suite against a server that somebody else wrote, by its address. README.md says what it
//! has to answer.

use sealed_session_frameworks::checks;
use sealed_session_frameworks::contract::{App, Contract};
use sealed_session_frameworks::servers::Framework;
use sealed_session_frameworks::site::{BASKET, COOKIE, Site};
use std::collections::HashMap;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

const USAGE: &str = "usage: conformance URL [--bare URL] [--twice URL] [--same-cookie URL] [--same-type URL]
                       [--same-endpoint URL] [--cross-origin URL] [--bound URL]
       conformance serve axum|actix-web|Rocket|Poem|Salvo|hyper

The first runs every check against a server at URL, such as http://127.0.0.1:3000; the options are further servers, of the same routes put
together in another way, that a few checks need. The second starts the suite's own server in a framework, to try requests by hand.
tests/frameworks/README.md says what a server has to answer.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", name] => serve(name),
        [url, ref options @ ..] if url.starts_with("http://") => {
            servers(url, options).map(|servers| check(&Site::at(servers)))
        }
        _ => Err(USAGE.to_owned()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::from(2)
    })
}

fn servers(url: &str, options: &[&str]) -> Result<HashMap<App, SocketAddr>, String> {
    let mut servers = HashMap::from([(App::Standard, address(url)?)]);
    for pair in options.chunks(2) {
        let (app, url) = match *pair {
            ["--bare", url] => (App::Bare, url),
            ["--twice", url] => (App::Twice, url),
            ["--same-cookie", url] => (App::SameCookie, url),
            ["--same-type", url] => (App::SameType, url),
            ["--same-endpoint", url] => (App::SameEndpoint, url),
            ["--cross-origin", url] => (App::CrossOrigin, url),
            ["--bound", url] => (App::Bound, url),
            _ => return Err(USAGE.to_owned()),
        };
        servers.insert(app, address(url)?);
    }
    Ok(servers)
}

fn address(url: &str) -> Result<SocketAddr, String> {
    let host = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    let found =
        host.and_then(|host| host.to_socket_addrs().ok()).and_then(|mut found| found.next());
    found.ok_or_else(|| {
        format!("{url} is not of the form http://HOST:PORT, or its host is not known")
    })
}

fn check(site: &Site) -> ExitCode {
    if let Err(error) = TcpStream::connect(site.open_standard()) {
        eprintln!("nobody answers at {}: {error}", site.open_standard());
        return ExitCode::from(2);
    }
    let (mut passed, mut failed, mut left_out) = (0, 0, 0);
    std::panic::set_hook(Box::new(|panic| println!("    {panic}")));
    for check in checks::ALL {
        if let Some(missing) = check.apps.iter().find(|app| !site.has(**app)) {
            println!("not run  {}: it needs a server for {missing:?}", check.name);
            left_out += 1;
            continue;
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            assert_eq!(site.control("reset"), "ok");
            (check.run)(site);
        }));
        match outcome {
            Ok(()) => {
                println!("ok       {}", check.name);
                passed += 1;
            }
            Err(_) => {
                println!("FAILED   {}", check.name);
                failed += 1;
            }
        }
    }
    println!("\n{passed} passed, {failed} failed, {left_out} not run");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn serve(name: &str) -> Result<ExitCode, String> {
    let framework = Framework::ALL
        .into_iter()
        .find(|framework| framework.name().eq_ignore_ascii_case(name))
        .ok_or(USAGE)?;
    let running = framework.start(App::Standard, Contract::new(COOKIE, BASKET))?;
    println!("{} listens on http://{}", framework.name(), running.address);
    loop {
        std::thread::park();
    }
}
