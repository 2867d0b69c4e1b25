//! docs/rules.md §4: a server reads a file while another process writes it. The servers' clocks
//! start at the time of the test, so every file counts as recently modified, whatever its date.

use super::{Dir, Node, date, long_ago, now, unknown, write};
use crate::support::*;
use sealed_session::clock::ManualClock;
use sealed_session::error::{KeyProblem, Position, RingError};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

fn young(text: &str) -> Node {
    let dir = Dir::new();
    write(&dir.join("keys"), text);
    Node::by(ManualClock::at(now()), dir, "keys")
}

#[derive(Clone, Copy, Debug)]
enum Way {
    /// Truncated and written again.
    InPlace,
    /// Overwritten from its beginning. A reading in between sees the new part followed by the old
    /// rest.
    Over,
    /// Removed and created again.
    Created,
    /// Written beside it and renamed before it is complete.
    Renamed,
}

const WAYS: [Way; 4] = [Way::InPlace, Way::Over, Way::Created, Way::Renamed];

fn dates() -> [SystemTime; 3] {
    [long_ago(), SystemTime::now(), SystemTime::now() + secs(3600)]
}

/// Writes the first part of a text.
fn begin(node: &Node, way: Way, part: &[u8]) {
    let path = &node.path;
    match way {
        Way::InPlace => fs::write(path, part).unwrap(),
        Way::Over => fs::File::options().write(true).open(path).unwrap().write_all(part).unwrap(),
        Way::Created => {
            fs::remove_file(path).unwrap();
            fs::write(path, part).unwrap();
        }
        Way::Renamed => {
            fs::write(node.dir.join("beside"), part).unwrap();
            fs::rename(node.dir.join("beside"), path).unwrap();
        }
    }
}

/// Writes the rest to the same file.
fn end(path: &Path, begun: usize, text: &str) {
    let mut file = fs::File::options().write(true).open(path).unwrap();
    file.set_len(begun as u64).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap();
    file.write_all(&text.as_bytes()[begun..]).unwrap();
}

/// The old ring and a longer new one: a comment, a scheduled key, the old key with an end, and an
/// older key.
fn rings() -> (String, String) {
    let old = format!("{}\n", line("").trim());
    let new = format!(
        "# the shop\n{}\n{}  open-until=2100-01-01T00:00:00Z\n{}\n",
        line("seal-from=2026-01-01T00:00:00Z"),
        old.trim(),
        line("open-until=2100-01-01T00:00:00Z")
    );
    (old, new)
}

/// The places at which a text is cut: its beginning, around the end of each line, and every
/// thirteenth byte.
fn cuts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let near = |cut: usize| {
        text.bytes().enumerate().any(|(at, byte)| byte == b'\n' && cut.abs_diff(at + 1) <= 1)
    };
    (0..text.len()).filter(move |cut| cut % 13 == 0 || near(*cut))
}

#[test]
fn a_file_being_written_gives_the_old_or_the_new_ring() {
    let (old, new) = rings();
    for way in WAYS {
        for modified in dates() {
            for cut in cuts(&new) {
                let node = young(&old);
                begin(&node, way, &new.as_bytes()[..cut]);
                date(&node.path, modified);
                // The writer pauses for a second, perhaps at the end of a line.
                node.pass(10);
                assert!(node.holds(&old), "{way:?}, {cut} bytes");
                node.pass(1);
                assert!(node.holds(&old), "{way:?}, {cut} bytes");
                end(&node.path, cut, &new);
                date(&node.path, modified);
                let mut seconds = 0;
                while !node.holds(&new) {
                    assert!(node.holds(&old), "{way:?}, {cut} bytes: {:?}", node.file);
                    assert_eq!(node.file.last_error(), None, "{way:?}, {cut} bytes");
                    seconds += 1;
                    assert!(seconds <= 12, "{way:?}, {cut} bytes: {:?}", node.file);
                    node.pass(1);
                }
                // Once the ring is the new one, it stays.
                node.pass(60);
                assert!(node.holds(&new));
            }
        }
    }
}

#[test]
fn a_whole_text_is_accepted_after_2_seconds() {
    let (old, new) = rings();
    for way in WAYS {
        for modified in dates() {
            let node = young(&old);
            begin(&node, way, new.as_bytes());
            date(&node.path, modified);
            node.pass(10);
            assert!(node.holds(&old), "{way:?}");
            node.pass(1);
            assert!(node.holds(&old), "{way:?}");
            node.pass(1);
            assert!(node.holds(&new), "{way:?}");
            assert_eq!(node.file.last_error(), None);
        }
    }
}

/// As in a Kubernetes secret made with `--from-literal`, or from an editor that adds no line feed.
#[test]
fn a_text_without_a_line_feed_is_accepted_after_10_seconds() {
    let (old, new) = rings();
    for text in [new.trim_end(), &format!("{}\n#", new.trim_end()), line("").trim()] {
        let node = young(&old);
        begin(&node, Way::Renamed, text.as_bytes());
        node.pass(10);
        for _ in 0..9 {
            node.pass(1);
            assert!(node.holds(&old));
        }
        node.pass(1);
        assert!(node.holds(text), "{text}");
    }
}

#[test]
fn the_end_of_the_first_line_is_waited_for() {
    let (old, new) = rings();
    let first = new.find('\n').unwrap() + 1;
    let cut = first + new[first..].find('\n').unwrap();
    let node = young(&old);
    begin(&node, Way::InPlace, &new.as_bytes()[..cut]);
    (0..19).for_each(|_| node.pass(1));
    assert!(node.holds(&old), "the first key alone is a ring");
    end(&node.path, cut, &new);
    (0..4).for_each(|_| node.pass(1));
    assert!(node.holds(&new));
}

/// There is no other ring to start with.
#[test]
fn half_a_file_at_the_start_is_replaced_by_the_whole() {
    let (_, new) = rings();
    let lines: Vec<&str> = new.split_inclusive('\n').collect();
    let half = lines[..2].concat();
    let node = young(&half);
    assert!(node.holds(&half));
    end(&node.path, half.len(), &new);
    for _ in 0..12 {
        assert!(node.holds(&half) || node.holds(&new));
        node.pass(1);
    }
    assert!(node.holds(&new));
}

#[test]
fn a_file_that_keeps_changing_is_taken_as_it_is() {
    let (old, new) = rings();
    let node = young(&old);
    for reading in 1..=6 {
        begin(&node, Way::InPlace, format!("{new}# {reading}\n").as_bytes());
        node.pass(10);
        assert_eq!(node.holds(&new), reading == 6);
        assert_eq!(node.file.last_error(), None);
    }
}

#[cfg(unix)]
#[test]
fn a_file_untouched_for_two_minutes_is_accepted_at_once() {
    use std::os::unix::fs::MetadataExt;
    let (old, new) = rings();
    for (seconds, text) in [(121, &old), (122, &new)] {
        let node = young(&old);
        begin(&node, Way::Created, new.as_bytes());
        date(&node.path, long_ago());
        let changed = u64::try_from(fs::metadata(&node.path).unwrap().ctime()).unwrap();
        node.clock.set(secs(changed + seconds));
        node.touch();
        assert!(node.holds(text), "{seconds}");
    }
    let node = young(&old);
    begin(&node, Way::Created, new.as_bytes());
    date(&node.path, SystemTime::now() + secs(3600));
    node.pass(600);
    assert!(node.holds(&old), "a date ahead says nothing");
    node.pass(2);
    assert!(node.holds(&new));
}

#[test]
fn an_unknown_key_speeds_up_reading_and_not_acceptance() {
    let (old, new) = rings();
    let node = young(&old);
    let ask = || {
        drop(Call::get().cookie(&unknown()).run(&node.sessions, |session| session.load_status()))
    };
    begin(&node, Way::Created, &new.as_bytes()[..new.find("\n").unwrap() + 1]);
    node.clock.advance(secs(5));
    ask();
    begin(&node, Way::InPlace, new.as_bytes());
    for _ in 0..3 {
        assert!(node.holds(&old));
        node.clock.advance(secs(1));
        ask();
    }
    assert!(node.holds(&old), "the second reading found another text than the first");
    node.clock.advance(secs(1));
    ask();
    assert!(node.holds(&new));
}

#[test]
fn a_refused_text_is_reported_once_whole() {
    let (old, new) = rings();
    let node = young(&old);
    let refused =
        Some(RingError::Text { position: Position::Key(1), problem: KeyProblem::NotAKey });
    begin(&node, Way::Renamed, b"nonsense");
    node.pass(10);
    assert_eq!(node.file.last_error(), None, "it may become a ring yet");
    (0..10).for_each(|_| node.pass(1));
    assert_eq!(node.file.last_error(), refused);
    node.pass(10);
    assert_eq!(node.file.last_error(), refused);
    begin(&node, Way::InPlace, &new.as_bytes()[..new.len() / 2]);
    node.pass(10);
    assert!(node.holds(&old));
    end(&node.path, new.len() / 2, &new);
    node.pass(2);
    assert!(node.holds(&old));
    node.pass(2);
    assert!(node.holds(&new));
    assert_eq!(node.file.last_error(), None);
}
