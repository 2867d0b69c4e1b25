//! A child outlives the thread that asked for it, and never its process.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Set in the process that a test starts, to how it is to end.
const PARENT: &str = "SEALED_SESSION_CHILD_TEST";

/// How long the kernel may take. It bounds a failing test, and times none.
const PATIENCE: Duration = Duration::from_secs(30);

/// This test's program again, as a process that has a child, and the number of that child.
fn parent(end: &str) -> (Child, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "as_a_parent", "--ignored", "--nocapture"]).env(PARENT, end);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut parent = sealed_session_child::spawn(command).unwrap();
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines().map_while(Result::ok);
    let child = lines
        .filter_map(|line| line.strip_prefix("child ").map(str::to_owned))
        .next()
        .expect("it says the child's number");
    (parent, child)
}

#[test]
#[ignore = "no test, but a process of those below"]
#[expect(
    clippy::zombie_processes,
    reason = "that the child is left behind is what the tests are about"
)]
fn as_a_parent() {
    let end = std::env::var(PARENT).expect("one of the tests below starts this");
    let child = thread::spawn(|| {
        let mut command = Command::new("sleep");
        command.arg("987").stdin(Stdio::null()).stdout(Stdio::null());
        sealed_session_child::spawn(command).unwrap()
    });
    let child = child.join().unwrap();
    println!("\nchild {}", child.id());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    match &*end {
        "exit" => std::process::exit(0),
        "abort" => std::process::abort(),
        _ => panic!("{end}"),
    }
}

/// Whether it runs, and not as one that has ended and that nobody has asked about.
fn runs(process: &str) -> bool {
    std::fs::read(format!("/proc/{process}/cmdline"))
        .is_ok_and(|command| command == b"sleep\x00987\x00")
}

fn ends(process: &str) {
    let begun = Instant::now();
    while runs(process) {
        assert!(begun.elapsed() < PATIENCE, "it still runs");
        thread::yield_now();
    }
}

#[test]
fn it_ends_with_a_process_that_exits_aborts_or_panics() {
    for end in ["exit", "abort", "panic"] {
        let (mut parent, child) = parent(end);
        assert!(runs(&child), "the thread that asked for it has ended, and it runs");
        drop(parent.stdin.take());
        parent.wait().unwrap();
        ends(&child);
    }
}

#[test]
fn it_ends_with_a_process_that_is_killed() {
    let (mut parent, child) = parent("never");
    assert!(runs(&child));
    parent.kill().unwrap();
    parent.wait().unwrap();
    ends(&child);
}

#[test]
fn a_program_that_is_missing_is_an_error() {
    let error = sealed_session_child::spawn(Command::new("no-such-program-is-here")).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}
