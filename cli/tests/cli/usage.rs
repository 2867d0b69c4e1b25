//! Wrong use, terminals and pipes, completions and man pages.

use super::run::{Dir, PROGRAM, token, without_terminal_variables};
use std::process::Command;

#[test]
fn wrong_use_is_2_and_says_what_to_write() {
    let dir = Dir::with_ring(&token());
    for (words, hint) in [
        ("keys lst ring", "similar subcommand exists: 'list'"),
        ("keys frobnicate", "Usage: sealed-session keys"),
        ("keys add ring --seal-in 10", "30s, 10min, 1.5h, 90d or 2w"),
        ("keys add ring --seal-in 10x", "2026-12-01T00:00:00Z"),
        ("keys add ring --seal-in 2030-01-01T00:00:00", "add Z"),
        ("keys add ring --retire-after soon", "30s, 10min, 1.5h, 90d or 2w"),
        ("keys add ring --retire-after 101000d", "a hundred years"),
        ("keys add ring --seal-in 9999-12-31T00:00:00Z --retire-after 2d", "after the year 9999"),
        ("keys add ring --suite aes", "xchacha20poly1305"),
        ("keys retire ring 12", "8 hexadecimal digits, such as 8694fd5e"),
        ("keys retire", "<ID>"),
        ("keys list", "<FILE>"),
        ("keys timeline ring --svg --json", "cannot be used with"),
        ("inspect x --shape 12", "8 hexadecimal digits"),
        ("inspect x --context-hex 123", "pairs of hexadecimal digits"),
        ("inspect x --context-hex zz", "pairs of hexadecimal digits"),
        ("completions csh", "zsh"),
    ] {
        let said = dir.run(words).wrong_use();
        assert!(said.contains(hint), "{words}: {said}");
    }
    let none = without_terminal_variables(&mut Command::new(PROGRAM)).output().unwrap();
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8(none.stderr).unwrap().contains("Usage: sealed-session"));
}

/// `run` searches each of these for the key.
#[test]
fn a_key_pasted_in_the_wrong_place_is_not_repeated() {
    let (dir, key) = (Dir::new(), token());
    assert!(
        dir.run_with(&["keys", "retire", "ring", &key], "")
            .wrong_use()
            .contains("(a key, not shown)")
    );
    for words in
        [["keys", "list", &*key], ["keys", "add", &key], ["keys", "list", &format!("env:{key}")]]
    {
        assert!(dir.run_with(&words, "").refused().contains("(a key, not shown)"), "{words:?}");
    }
    // What a check finds is an answer, on standard output.
    for words in [&["keys", "check", &*key][..], &["keys", "check", &*key, "--json"]] {
        let said = dir.run_with(words, "");
        assert!(said.status == 1 && said.out.contains("(a key, not shown)"), "{said:?}");
    }
    for words in [
        &["keys", "timeline", &*key][..],
        &["keys", "show-at", &*key],
        &["inspect", "AQ", "--keys", &*key],
    ] {
        assert!(dir.run_with(words, "").refused().contains("(a key, not shown)"), "{words:?}");
    }
    assert!(dir.run_with(&["man", "--dir", &key], "").refused().contains("(a key, not shown)"));
    assert!(
        dir.run_with(&["keys", "new", &format!("{key}/ring")], "")
            .refused()
            .contains("(a key, not shown)")
    );
    assert_eq!(dir.run_with(&["keys", &key], "").status, 2);
    assert_eq!(dir.run_with(&["inspect", &key], "").status, 1);
}

/// What is not a key is not taken for one: the advice can be pasted into a shell as it stands.
#[test]
fn the_advice_on_how_to_make_a_key_is_printed_whole() {
    let advice = "make a key with: echo \"ssk1.xaes256gcm.$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')\"";
    for text in ["# none\n", "correct horse battery staple\n"] {
        let dir = Dir::with_ring(text);
        let said = dir.run("keys list ring").refused();
        assert!(said.contains(advice), "{said}");
        let json: serde_json::Value =
            serde_json::from_str(&dir.run("keys list ring --json").refused()).unwrap();
        assert!(json["error"].as_str().unwrap().contains(advice), "{json}");
    }
    let (shell, pasted) = (advice.split_once(": ").unwrap().1, Dir::new());
    let made = Command::new("sh").args(["-c", shell]).output().unwrap().stdout;
    pasted.write("ring", made);
    assert_eq!(pasted.run("keys list ring").status, 0);
}

#[test]
fn a_ring_in_quotes_is_told_so() {
    let said = Dir::new()
        .run_with(&["keys", "list", "env:PRINTED_RING"], &format!("\"{}\"", token()))
        .refused();
    assert!(said.contains("in quotes") && !said.contains("openssl"), "{said}");
}

#[test]
fn failures_are_json_where_that_was_asked_for() {
    for (words, status) in [("keys list nowhere --json", 1), ("keys retire ring 12 --json", 2)] {
        let said = Dir::new().run(words);
        assert_eq!((said.status, said.out.as_str()), (status, ""));
        let json: serde_json::Value = serde_json::from_str(&said.err).unwrap();
        assert!(json["error"].as_str().unwrap().len() > 20, "{json}");
    }
}

#[test]
fn every_command_answers_in_json() {
    let dir =
        Dir::with_ring(&format!("{} open-until=2020-01-01T00:00:00Z\n{}\n", token(), token()));
    let id = dir.run("keys new other --json").json()["key_id"].as_str().unwrap().to_owned();
    assert!(dir.run("keys list other").ok().contains(&id));
    for (words, field) in [
        ("keys add ring --json", "key_id"),
        ("keys list ring --json", "keys"),
        ("keys check ring --json", "problems"),
        ("keys prune ring --json", "removed"),
        ("keys rotate ring --json", "next"),
        ("keys show-at ring --json", "seals"),
        ("keys timeline ring --json", "events"),
        ("inspect AQ --json", "cookies"),
    ] {
        let json = dir.run(words).json();
        assert!(!json[field].is_null(), "{words}: {json}");
    }
    assert_eq!(dir.run("keys prune ring --json").json()["removed"], serde_json::json!([]));
}

/// What the program prints on a terminal; `script` gives it one.
#[cfg(target_os = "linux")]
fn on_a_terminal(dir: &Dir, variables: &str) -> String {
    let command = format!("{variables} {PROGRAM} keys list {}", dir.path("ring").display());
    let output = without_terminal_variables(&mut Command::new("script"))
        .args(["-qec", &command, "/dev/null"])
        .env("TERM", "xterm")
        .output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn colours_and_columns_are_for_terminals() {
    let dir = Dir::with_ring(&format!("{} seal-from=2040-01-01T00:00:00Z\n{}\n", token(), token()));
    let shown = on_a_terminal(&dir, "");
    assert!(shown.contains("\x1b[32mseals now\x1b[0m") && !shown.contains('\t'), "{shown:?}");
    for plain in [on_a_terminal(&dir, "NO_COLOR=1"), on_a_terminal(&dir, "TERM=dumb")] {
        assert!(!plain.contains('\x1b'), "{plain:?}");
        let columns: Vec<usize> =
            plain.lines().map(|line| line.find("never expires").unwrap()).collect();
        assert_eq!(columns[0], columns[1], "{plain:?}");
    }
    let piped = dir.run("keys list ring").ok();
    assert!(
        !piped.contains('\x1b') && piped.lines().all(|line| line.matches('\t').count() == 3),
        "{piped:?}"
    );
}

#[test]
fn completions_for_each_shell_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Dir::new().run(&format!("completions {shell}")).ok();
        for word in ["retire", "show-at", "inspect", "dbsc", "seal-in"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    let dir = Dir::new();
    dir.write("script", dir.run("completions bash").ok());
    assert!(Command::new("bash").arg("-n").arg(dir.path("script")).status().unwrap().success());
}

#[test]
fn there_is_a_man_page_for_the_program_and_one_for_each_command() {
    let dir = Dir::new();
    let page = dir.run("man").ok();
    assert!(page.contains(".TH sealed-session 1") && page.contains("Exit status"), "{page}");
    dir.run("man --dir .").ok();
    for command in ["", "-keys", "-keys-add", "-keys-show-at", "-inspect", "-dbsc-check"] {
        assert!(
            dir.read(&format!("sealed-session{command}.1")).contains(".SH SYNOPSIS"),
            "{command}"
        );
    }
    assert!(dir.run("man --dir nowhere").refused().contains("nowhere"));
}

#[test]
fn help_and_version_are_no_errors() {
    for words in ["--help", "keys add --help", "--version"] {
        assert!(!Dir::new().run(words).ok().is_empty());
    }
}
