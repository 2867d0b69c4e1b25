//! Files, standard input and output, environment variables; modes, links, locks, and what is left
//! of a run that failed.

use super::run::{Dir, PROGRAM, id_of, token};
use sealed_session::KeyRing;
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[test]
fn a_new_file_is_of_mode_0600_also_under_a_lax_umask() {
    let dir = Dir::new();
    let script = format!("umask 000; {PROGRAM} keys new {}", dir.path("ring").display());
    assert!(Command::new("sh").args(["-c", &script]).output().unwrap().status.success());
    assert_eq!(dir.mode("ring"), 0o600);
    assert_eq!(dir.names(), ["ring"]);
}

#[test]
fn an_edit_keeps_a_mode_that_keeps_others_out_and_closes_one_that_does_not() {
    for (before, after) in
        [(0o600, 0o600), (0o640, 0o640), (0o400, 0o400), (0o644, 0o600), (0o604, 0o600)]
    {
        let dir = Dir::with_ring(&token());
        dir.set_mode("ring", before);
        dir.run("keys add ring").ok();
        assert_eq!(dir.mode("ring"), after, "{before:o}");
        assert_eq!(dir.names(), ["ring"], "no lock and no temporary file is left");
    }
}

#[test]
fn an_edit_by_root_leaves_the_file_to_its_owner() {
    use std::os::unix::fs::{MetadataExt, chown};
    let dir = Dir::with_ring(&token());
    // Only root can give a file away, and only root could take it from its owner by editing it.
    if chown(dir.path("ring"), Some(1), Some(2)).is_err() {
        assert_ne!(std::fs::metadata(dir.path("ring")).unwrap().uid(), 0, "root can");
        return;
    }
    dir.run("keys add ring").ok();
    let metadata = std::fs::metadata(dir.path("ring")).unwrap();
    assert_eq!((metadata.uid(), metadata.gid(), dir.mode("ring")), (1, 2, 0o600));
}

#[test]
fn a_link_stays_and_its_target_is_edited() {
    let dir = Dir::with_ring(&token());
    std::fs::create_dir(dir.path("deep")).unwrap();
    std::fs::rename(dir.path("ring"), dir.path("deep/ring")).unwrap();
    std::os::unix::fs::symlink("deep/ring", dir.path("ring")).unwrap();
    dir.run("keys add ring").ok();
    assert!(std::fs::symlink_metadata(dir.path("ring")).unwrap().is_symlink());
    assert_eq!(KeyRing::from_file(dir.path("deep/ring")).unwrap().keys().len(), 2);
}

/// A link that is turned to another ring while an editor waits for the lock of the first: one
/// ring's text must not go over the other.
#[cfg(target_os = "linux")]
#[test]
fn an_edit_reads_what_it_locked_and_not_what_a_link_points_to_by_then() {
    use std::os::unix::fs::symlink;
    let (one, two) = (token(), token());
    let dir = Dir::new();
    dir.write("one", format!("{one}\n"));
    dir.write("two", format!("{two}\n"));
    symlink("one", dir.path("ring")).unwrap();
    let lock = locked(&dir.path("one.lock"));
    let mut editor = Command::new(PROGRAM)
        .args(["keys", "add", "ring"])
        .current_dir(dir.path(""))
        .spawn()
        .unwrap();
    // It has found the lock when it sleeps: clock_nanosleep(2), by its number.
    let syscall = format!("/proc/{}/syscall", editor.id());
    let sleeps = || {
        std::fs::read_to_string(&syscall)
            .is_ok_and(|call| call.starts_with("230 ") || call.starts_with("115 "))
    };
    let begun = Instant::now();
    while !sleeps() && begun.elapsed() < Duration::from_secs(2) {
        std::thread::yield_now();
    }
    symlink("two", dir.path("other")).unwrap();
    std::fs::rename(dir.path("other"), dir.path("ring")).unwrap();
    drop(lock);
    assert!(editor.wait().unwrap().success());
    assert!(!dir.read("one").contains(&two) && dir.read("one").ends_with(&format!("{one}\n")));
    assert_eq!(dir.read("two"), format!("{two}\n"));
    assert_eq!(KeyRing::from_file(dir.path("one")).unwrap().keys().len(), 2);
}

/// Nothing is looked at before the name is taken: taking it is what fails.
#[test]
fn a_new_file_takes_no_name_that_is_taken() {
    let dir = Dir::with_ring("precious");
    std::os::unix::fs::symlink("nowhere", dir.path("link")).unwrap();
    std::fs::create_dir(dir.path("directory")).unwrap();
    for name in ["ring", "link", "directory"] {
        assert!(
            dir.run(&format!("keys new {name}")).refused().contains("already exists"),
            "{name}"
        );
    }
    assert_eq!(dir.names(), ["directory", "link", "ring"], "nothing is left");
    assert_eq!(dir.read("ring"), "precious");
}

/// The program that makes the file first has it.
#[test]
fn a_new_file_is_never_put_over_one_that_another_program_makes_meanwhile() {
    for _ in 0..40 {
        let dir = Dir::new();
        let path = dir.path("ring");
        let made = std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                // As soon as the program has begun.
                while dir.names().is_empty() {
                    std::thread::yield_now();
                }
                std::fs::OpenOptions::new().write(true).create_new(true).open(&path).is_ok()
            });
            let said = dir.run("keys new ring");
            (other.join().unwrap(), said.status)
        });
        assert_eq!(made.0, made.1 == 1, "one of them made it");
        assert_eq!(made.0, dir.read("ring").is_empty(), "and it is still what that one made");
    }
}

#[test]
fn a_file_is_replaced_and_never_half_written() {
    let dir = Dir::with_ring(&format!("{}\n", token()));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                assert!(!KeyRing::from_file(dir.path("ring")).unwrap().keys().is_empty());
                reads += 1;
            }
            reads
        });
        for _ in 0..20 {
            dir.run("keys add ring").ok();
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 20);
    });
}

#[test]
fn an_edit_makes_a_new_file_so_that_an_open_one_still_reads_the_old_ring() {
    use std::os::unix::fs::MetadataExt;
    let dir = Dir::with_ring(&token());
    let before = std::fs::File::open(dir.path("ring")).unwrap();
    dir.run("keys add ring").ok();
    assert_ne!(
        before.metadata().unwrap().ino(),
        std::fs::metadata(dir.path("ring")).unwrap().ino()
    );
}

#[test]
fn editors_at_the_same_time_wait_for_each_other_and_no_key_is_lost() {
    let dir = Dir::with_ring(&format!("{}\n", token()));
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| dir.run("keys add ring").ok());
        }
    });
    assert_eq!(KeyRing::from_file(dir.path("ring")).unwrap().keys().len(), 13);
    assert_eq!(dir.names(), ["ring"]);
}

/// Holds the lock of a file until it is dropped, as an editor does.
fn locked(path: &Path) -> File {
    let file = File::create(path).unwrap();
    fs4::FileExt::lock(&file).unwrap();
    file
}

#[test]
fn a_second_editor_is_told_of_the_first() {
    let text = token();
    let dir = Dir::with_ring(&text);
    let lock = locked(&dir.path("ring.lock"));
    let begun = Instant::now();
    let said = dir.run("keys add ring").refused();
    assert!(said.contains("another process is editing") && said.contains("try again"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(dir.read("ring"), text);
    assert_eq!(dir.run("keys list ring").status, 0, "reading needs no lock");
    assert_eq!(dir.run("keys add ring --dry-run").status, 0, "nor does a dry run");
    drop(lock);
    dir.run("keys add ring").ok();
    assert_eq!(dir.names(), ["ring"]);
}

/// The editor is killed while it holds the lock: it waits for the writer of a FIFO.
#[test]
fn a_killed_editor_leaves_no_lock() {
    let dir = Dir::new();
    assert!(Command::new("mkfifo").arg(dir.path("ring")).status().unwrap().success());
    let mut editor = Command::new(PROGRAM)
        .args(["keys", "add", "ring"])
        .current_dir(dir.path(""))
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let holds = || {
        File::open(dir.path("ring.lock")).is_ok_and(|file| fs4::FileExt::try_lock(&file).is_err())
    };
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it takes the lock");
        std::thread::sleep(Duration::from_millis(5));
    }
    editor.kill().unwrap();
    editor.wait().unwrap();
    assert_eq!(dir.names(), ["ring", "ring.lock"], "the file is left, and means nothing");
    std::fs::remove_file(dir.path("ring")).unwrap();
    dir.write("ring", token());
    let begun = Instant::now();
    dir.run("keys add ring").ok();
    assert!(begun.elapsed() < Duration::from_secs(2), "it did not wait");
    assert_eq!(dir.names(), ["ring"]);
}

#[test]
fn standard_input_is_edited_to_standard_output() {
    let (new, old) = (token(), token());
    let text = format!("# head\n{new}\n{old}");
    let dir = Dir::new();
    let added = dir.run_exposing(&["keys", "add", "-", "--seal-in", "2030-01-01T00:00:00Z"], &text);
    assert_eq!(added.status, 0);
    assert!(
        added.out.starts_with("# head\nssk1.")
            && added.out.ends_with(&format!("  seal-from=2030-01-01T00:00:00Z\n{new}\n{old}"))
    );
    assert!(added.err.starts_with("added "), "the report is on standard error: {}", added.err);
    let id = id_of(&old);
    let retired = dir.run_exposing(
        &["keys", "retire", "-", &id, "--at", "2030-01-01T00:00:00Z", "--json"],
        &text,
    );
    assert_eq!(retired.out, format!("{text}  open-until=2030-01-01T00:00:00Z"));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&retired.err).unwrap()["key_id"], *id);
    let pruned = dir.run_exposing(&["keys", "prune", "-"], &text);
    assert_eq!((pruned.status, pruned.out), (0, text.clone()));
    assert!(dir.run_with(&["keys", "list", "-"], &text).ok().contains(&id));
    assert!(dir.names().is_empty());
}

#[test]
fn a_refused_edit_of_standard_input_prints_no_ring() {
    let text = token();
    let said = Dir::new().run_with(&["keys", "retire", "-", &id_of(&text)], &text);
    assert!(said.refused().contains("no key would seal"));
}

#[test]
fn an_environment_variable_is_read_and_not_edited() {
    let (new, old) = (token(), token());
    let dir = Dir::new();
    let listed = dir.run_with(&["keys", "list", "env:PRINTED_RING"], &format!("{new};{old}")).ok();
    assert!(listed.contains(&id_of(&new)) && listed.contains(&id_of(&old)));
    assert!(
        dir.run("keys list env:NOT_SET_ANYWHERE").refused().contains("NOT_SET_ANYWHERE is not set")
    );
    assert!(dir.run("keys add env:PRINTED_RING").wrong_use().contains("printenv PRINTED_RING"));
}

#[test]
fn a_ring_that_cannot_be_read_is_refused_by_its_name_and_line() {
    let dir = Dir::new();
    for (content, why) in [
        (Vec::from(*b""), "holds no key"),
        (Vec::from(*b"# none\n\n"), "holds no key"),
        (Vec::from(*b"\xff\xfe"), "not UTF-8"),
        (format!("{}\ncorrect horse battery", token()).into_bytes(), "line 2"),
        (token().as_bytes()[..40].to_vec(), "43 characters"),
        (format!("{} seal-from=2030-01-01T00:00:00", token()).into_bytes(), "seconds and a zone"),
        ("#\n".repeat(10_000).into_bytes(), "longer than 16384 bytes"),
    ] {
        dir.write("ring", &content);
        for command in ["list ring", "add ring", "prune ring", "timeline ring", "show-at ring"] {
            let said = dir.run(&format!("keys {command}")).refused();
            assert!(said.contains("ring") && said.contains(why), "{command}: {said}");
        }
        assert_eq!(std::fs::read(dir.path("ring")).unwrap(), content);
    }
    for command in ["list", "add"] {
        assert!(
            dir.run(&format!("keys {command} nowhere"))
                .refused()
                .contains("cannot read \"nowhere\"")
        );
        assert!(dir.run(&format!("keys {command} .")).refused().contains("cannot read \".\""));
    }
    assert!(dir.run("keys new no/such/directory").refused().contains("cannot create"));
}

#[test]
fn published_secrets_are_taken_where_that_was_asked_for_alone() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/vectors/v1.json")).unwrap();
    let dir = Dir::with_ring(vectors["server"]["ring"][0].as_str().unwrap());
    assert!(dir.run("keys list ring").refused().contains("published"));
    assert!(dir.run("keys list ring --danger-published").ok().contains("8694fd5e"));
}
