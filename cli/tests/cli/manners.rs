//! How the program behaves on a terminal and in a pipe: colours, width, help, durations, quoted
//! paths, dry runs.

use super::run::{Dir, PROGRAM, Said, id_of, token, without_terminal_variables};
use sealed_session::KeyRing;
use serde_json::json;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// Every command, by its words.
const COMMANDS: [&str; 17] = [
    "",
    "keys",
    "keys new",
    "keys add",
    "keys list",
    "keys check",
    "keys retire",
    "keys prune",
    "keys rotate",
    "keys diff",
    "keys show-at",
    "keys timeline",
    "inspect",
    "dbsc",
    "dbsc check",
    "completions",
    "man",
];

fn help(dir: &Dir, command: &str) -> String {
    dir.run(format!("{command} --help").trim()).ok()
}

/// Runs the program with a variable set.
fn with_variable(dir: &Dir, name: &str, value: &str, words: &str) -> Said {
    let output = without_terminal_variables(&mut Command::new(PROGRAM))
        .args(words.split(' '))
        .current_dir(dir.path(""))
        .env(name, value)
        .output()
        .unwrap();
    Said {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn color_always_paints_answers_errors_and_help_in_a_pipe() {
    let dir = Dir::with_ring(&token());
    let listed = dir.run("keys list ring --color always").ok();
    assert!(listed.contains("\x1b[32mseals now\x1b[0m"), "{listed:?}");
    let refused = dir.run("--color=always keys list nowhere").refused();
    assert!(refused.starts_with("\x1b[1;31merror:\x1b[0m cannot read"), "{refused:?}");
    let wrong = dir.run("keys list --color always").wrong_use();
    assert!(wrong.contains("\x1b[1m\x1b[31merror:") && wrong.contains("FILE"), "{wrong:?}");
    assert!(dir.run("keys --help --color always").ok().contains('\x1b'));
}

#[test]
fn color_auto_paints_nothing_in_a_pipe() {
    let dir = Dir::with_ring(&token());
    for words in ["keys list ring", "keys list ring --color auto", "keys list ring --color never"] {
        assert!(!dir.run(words).ok().contains('\x1b'), "{words}");
    }
    for words in ["keys list nowhere", "keys list", "keys list --color never"] {
        let said = dir.run(words);
        assert!(said.status > 0 && !said.err.contains('\x1b'), "{words}: {said:?}");
    }
    assert!(!help(&dir, "keys").contains('\x1b'));
    assert!(dir.run("keys list ring --color purple").wrong_use().contains("auto, always, never"));
}

#[test]
fn color_always_counts_more_than_no_color() {
    let dir = Dir::with_ring(&token());
    let said = with_variable(&dir, "NO_COLOR", "1", "keys list ring --color always");
    assert!(said.out.contains('\x1b'), "{said:?}");
}

#[test]
fn json_has_no_colours() {
    let dir = Dir::with_ring(&token());
    for words in ["keys list ring --json --color always", "keys list nowhere --json --color always"]
    {
        let said = dir.run(words);
        assert!(!said.out.contains('\x1b') && !said.err.contains('\x1b'), "{said:?}");
    }
}

#[test]
fn every_help_has_examples_that_the_program_takes() {
    let dir = Dir::new();
    for command in COMMANDS {
        let help = help(&dir, command);
        let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{help}"));
        let begins = format!("  sealed-session {command}");
        let examples: Vec<&str> =
            examples.lines().filter(|line| line.starts_with("  sealed-session ")).collect();
        assert!(!examples.is_empty(), "{command}: {help}");
        for example in examples {
            assert!(example.starts_with(begins.trim_end()), "{command}: {example}");
            let end = example.find(['|', '<', '>']).unwrap_or(example.len());
            let words: Vec<&str> =
                example[..end].split_whitespace().skip(1).chain(["--help"]).collect();
            assert_eq!(dir.run_with(&words, "").status, 0, "{example}");
        }
    }
}

/// The list above is complete.
#[test]
fn the_commands_of_the_help_are_those_of_this_test() {
    let dir = Dir::new();
    for group in ["", "keys", "dbsc"] {
        let help = help(&dir, group);
        let (_, list) = help.split_once("Commands:\n").unwrap();
        let names = list
            .lines()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.strip_prefix("  "))
            .filter_map(|line| line.split(' ').next())
            .filter(|name| !name.is_empty() && *name != "help");
        for name in names {
            let words = format!("{group} {name}");
            assert!(COMMANDS.contains(&words.trim()), "{words}");
        }
    }
}

#[test]
fn help_is_wrapped_at_the_width_of_the_terminal() {
    let dir = Dir::new();
    for (columns, most) in [("50", 50), ("80", 80), ("300", 100)] {
        let said = with_variable(&dir, "COLUMNS", columns, "keys add --help").ok();
        let (options, _) = said.split_once("\nExamples:").unwrap();
        let longest = options
            .lines()
            .filter(|line| !line.starts_with("Usage:"))
            .map(|line| line.chars().count())
            .max();
        assert!(longest.unwrap() <= most, "{columns}: {said}");
    }
}

#[test]
fn the_file_comes_first() {
    let dir = Dir::new();
    for command in COMMANDS.iter().filter(|command| command.starts_with("keys ")) {
        let help = help(&dir, command);
        let usage = help.lines().find(|line| line.starts_with("Usage:")).unwrap();
        let (_, arguments) = usage.split_once("[OPTIONS] ").unwrap();
        assert!(arguments.trim_start_matches(['[', '<']).starts_with("FILE"), "{usage}");
    }
}

/// What `script` shows of a run on a terminal of this width.
#[cfg(target_os = "linux")]
fn on_a_terminal(dir: &Dir, columns: u32, words: &str) -> String {
    let command =
        format!("stty rows 24 cols {columns}; cd {}; {PROGRAM} {words}", dir.path("").display());
    let output = without_terminal_variables(&mut Command::new("script"))
        .args(["-qec", &command, "/dev/null"])
        .env("TERM", "xterm")
        .output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn the_timeline_has_the_width_of_the_terminal() {
    let dir = Dir::with_ring(&format!("{} seal-from=2040-01-01T00:00:00Z\n{}\n", token(), token()));
    for columns in [30, 60, 120] {
        let shown = on_a_terminal(&dir, columns, "keys timeline ring --color never");
        let picture = shown.replace('\r', "");
        let (picture, _) = picture.split_once("\n\n").unwrap();
        let longest = picture.lines().map(|line| line.chars().count()).max().unwrap();
        let columns = usize::try_from(columns).unwrap();
        assert!(
            longest <= columns.max(34) && longest + 8 >= columns.min(100),
            "{columns}: {shown}"
        );
    }
}

#[test]
fn the_timeline_follows_columns_in_a_pipe() {
    let dir = Dir::with_ring(&token());
    let widest = |text: &str| text.lines().map(|line| line.matches('█').count()).max().unwrap();
    let narrow = with_variable(&dir, "COLUMNS", "40", "keys timeline ring").ok();
    let wide = with_variable(&dir, "COLUMNS", "120", "keys timeline ring").ok();
    assert!(widest(&narrow) <= 30 && widest(&wide) > 60, "{narrow}\n{wide}");
    let absurd = with_variable(&dir, "COLUMNS", "wide", "keys timeline ring").ok();
    assert!(widest(&absurd) <= 64, "{absurd}");
}

#[test]
fn spans_are_read_as_people_write_them() {
    for (span, seconds) in [
        ("30s", 30),
        ("10m", 600),
        ("10min", 600),
        ("1.5h", 5_400),
        ("90d", 90 * 86_400),
        ("2 weeks", 14 * 86_400),
        ("2w", 14 * 86_400),
        ("1d12h", 129_600),
        ("1 hour 30 min", 5_400),
        ("+1h", 3_600),
    ] {
        let dir = Dir::with_ring(&token());
        let before = SystemTime::now();
        dir.run_with(&["keys", "add", "ring", "--seal-in", span], "").ok();
        let after = SystemTime::now();
        let from = KeyRing::from_file(dir.path("ring")).unwrap().keys()[0].seal_from.unwrap();
        let ahead = Duration::from_secs(seconds);
        let range = before + ahead - Duration::from_secs(1)..=after + ahead;
        assert!(range.contains(&from), "{span}: {from:?}");
    }
    let dir = Dir::with_ring(&token());
    for (span, hint) in [
        ("1.5", "a number with a unit"),
        ("1M", "write `min` for minutes"),
        ("1.0001s", "whole seconds"),
        ("500ms", "whole seconds"),
        ("1h-", "such as"),
        ("1e3s", "such as"),
        ("18446744073709551615w", "such as"),
    ] {
        for option in ["--seal-in", "--retire-after"] {
            let said = dir.run_with(&["keys", "add", "ring", option, span], "").wrong_use();
            assert!(said.contains(hint), "{option} {span}: {said}");
        }
    }
}

#[test]
fn times_have_the_rules_of_a_ring() {
    let dir = Dir::with_ring(&token());
    for time in [
        "2026-02-29T00:00:00Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01T00:00:60Z",
        "2026-12-01T00:00:00.5Z",
        "2026-12-01t00:00:00Z",
        "2026-12-01 00:00:00Z",
        "2026-12-01T00:00:00z",
        "2026-12-01T00:00:00+1:00",
        "2026-12-01T00:00:00+24:00",
        "2026-12-01",
        "9999-12-31T23:59:59-01:00",
    ] {
        let said = dir.run_with(&["keys", "show-at", "ring", time], "").wrong_use();
        assert!(said.contains("2026-12-01T00:00:00Z"), "{time}: {said}");
    }
    for (time, utc) in [
        ("2026-12-01T00:00:00-05:30", "2026-12-01T05:30:00Z"),
        ("2026-12-01T00:00:00+01:00", "2026-11-30T23:00:00Z"),
        ("2028-02-29T23:59:59Z", "2028-02-29T23:59:59Z"),
    ] {
        let said = dir.run_with(&["keys", "show-at", "ring", time], "").ok();
        assert!(said.starts_with(&format!("at\t{utc}\n")), "{time}: {said}");
    }
}

#[test]
fn paths_are_quoted_in_messages() {
    let dir = Dir::with_ring("no key");
    dir.write("my ring", token());
    for (words, path) in [
        (&["keys", "list", "no such ring"][..], "\"no such ring\""),
        (&["keys", "list", "ring"], "\"ring\""),
        (&["keys", "new", "my ring"], "\"my ring\""),
        (&["keys", "new", "no dir/ring"], "\"no dir/ring\""),
        (&["keys", "add", "no such ring"], "\"no such ring\""),
        (&["inspect", "AQ", "--keys", "no such ring"], "\"no such ring\""),
        (&["man", "--dir", "no dir"], "\"no dir/sealed-session"),
    ] {
        let said = dir.run_with(words, "").refused();
        assert!(said.contains(path), "{words:?}: {said}");
    }
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_would_change() {
    let (new, old, gone) = (token(), token(), token());
    let text = format!(
        "{new} seal-from=2020-01-01T00:00:00Z\n{old}\n{gone} open-until=2020-01-01T00:00:00Z\n"
    );
    let dir = Dir::with_ring(&text);
    let (previous_id, gone_id) = (id_of(&old), id_of(&gone));
    for (words, said) in [
        (String::from("keys new other"), String::from("would create \"other\" with a new key")),
        (
            String::from("keys add ring --seal-in 1h --retire-after 45d"),
            format!("{previous_id} would open until "),
        ),
        (
            format!("keys retire ring {previous_id} --at 2030-01-01T00:00:00Z"),
            format!("{previous_id} would open until 2030-01-01T00:00:00Z"),
        ),
        (String::from("keys prune ring"), format!("would remove {gone_id}\n")),
        (
            String::from("man --dir ."),
            String::from("would write \"./sealed-session-keys-add.1\"\n"),
        ),
    ] {
        let plain = dir.run(&format!("{words} --dry-run")).ok();
        assert!(plain.contains(&said), "{words}: {plain}");
        let answer = dir.run(&format!("{words} --dry-run --json")).json();
        assert_eq!(answer["dry_run"], json!(true), "{words}: {answer}");
        assert_eq!((dir.read("ring"), dir.names()), (text.clone(), vec![String::from("ring")]));
    }
    assert!(dir.run("keys add ring --dry-run --json").json()["key_id"].is_null());
    assert_eq!(dir.run("keys prune ring --json").json()["dry_run"], json!(false));
}

#[test]
fn a_dry_run_prints_no_ring() {
    let text = token();
    let dir = Dir::new();
    let said = dir.run_with(&["keys", "add", "-", "--dry-run"], &text).ok();
    assert!(said.starts_with("would add a new key"), "{said}");
    let said = dir.run("keys new --dry-run").ok();
    assert!(said.starts_with("would print a new key"), "{said}");
    let said = dir.run_with(&["keys", "new", &text, "--dry-run"], "").ok();
    assert!(said.contains("(a key, not shown)"), "{said}");
}

#[test]
fn a_dry_run_is_refused_for_the_same_reasons() {
    let one = token();
    let dir = Dir::with_ring(&one);
    for words in [
        String::from("keys new ring"),
        format!("keys retire ring {} --at 2040-01-01T00:00:00Z", id_of(&one)),
        String::from("keys retire ring 00000000"),
        String::from("keys add nowhere"),
    ] {
        let plain = dir.run(&words).refused();
        assert_eq!(dir.run(&format!("{words} --dry-run")).refused(), plain, "{words}");
    }
    assert_eq!(dir.names(), ["ring"]);
}
