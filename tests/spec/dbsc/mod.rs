//! Device binding (SPEC Appendix A): a second implementation of it, the vectors in
//! `tests/vectors/dbsc.json`, and the crate beside both.

mod file;
mod make;
mod second;

#[cfg(feature = "dbsc")]
mod builder;
#[cfg(feature = "dbsc")]
mod by_the_crate;

use crate::committed_file::compare_or_write;
use file::*;
use std::collections::BTreeSet;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const COMMITTED: &str = include_str!("../../vectors/dbsc.json");

fn committed() -> File {
    serde_json::from_str(COMMITTED).expect("the fields that this test knows, and no others")
}

#[test]
fn the_committed_bindings_are_what_the_second_implementation_makes() {
    compare_or_write("dbsc.json", &make::file(), COMMITTED);
}

#[test]
fn every_name_of_a_binding_is_unique_and_says_its_word() {
    let file = committed();
    assert_eq!(file.server, make::default_server());
    let names = |group: Vec<(&str, &str)>| {
        let unique: BTreeSet<&str> = group.iter().map(|(name, _)| *name).collect();
        assert_eq!(unique.len(), group.len(), "a name twice");
        for (name, expect) in &group {
            assert_eq!(name.starts_with("ok_"), *expect == "ok", "{name}: {expect}");
        }
        group.iter().map(|(_, expect)| (*expect).to_owned()).collect::<BTreeSet<String>>()
    };
    names(file.tokens.iter().map(|vector| (&*vector.name, &*vector.expect)).collect());
    let given = names(file.tickets.iter().map(|vector| (&*vector.name, &*vector.expect)).collect());
    for word in ["bad-seal", "undecodable", "expired-at", "from-the-future", "key-ended"] {
        assert!(given.contains(word), "no ticket is {word}");
    }
    let given =
        names(file.sessions.iter().map(|vector| (&*vector.name, &*vector.expect)).collect());
    for word in ["unproven", "refused", "unknown-form", "undecodable"] {
        assert!(given.contains(word), "no session is {word}");
    }
    let details: BTreeSet<&str> =
        file.sessions.iter().filter_map(|vector| vector.unproven.as_deref()).collect();
    assert_eq!(details, BTreeSet::from(["late", "missing", "other"]));
    let names: BTreeSet<&str> = file.calls.iter().map(|call| &*call.name).collect();
    assert_eq!(names.len(), file.calls.len(), "a name twice");
    let words: BTreeSet<&str> =
        file.calls.iter().filter_map(|call| call.answer.as_ref()?.word.as_deref()).collect();
    let all = [
        "audience",
        "challenge",
        "fetch-metadata",
        "key",
        "no-token",
        "off",
        "session-id",
        "signature",
        "token",
    ];
    assert_eq!(words, BTreeSet::from(all));
}

#[test]
fn the_second_implementation_judges_every_token() {
    for vector in committed().tokens {
        let token = second::Token::parse(&vector.field);
        let word = if token.is_some() { "ok" } else { "token" };
        assert_eq!(word, vector.expect, "{}", vector.name);
        let Some(token) = token else { continue };
        let key = token.key.map(|key| key.map(hex::encode));
        let read = (Some(token.challenge), token.audience, key);
        assert_eq!(read, (vector.challenge, vector.audience, vector.key), "{}", vector.name);
    }
}

#[test]
fn the_second_implementation_judges_every_ticket_of_a_binding() {
    for vector in committed().tickets {
        assert_eq!(make::word_of_ticket(&vector), vector.expect, "{}", vector.name);
    }
}

#[test]
fn the_second_implementation_judges_every_bound_session() {
    for vector in committed().sessions {
        let loaded = second::load(&vector.server, &vector.cookies, vector.now);
        assert_eq!(loaded.word, vector.expect, "{}", vector.name);
        assert_eq!(loaded.detail, vector.unproven.as_deref(), "{}", vector.name);
        assert_eq!(loaded.proven_at, vector.proven_at, "{}", vector.name);
        assert_eq!(loaded.data.is_some(), vector.expect == "ok", "{}", vector.name);
    }
}

#[test]
fn the_second_implementation_answers_every_call() {
    for call in committed().calls {
        assert_eq!(second::answer(&call.server, &call), call.answer, "{}", call.name);
    }
}

/// Tokens that a browser signed. What they are signed for is none of these servers'.
fn tokens_of_a_browser() -> Vec<serde_json::Value> {
    let file = include_str!("../../data/chromium-156-tokens.json");
    let file: serde_json::Value = serde_json::from_str(file).unwrap();
    file["tokens"].as_array().unwrap().clone()
}

#[test]
fn the_second_implementation_reads_the_tokens_of_a_browser() {
    let tokens = tokens_of_a_browser();
    assert_eq!(tokens.len(), 5);
    for token in tokens {
        let payload = &token["payload"];
        let Some(read) = second::Token::parse(token["field"].as_str().unwrap()) else {
            assert!(payload["authorization"].is_string());
            continue;
        };
        assert!(payload["authorization"].is_null());
        assert_eq!(read.challenge, payload["jti"]);
        assert_eq!(read.audience.as_deref(), payload["aud"].as_str());
        assert_eq!(read.key.is_some(), token["header"]["jwk"].is_object());
    }
}

const SPEC: &str = include_str!("../../../SPEC.md");

/// SPEC Appendix A.
fn appendix() -> &'static str {
    SPEC.split_once("\n## Appendix A: Device binding\n").expect("the appendix").1
}

#[test]
fn the_examples_of_the_appendix_are_vectors() {
    let file = committed();
    let compact: String = appendix().chars().filter(|letter| !letter.is_whitespace()).collect();
    let has = |part: &str| assert!(compact.contains(part), "the appendix has no {part}");
    let key = &file.device_keys[0];
    [&key.x, &key.y, &key.compressed, &key.thumbprint, &key.id]
        .into_iter()
        .for_each(|part| has(part));
    for name in ["ok_challenge", "ok_proof", "ok_key"] {
        let ticket = file.tickets.iter().find(|vector| vector.name == name).expect("the example");
        has(&format!("AAD{}", ticket.aad));
        has(&format!("plaintext{}", ticket.plaintext));
    }
    let words = file.calls.iter().filter_map(|call| call.answer.as_ref()?.word.as_deref());
    for word in words.chain(["unproven", "refused"]) {
        assert!(appendix().contains(&format!("`{word}`")), "the appendix has no `{word}`");
    }
}
