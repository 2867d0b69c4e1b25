//! `keys diff`: what differs between two rings, and whether a fleet can change from one to the
//! other.

use super::run::{Dir, Said, id_of, token};
use serde_json::json;

const AT: &str = "--at 2030-01-01T00:00:00Z";

fn diff(old: &str, new: &str, options: &str) -> Said {
    let dir = Dir::with_ring(old);
    dir.write("new", new);
    let said = dir.run(format!("keys diff ring new {AT} {options}").trim_end());
    assert_eq!(said.err, "", "{said:?}");
    said
}

#[test]
fn rings_that_differ_in_comments_alone_are_the_same() {
    let (one, two) = (token(), token());
    let old = format!("# shop\n{one} seal-from=2029-01-01T00:00:00Z\n{two}\n");
    let new = format!("{one}  seal-from=2029-01-01T01:00:00+01:00 # mine; {two}");
    let said = diff(&old, &new, "");
    assert_eq!((said.status, said.out.as_str()), (0, "the same keys, dates and order\n"));
    let json = diff(&old, &new, "--json").json();
    assert_eq!((&json["same"], &json["safe"]), (&json!(true), &json!(true)));
}

#[test]
fn a_rotation_is_safe_until_its_key_seals() {
    let (new, old) = (token(), token());
    let (new_id, old_id) = (id_of(&new), id_of(&old));
    let said = diff(
        &format!("{old}\n"),
        &format!("{new} seal-from=2030-01-01T01:00:00Z\n{old} open-until=2030-02-15T01:00:00Z\n"),
        "",
    );
    assert_eq!(said.status, 1);
    assert_eq!(
        said.out,
        format!(
            "+\t{new_id}\tXAES-256-GCM\tseal-from 2030-01-01T01:00:00Z (in 1 hour), no open-until\n\
             ~\t{old_id}\tXAES-256-GCM\topen-until 2030-02-15T01:00:00Z (in 45 days), before: no open-until\n\
             safe: the new ring opens everything that the old one seals\n\
             every server must have the new ring two minutes before 2030-01-01T01:00:00Z (in 1 hour)\n"
        )
    );
}

#[test]
fn a_rollout_that_signs_visitors_out_is_not_safe() {
    let (new, old, older) = (token(), token(), token());
    let [new_id, old_id, older_id] = [&new, &old, &older].map(|token| id_of(token));
    // What differs, and what is said of it.
    for (before, after, sentence) in [
        // The key replaced in place of one added.
        (
            format!("{old}\n"),
            format!("{new}\n"),
            format!(
                "sessions that {old_id} sealed may live until 2030-01-31T00:02:00Z, and the new ring does not have it"
            ),
        ),
        // One that seals at once.
        (
            format!("{old}\n"),
            format!("{new}\n{old}\n"),
            String::from("servers with one ring do not open"),
        ),
        // An end too early.
        (
            format!("{new} seal-from=2029-12-31T00:00:00Z\n{old}\n"),
            format!(
                "{new} seal-from=2029-12-31T00:00:00Z\n{old} open-until=2030-01-10T00:00:00Z\n"
            ),
            format!(
                "sessions that {old_id} sealed may live until 2030-01-30T00:02:00Z, and the new ring opens with it until 2030-01-10T00:00:00Z"
            ),
        ),
        // A key that opens, of which the dates say nothing.
        (
            format!("{old}\n{older}\n"),
            format!("{old}\n"),
            format!("the dates do not say when {older_id} sealed"),
        ),
        (
            format!("{old}\n"),
            format!("{new} seal-from=2030-02-01T00:00:00Z\n"),
            String::from("no key of the new ring seals now"),
        ),
    ] {
        let said = diff(&before, &after, "");
        assert!(
            said.status == 1 && said.out.contains("not safe: ") && said.out.contains(&sentence),
            "{said:?}"
        );
        assert!(!said.out.contains("\nsafe"), "{said:?}");
        assert_eq!(diff(&before, &after, "--json").json()["safe"], json!(false), "{sentence}");
    }
    let json = diff(&format!("{old}\n"), &format!("{new}\n"), "--json").json();
    assert_eq!(json["ends_sessions_of"], json!([old_id]));
    assert_eq!(json["seals"], json!({ "old": old_id, "new": new_id }));
    assert_eq!(json["roll_out_before"], json!("2030-01-01T00:00:00Z"));
}

#[test]
fn a_key_whose_sessions_have_ended_may_go() {
    let (new, old) = (token(), token());
    let before = format!("{new} seal-from=2029-11-01T00:00:00Z\n{old}\n");
    let after = format!("{new} seal-from=2029-11-01T00:00:00Z\n");
    let said = diff(&before, &after, "");
    assert!(
        said.out.ends_with("safe: the new ring opens everything that the old one seals\n"),
        "{said:?}"
    );
    let said = diff(&before, &after, "--absolute 90d");
    assert!(said.out.contains("not safe") && said.out.contains("2030-01-30T00:02:00Z"), "{said:?}");
    // Nor is a scheduled key missed that was taken back before it sealed.
    let before = format!("{new} seal-from=2030-01-01T06:00:00Z\n{old}\n");
    let said = diff(&before, &format!("{old}\n"), "");
    assert!(
        said.out.contains("\nsafe") && said.out.contains("two minutes before 2030-01-01T06:00:00Z"),
        "{said:?}"
    );
}

#[test]
fn another_order_is_a_difference() {
    let (one, two) = (token(), token());
    let said = diff(&format!("{one}\n{two}\n"), &format!("{two}\n{one}\n"), "");
    assert_eq!(said.status, 1);
    let seals =
        format!("seals now: {} in the old ring, {} in the new ring\n", id_of(&one), id_of(&two));
    assert!(said.out.starts_with(&format!("~\tthe order of the keys\n{seals}")), "{said:?}");
    assert!(said.out.ends_with("safe: the new ring opens everything that the old one seals\n"));
}

#[test]
fn a_ring_that_cannot_be_read_is_status_2() {
    let one = token();
    let dir = Dir::with_ring(&one);
    assert!(dir.run("keys diff ring nowhere").wrong_use().contains("cannot read \"nowhere\""));
    assert!(dir.run("keys diff nowhere ring").wrong_use().contains("cannot read \"nowhere\""));
    assert!(dir.run("keys diff - -").wrong_use().contains("only one of the two"));
    assert_eq!(dir.run_with(&["keys", "diff", "ring", "-"], &one).status, 0);
    assert_eq!(dir.run_with(&["keys", "diff", "env:PRINTED_RING", "ring"], &one).status, 0);
    let said = dir.run_with(&["keys", "diff", "ring", &one], "").wrong_use();
    assert!(said.contains("(a key, not shown)"), "{said}");
}
