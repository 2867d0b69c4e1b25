//! What the pages for operators show is what the program does: the transcripts of
//! `docs/rotation.md` and `docs/leaked-key.md` run as they stand, every other command line is one
//! that the program takes, and the picture is the one that it draws.
//!
//! A transcript is a `console` block: behind `$` a command for a shell, below it what it prints.
//! Key ids, times and how far away they are differ in each run, and are compared by where they
//! stand. Between the blocks of a page, comments say what happens meanwhile:
//!
//! ```text
//! <!-- 46 days later -->         the dates in session.keys move into the past
//! <!-- cookie NAME -->           a session sealed under session.keys, now, in a file of that name
//! ```

use super::run::{Dir, PROGRAM, shows_a_key, token, without_terminal_variables};
use sealed_session::{KeyRing, Map, Sessions};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

const README: &str = include_str!("../../../README.md");
const ROTATION: &str = include_str!("../../../docs/rotation.md");
const DEPLOY: &str = include_str!("../../../deploy/README.md");
const DEVICE_BOUND: &str = include_str!("../../../docs/device-bound.md");
const LEAKED: &str = include_str!("../../../docs/leaked-key.md");
const RING: &str = "session.keys";

#[test]
fn the_transcripts_of_rotation_are_what_happens() {
    assert_eq!(follow(ROTATION, &Dir::new()), 11);
}

#[test]
fn the_transcripts_of_a_leaked_key_are_what_happens() {
    let dir = Dir::new();
    dir.write(RING, token());
    assert_eq!(follow(LEAKED, &dir), 3);
}

#[test]
fn every_command_line_of_the_pages_is_one_that_the_program_takes() {
    for (name, page, least) in [
        ("README.md", README, 6),
        ("rotation.md", ROTATION, 20),
        ("leaked-key.md", LEAKED, 2),
        ("device-bound.md", DEVICE_BOUND, 2),
        ("deploy/README.md", DEPLOY, 4),
    ] {
        let lines = command_lines(page);
        assert!(lines.len() >= least, "{name}: {lines:?}");
        for line in lines {
            // With --help nothing is done, and what stands before it is judged nevertheless.
            let words: Vec<&str> = line.split_whitespace().skip(1).chain(["--help"]).collect();
            let said = Dir::new().run_with(&words, "");
            assert_eq!(said.status, 0, "{name}: {line}\n{}", said.err);
        }
    }
    let wrong = Dir::new().run("keys add session.keys --seal-inn 1h --help");
    assert_eq!(wrong.status, 2, "an option that there is not is found in spite of --help");
}

#[test]
fn rotation_names_every_problem_that_check_finds() {
    let (_, paragraph) = ROTATION.split_once("\nErrors are ").unwrap();
    let (paragraph, _) = paragraph.split_once("\n\n").unwrap();
    let named: BTreeSet<&str> = paragraph
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| !word.contains([' ', '_']) && !word.starts_with("--"))
        .collect();
    let mut found = BTreeSet::new();
    for (mode, ring) in [
        (0o600, format!("{} seal-form=2030-06-01T00:00:00Z", token())),
        (0o600, format!("{} open-until=2029-01-01T00:00:00Z", token())),
        (
            0o600,
            format!(
                "{} seal-from=2030-06-01T00:00:00Z\n{} open-until=2030-05-01T00:00:00Z",
                token(),
                token()
            ),
        ),
        (
            0o600,
            format!(
                "{} seal-from=2030-01-01T00:00:00Z\n{} seal-from=2030-01-01T00:00:00Z\n{}",
                token(),
                token(),
                token()
            ),
        ),
        (0o644, token()),
    ] {
        let dir = Dir::with_ring(&ring);
        dir.set_mode("ring", mode);
        let json = dir
            .run("keys check ring --json --at 2030-01-01T00:00:00Z --ticket-lifetime 90d")
            .json();
        found.extend(
            json["problems"]
                .as_array()
                .unwrap()
                .iter()
                .map(|problem| problem["problem"].as_str().unwrap().to_owned()),
        );
    }
    assert_eq!(named, found.iter().map(String::as_str).collect());
}

#[test]
fn the_timeline_is_what_the_program_draws() {
    const RENEW: &str = "sealed-session keys timeline tests/data/timeline.keys --danger-published --at 2027-01-15T09:00:00Z --svg > docs/timeline.svg";
    let dir = Dir::with_ring(include_str!("../../../tests/data/timeline.keys"));
    let drawn =
        dir.run("keys timeline ring --danger-published --at 2027-01-15T09:00:00Z --svg").ok();
    assert!(
        drawn == include_str!("../../../docs/timeline.svg"),
        "docs/timeline.svg is another picture; draw it anew:\n{RENEW}"
    );
    let checked = dir.run("keys check ring --danger-published --at 2027-01-15T09:00:00Z");
    assert_eq!(checked.ok(), "ok\tno problem found\n", "it shows how it is done");
    assert!(dir.run("keys list ring").refused().contains("published"), "no server takes its keys");
}

fn parse_time(text: &str) -> Option<u64> {
    let time = humantime::parse_rfc3339(text).ok()?;
    Some(time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
}

fn print_time(seconds: u64) -> String {
    humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .to_string()
}

/// Runs a page's transcripts, and answers how many commands there were.
fn follow(page: &str, dir: &Dir) -> usize {
    let mut commands = 0;
    let (mut ids_shown, mut ids_said) = (Vec::new(), Vec::new());
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(what) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            meanwhile(what, dir);
        }
        if line != "```console" {
            continue;
        }
        while let Some(command) = lines.next_if(|line| *line != "```") {
            let command = command
                .strip_prefix("$ ")
                .unwrap_or_else(|| panic!("a command where this stands: {command}"));
            let mut shown = String::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ") && *line != "```") {
                shown.push_str(line);
                shown.push('\n');
            }
            let said = shell(command, dir);
            assert_eq!(
                shape_of(&said, &mut ids_said),
                shape_of(&shown, &mut ids_shown),
                "$ {command}\n{said}"
            );
            commands += 1;
        }
    }
    commands
}

/// What a command says on both outputs.
fn shell(command: &str, dir: &Dir) -> String {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let program = Path::new(PROGRAM).parent().unwrap().to_owned();
    let path = std::env::join_paths(std::iter::once(program).chain(std::env::split_paths(&before)))
        .unwrap();
    let mut shell = Command::new("sh");
    without_terminal_variables(&mut shell)
        .args(["-c", &format!("{{ {command}; }} 2>&1")])
        .current_dir(dir.path(""))
        .env("PATH", path)
        .stdin(Stdio::null());
    let said = String::from_utf8(shell.output().unwrap().stdout).unwrap();
    assert!(!shows_a_key(&said), "{command} shows a secret");
    said
}

fn meanwhile(what: &str, dir: &Dir) {
    let words: Vec<&str> = what.split(' ').collect();
    match words[..] {
        [number, unit, "later"] => {
            let unit = if unit.starts_with("day") { 86_400 } else { 3_600 };
            let span = number.parse::<u64>().unwrap() * unit + 1;
            let text = dir.read(RING);
            let moved = text.split_inclusive([' ', '\n', '=']).map(|word| {
                match parse_time(word.trim_end()) {
                    Some(time) => word.replace(word.trim_end(), &print_time(time - span)),
                    None => word.to_owned(),
                }
            });
            dir.write(RING, moved.collect::<String>());
        }
        ["cookie", name] => {
            let sessions =
                Sessions::<Map>::new(KeyRing::from_file(dir.path(RING)).unwrap()).unwrap();
            dir.write(name, sessions.seal(&Map::new()).unwrap());
        }
        _ => {}
    }
}

/// The words of a text, with the first, second, … key of its page in place of ids, and times and
/// distances as such.
fn shape_of(text: &str, ids: &mut Vec<String>) -> Vec<Vec<String>> {
    let mut word = |word: &str| {
        let bare = word.trim_end_matches([',', ':', ';']);
        if bare.len() == 8 && bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let known = ids.iter().position(|id| id == bare);
            let number = known.unwrap_or_else(|| {
                ids.push(bare.to_owned());
                ids.len() - 1
            });
            return word.replace(bare, &format!("<key {number}>"));
        }
        if parse_time(bare).is_some() { word.replace(bare, "<time>") } else { word.to_owned() }
    };
    let without_distances = |line: &str| {
        let mut parts = line.split('(');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |line, part| match part.split_once(')') {
            Some((inside, rest))
                if inside.starts_with("in ") || inside.ends_with(" ago") || inside == "now" =>
            {
                line + "<away>" + rest
            }
            _ => line + "(" + part,
        })
    };
    text.lines()
        .map(|line| without_distances(line).split_whitespace().map(&mut word).collect())
        .collect()
}

/// Every `sealed-session …` of a page, up to where a shell or a sentence would end it.
fn command_lines(page: &str) -> Vec<String> {
    let page = page.replace("\\\n", " ");
    let commands =
        ["keys ", "inspect ", "dbsc "].map(|command| format!("sealed-session {command}"));
    let found = page.lines().flat_map(|line| {
        let starts = commands.iter().flat_map(|command| line.match_indices(command.as_str()));
        starts.map(|(at, _)| {
            let rest = &line[at..];
            let end = rest
                .find(['|', '>', '<', ')', '#', ';', '&', '`', '"', '\''])
                .unwrap_or(rest.len());
            rest[..end].trim().to_owned()
        })
    });
    found.collect()
}
