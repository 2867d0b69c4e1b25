//! docs/rules.md §4 and SPEC §11: the text of a key ring, every refusal with its line and without
//! its secret, and what `Debug` shows.

use crate::support::*;
use sealed_session::error::{KeyProblem, Position, RingError};
use sealed_session::keys::Key;
use sealed_session::{KeyRing, Sessions, Suite};
use sha2::{Digest, Sha256};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Returns why a text is refused. No message may contain eight successive characters of a word that
/// is long enough to be a secret.
fn refused(text: &str) -> RingError {
    let error = text.parse::<KeyRing>().expect_err("it is refused");
    let message = format!("{error} {error:?}");
    for secret in text
        .split([' ', '\n', ';', '.', '='])
        .filter(|word| word.len() >= 24 && !word.starts_with("2030-"))
    {
        for piece in secret.as_bytes().windows(8) {
            assert!(
                !message.contains(&*String::from_utf8_lossy(piece)),
                "{message} shows {secret}"
            );
        }
    }
    error
}

/// Checks for a refusal of this kind in line 3, which is `bad`, below a key and a comment.
fn assert_line_3(bad: &str, problem: KeyProblem) {
    let error = refused(&format!("{}\n# a comment\n{bad}\n", line("")));
    assert_eq!(error, RingError::Text { position: Position::Line(3), problem }, "{bad}");
    assert!(error.to_string().contains("line 3"), "{error}");
}

fn token(secret: [u8; 32]) -> String {
    format!("ssk1.xaes256gcm.{}", wire::encode(&secret))
}

/// 32 bytes of which `different` are different.
fn of_variety(different: u8) -> [u8; 32] {
    std::array::from_fn(|index| 200 + (u8::try_from(index).unwrap() % different))
}

#[test]
fn a_ring_without_a_key_is_refused() {
    for text in ["", "\n\n", "# nothing", " \t ; ;", "\u{feff}", "# ssk1.xaes256gcm.x"] {
        assert_eq!(refused(text), RingError::Empty, "{text:?}");
    }
    assert_eq!(line("").parse::<KeyRing>().unwrap().keys().len(), 1);
}

#[test]
fn a_malformed_token_is_refused() {
    let good = &*token(of_variety(32));
    assert_line_3("correct-horse-battery-staple-9", KeyProblem::NotAKey);
    assert_line_3(&good.replace("ssk1", "ssk2"), KeyProblem::NotAKey);
    assert_line_3(&good.replace("ssk1", "SSK1"), KeyProblem::NotAKey);
    assert_line_3("ssk1.xaes256gcm", KeyProblem::NotAKey);
    assert_line_3(&good.replace("xaes256gcm", "aes256gcm"), KeyProblem::UnknownSuite);
    assert_line_3(&good.replace("xaes256gcm", "XAES256GCM"), KeyProblem::UnknownSuite);
    assert_line_3(&good[..good.len() - 1], KeyProblem::SecretLength);
    assert_line_3(&format!("{good}A"), KeyProblem::SecretLength);
    assert_line_3(&format!("{good}="), KeyProblem::SecretLength);
    assert_line_3(&format!("{}+", &good[..good.len() - 1]), KeyProblem::SecretAlphabet);
}

#[test]
fn base64url_has_one_spelling() {
    let good = token(of_variety(32));
    let spelled = good.chars().last().unwrap();
    let ways = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let accepted = ways
        .chars()
        .filter(|last| format!("{}{last}", &good[..good.len() - 1]).parse::<KeyRing>().is_ok());
    let spare = ways.find(spelled).unwrap();
    assert_eq!(spare % 4, 0, "the two spare bits are zero");
    assert!(accepted.clone().count() <= 16 && accepted.into_iter().any(|last| last == spelled));
    let not_zero = ways.chars().nth(spare + 1).unwrap();
    assert_line_3(&format!("{}{not_zero}", &good[..good.len() - 1]), KeyProblem::SecretAlphabet);
}

#[test]
fn a_passphrase_is_refused_with_how_to_make_a_key() {
    assert!(refused("correct horse battery staple").to_string().contains("openssl rand"));
}

#[test]
fn quotes_around_a_key_or_ring_are_named_in_the_error() {
    let (one, two) = (line(""), line("open-until=2030-01-01T00:00:00Z"));
    let (one, two) = (one.trim(), two.trim());
    for (text, position) in [
        (format!("\"{one}\""), Position::Key(1)),
        (format!("'{one}'"), Position::Key(1)),
        (format!("\"{one}; {two}\""), Position::Key(1)),
        (format!("\"{one}\n{two}\"\n"), Position::Line(1)),
        (format!("\"# shop\n{one}\n\""), Position::Line(1)),
        (format!("\u{201c}{one}\u{201d}"), Position::Key(1)),
        (format!("{one}\n{two}\""), Position::Line(2)),
        (format!("{one}\""), Position::Key(1)),
    ] {
        let error = refused(&text);
        assert_eq!(error, RingError::Text { position, problem: KeyProblem::Quoted }, "{text}");
        let said = error.to_string();
        assert!(
            said.contains("in quotes") && said.contains("remove them") && !said.contains("openssl"),
            "{said}"
        );
    }
    let commented = format!("# it's \"mine\"\n{one} # \"mine\"\n");
    assert_eq!(commented.parse::<KeyRing>().unwrap().keys().len(), 1, "a comment may have quotes");
}

#[test]
fn a_secret_of_printable_ascii_is_weak() {
    let printable: [u8; 32] = std::array::from_fn(|index| b' ' + 2 * u8::try_from(index).unwrap());
    assert_line_3(&token(printable), KeyProblem::Weak);
    let mut other = printable;
    other[9] = 0x7f;
    assert!(token(other).parse::<KeyRing>().is_ok());
}

#[test]
fn a_secret_of_16_different_bytes_is_weak() {
    for weak in [1, 2, 16] {
        assert_line_3(&token(of_variety(weak)), KeyProblem::Weak);
    }
    assert!(token(of_variety(17)).parse::<KeyRing>().is_ok());
}

#[test]
fn a_published_secret_needs_the_dangerous_constructor() {
    let published: [u8; 32] = Sha256::digest("sealed-session published secret 0").into();
    assert_line_3(&token(published), KeyProblem::Published);
    assert_eq!(KeyRing::danger_from_published(&token(published)).unwrap().keys().len(), 1);
    let unpublished: [u8; 32] = Sha256::digest("sealed-session published secret x").into();
    assert!(token(unpublished).parse::<KeyRing>().is_ok());
}

#[test]
fn a_secret_twice_is_refused_even_for_another_suite() {
    let key = token(of_variety(20));
    for again in [
        key.clone(),
        key.replace("xaes256gcm", "xchacha20poly1305"),
        format!("{key} open-until=2030-01-01T00:00:00Z"),
    ] {
        let text = format!("{key}\n{}\n{again}", line(""));
        let twice = RingError::Text { position: Position::Line(3), problem: KeyProblem::Twice };
        assert_eq!(refused(&text), twice);
    }
}

#[test]
fn two_secrets_of_one_key_id_are_refused() {
    // Found by search: a cookie names its key by 4 bytes, and both of these give 19794fe1.
    let (one, other) = (
        "NTikuxEt4IxX6J-djoYwatyB5fdI3Ocw9FHGds2dnts",
        "JHjpzpzmCNrZWFDJ2FLBY6BVuxwkX-1hewVaPgD_rCQ",
    );
    let tokens = [one, other].map(|secret| format!("ssk1.xaes256gcm.{secret}"));
    let ids =
        tokens.each_ref().map(|token| token.parse::<KeyRing>().unwrap().keys()[0].id.to_string());
    assert_eq!(ids, ["19794fe1", "19794fe1"]);
    let text = format!("{}\n{}\n{}", tokens[0], line(""), tokens[1]);
    assert_eq!(
        refused(&text),
        RingError::Text { position: Position::Line(3), problem: KeyProblem::Twice }
    );
}

#[test]
fn an_unknown_attribute_is_refused() {
    for attribute in [
        "seal-until=2030-01-01T00:00:00Z",
        "Seal-From=2030-01-01T00:00:00Z",
        "seal-from",
        "=",
        "x=1",
        "ssk1.x.y",
    ] {
        assert_line_3(&line(attribute), KeyProblem::UnknownAttribute);
    }
}

#[test]
fn a_duplicate_attribute_is_refused() {
    for name in ["seal-from", "open-until"] {
        assert_line_3(
            &line(&format!("{name}=2030-01-01T00:00:00Z {name}=2030-01-01T00:00:00Z")),
            KeyProblem::AttributeTwice,
        );
    }
}

#[test]
fn an_invalid_time_is_refused() {
    for time in [
        "",
        "2030-01-01",
        "2030-01-01T00:00:00",
        "2030-01-01t00:00:00Z",
        "2030-01-01T00:00:00z",
        "2030-01-01 00:00:00Z",
        "2030-02-30T00:00:00Z",
        "2030-13-01T00:00:00Z",
        "2030-00-01T00:00:00Z",
        "2030-01-01T24:00:00Z",
        "2030-01-01T00:60:00Z",
        "2030-01-01T00:00:60Z",
        "2030-01-01T00:00:00.5Z",
        "2030-01-01T00:00Z",
        "2030-01-01T00:00:00+0100",
        "2030-01-01T00:00:00+24:00",
        "2030-01-01T00:00:00+01:60",
        "+2030-01-01T00:00:00Z",
        "2030-1-01T00:00:00Z",
        "1893456000",
        "２030-01-01T00:00:00Z",
        "2031-02-29T00:00:00Z",
    ] {
        assert_line_3(&line(&format!("open-until={time}")).replace("= ", "=x "), KeyProblem::Time);
    }
}

#[test]
fn a_time_is_rfc_3339_with_z_or_an_offset() {
    let unix = |time: &str| {
        line(&format!("open-until={time}")).parse::<KeyRing>().unwrap().keys()[0]
            .open_until
            .unwrap()
    };
    assert_eq!(unix("2027-01-15T08:00:00Z"), at(START));
    assert_eq!(unix("2027-01-15T10:00:00+02:00"), at(START));
    assert_eq!(unix("2027-01-15T02:30:00-05:30"), at(START));
    assert_eq!(unix("2027-01-15T08:00:00-00:00"), at(START));
    assert_eq!(unix("2028-02-29T00:00:00Z"), at(1_835_395_200));
    assert_eq!(unix("9999-12-31T23:59:59Z"), at(253_402_300_799));
}

#[test]
fn open_until_must_be_after_seal_from() {
    let times = |from: &str, until: &str| line(&format!("seal-from={from} open-until={until}"));
    let (noon, later) = ("2026-12-01T12:00:00Z", "2026-12-01T12:00:01Z");
    assert_line_3(&times(noon, noon), KeyProblem::EndsBeforeItSeals);
    assert_line_3(&times(later, noon), KeyProblem::EndsBeforeItSeals);
    assert_line_3(&times(noon, "2026-12-01T13:00:00+01:00"), KeyProblem::EndsBeforeItSeals);
    assert!(times(noon, later).parse::<KeyRing>().is_ok());
}

#[test]
fn a_key_without_seal_from_must_be_below_scheduled_ones() {
    let scheduled = line("seal-from=2026-12-01T00:00:00Z");
    for text in [
        format!("#\n\n{}\n{scheduled}", line("")),
        format!("\n{scheduled}\n{}\n{}", line(""), line("seal-from=2026-12-02T00:00:00Z")),
    ] {
        assert_eq!(
            refused(&text),
            RingError::Text { position: Position::Line(3), problem: KeyProblem::Overshadowed }
        );
    }
    assert!(format!("{scheduled}\n{}", line("")).parse::<KeyRing>().is_ok());
}

#[test]
fn at_most_64_keys() {
    let text: Vec<String> = (0..65).map(|_| line("")).collect();
    assert_eq!(text[..64].join("\n").parse::<KeyRing>().unwrap().keys().len(), 64);
    assert_eq!(
        refused(&text.join("\n")),
        RingError::Text { position: Position::Line(65), problem: KeyProblem::TooMany }
    );
}

#[test]
fn at_most_16_kib() {
    let text = format!("{}\n#", line(""));
    let full = format!("{text}{}", "x".repeat(16 * 1024 - text.len()));
    assert!(full.parse::<KeyRing>().is_ok());
    assert_eq!(refused(&format!("{full}x")), RingError::TooLong);
}

#[test]
fn comments_blanks_line_ends_and_a_bom_are_ignored() {
    let (a, b) = (line(""), line("open-until=2030-01-01T00:00:00Z"));
    let (a, b) = (a.trim(), b.trim());
    for text in [
        format!("{a}\n{b}"),
        format!("\u{feff}{a}\r\n\r\n \t{b}\t\r\n"),
        format!("# ring\n{a}#no blank before it\n\n{b} # why; \n"),
        format!("{a};{b}"),
        format!(" ; {a} # first ;\t{b};;"),
        format!("{a}   # a comment ends at the next;{b}"),
        format!("{}\n{}", a, b.replace(' ', "\t \t")),
    ] {
        let ring: KeyRing = text.parse().unwrap_or_else(|error| panic!("{error}: {text:?}"));
        let ends: Vec<bool> = ring.keys().iter().map(|key| key.open_until.is_some()).collect();
        assert_eq!(ends, [false, true], "{text:?}");
    }
    for blank in ['\u{a0}', '\u{b}', '\u{c}', '\u{2003}', '\r'] {
        assert!(
            format!("{a}{blank}").parse::<KeyRing>().is_err() || blank == '\r',
            "{blank:?} is no blank"
        );
    }
    assert!(format!("{a}\n\u{feff}{b}").parse::<KeyRing>().is_err(), "a BOM elsewhere is none");
}

#[test]
fn with_semicolons_errors_count_keys_and_not_lines() {
    for between in [";", "; ;", "; # a comment;"] {
        let error =
            refused(&format!("{}{between}{}; correct-horse-battery-staple-9", line(""), line("")));
        assert_eq!(
            error,
            RingError::Text { position: Position::Key(3), problem: KeyProblem::NotAKey }
        );
        assert!(error.to_string().contains("key 3"));
    }
}

#[test]
fn one_bad_key_refuses_the_whole_ring() {
    let (sessions, _) = sessions();
    let before = sessions.key_ring().keys();
    let text = format!("{}\nnonsense", line(""));
    assert!(text.parse::<KeyRing>().is_err());
    assert_eq!(sessions.key_ring().keys(), before);
}

#[test]
fn build_refuses_a_ring_that_cannot_seal_now() {
    let build = |attributes: &str| {
        Sessions::<Visit>::builder(line(attributes).parse().unwrap()).clock(clock()).build()
    };
    let none = |attributes: &str| {
        let error = build(attributes).unwrap_err();
        assert_eq!(error.ring_error(), Some(&RingError::NoSealingKey))
    };
    none("open-until=2027-01-15T08:00:00Z");
    assert!(build("open-until=2027-01-15T08:00:01Z").is_ok());
    none("seal-from=2027-01-15T08:00:01Z");
    assert!(build("seal-from=2027-01-15T08:00:00Z").is_ok());
}

#[test]
fn replace_uses_the_sessions_clock_and_keeps_the_old_ring() {
    let (sessions, clock) = sessions();
    let ring = sessions.key_ring();
    let later: KeyRing = line("seal-from=2027-01-15T08:00:01Z").parse().unwrap();
    let before = ring.keys();
    assert_eq!(ring.replace(&later), Err(RingError::NoSealingKey));
    assert_eq!(ring.keys(), before);
    clock.advance(secs(1));
    assert_eq!(ring.replace(&later), Ok(()));
    assert_eq!(ring.keys(), later.keys());
}

#[test]
fn a_clock_that_reads_1970_refuses_no_ring() {
    let clock = sealed_session::clock::ManualClock::at(secs(0));
    let later: KeyRing = line("seal-from=2027-01-15T08:00:00Z").parse().unwrap();
    let sessions = Sessions::<Visit>::builder(later).clock(clock).build().unwrap();
    assert_eq!(
        sessions.key_ring().replace(&line("open-until=1971-06-01T00:00:00Z").parse().unwrap()),
        Ok(())
    );
}

#[test]
fn the_text_with_the_secrets_parses_to_the_same_ring() {
    let text = format!(
        "{}\n{}\n",
        line("seal-from=2026-12-01T00:00:00Z open-until=2027-03-01T01:00:00+01:00"),
        line("")
    );
    let ring: KeyRing = text.parse().unwrap();
    let exposed = ring.expose_secrets();
    assert_eq!(exposed.parse::<KeyRing>().unwrap().keys(), ring.keys());
    assert!(
        exposed.contains("  seal-from=2026-12-01T00:00:00Z  open-until=2027-03-01T00:00:00Z\n")
    );
}

#[test]
fn every_key_has_the_secret_scanners_prefix() {
    for (suite, prefix) in [
        (Suite::Xaes256Gcm, "ssk1.xaes256gcm."),
        (Suite::XChaCha20Poly1305, "ssk1.xchacha20poly1305."),
    ] {
        let key = Key::generate(suite).unwrap();
        let text = key.expose_secret();
        assert!(text.starts_with(prefix) && text.len() == prefix.len() + 43);
        assert_eq!(text.parse::<KeyRing>().unwrap().keys()[0].id, key.id());
    }
}

#[test]
fn sealing_key_returns_the_key_that_seals_at_a_time() {
    let ring: KeyRing = format!(
        "{}\n{}",
        line("seal-from=2027-01-15T08:00:00Z"),
        line("open-until=2027-01-16T08:00:00Z")
    )
    .parse()
    .unwrap();
    let [new, old] = [0, 1].map(|index| ring.keys()[index].id);
    assert_eq!(ring.sealing_key(at(START - 1)), Some(old));
    assert_eq!(ring.sealing_key(at(START)), Some(new));
    let ended: KeyRing = line("open-until=2027-01-16T08:00:00Z").parse().unwrap();
    assert_eq!(ended.sealing_key(at(START + DAY)), None);
}

#[test]
fn debug_and_display_show_ids_and_no_secret() {
    let ring: KeyRing = format!("{}\n{}", line(""), line("")).parse().unwrap();
    let sessions = Sessions::<Visit>::new(ring.clone()).unwrap();
    let key = Key::generate(Suite::Xaes256Gcm).unwrap();
    let shown = format!(
        "{ring} {ring:?} {ring:#?} {sessions:?} {:?} {key:?} {:?}",
        ring.keys(),
        sessions.load((&http::Method::GET, &http::HeaderMap::new()))
    );
    assert!(
        shown.contains(&ring.keys()[1].id.to_string()) && shown.contains(&key.id().to_string())
    );
    for line in ring.expose_secrets().lines().chain([&**key.expose_secret()]) {
        let secret = line.rsplit('.').next().unwrap();
        assert!(
            !shown.contains(&secret[..8])
                && !shown.contains(&hex::encode(&wire::decode(secret)[..4])),
            "{shown}"
        );
    }
}

/// Platforms that have files, environment variables and processes.
#[cfg(not(target_family = "wasm"))]
mod host {
    use super::*;
    use std::path::Path;
    use std::process::Command;

    #[test]
    fn from_env_reads_keys_and_shows_nothing_of_a_wrong_value() {
        const VARIABLE: &str = "SEALED_SESSION_TEST_RING";
        if std::env::var_os(VARIABLE).is_some() {
            assert_eq!(KeyRing::from_env(VARIABLE).unwrap().keys().len(), 2);
            return;
        }
        let missing = KeyRing::from_env(VARIABLE).unwrap_err();
        assert_eq!(missing, RingError::Missing { variable: VARIABLE.to_owned() });
        let wrong = KeyRing::from_env("CARGO_MANIFEST_DIR").unwrap_err().to_string();
        assert!(wrong.contains("key 1") && !wrong.contains(env!("CARGO_MANIFEST_DIR")), "{wrong}");
        let name = "key_ring::host::from_env_reads_keys_and_shows_nothing_of_a_wrong_value";
        let mut again = Command::new(std::env::current_exe().unwrap());
        let output = again
            .args(["--exact", name])
            .env(VARIABLE, format!("{};{}", line(""), line("")))
            .output()
            .unwrap();
        assert!(
            output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed")
        );
    }

    /// Runs itself with each environment, because a test cannot set a variable of its own process.
    #[test]
    fn from_env_or_file_reads_one_and_watches_the_file() {
        const EXPECTED: &str = "SEALED_SESSION_TEST_EXPECTED";
        let read = || KeyRing::from_env_or_file("SEALED_SESSION_TEST_EITHER");
        match std::env::var(EXPECTED).as_deref() {
            Ok("text") => return assert_eq!(read().unwrap().keys().len(), 2),
            Ok("file") => return watches(read),
            Ok(expected) => return assert_eq!(read().unwrap_err().to_string(), expected),
            Err(_) => {}
        }
        let path = std::env::temp_dir().join(format!("sealed-session-both-{}", std::process::id()));
        let (path, ring) = (path.to_str().unwrap(), format!("{};{}", line(""), line("")));
        let neither =
            "neither SEALED_SESSION_TEST_EITHER nor SEALED_SESSION_TEST_EITHER_FILE is set";
        let neither = format!(
            "{neither} in the environment: set SEALED_SESSION_TEST_EITHER to a key ring, or \
             SEALED_SESSION_TEST_EITHER_FILE to the path of its file ({})",
            RingError::Empty.to_string().split_once(": ").unwrap().1
        );
        let both = "both SEALED_SESSION_TEST_EITHER and SEALED_SESSION_TEST_EITHER_FILE are set in \
                    the environment: unset one of them, because only one ring can be used";
        let missing =
            "the key ring /no/such/ring cannot be read: No such file or directory (os error 2)";
        for (text, file, expected) in [
            (Some(&*ring), None, "text"),
            (Some(&*ring), Some(""), "text"),
            (None, Some(path), "file"),
            (Some(""), Some(path), "file"),
            (None, None, &*neither),
            (Some(""), Some(""), &*neither),
            (Some(&*ring), Some(path), both),
            (None, Some("/no/such/ring"), missing),
        ] {
            std::fs::write(path, format!("{}\n", line(""))).unwrap();
            let mut again = Command::new(std::env::current_exe().unwrap());
            again
                .args([
                    "--exact",
                    "key_ring::host::from_env_or_file_reads_one_and_watches_the_file",
                ])
                .env(EXPECTED, expected);
            for (name, value) in [("EITHER", text), ("EITHER_FILE", file)] {
                again.envs(value.map(|value| (format!("SEALED_SESSION_TEST_{name}"), value)));
            }
            let output = again.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 passed"), "{expected}: {said}");
        }
        std::fs::remove_file(path).unwrap();
    }

    /// The ring of the variable's file is followed like that of a `KeyFile`.
    fn watches(read: impl Fn() -> Result<KeyRing, RingError>) {
        let path = std::env::var("SEALED_SESSION_TEST_EITHER_FILE").unwrap();
        let clock = clock();
        let ring = read().unwrap();
        let sessions =
            Sessions::<Visit>::builder(ring.clone()).clock(clock.clone()).build().unwrap();
        assert_eq!(ring.keys().len(), 1);
        std::fs::write(path, format!("{}\n{}\n", line(""), line(""))).unwrap();
        for _ in 0..4 {
            clock.advance(secs(12));
            sessions.seal(&visit(1)).unwrap();
        }
        assert_eq!(ring.keys().len(), 2);
    }

    #[test]
    fn from_file_reads_lines_and_names_an_unreadable_file() {
        let path = std::env::temp_dir().join(format!("sealed-session-ring-{}", std::process::id()));
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let ring = KeyRing::from_file(&path);
            std::fs::remove_file(&path).unwrap();
            ring
        };
        assert_eq!(
            read(format!("{}\r\n{}\r\n", line(""), line("")).as_bytes()).unwrap().keys().len(),
            2
        );
        assert_eq!(read(b"\xff\xfe").unwrap_err(), RingError::NotUtf8);
        assert_eq!(read(&[b'#'; 16 * 1024 + 1]).unwrap_err(), RingError::TooLong);
        assert_eq!(read(&[b'#'; 16 * 1024]).unwrap_err(), RingError::Empty);
        assert!(matches!(KeyRing::from_file(&path), Err(RingError::Unreadable { .. })));
    }

    /// Finds every `ssk1.` in the repository's texts, with the rest of its word.
    fn tokens(path: &Path, found: &mut Vec<String>) {
        // Directories that builds and fuzzing leave in the repository.
        let left_behind = ["target", "node_modules", "corpus", "artifacts", "coverage"]
            .iter()
            .any(|name| path.ends_with(name));
        if path.is_dir() && !left_behind {
            std::fs::read_dir(path)
                .unwrap()
                .for_each(|entry| tokens(&entry.unwrap().path(), found));
        } else if let Ok(text) = std::fs::read_to_string(path) {
            let end = |rest: &str| {
                rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"-_.".contains(letter))
                    .unwrap_or(rest.len())
            };
            found.extend(
                text.match_indices("ssk1.")
                    .map(|(at, _)| text[at..at + end(&text[at..])].to_owned()),
            );
        }
    }

    #[test]
    fn no_key_in_the_repositorys_texts_parses() {
        let mut found = Vec::new();
        for name in [
            "README.md",
            "SPEC.md",
            "SECURITY.md",
            "CHANGELOG.md",
            "docs",
            "examples",
            "src",
            "tests",
            "benches",
            "fuzz",
        ] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
            if path.exists() {
                tokens(&path, &mut found);
            }
        }
        assert!(found.len() > 10, "they are found at all");
        for token in found {
            assert!(token.parse::<KeyRing>().is_err(), "a key that can be pasted: {token}");
        }
    }
}
