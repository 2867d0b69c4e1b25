//! `dbsc check`, against a real site on loopback: a site without a fault passes, and each fault in
//! it, or in front of it, is named. `page.rs` has those of the page and its offer, `endpoints.rs`
//! those of the two endpoints, `routers.rs` those of an application's routers, and `curl.rs` those
//! of the machine that runs the check. `requests.rs` has what is sent.

mod curl;
mod endpoints;
mod page;
mod requests;
mod routers;
mod site;

use super::run::{PROGRAM, Said, without_terminal_variables};
use axum::Router;
use serde_json::Value;
use site::{Site, shop};
use std::process::Command;

/// The program's command, with nothing of this machine's own configuration of curl.
fn command(words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    without_terminal_variables(&mut command).args(["dbsc", "check"]).args(words);
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command
}

/// Runs it. What it prints may not have a cookie's value, a challenge or a sealed key, each of
/// which has more than 60 characters.
fn run(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let said = Said {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let words = said.out.split(|character| !is_part(character));
    assert!(words.into_iter().all(|word| word.len() < 60), "it shows a secret: {said:?}");
    said
}

fn check(app: Router) -> Said {
    check_at(app, "/sign-in")
}

fn check_at(app: Router, path: &str) -> Said {
    let site = Site::start(app);
    run(&mut command(&[&site.url(path), "--timeout", "10s"]))
}

/// Asserts that this is the one error, and that a check ends there. Returns its line.
#[track_caller]
fn fails(said: Said, step: &str, problem: &str) -> String {
    assert_eq!((said.status, said.err.as_str()), (1, ""), "{said:?}");
    let errors: Vec<&str> = said.out.lines().filter(|line| line.starts_with("error\t")).collect();
    let begins = format!("error\t{step}\t{problem}: ");
    assert!(errors.len() == 1 && errors[0].starts_with(&begins), "{begins} in {}", said.out);
    errors[0].to_owned()
}

#[test]
fn a_site_that_binds_passes() {
    let site = Site::start(shop());
    let said = run(&mut command(&[&site.url("/sign-in")])).ok();
    let origin = site.url("");
    let lines: Vec<&str> = said.lines().collect();
    let begins = [
        format!("ok\tpage\tGET {origin}/sign-in: 200"),
        String::from("warning\tpage\thttp: browsers bind sessions over TLS only"),
        format!("ok\toffer\tES256, to register at {origin}/dbsc/register"),
        String::from("ok\tcache\tno-store"),
        format!("ok\tregistration\tPOST {origin}/dbsc/register: 200"),
        String::from("ok\tinstructions\tsession "),
        String::from("ok\tproof\t__Host-session-proof-"),
        format!("ok\tchallenge\tPOST {origin}/dbsc/refresh without a token: 403"),
        format!("ok\trefresh\tPOST {origin}/dbsc/refresh with a token: 200, a new proof"),
    ];
    assert_eq!(lines.len(), begins.len(), "{said}");
    for (line, begins) in lines.iter().zip(&begins) {
        assert!(line.starts_with(begins), "{begins}: {said}");
    }
    assert!(lines[6].ends_with(": HttpOnly; SameSite=Lax; Secure; Path=/, for 600 s"), "{said}");
}

#[test]
fn it_answers_in_json() {
    let site = Site::start(shop());
    let json = run(&mut command(&[&site.url("/sign-in?next=/cart"), "--json"])).json();
    assert_eq!((&json["ok"], &json["url"]), (&true.into(), &site.url("/sign-in").into()));
    let steps: Vec<&str> = json["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    assert_eq!(
        steps,
        [
            "page",
            "page",
            "offer",
            "cache",
            "registration",
            "instructions",
            "proof",
            "challenge",
            "refresh"
        ]
    );
    assert_eq!(
        (&json["steps"][1]["level"], &json["steps"][1]["problem"]),
        (&"warning".into(), &"http".into())
    );
    assert_eq!(
        (&json["steps"][2]["level"], &json["steps"][2]["problem"]),
        (&"ok".into(), &Value::Null)
    );

    let failed = run(&mut command(&[&site.url("/about"), "--json"]));
    let json = failed.json();
    assert_eq!((failed.status, &json["ok"]), (1, &false.into()));
    let last = json["steps"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["step"], &last["problem"]), (&"offer".into(), &"no-offer".into()));
    assert!(last["text"].as_str().unwrap().contains("offer_binding()"), "{last}");
}
