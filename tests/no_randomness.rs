//! SPEC §9: if the operating system's generator fails, whatever needs it returns an error. Nothing
//! panics, nothing is sealed with a weak nonce, no cookie is sent, and reading still works.
//!
//! A child process denies itself `getrandom` and the opening of files (the generator's other source
//! is /dev/urandom) with a seccomp filter. There is no test harness, because the filter would not
//! apply to its threads.

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("not applicable: this test needs Linux's seccomp");
}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use sealed_session::error::RandomError;
    use sealed_session::keys::Key;
    use sealed_session::{KeyRing, Session, SessionError, Sessions, Suite};
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    use serde::{Deserialize, Serialize};
    use std::process::Command;

    #[derive(Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Visit {
        user: Option<u64>,
    }

    const CHILD: &str = "SEALED_SESSION_NO_RANDOMNESS";

    pub fn main() {
        if std::env::var_os(CHILD).is_some() {
            return without_randomness();
        }
        let output = Command::new(std::env::current_exe().expect("this test"))
            .env(CHILD, "1")
            .output()
            .expect("a child");
        print!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "the child failed: {}", output.status);
    }

    fn without_randomness() {
        let kinds: Vec<(Sessions<Visit>, Sessions<Visit>, String)> =
            [Suite::Xaes256Gcm, Suite::XChaCha20Poly1305]
                .into_iter()
                .map(|suite| {
                    let ring = KeyRing::generate(suite).expect("a ring");
                    let plain = Sessions::<Visit>::builder(ring.clone())
                        .refresh_after(0.0)
                        .build()
                        .expect("sessions");
                    let session_ids = Sessions::<Visit>::builder(ring)
                        .session_ids(true)
                        .build()
                        .expect("sessions");
                    let value = plain.seal(&Visit { user: Some(7) }).expect("sealed");
                    (plain, session_ids, value)
                })
                .collect();
        let filter = filter();
        if let Err(error) = seccompiler::apply_filter(&filter) {
            println!("not applicable: this kernel takes no seccomp filter: {error}");
            return;
        }
        assert!(std::fs::File::open("/dev/urandom").is_err(), "the filter holds");

        for (plain, session_ids, value) in &kinds {
            let came = || {
                let mut headers = http::HeaderMap::new();
                headers.insert(
                    "cookie",
                    format!("{}={value}", plain.cookie_name()).parse().expect("a field"),
                );
                headers
            };
            let load = |sessions: &Sessions<Visit>| sessions.load((&http::Method::GET, &came()));
            let changed = Visit { user: Some(8) };

            // Reading works.
            assert_eq!(plain.open(value), Ok(Visit { user: Some(7) }));
            assert_eq!(load(plain).read(|visit| visit.user), Some(7));

            // Sealing.
            assert_eq!(plain.seal(&changed), Err(SessionError::Random));
            assert_eq!(load(plain).seal(), Err(SessionError::Random));

            // A change; a refresh that is due, which is skipped because that loses nothing; and a
            // new session.
            let session = load(plain);
            session.set(changed.clone()).expect("it is sealed later");
            no_cookie(plain, &session, Err(SessionError::Random));
            let session = load(plain);
            session.read(|_| ());
            no_cookie(plain, &session, Ok(()));
            let session = plain.load((&http::Method::GET, &http::HeaderMap::new()));
            session.set(changed.clone()).expect("it is sealed later");
            no_cookie(plain, &session, Err(SessionError::Random));

            // An id.
            let session = load(plain);
            assert_eq!(session.renew(), Err(SessionError::Random));
            assert_eq!(
                (session.id(), session.is_modified(), session.cloned()),
                (None, false, Visit { user: Some(7) })
            );
            let session = load(session_ids);
            assert_eq!(session.update(|visit| visit.user = Some(8)), Err(SessionError::Random));
            assert_eq!(
                (session.id(), session.is_modified(), session.cloned()),
                (None, false, Visit { user: Some(7) })
            );
            no_cookie(session_ids, &session, Ok(()));

            // A deletion needs no randomness.
            let session = load(plain);
            session.purge().expect("purged");
            let mut headers = http::HeaderMap::new();
            assert_eq!(plain.commit(&session, http::StatusCode::OK, &mut headers), Ok(()));
            assert!(headers["set-cookie"].to_str().expect("ASCII").contains("Max-Age=0"));

            // A deletion whose new session is lost does not need it either.
            let session = load(plain);
            session.purge().expect("purged");
            session.set(changed).expect("it is sealed later");
            let mut headers = http::HeaderMap::new();
            assert_eq!(
                plain.commit(&session, http::StatusCode::OK, &mut headers),
                Err(SessionError::Random)
            );
            assert!(headers["set-cookie"].to_str().expect("ASCII").contains("Max-Age=0"));
        }
        for suite in [Suite::Xaes256Gcm, Suite::XChaCha20Poly1305] {
            assert!(matches!(Key::generate(suite), Err(RandomError)));
            assert!(matches!(KeyRing::generate(suite), Err(RandomError)));
        }
        assert!(matches!(KeyRing::ephemeral(), Err(RandomError)));
        println!("test a_failing_generator_is_an_error_everywhere ... ok");
    }

    fn no_cookie(
        sessions: &Sessions<Visit>,
        session: &Session<Visit>,
        expected: Result<(), SessionError>,
    ) {
        let mut headers = http::HeaderMap::new();
        assert_eq!(sessions.commit(session, http::StatusCode::OK, &mut headers), expected);
        assert!(!headers.contains_key("set-cookie"));
        // A second commit returns the same.
        assert_eq!(sessions.commit(session, http::StatusCode::OK, &mut headers), expected);
        assert!(!headers.contains_key("set-cookie"));
    }

    /// `getrandom` and opening a file return EPERM; everything else works.
    fn filter() -> BpfProgram {
        // Some architectures lack `open`; all have `openat`.
        #[cfg(target_arch = "x86_64")]
        let calls = vec![libc::SYS_getrandom, libc::SYS_openat, libc::SYS_open];
        #[cfg(not(target_arch = "x86_64"))]
        let calls = vec![libc::SYS_getrandom, libc::SYS_openat];
        let rules = calls.into_iter().map(|call| (call, Vec::new())).collect();
        let denied = SeccompAction::Errno(u32::try_from(libc::EPERM).expect("positive"));
        let architecture =
            std::env::consts::ARCH.try_into().expect("an architecture that seccompiler knows");
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, architecture)
            .expect("a filter");
        filter.try_into().expect("a program")
    }
}
