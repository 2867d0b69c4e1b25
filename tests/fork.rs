//! SPEC §9: a forked process repeats no nonce, as a generator in user space would, and which would
//! be fatal for AES-GCM.
//!
//! A process that has already sealed forks. Parent and child continue to seal with the same ring,
//! and the child sends its nonces through a pipe. There is no test harness, because only a process
//! with one thread may fork and continue.

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("not applicable: this test forks, on Linux");
}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use sealed_session::{KeyRing, Sessions, Suite};
    use serde::{Deserialize, Serialize};
    use std::collections::HashSet;
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::FromRawFd;

    #[derive(Default, Serialize, Deserialize)]
    struct Visit {
        user: Option<u64>,
    }

    const EACH: usize = 20_000;
    const NONCE: std::ops::Range<usize> = 5..29;

    pub fn main() {
        for suite in [Suite::Xaes256Gcm, Suite::XChaCha20Poly1305] {
            let sessions =
                Sessions::<Visit>::new(KeyRing::generate(suite).expect("a ring")).unwrap();
            let mut seen = nonces(&sessions, 100);
            assert_eq!(seen.len(), 100);
            let (theirs, ours) = fork_and_seal(&sessions);
            for nonce in theirs.chunks_exact(NONCE.len()).map(<[u8]>::to_vec).chain(ours) {
                assert!(seen.insert(nonce), "a nonce twice, under {suite}");
            }
            assert_eq!(seen.len(), 100 + 2 * EACH);
            println!("test no_nonce_repeats_after_a_fork ({suite}, {} nonces) ... ok", seen.len());
        }
    }

    fn nonces(sessions: &Sessions<Visit>, count: u64) -> HashSet<Vec<u8>> {
        let seal = |user| sessions.seal(&Visit { user: Some(user) }).expect("sealed");
        let decode = |value: String| {
            data_encoding::BASE64URL_NOPAD.decode(value.as_bytes()).expect("base64url")
        };
        (0..count).map(|user| decode(seal(user))[NONCE].to_vec()).collect()
    }

    /// The child's nonces, and the parent's.
    fn fork_and_seal(sessions: &Sessions<Visit>) -> (Vec<u8>, HashSet<Vec<u8>>) {
        let mut ends = [0; 2];
        // SAFETY: `ends` has room for two descriptors.
        assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
        // SAFETY: both were just opened, and each is wrapped once in a process.
        let (mut from, mut to) =
            unsafe { (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1])) };
        // SAFETY: this process has one thread, so the child may do all that its parent may.
        match unsafe { libc::fork() } {
            -1 => panic!("fork: {}", std::io::Error::last_os_error()),
            0 => {
                drop(from);
                let sent = nonces(sessions, EACH as u64)
                    .into_iter()
                    .try_for_each(|nonce| to.write_all(&nonce));
                drop(to);
                // SAFETY: ends the child at once, without the parent's clean-up.
                unsafe { libc::_exit(i32::from(sent.is_err())) }
            }
            child => {
                drop(to);
                let ours = nonces(sessions, EACH as u64);
                let mut theirs = Vec::new();
                from.read_to_end(&mut theirs).expect("the child's nonces");
                let mut status = 0;
                // SAFETY: `child` is ours, and `status` is a place for its answer.
                assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
                assert_eq!(status, 0, "the child failed");
                assert_eq!((theirs.len(), ours.len()), (EACH * NONCE.len(), EACH));
                (theirs, ours)
            }
        }
    }
}
