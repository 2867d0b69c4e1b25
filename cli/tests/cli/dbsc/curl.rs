//! The program `curl`, and the address that is given to it.

use super::site::{Site, shop};
use super::{command, run};
use crate::run::Dir;

#[test]
fn a_machine_without_curl_is_told_so() {
    let said = run(command(&["https://shop.example/sign-in"]).env("PATH", Dir::new().path("")));
    let said = said.refused();
    assert!(said.contains("the program curl was not found") && said.contains("install"), "{said}");
    let said = run(command(&["https://shop.example/", "--json"]).env("PATH", ""));
    let json: serde_json::Value = serde_json::from_str(&said.refused()).unwrap();
    assert!(json["error"].as_str().unwrap().contains("install curl"), "{json}");
}

#[test]
fn the_configuration_of_the_user_changes_nothing() {
    let (dir, site) = (Dir::new(), Site::start(shop()));
    dir.write(".curlrc", "proxy = \"http://127.0.0.1:1\"\nhead\n");
    let url = site.url("/sign-in");
    run(command(&[&url]).env("HOME", dir.path("")).env("CURL_HOME", dir.path(""))).ok();
}

#[test]
fn what_is_not_an_address_is_wrong_use() {
    for url in [
        "shop.example",
        "file:///etc/passwd",
        "https://user:password@shop.example/",
        "https://shop.example/\noutput = x",
        "-",
    ] {
        let said = run(&mut command(&[url])).wrong_use();
        assert!(said.contains("https://shop.example/sign-in"), "{url}: {said}");
    }
    let said = run(&mut command(&["https://shop.example/", "--timeout", "0s"])).wrong_use();
    assert!(said.contains("--timeout"), "{said}");
}
