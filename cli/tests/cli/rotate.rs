//! `keys rotate`: what is due is done once, at every time some key seals, every key opens for
//! `--keep` after it stopped sealing, and nothing is lost on a wrong clock, a full disk, a file
//! that cannot be written, or one that is edited meanwhile.

use super::run::{Dir, PROGRAM, Said, id_of, token};
use sealed_session::KeyRing;
use sealed_session::keys::KeyId;
use std::collections::HashMap;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
/// 2030-01-01T00:00:00Z.
const START: u64 = 1_893_456_000;
/// As in the documents.
const TERMS: &str = "--every 30d --lead 1h --keep 45d";

fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn print(seconds: u64) -> String {
    humantime::format_rfc3339_seconds(time(seconds)).to_string()
}

/// Rotates `ring` at a time.
fn rotate(dir: &Dir, at: u64, options: &str) -> Said {
    dir.run(&format!("keys rotate ring {options} --at {}", print(at)))
}

/// What changed, as `--json` has it: the added key, those retired, those removed.
fn changes(dir: &Dir, at: u64, options: &str) -> (Option<String>, Vec<String>, Vec<String>) {
    let json = rotate(dir, at, &format!("{options} --json")).json();
    let id = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let ids = |value: &serde_json::Value| value.as_array().unwrap().iter().map(id).collect();
    let retired = json["retired"].as_array().unwrap().iter().map(|key| id(&key["key_id"]));
    (json["added"]["key_id"].as_str().map(str::to_owned), retired.collect(), ids(&json["removed"]))
}

fn keys(dir: &Dir) -> Vec<String> {
    dir.read("ring").parse::<KeyRing>().unwrap().keys().iter().map(|k| k.id.to_string()).collect()
}

#[test]
fn a_ring_rotates_by_itself_for_a_year() {
    let first = token();
    let dir = Dir::with_ring(&format!("# shop\n{first}\n"));
    let first = id_of(&first);

    // A key without a date has sealed since the beginning of time.
    let said = rotate(&dir, START, TERMS).ok();
    let second = keys(&dir)[0].clone();
    assert_eq!(
        said,
        format!(
            "added {second} (XAES-256-GCM), which seals from 2030-01-01T01:00:00Z (in 1 hour)\n\
             {first} opens until 2030-02-15T01:00:00Z (in 45 days)\n"
        )
    );
    let said = rotate(&dir, START + DAY, TERMS).ok();
    assert_eq!(said, "nothing is due: the next key is due at 2030-01-31T01:00:00Z (in 29 days)\n");

    let at = START + 30 * DAY + 2 * HOUR;
    let (third, retired, removed) = changes(&dir, at, TERMS);
    assert_eq!((retired, removed), (vec![second.clone()], vec![]));
    assert_eq!(keys(&dir), [third.unwrap(), second.clone(), first.clone()]);

    let (added, retired, removed) = changes(&dir, START + 46 * DAY, TERMS);
    assert_eq!((added, retired, removed), (None, vec![], vec![first]));
    assert!(dir.read("ring").starts_with("# shop\nssk1."), "comments stay");
    assert_eq!(dir.run("keys check ring --at 2030-02-20T00:00:00Z").status, 0);
}

#[test]
fn a_second_run_changes_nothing_and_writes_nothing() {
    use std::os::unix::fs::MetadataExt;
    let dir = Dir::with_ring(&token());
    assert_eq!(rotate(&dir, START, &format!("{TERMS} --exit-code")).status, 0);
    let file = || std::fs::metadata(dir.path("ring")).map(|file| (file.ino(), file.mtime_nsec()));
    let (text, before) = (dir.read("ring"), file().unwrap());
    for at in [START, START + 1, START + 20 * DAY] {
        assert!(rotate(&dir, at, TERMS).ok().starts_with("nothing is due"));
        let said = rotate(&dir, at, &format!("{TERMS} --exit-code --json"));
        assert_eq!((said.status, &said.json()["changed"]), (3, &serde_json::json!(false)));
    }
    assert_eq!((dir.read("ring"), file().unwrap()), (text, before));
}

#[test]
fn runs_at_the_same_time_add_one_key() {
    let dir = Dir::with_ring(&token());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| rotate(&dir, START, TERMS).ok());
        }
    });
    assert_eq!((keys(&dir).len(), dir.names()), (2, vec![String::from("ring")]));
}

#[test]
fn lengths_that_sign_visitors_out_are_refused() {
    let text = token();
    let dir = Dir::with_ring(&text);
    for (terms, why) in [
        ("--lead 1min", "--lead is shorter than two minutes"),
        ("--every 1h --lead 1h", "--lead is not shorter than --every"),
        ("--keep 30min", "--keep is shorter than --lead"),
        ("--every 1d --keep 90d", "--keep is 90 times --every"),
        ("--every 0s", "--lead is not shorter than --every"),
        ("--every 1M", "write `min` for minutes"),
    ] {
        let said = dir.run(&format!("keys rotate ring {terms}")).wrong_use();
        assert!(said.contains(why), "{terms}: {said}");
    }
    assert!(dir.run("keys rotate env:PRINTED_RING").wrong_use().contains("printenv"));
    assert_eq!(dir.read("ring"), text);
    let said = dir.run("keys rotate ring --keep 14d").ok();
    assert!(said.contains("sessions live for up to 30 days"), "{said}");
}

#[test]
fn a_new_key_has_the_suite_of_the_newest() {
    let dir = Dir::new();
    dir.run("keys new ring --suite xchacha20poly1305").ok();
    assert!(rotate(&dir, START, TERMS).ok().contains("(XChaCha20-Poly1305)"));
    let said = rotate(&dir, START + 31 * DAY, &format!("{TERMS} --suite xaes256gcm")).ok();
    assert!(said.contains("(XAES-256-GCM)"), "{said}");
    assert!(rotate(&dir, START + 62 * DAY, TERMS).ok().contains("(XAES-256-GCM)"));
}

#[test]
fn dates_in_the_ring_stay_and_keys_without_an_end_get_one() {
    let (newest, sooner, later, old, opens) = (token(), token(), token(), token(), token());
    let dir = Dir::with_ring(&format!(
        "{newest} seal-from=2029-12-31T00:00:00Z\n\
         {sooner} seal-from=2029-12-01T00:00:00Z open-until=2030-01-10T00:00:00Z\n\
         {later} seal-from=2029-06-01T00:00:00Z open-until=2039-01-01T00:00:00Z\n\
         {old} seal-from=2028-01-01T00:00:00Z\n{opens}\n"
    ));
    let (added, retired, removed) = changes(&dir, START, TERMS);
    // They stopped sealing long ago. Their end was never said, so it begins to count now.
    assert_eq!((added, retired, removed), (None, vec![id_of(&old), id_of(&opens)], vec![]));
    let text = dir.read("ring");
    let line = |token: &str| text.lines().find(|line| line.contains(token)).unwrap();
    assert!(line(&old).ends_with("open-until=2030-02-15T00:00:00Z"), "{text}");
    assert!(line(&opens).ends_with("open-until=2030-02-15T00:00:00Z"), "{text}");
    assert!(line(&sooner).ends_with("open-until=2030-01-10T00:00:00Z"), "{text}");
    assert!(line(&later).ends_with("open-until=2039-01-01T00:00:00Z"), "{text}");
}

#[test]
fn a_key_that_an_operator_scheduled_is_not_doubled() {
    let (next, present) = (token(), token());
    let dir = Dir::with_ring(&format!("{next} seal-from=2030-01-15T00:00:00Z\n{present}\n"));
    let (added, retired, _) = changes(&dir, START, TERMS);
    assert_eq!((added, retired), (None, vec![id_of(&present)]));
    // Two of them, and the one in the middle stops when the last one begins.
    let (last, next) = (token(), token());
    let dir = Dir::with_ring(&format!(
        "{last} seal-from=2030-01-20T00:00:00Z\n{next} seal-from=2030-01-10T00:00:00Z\n{present}\n"
    ));
    let (added, retired, _) = changes(&dir, START, TERMS);
    assert_eq!((added, retired), (None, vec![id_of(&next), id_of(&present)]));
    assert!(dir.read("ring").contains(&format!(
        "{next} seal-from=2030-01-10T00:00:00Z  open-until=2030-03-06T00:00:00Z"
    )));
}

#[test]
fn no_time_is_left_without_a_sealing_key() {
    // The key that seals ends in ten days, in twenty minutes, and has ended.
    for (end, from) in [
        ("2030-01-11T00:00:00Z", "2030-01-01T01:00:00Z"),
        ("2030-01-01T00:20:00Z", "2030-01-01T00:20:00Z"),
        ("2029-12-31T00:00:00Z", "2030-01-01T00:00:00Z"),
    ] {
        let dir = Dir::with_ring(&format!(
            "{} seal-from=2029-12-30T00:00:00Z open-until={end}\n",
            token()
        ));
        let said = rotate(&dir, START, TERMS).ok();
        assert!(said.contains(&format!("which seals from {from}")), "{end}: {said}");
        assert_eq!(said.contains("earlier than --lead"), from != "2030-01-01T01:00:00Z", "{said}");
        let later = rotate(&dir, START, &format!("{TERMS} --exit-code"));
        assert_eq!(later.status, 3, "{later:?}");
    }
}

#[test]
fn a_full_ring_is_refused_and_stays() {
    let line = |n: u64| format!("{} seal-from={}\n", token(), print(START - 31 * DAY - n * DAY));
    let text: String = (0..64).map(line).collect();
    let dir = Dir::with_ring(&text);
    let said = rotate(&dir, START, TERMS).refused();
    assert!(said.contains("nothing was changed") && said.contains("64 keys"), "{said}");
    assert_eq!(dir.read("ring"), text);
}

#[test]
fn a_clock_that_jumped_ahead_removes_no_key() {
    let (now, old, gone) = (token(), token(), token());
    let dir = Dir::with_ring(&format!(
        "{now} seal-from=2029-12-20T00:00:00Z\n\
         {old} seal-from=2029-11-20T00:00:00Z open-until=2030-02-04T00:00:00Z\n\
         {gone} seal-from=2029-10-20T00:00:00Z open-until=2030-01-05T00:00:00Z\n"
    ));
    // Five years ahead, for three days.
    let wrong = START + 5 * 365 * DAY;
    let said = rotate(&dir, wrong, TERMS).ok();
    assert!(said.contains("added ") && said.contains("give --force"), "{said}");
    assert!(!said.contains("removed"), "{said}");
    for day in 1..4 {
        let said = rotate(&dir, wrong + day * DAY, TERMS).ok();
        assert!(said.contains(&format!("{} has ended and stays", id_of(&old))), "{said}");
        assert!(!said.contains("removed"), "{said}");
    }
    for token in [&now, &old, &gone] {
        assert!(dir.read("ring").contains(token.as_str()));
    }

    // The clock is right again, and the rotation goes on without the key of the wrong time.
    let far = keys(&dir)[0].clone();
    let said = rotate(&dir, START + DAY, TERMS).ok();
    assert!(said.contains(&format!("{far} is ignored")), "{said}");
    let (added, _, removed) = changes(&dir, START + 20 * DAY, TERMS);
    assert_eq!((added.is_some(), removed), (true, vec![id_of(&gone)]));
    let ring: KeyRing = dir.read("ring").parse().unwrap();
    assert_eq!(ring.sealing_key(time(START + 21 * DAY)), Some(ring.keys()[0].id));

    // A jump that is shorter than twice --every, within the hour after a rotation: the key that
    // still seals would have ended.
    let rotated = format!(
        "{old} seal-from=2030-01-01T00:30:00Z\n\
         {now} seal-from=2029-12-02T00:00:00Z open-until=2030-02-15T00:30:00Z\n"
    );
    let short = Dir::with_ring(&rotated);
    for day in 50..53 {
        assert!(!rotate(&short, START + day * DAY, TERMS).ok().contains("removed"));
    }
    assert!(short.read("ring").contains(now.as_str()));

    // Somebody who knows that the clock is right says so.
    let said = rotate(&dir, wrong, &format!("{TERMS} --force")).ok();
    assert!(said.contains(&format!("removed {}", id_of(&old))), "{said}");
}

#[test]
fn a_clock_that_stepped_back_loses_nothing() {
    let dir = Dir::with_ring(&token());
    for month in 0..6 {
        rotate(&dir, START + month * 31 * DAY, TERMS).ok();
    }
    let before = dir.read("ring");
    let dated = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    // To before every date of the ring: a machine without a battery begins in 1970.
    for wrong in [0, START - 365 * DAY] {
        let said = rotate(&dir, wrong, TERMS).refused();
        assert!(said.contains("set the clock") && said.contains("nothing was changed"), "{said}");
        assert_eq!(dir.read("ring"), before);
    }
    // By a minute, a day, and by more than --every.
    for back in [60, DAY, 40 * DAY] {
        rotate(&dir, START + 5 * 31 * DAY - back, TERMS).ok();
        for line in dated(&before) {
            assert!(dir.read("ring").contains(&line), "{back}: {line}");
        }
    }
    let (now, text) = (START + 5 * 31 * DAY + DAY, dir.read("ring"));
    rotate(&dir, now, TERMS).ok();
    let sealing = |text: &str| text.parse::<KeyRing>().unwrap().sealing_key(time(now));
    assert_eq!(sealing(&dir.read("ring")), sealing(&before), "{text}");
}

/// `ulimit -f 0` refuses every byte that is written to a file, as a full disk does.
#[test]
fn a_full_disk_leaves_the_old_ring() {
    let text = format!("{}\n", token());
    let dir = Dir::with_ring(&text);
    let run = |first: &str| {
        Command::new("sh")
            .args(["-c", &format!("{first}; exec {PROGRAM} keys rotate ring {TERMS}")])
            .current_dir(dir.path(""))
            .output()
            .unwrap()
    };
    // Once with the error, and once killed in the middle of the write.
    let said = run("trap '' XFSZ; ulimit -f 0");
    let error = String::from_utf8(said.stderr).unwrap();
    assert!(said.status.code() == Some(1) && error.contains("nothing was changed"), "{error}");
    assert_eq!((dir.read("ring"), dir.names()), (text.clone(), vec![String::from("ring")]));
    assert_eq!(run("ulimit -f 0").status.code(), None, "killed by SIGXFSZ");
    assert_eq!(dir.read("ring"), text);
    assert!(run("true").status.success());
    assert_eq!(keys(&dir).len(), 2);
}

/// The directory cannot be written. Root can write everywhere, so that this is another user then.
#[test]
fn a_file_that_cannot_be_written_stays() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let text = format!("{}\n", token());
    let dir = Dir::with_ring(&text);
    dir.set_mode("ring", 0o444);
    let home = dir.path("");
    let mode = |mode| std::fs::set_permissions(&home, PermissionsExt::from_mode(mode)).unwrap();
    mode(0o555);
    let mut command = Command::new(PROGRAM);
    command.args(["keys", "rotate", "ring"]).current_dir(&home);
    if std::fs::metadata(&home).unwrap().uid() == 0 {
        command.uid(65_534).gid(65_534);
    }
    let said = command.output().unwrap();
    mode(0o755);
    let error = String::from_utf8(said.stderr).unwrap();
    assert!(said.status.code() == Some(1) && error.contains("nothing was changed"), "{error}");
    assert_eq!((dir.read("ring"), dir.names()), (text, vec![String::from("ring")]));
}

/// A text editor knows no lock. Whatever it saved while the program worked is still there.
#[test]
fn an_edit_by_another_program_meanwhile_is_not_overwritten() {
    let (ours, theirs) = (format!("{}\n", token()), format!("# by hand\n{}\n", token()));
    let mut refused = 0;
    for _ in 0..60 {
        let dir = Dir::with_ring(&ours);
        let done = AtomicBool::new(false);
        let (edited, said) = std::thread::scope(|scope| {
            let editor = scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    if dir.names().iter().any(|name| name.ends_with(".tmp")) {
                        dir.write("ring", &theirs);
                        return true;
                    }
                }
                false
            });
            let said = rotate(&dir, START, TERMS);
            done.store(true, Ordering::Relaxed);
            (editor.join().unwrap(), said)
        });
        if edited && said.status == 1 {
            assert!(said.refused().contains("another program changed it meanwhile"));
            assert_eq!((dir.read("ring"), dir.names()), (theirs.clone(), vec!["ring".to_owned()]));
            refused += 1;
            if refused == 3 {
                return;
            }
        }
    }
    panic!("the program never noticed");
}

#[test]
fn a_dry_run_of_a_rotation_says_what_is_due() {
    let text = format!("{}\n", token());
    let dir = Dir::with_ring(&text);
    let said = rotate(&dir, START, &format!("{TERMS} --dry-run")).ok();
    let id = id_of(&text);
    assert_eq!(
        said,
        format!(
            "would add a new key (XAES-256-GCM), which seals from 2030-01-01T01:00:00Z (in 1 hour)\n\
             {id} would open until 2030-02-15T01:00:00Z (in 45 days)\n"
        )
    );
    let json = rotate(&dir, START, &format!("{TERMS} --dry-run --json")).json();
    assert_eq!((&json["dry_run"], &json["changed"]), (&true.into(), &true.into()));
    assert!(json["added"]["key_id"].is_null(), "the key of a dry run is thrown away");
    assert_eq!(dir.read("ring"), text);
}

/// Deterministic numbers (splitmix64), so that a failure can be repeated.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}

/// The ring over years. Between two runs, time passes hour by hour (or in larger steps), and the
/// model keeps when each key last sealed.
struct Years {
    ring: String,
    now: u64,
    sealed_last: HashMap<KeyId, u64>,
    seen: HashMap<KeyId, u64>,
    most: usize,
}

impl Years {
    fn rotate(&mut self, (every, lead, keep): (u64, u64, u64)) {
        let at = print(self.now);
        let (every, lead, keep) = (format!("{every}s"), format!("{lead}s"), format!("{keep}s"));
        let words = [
            "keys", "rotate", "-", "--every", &every, "--lead", &lead, "--keep", &keep, "--at", &at,
        ];
        let said = Dir::new().run_exposing(&words, &self.ring);
        assert_eq!(said.status, 0, "{at}: {}", said.err);
        self.ring = said.out;
        let keys = self.ring.parse::<KeyRing>().unwrap().keys();
        for key in &keys {
            self.seen.entry(key.id).or_insert(self.now);
        }
        self.most = self.most.max(keys.len());
    }

    fn pass(&mut self, span: u64, lead: u64, keep: u64) {
        let ring: KeyRing = self.ring.parse().unwrap();
        let keys = ring.keys();
        let step = (span / 16).max(1);
        for now in (self.now..self.now + span).step_by(usize::try_from(step).unwrap()) {
            let seals = ring.sealing_key(time(now)).unwrap_or_else(|| panic!("none seals: {now}"));
            if !self.sealed_last.contains_key(&seals) && self.seen[&seals] > START {
                assert!(
                    now >= self.seen[&seals] + lead,
                    "{seals} seals before every server has it"
                );
            }
            self.sealed_last.insert(seals, now);
            for (id, _) in self.sealed_last.iter().filter(|(_, last)| now < **last + keep) {
                let opens = keys
                    .iter()
                    .any(|key| key.id == *id && key.open_until.is_none_or(|end| time(now) < end));
                assert!(opens, "{id} no longer opens at {}", print(now));
            }
        }
        self.now += span;
    }
}

#[test]
fn over_years_some_key_seals_and_none_ends_early() {
    // Daily; at random times with missed weeks; with other lengths.
    let runs = [
        (0, (30 * DAY, HOUR, 45 * DAY), 200),
        (1, (30 * DAY, HOUR, 45 * DAY), 1_100),
        (2, (90 * DAY, DAY, 120 * DAY), 2_500),
        (3, (7 * DAY, 2 * DAY, 90 * DAY), 300),
        (4, (DAY, HOUR, 30 * DAY), 120),
    ];
    std::thread::scope(|scope| {
        for (seed, terms, days) in runs {
            scope.spawn(move || live(seed, terms, days));
        }
    });
}

/// Rotates for so many days. Number 0 does it daily; the others at random times.
fn live(seed: u64, terms: (u64, u64, u64), days: u64) {
    let mut numbers = Numbers(seed);
    let mut years = Years {
        ring: format!("{}\n", token()),
        now: START,
        sealed_last: HashMap::new(),
        seen: HashMap::new(),
        most: 0,
    };
    years.rotate(terms);
    while years.now < START + days * DAY {
        let span = match (seed, numbers.below(20)) {
            (0, _) => DAY,
            (_, 0) => DAY * (1 + numbers.below(28)),
            (2, _) => DAY * (1 + numbers.below(12)),
            (_, _) => HOUR * (1 + numbers.below(96)),
        };
        years.pass(span, terms.1, terms.2);
        years.rotate(terms);
    }
    let bound = usize::try_from(terms.2 / terms.0).unwrap() + 4;
    assert!(years.most <= bound, "seed {seed}: {} keys, not {bound}", years.most);
    assert!(years.sealed_last.len() > 5, "seed {seed}: it rotated");
}
