//! Every problem that `keys check` finds, each with the ring beside it that does not have it.

use super::run::{Dir, id_of, token};

const NOW: &str = "2030-01-01T00:00:00Z";

/// The problems of a ring, as `level problem`, at 2030-01-01.
fn problems(text: &str, options: &str) -> Vec<String> {
    let dir = Dir::with_ring(text);
    let plain = dir.run(format!("keys check ring --at {NOW} {options}").trim());
    let said = dir.run(format!("keys check ring --json --at {NOW} {options}").trim());
    assert_eq!((plain.status, said.err.as_str()), (said.status, ""));
    let json = said.json();
    assert_eq!(json["ok"], said.status == 0);
    let words = |problem: &serde_json::Value| {
        format!("{} {}", problem["level"].as_str().unwrap(), problem["problem"].as_str().unwrap())
    };
    let found: Vec<String> = json["problems"].as_array().unwrap().iter().map(words).collect();
    let lines: Vec<String> = plain
        .out
        .lines()
        .map(|line| line.splitn(3, '\t').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        if found.is_empty() { vec![String::from("ok no problem found")] } else { found.clone() },
        lines,
        "one line each"
    );
    if !options.contains("--strict") {
        assert_eq!(
            said.status,
            i32::from(found.iter().any(|problem| problem.starts_with("error"))),
            "{found:?}"
        );
    }
    found
}

/// A ring in which the first key has sealed for a while and the second is about to end.
fn rotating(open_until: &str) -> String {
    format!("{} seal-from=2030-01-10T00:00:00Z\n{} open-until={open_until}\n", token(), token())
}

#[test]
fn a_ring_with_a_successor_and_room_for_every_session_has_no_problem() {
    assert!(problems(&rotating("2030-02-09T00:00:00Z"), "").is_empty());
}

#[test]
fn a_key_that_runs_out_before_the_sessions_it_seals_is_an_error() {
    let error = ["error ends-before-its-sessions"];
    assert_eq!(
        problems(&rotating("2030-01-23T23:59:59Z"), ""),
        error,
        "a second short of the idle timeout"
    );
    assert_eq!(problems(&rotating("2030-01-13T00:00:00Z"), "--idle 3d --absolute 3d"), [""; 0]);
    assert_eq!(problems(&rotating("2030-01-12T23:59:59Z"), "--idle 3d --absolute 3d"), error);
    let dir = Dir::with_ring(&rotating("2030-01-20T00:00:00Z"));
    let said = dir.run(&format!("keys check ring --at {NOW}"));
    assert!(
        said.out.contains("the key that seals now expires before the sessions it seals"),
        "{said:?}"
    );
    assert!(
        said.out.contains("2030-02-09T00:00:00Z"),
        "it says which open-until would do: {said:?}"
    );
}

#[test]
fn one_that_cuts_short_sessions_with_an_expiry_of_their_own_is_a_warning() {
    let warning = ["warning ends-before-its-sessions"];
    assert_eq!(
        problems(&rotating("2030-01-24T00:00:00Z"), ""),
        warning,
        "the idle timeout to the second"
    );
    assert_eq!(problems(&rotating("2030-02-08T23:59:59Z"), ""), warning);
}

#[test]
fn a_key_that_has_sealed_or_will_seal_is_held_to_the_same() {
    let past = format!(
        "{} seal-from=2029-12-31T00:00:00Z\n{} open-until=2030-01-05T00:00:00Z\n",
        token(),
        token()
    );
    assert_eq!(problems(&past, ""), ["warning no-successor", "error ends-before-its-sessions"]);
    let long_ago = format!(
        "{} seal-from=2029-10-01T00:00:00Z\n{} open-until=2030-01-05T00:00:00Z\n",
        token(),
        token()
    );
    assert_eq!(problems(&long_ago, ""), ["warning no-successor"]);
    let future = format!(
        "{} seal-from=2030-03-01T00:00:00Z\n{} seal-from=2030-02-01T00:00:00Z open-until=2030-03-02T00:00:00Z\n{}\n",
        token(),
        token(),
        token()
    );
    assert_eq!(problems(&future, ""), ["error ends-before-its-sessions"]);
}

#[test]
fn no_successor_is_an_error_where_the_key_runs_out_and_else_a_warning() {
    let ends = format!("{} open-until=2030-06-01T00:00:00Z", token());
    assert_eq!(problems(&ends, ""), ["error no-successor", "error ends-before-its-sessions"]);
    assert_eq!(problems(&token(), ""), ["warning no-successor"]);
    let dir = Dir::with_ring(&token());
    assert!(
        dir.run(&format!("keys check ring --at {NOW}")).ok().contains("no successor is scheduled")
    );
}

#[test]
fn strict_makes_warnings_fail() {
    let dir = Dir::with_ring(&token());
    assert_eq!(dir.run("keys check ring").status, 0);
    assert_eq!(dir.run("keys check ring --strict").status, 1);
    let dir = Dir::with_ring(&rotating("2030-02-09T00:00:00Z"));
    assert_eq!(dir.run(&format!("keys check ring --strict --at {NOW}")).status, 0);
}

#[test]
fn a_key_that_ends_before_its_tickets_is_an_error() {
    let ring = rotating("2030-02-09T00:00:00Z"); // 30 days after its last seal
    assert_eq!(problems(&ring, ""), [""; 0], "no ticket is assumed");
    assert_eq!(problems(&ring, "--ticket-lifetime 30d"), [""; 0]);
    let error = ["error ends-before-its-tickets"];
    assert_eq!(problems(&ring, "--ticket-lifetime 2592001s"), error);
    assert_eq!(problems(&ring, "--ticket-lifetime 90d"), error);
    let said =
        Dir::with_ring(&ring).run(&format!("keys check ring --at {NOW} --ticket-lifetime 90d"));
    assert!(
        said.out.contains("the key that seals now expires before the tickets it seals")
            && said.out.contains("2030-04-10T00:00:00Z"),
        "it says which open-until would do: {said:?}"
    );
    // A key that no longer seals still opens its tickets; one without an end opens them for ever.
    let later = "--at 2030-01-20T00:00:00Z";
    let said = Dir::with_ring(&ring).run(&format!("keys check ring {later} --ticket-lifetime 90d"));
    assert!(said.out.contains("a key that no longer seals expires before the tickets"), "{said:?}");
    assert!(!problems(&token(), "--ticket-lifetime 90d").concat().contains("tickets"));
}

#[test]
fn a_ring_of_which_no_key_seals_is_an_error() {
    let later = format!("{} seal-from=2030-01-10T00:00:00Z", token());
    assert_eq!(problems(&later, ""), ["error no-sealing-key"]);
    let gone = format!("{} open-until={NOW}", token());
    assert_eq!(problems(&gone, ""), ["error no-sealing-key", "warning ended"]);
}

#[test]
fn a_gap_between_two_keys_is_an_error() {
    let ring = |end: &str| {
        format!("{} seal-from=2030-06-01T00:00:00Z\n{} open-until={end}\n", token(), token())
    };
    assert_eq!(
        problems(&ring("2030-05-01T00:00:00Z"), ""),
        ["error gap", "error ends-before-its-sessions"]
    );
    assert_eq!(problems(&ring("2030-07-01T00:00:00Z"), ""), [""; 0]);
}

#[test]
fn less_than_two_minutes_around_the_deployment_are_no_margin() {
    let ring = |from: &str| {
        format!("{} seal-from={from}\n{} open-until=2031-01-01T00:00:00Z\n", token(), token())
    };
    let margin = |from, options| {
        problems(&ring(from), options).contains(&String::from("error clock-skew-margin"))
    };
    assert!(!margin("2030-01-01T00:02:00Z", ""));
    assert!(margin("2030-01-01T00:01:59Z", ""));
    assert!(margin(NOW, ""));
    assert!(margin("2029-12-31T23:58:01Z", ""), "a server whose clock is behind has not begun");
    assert!(!margin("2029-12-31T23:58:00Z", ""), "on every clock it has begun: it is no new key");
    let deployed = "--deployed-by 2030-01-01T01:00:00Z";
    assert!(margin("2030-01-01T01:01:59Z", deployed));
    assert!(!margin("2030-01-01T01:02:00Z", deployed));
    assert!(!margin("2029-12-01T00:00:00Z", deployed));
    let dir = Dir::with_ring(&ring("2030-01-01T00:01:00Z"));
    let said = dir.run(&format!("keys check ring --at {NOW}")).out;
    assert!(
        said.contains("clock skew margin below two minutes")
            && said.contains("2030-01-01T00:02:00Z or later"),
        "{said}"
    );
}

#[test]
fn a_key_just_added_passes_with_the_defaults_and_not_with_now() {
    let dir = Dir::with_ring(&token());
    dir.run("keys add ring --retire-after 45d").ok();
    assert_eq!(dir.run("keys check ring").ok(), "ok\tno problem found\n");
    let dir = Dir::with_ring(&token());
    dir.run("keys add ring --seal-in now --retire-after 45d").ok();
    assert_eq!(dir.run("keys check ring").status, 1);
}

#[test]
fn a_key_that_has_ended_and_one_that_never_seals_are_warnings() {
    let (never, ended) = (token(), token());
    let text = format!(
        "{} seal-from=2030-02-01T00:00:00Z\n{never} seal-from=2030-02-01T00:00:00Z\n{ended} open-until=2029-01-01T00:00:00Z\n{}\n",
        token(),
        token()
    );
    assert_eq!(problems(&text, ""), ["warning never-seals", "warning ended"]);
    let said = Dir::with_ring(&text).run(&format!("keys check ring --at {NOW}")).ok();
    assert!(said.contains(&id_of(&never)) && said.contains(&id_of(&ended)));
}

#[test]
fn a_file_that_others_can_read_is_a_warning() {
    for (mode, expected) in [(0o600, 0), (0o640, 0), (0o644, 1), (0o604, 1)] {
        let dir = Dir::with_ring(&rotating("2030-02-09T00:00:00Z"));
        dir.set_mode("ring", mode);
        let said = dir.run(&format!("keys check ring --at {NOW}")).ok();
        assert_eq!(said.matches("readable-by-others").count(), expected, "{mode:o}: {said}");
    }
}

#[test]
fn a_ring_that_a_server_refuses_is_a_problem_with_its_line() {
    let text = format!("{}\n{} seal-from=2030-01-01T00:00:00Z\n", token(), token());
    assert_eq!(problems(&text, ""), ["error refused"]);
    assert!(Dir::with_ring(&text).run("keys check ring").out.contains("line 1"));
    assert!(Dir::new().run("keys check nowhere").out.contains("cannot read \"nowhere\""));
}
