//! What each command makes of a ring's text, byte for byte.

use super::run::{Dir, id_of, token};
use sealed_session::{KeyRing, Suite};
use std::time::{Duration, SystemTime};

/// Adds a key to a ring of this text; gives the new text with the new key's token as `NEW`.
fn added(text: &str, options: &str) -> String {
    let dir = Dir::with_ring(text);
    dir.run(&format!("keys add ring {options}")).ok();
    let new = dir.read("ring");
    let tokens = || {
        new.split(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)))
            .filter(|word| word.starts_with("ssk1."))
    };
    let fresh: Vec<&str> = tokens().filter(|token| !text.contains(token)).collect();
    assert_eq!(fresh.len(), 1);
    new.replace(fresh[0], "NEW")
}

const AT: &str = "--seal-in 2030-01-01T00:00:00Z";

#[test]
fn new_makes_a_ring_of_one_key_that_the_library_loads() {
    for (option, suite) in
        [("", Suite::Xaes256Gcm), (" --suite xchacha20poly1305", Suite::XChaCha20Poly1305)]
    {
        let dir = Dir::new();
        let said = dir.run(&format!("keys new ring{option}")).ok();
        let keys = KeyRing::from_file(dir.path("ring")).unwrap().keys();
        assert_eq!((keys.len(), keys[0].suite), (1, suite));
        assert!(said.contains(&keys[0].id.to_string()), "{said}");
    }
}

#[test]
fn new_prints_the_key_alone_where_it_is_to_be_piped() {
    for words in [vec!["keys", "new"], vec!["keys", "new", "-"]] {
        let said = Dir::new().run_exposing(&words, "");
        assert_eq!(said.status, 0);
        assert_eq!(said.out.lines().count(), 1);
        assert!(said.err.contains(&id_of(&said.out)));
    }
}

#[test]
fn new_never_overwrites() {
    let dir = Dir::with_ring("precious");
    assert!(dir.run("keys new ring").refused().contains("already exists"));
    assert_eq!(dir.read("ring"), "precious");
}

#[test]
fn add_inserts_above_and_keeps_every_other_byte() {
    let (one, two) = (token(), token());
    let text = format!(
        "# shop, production\n\n \t{one}\tseal-from=2029-01-01T00:00:00+01:00  # mine\n\n# old\n{two}   \n# end"
    );
    let (before, after) = text.split_at(text.find(" \t").unwrap());
    assert_eq!(
        added(&text, AT),
        format!("{before}NEW  seal-from=2030-01-01T00:00:00Z\n{after}\n"),
        "and ends the last line"
    );
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_kept() {
    let one = token();
    let text = format!("\u{feff}{one}\r\n# end\r\n");
    assert_eq!(
        added(&text, AT),
        format!("\u{feff}NEW  seal-from=2030-01-01T00:00:00Z\r\n{one}\r\n# end\r\n")
    );
    let retired = added(&text, &format!("{AT} --retire-after 1d"));
    assert_eq!(
        retired,
        format!(
            "\u{feff}NEW  seal-from=2030-01-01T00:00:00Z\r\n{one}  open-until=2030-01-02T00:00:00Z\r\n# end\r\n"
        )
    );
}

#[test]
fn a_text_of_one_line_stays_one() {
    let (one, two) = (token(), token());
    let text = format!("# a; {one};{two}");
    let longer = format!("# a; NEW  seal-from=2030-01-01T00:00:00Z; {one};{two}\n");
    assert_eq!(added(&text, AT), longer, "and is ended, so that a server need not wait for more");
    assert_eq!(added(&format!("{text}\r\n"), AT), longer.replace('\n', "\r\n"));
    // Keys that have a line each go on having it.
    assert_eq!(
        added(&format!("{one}\n"), AT),
        format!("NEW  seal-from=2030-01-01T00:00:00Z\n{one}\n")
    );
}

#[test]
fn a_comment_right_above_a_key_stays_with_it_and_the_head_of_the_text_on_top() {
    let one = token();
    let new = "NEW  seal-from=2030-01-01T00:00:00Z\n";
    assert_eq!(added(&format!("# head\n{one}\n"), AT), format!("# head\n{new}{one}\n"));
    assert_eq!(
        added(&format!("# head\n\n# of the key\n{one}\n"), AT),
        format!("# head\n\n{new}# of the key\n{one}\n")
    );
}

#[test]
fn retire_after_counts_from_the_new_key_and_ends_those_before_it_alone() {
    let (open, ends_sooner, ends_later, successor) = (token(), token(), token(), token());
    let text = format!(
        "{successor} seal-from=2031-01-01T00:00:00Z\n{ends_later} seal-from=2029-06-01T00:00:00Z open-until=2039-01-01T00:00:00Z # c\n\
         {ends_sooner} open-until=2030-01-05T00:00:00Z\n{open}\n"
    );
    let expected = format!(
        "NEW  seal-from=2030-01-01T00:00:00Z\n{successor} seal-from=2031-01-01T00:00:00Z\n\
         {ends_later} seal-from=2029-06-01T00:00:00Z open-until=2030-02-15T00:00:00Z # c\n\
         {ends_sooner} open-until=2030-01-05T00:00:00Z\n{open}  open-until=2030-02-15T00:00:00Z\n"
    );
    assert_eq!(added(&text, &format!("{AT} --retire-after 45d")), expected);
}

#[test]
fn a_new_key_seals_ten_minutes_from_now_unless_told_otherwise() {
    for (option, ahead) in [
        ("", 600),
        ("--seal-in 2w", 14 * 86_400),
        ("--seal-in 1d12h", 129_600),
        ("--seal-in now", 0),
    ] {
        let dir = Dir::with_ring(&token());
        let before = SystemTime::now();
        dir.run(format!("keys add ring {option}").trim()).ok();
        let after = SystemTime::now();
        let from = KeyRing::from_file(dir.path("ring")).unwrap().keys()[0].seal_from.unwrap();
        // A ring has whole seconds.
        let range = before + Duration::from_secs(ahead) - Duration::from_secs(1)
            ..=after + Duration::from_secs(ahead);
        assert!(range.contains(&from), "{option}: {from:?}");
    }
}

#[test]
fn what_a_server_would_refuse_is_not_written() {
    let full: String = (0..64).map(|_| token() + "\n").collect();
    let long = format!("{}\n#{}\n", token(), "x".repeat(16 * 1024 - 70));
    let dated = format!("{} seal-from=2030-01-01T00:00:00Z\n", token());
    for (text, options, why) in [
        (&full, "", "at most 64 keys"),
        (&long, "", "longer than 16384 bytes"),
        (
            &dated,
            " --seal-in 2030-01-01T00:00:00Z --retire-after 0s",
            "open-until is not after seal-from",
        ),
    ] {
        let dir = Dir::with_ring(text);
        let said = dir.run(&format!("keys add ring{options}")).refused();
        assert!(said.contains("nothing was changed") && said.contains(why), "{said}");
        assert_eq!(dir.read("ring"), *text);
        assert_eq!(dir.names(), ["ring"]);
    }
}

#[test]
fn retire_sets_the_end_of_one_key_in_place() {
    let (new, old) = (token(), token());
    let id = id_of(&old);
    let dir = Dir::with_ring(&format!("{new}\n# old\n\t{old}  # c\n"));
    dir.run(&format!("keys retire ring {id} --at 2030-01-01T00:00:00Z")).ok();
    assert_eq!(
        dir.read("ring"),
        format!("{new}\n# old\n\t{old}  open-until=2030-01-01T00:00:00Z  # c\n")
    );
    dir.run(&format!("keys retire ring {} --at 2029-01-01T00:00:00Z", id.to_uppercase())).ok();
    assert_eq!(
        dir.read("ring"),
        format!("{new}\n# old\n\t{old}  open-until=2029-01-01T00:00:00Z  # c\n")
    );
}

#[test]
fn retire_now_ends_a_key_now_and_says_what_it_costs() {
    let (new, old) = (token(), token());
    let text = format!("{new} seal-from=2020-01-01T00:00:00Z\n{old}\n");
    let dir = Dir::with_ring(&text);
    assert!(
        !dir.run(&format!("keys retire ring {}", id_of(&old))).ok().contains("will end early"),
        "it sealed last in 2020"
    );
    let listed = dir.run("keys list ring --json").json();
    assert_eq!(
        (&listed["keys"][0]["state"], &listed["keys"][1]["state"]),
        (&"seals".into(), &"ended".into())
    );

    let dir = Dir::with_ring(&format!(
        "{new} seal-from=2020-01-01T00:00:00Z\n{old} seal-from=2019-01-01T00:00:00Z\n"
    ));
    assert!(
        dir.run(&format!("keys retire ring {}", id_of(&new)))
            .ok()
            .contains("some sessions that this key sealed will end early")
    );
}

#[test]
fn retire_refuses_what_would_leave_no_key_to_seal() {
    let one = token();
    let dir = Dir::with_ring(&one);
    assert!(
        dir.run(&format!("keys retire ring {}", id_of(&one)))
            .refused()
            .contains("no key would seal")
    );
    assert!(
        dir.run(&format!("keys retire ring {} --at 2040-01-01T00:00:00Z", id_of(&one)))
            .refused()
            .contains("no key would seal")
    );
    assert!(
        dir.run("keys retire ring 00000000").refused().contains(&id_of(&one)),
        "it names the ids that there are"
    );
    assert_eq!(dir.read("ring"), one);
}

#[test]
fn retire_works_in_a_ring_of_which_no_key_seals_anyway() {
    let (one, two) = (token(), token());
    let dir = Dir::with_ring(&format!(
        "{one} open-until=2020-01-01T00:00:00Z\n{two} open-until=2020-01-01T00:00:00Z\n"
    ));
    dir.run(&format!("keys retire ring {} --at 2019-01-01T00:00:00Z", id_of(&two))).ok();
    assert!(dir.read("ring").ends_with(&format!("{two} open-until=2019-01-01T00:00:00Z\n")));
}

#[test]
fn retire_refuses_to_end_a_key_before_it_seals() {
    let (new, old) = (token(), token());
    let text = format!("{new} seal-from=2039-01-01T00:00:00Z\n{old}\n");
    let dir = Dir::with_ring(&text);
    let said = dir.run(&format!("keys retire ring {}", id_of(&new))).refused();
    assert!(said.contains("2039-01-01T00:00:00Z") && said.contains("delete its line"), "{said}");
    assert_eq!(dir.read("ring"), text);
}

#[test]
fn prune_takes_out_what_has_ended_and_nothing_else() {
    let (a, b, c) = (token(), token(), token());
    let gone = "open-until=2020-01-01T00:00:00Z";
    for (text, left) in [
        (
            format!("# head\n{a}\n# old\n{b} {gone} # c\n\n{c} {gone}\n# end\n"),
            format!("# head\n{a}\n# old\n\n# end\n"),
        ),
        (
            format!("{a}\r\n{b} {gone}\r\n{c} open-until=2040-01-01T00:00:00Z\r\n"),
            format!("{a}\r\n{c} open-until=2040-01-01T00:00:00Z\r\n"),
        ),
        (format!("{a}\n{b} {gone}"), format!("{a}\n")),
        (format!("{a}; {b} {gone}; {c}"), format!("{a}; {c}\n")),
        (format!("{b} {gone} ;{a};{c} {gone}"), format!("{a}\n")),
        (format!("\u{feff}{b} {gone} # c; {c} {gone}\n{a}\n"), format!("\u{feff}{a}\n")),
        (format!("{a}; # note; {b} {gone}\r\n"), format!("{a}; # note\r\n")),
        (a.clone(), format!("{a}\n")),
    ] {
        let dir = Dir::with_ring(&text);
        let said = dir.run("keys prune ring").ok();
        assert_eq!(dir.read("ring"), left);
        for key in [&b, &c].into_iter().filter(|key| text.contains(*key)) {
            assert_eq!(said.contains(&id_of(key)), !left.contains(key.as_str()), "{said}");
        }
    }
}

#[test]
fn prune_leaves_a_ring_of_which_every_key_has_ended() {
    let text = format!("{} open-until=2020-01-01T00:00:00Z", token());
    let dir = Dir::with_ring(&text);
    assert!(dir.run("keys prune ring").refused().contains("no key would be left"));
    assert_eq!(dir.read("ring"), text);
}

#[test]
fn list_says_what_each_key_does_at_a_time() {
    let (next, now, old, ended) = (token(), token(), token(), token());
    let text = format!(
        "{next} seal-from=2030-02-01T00:00:00Z\n{now} seal-from=2029-01-01T00:00:00Z\n{old} open-until=2030-02-01T00:00:00Z\n\
         {ended} open-until=2030-01-01T00:00:00Z\n"
    );
    let dir = Dir::with_ring(&text);
    let (next, now, old, ended) = (id_of(&next), id_of(&now), id_of(&old), id_of(&ended));
    let suite = "XAES-256-GCM";
    let expected = format!(
        "{next}\t{suite}\tseals from 2030-02-01T00:00:00Z (in 31 days)\tnever expires\n\
         {now}\t{suite}\tseals now\tnever expires\n\
         {old}\t{suite}\topens only\texpires 2030-02-01T00:00:00Z (in 31 days)\n\
         {ended}\t{suite}\tended\texpired 2030-01-01T00:00:00Z (now)\n"
    );
    assert_eq!(dir.run("keys list ring --at 2030-01-01T00:00:00Z").ok(), expected);
    let said = dir.run("--json keys list ring --at 2030-01-01T00:00:00Z");
    let states: Vec<String> = said.json()["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["state"].to_string())
        .collect();
    assert_eq!(states, ["\"scheduled\"", "\"seals\"", "\"opens\"", "\"ended\""]);
    assert_eq!(said.json()["keys"][3]["open_until"], "2030-01-01T00:00:00Z");
}

#[test]
fn show_at_says_which_seals_and_which_open() {
    let (new, old) = (token(), token());
    let dir = Dir::with_ring(&format!(
        "{new} seal-from=2030-01-01T00:00:00Z\n{old} open-until=2030-02-01T00:00:00Z\n"
    ));
    let (new, old) = (id_of(&new), id_of(&old));
    for (time, seals, open) in [
        ("2029-12-31T23:59:59Z", &old, format!("{new} {old}")),
        ("2030-01-01T01:00:00+01:00", &new, format!("{new} {old}")),
        ("2030-02-01T00:00:00Z", &new, new.clone()),
    ] {
        let said = dir.run(&format!("keys show-at ring {time}")).ok();
        assert!(said.contains(&format!("seals\t{seals}\nopen\t{open}\n")), "{said}");
        assert_eq!(dir.run(&format!("keys show-at ring {time} --json")).json()["seals"], **seals);
    }
}

#[test]
fn show_at_a_time_at_which_none_seals_says_none() {
    let dir = Dir::with_ring(&format!("{} open-until=2030-01-01T00:00:00Z", token()));
    assert!(
        dir.run("keys show-at ring 2030-01-01T00:00:00Z")
            .ok()
            .contains("seals\tnone\nopen\tnone\n")
    );
    assert!(dir.run("keys show-at ring -1d").ok().contains("open\t"), "a day ago");
}
