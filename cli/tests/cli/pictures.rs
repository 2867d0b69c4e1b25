//! `keys timeline`, as text, SVG and JSON.

use super::run::{Dir, id_of, token};

const NOW: &str = "2030-01-01T00:00:00Z";

fn ring() -> (Dir, String, String) {
    let (new, old) = (token(), token());
    let text =
        format!("{new} seal-from=2030-02-01T00:00:00Z\n{old} open-until=2030-04-01T00:00:00Z\n");
    (Dir::with_ring(&text), id_of(&new), id_of(&old))
}

/// The moment of the last seal, the absolute timeout, and two minutes for a clock that is slow.
#[test]
fn it_says_from_when_on_the_oldest_key_is_safe_to_remove() {
    let (dir, _, old) = ring();
    let last = |words: &str| dir.run(words).ok().lines().last().unwrap().to_owned();
    let said = last(&format!("keys timeline ring --at {NOW}"));
    assert_eq!(
        said,
        format!("{old}, the oldest key, is safe to remove from 2030-03-03T00:02:00Z (in 61 days)")
    );
    let said = last(&format!("keys timeline ring --at {NOW} --absolute 2d --idle 2d"));
    assert!(said.contains("2030-02-03T00:02:00Z"), "{said}");
    let said = last(&format!("keys timeline ring --at {NOW} --absolute 100d"));
    assert!(
        said.contains("is of no use from 2030-04-01T00:00:00Z"),
        "what has run out is no longer needed: {said}"
    );
    assert!(
        said.ends_with("could have lived until 2030-05-12T00:02:00Z (in 131 days)"),
        "and it says what that costs: {said}"
    );
}

#[test]
fn where_the_dates_do_not_say_it_does_not_either() {
    let (one, two) = (token(), token());
    let said = Dir::with_ring(&one).run("keys timeline ring").ok();
    assert!(
        said.ends_with(&format!(
            "{}, the oldest key, seals until a successor is scheduled\n",
            id_of(&one)
        )),
        "{said}"
    );
    let said = Dir::with_ring(&format!("{one}\n{two}\n")).run("keys timeline ring").ok();
    assert!(
        said.contains(&format!(
            "{}, the oldest key, is safe to remove 30 days after its successor began",
            id_of(&two)
        )),
        "{said}"
    );
}

#[test]
fn bars_show_who_opens_and_seals_and_whose_sessions_live() {
    let (dir, new, old) = ring();
    let said = dir.run(&format!("keys timeline ring --at {NOW}")).ok();
    let lines: Vec<&str> = said.lines().collect();
    let bar = |id: &str| lines.iter().position(|line| line.starts_with(id)).unwrap();
    let runs = |line: &str| {
        let mut bar: Vec<char> = line.chars().skip(10).collect();
        bar.dedup();
        bar.into_iter().collect::<String>()
    };
    assert_eq!(
        (runs(lines[bar(&new)]).as_str(), runs(lines[bar(&new) + 1]).as_str()),
        ("─█", " ░")
    );
    assert_eq!((runs(lines[bar(&old)]).as_str(), runs(lines[bar(&old) + 1]).as_str()), ("█─", "░"));
    // A line's place is its time: the new one's sessions begin where it seals, and there the old
    // one stops.
    let begins =
        |line: &str, what: char| line.chars().position(|character| character == what).unwrap();
    assert_eq!(begins(lines[bar(&new)], '█'), begins(lines[bar(&old)], '─'));
    assert_eq!(begins(lines[bar(&new)], '█'), begins(lines[bar(&new) + 1], '░'));
    for (time, what) in [
        ("2030-02-01T00:00:00Z", format!("{new} begins to seal")),
        ("2030-04-01T00:00:00Z", format!("{old} expires")),
    ] {
        assert!(said.contains(&format!("{time}  {what}\n")), "{said}");
    }
}

#[test]
fn sessions_that_a_key_cuts_short_are_crossed_out() {
    let text = format!(
        "{} seal-from=2030-02-01T00:00:00Z\n{} open-until=2030-02-05T00:00:00Z\n",
        token(),
        token()
    );
    let said = Dir::with_ring(&text).run(&format!("keys timeline ring --at {NOW}")).ok();
    assert!(said.contains("░×"), "{said}");
    let (dir, ..) = ring();
    assert!(!dir.run(&format!("keys timeline ring --at {NOW}")).ok().contains("░×"));
}

#[test]
fn svg_is_well_formed_and_says_the_same() {
    let (dir, new, old) = ring();
    let svg = dir.run(&format!("keys timeline ring --svg --at {NOW}")).ok();
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"));
    for word in [&*new, &*old, "safe to remove from 2030-03-03T00:02:00Z"] {
        assert!(svg.contains(word), "{svg}");
    }
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("every tag ends");
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name), "{tag}"),
            (false, false) => open.push(name),
            (false, true) => {}
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn json_has_the_same_moments() {
    let (dir, new, old) = ring();
    let json = dir.run(&format!("keys timeline ring --json --at {NOW}")).json();
    assert_eq!(
        (&json["oldest"], &json["keys"][0]["key_id"]),
        (&old.as_str().into(), &new.as_str().into())
    );
    assert_eq!(json["keys"][0]["seals"][0]["from"], "2030-02-01T00:00:00Z");
    assert_eq!(json["keys"][1]["seals"][0]["until"], "2030-02-01T00:00:00Z");
    assert_eq!(json["keys"][1]["safe_to_remove_from"], "2030-03-03T00:02:00Z");
    assert!(json["keys"][0]["safe_to_remove_from"].is_null());
}
