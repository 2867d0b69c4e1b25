//! docs/rules.md §2 and §5.5: the handle reads a snapshot, has one writer at a time, and no failure
//! changes or poisons the session.

use crate::support::*;
use sealed_session::migrate::LegacyCookie;
use sealed_session::{
    Expiry, Level, LoadStatus, Reason, Session, SessionError, SessionId, Sessions,
};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn session() -> Session<Visit> {
    Call::get().load(&sessions().0)
}

#[test]
fn a_read_inside_an_update_sees_the_state_before_it() {
    let session = session();
    session.set(visit(1)).unwrap();
    session
        .update(|visit| {
            visit.user = Some(2);
            assert_eq!(session.read(|visit| visit.user), Some(1));
        })
        .unwrap();
    assert_eq!(session.read(|visit| visit.user), Some(2));
}

#[test]
fn every_getter_answers_inside_an_update() {
    let session = session();
    session.set(visit(1)).unwrap();
    let asked = session.update(|visit| {
        visit.user = Some(2);
        let about = (
            session.is_empty(),
            session.is_new(),
            session.is_modified(),
            session.load_status(),
            session.id(),
            session.info().expiry(),
        );
        let when = (
            session.info().expires_at(),
            session.info().expires_in(),
            session.info().created_at(),
            session.info().issued_at(),
            session.info().refreshes_at(),
        );
        (about, when, session.flashes(), session.size() > 0, session.seal().is_ok())
    });
    assert!(asked.is_ok_and(|asked| asked.3 && asked.4));
}

#[test]
fn writing_does_not_change_the_load_status() {
    let rejected = Call::get().cookie("!").load(&sessions().0);
    rejected.set(visit(1)).unwrap();
    assert_eq!(rejected.load_status(), LoadStatus::Rejected(Reason::Malformed));
    let new = session();
    new.set(visit(1)).unwrap();
    assert_eq!(new.load_status(), LoadStatus::New);
}

#[test]
fn every_writer_is_busy_inside_an_update() {
    let (outer, busy) = (session(), Err(SessionError::Busy));
    let clone = outer.clone();
    outer
        .update(|visit| {
            visit.user = Some(1);
            assert_eq!(clone.update(|visit| visit.user = Some(2)), busy);
            assert_eq!(clone.try_update(|_| Ok::<(), SessionError>(())), busy);
            assert_eq!(clone.set(Visit::default()), busy);
            assert_eq!(clone.flash(Level::INFO, "hi"), busy);
            assert_eq!(clone.take_flashes(), Err(SessionError::Busy));
            assert_eq!(clone.purge(), busy);
            assert_eq!(clone.renew(), busy);
            assert_eq!(clone.set_expiry(Expiry::BrowserSession), busy);
        })
        .unwrap();
    assert_eq!(outer.cloned(), visit(1), "and the update around them goes on");
    assert_eq!(clone.update(|visit| visit.user = Some(2)), Ok(()));
}

#[test]
fn another_session_can_be_written_inside_an_update() {
    let (one, two) = (session(), session());
    assert_eq!(one.update(|_| two.set(visit(2))), Ok(Ok(())));
}

#[test]
fn commit_inside_an_update_is_busy_and_works_later() {
    let (sessions, _) = sessions();
    let session = Call::get().load(&sessions);
    let mut headers = http::HeaderMap::new();
    let inside = session.update(|visit| {
        visit.user = Some(1);
        sessions.commit(&session, http::StatusCode::OK, &mut headers)
    });
    assert_eq!((inside, headers.len()), (Ok(Err(SessionError::Busy)), 0));
    sessions.commit(&session, http::StatusCode::OK, &mut headers).unwrap();
    assert!(headers.contains_key("set-cookie"));
}

#[test]
fn an_err_of_try_update_rolls_back() {
    #[derive(Debug, PartialEq)]
    enum Mine {
        Refused,
        Session(SessionError),
    }
    impl From<SessionError> for Mine {
        fn from(error: SessionError) -> Self {
            Self::Session(error)
        }
    }
    let session = session();
    let refused: Result<(), Mine> = session.try_update(|visit| {
        visit.user = Some(1);
        Err(Mine::Refused)
    });
    assert_eq!((refused, session.is_modified()), (Err(Mine::Refused), false));
    assert_eq!(session.try_update(|visit| Ok::<_, Mine>(visit.user.replace(1))), Ok(None));
    let late = session.update(|_| session.try_update(|_| Ok::<(), Mine>(())));
    assert_eq!(late, Ok(Err(Mine::Session(SessionError::Busy))));
}

#[test]
fn an_err_that_update_returns_keeps_the_change() {
    let (sessions, _) = sessions();
    let answer = Call::post().run(&sessions, |session| {
        session.update(|visit| {
            visit.user = Some(1);
            Err::<(), _>("refused")
        })
    });
    assert_eq!(answer.returned, Ok(Err("refused")));
    assert_eq!(sessions.open(answer.value()).unwrap().user, Some(1));
}

#[test]
fn clones_are_one_session() {
    let session = session();
    session.clone().set(visit(3)).unwrap();
    assert_eq!(session.cloned(), visit(3));
}

#[test]
fn set_replaces_the_data_and_keeps_the_claims() {
    let session = session();
    session.renew().unwrap();
    session.set_expiry(Expiry::BrowserSession).unwrap();
    let id = session.id();
    session.update(|visit| visit.cart.push(1)).unwrap();
    session.set(visit(2)).unwrap();
    assert_eq!(
        (session.cloned(), session.id(), session.info().expiry()),
        (visit(2), id, Expiry::BrowserSession)
    );
}

#[derive(Debug, Default, Deserialize)]
struct Picky(u32);

impl Serialize for Picky {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == 666 { Err(S::Error::custom("no")) } else { serializer.serialize_u32(self.0) }
    }
}

#[test]
fn data_that_cannot_be_encoded_are_refused() {
    let sessions = Sessions::<Picky>::new(ring()).unwrap();
    let session = Call::get().load(&sessions);
    session.set(Picky(1)).unwrap();
    assert!(matches!(session.update(|picky| picky.0 = 666), Err(SessionError::Unencodable(_))));
    assert!(matches!(session.set(Picky(666)), Err(SessionError::Unencodable(_))));
    assert_eq!(session.update(|picky| picky.0), Ok(1));
}

#[test]
fn a_skipped_field_is_refused_in_structs_and_variants() {
    fn is_7(number: &u32) -> bool {
        *number == 7
    }
    #[derive(Default, Serialize, Deserialize)]
    struct Struct {
        #[serde(skip_serializing_if = "is_7")]
        left_out: u32,
        next: u32,
    }
    #[derive(Default, Serialize, Deserialize)]
    enum Enum {
        #[default]
        Nothing,
        Variant {
            #[serde(skip_serializing_if = "is_7")]
            left_out: u32,
            next: u32,
        },
    }
    fn error<T: sealed_session::SessionData>(left_out: T, written: T) -> SessionError {
        let session = Call::get().load(&Sessions::<T>::new(ring()).unwrap());
        assert_eq!(session.set(written), Ok(()));
        session.set(left_out).unwrap_err()
    }
    let in_a_struct = error(Struct { left_out: 7, next: 1 }, Struct { left_out: 8, next: 1 });
    let in_a_variant =
        error(Enum::Variant { left_out: 7, next: 1 }, Enum::Variant { left_out: 8, next: 1 });
    for error in [in_a_struct, in_a_variant] {
        assert!(
            matches!(error, SessionError::Unencodable(why) if why.contains("skip_serializing_if")),
            "{error}"
        );
    }
}

/// Whether the handle reports a change, and whether the response then sets our cookie.
fn modified(
    sessions: &Sessions<Visit>,
    call: Call,
    handler: impl Fn(&Session<Visit>),
) -> (bool, bool) {
    let answer = call.run(sessions, |session| {
        handler(session);
        session.is_modified()
    });
    (answer.returned, !answer.lines().is_empty())
}

#[test]
fn is_modified_is_whether_the_response_sends_a_cookie() {
    let import = LegacyCookie::new("sid", at(START + DAY));
    let read = |headers: &http::HeaderMap| {
        headers["cookie"].to_str().ok()?.strip_prefix("sid=")?.parse().ok().map(visit)
    };
    let sessions = builder(&clock()).import_from(import, read).build().unwrap();
    let value = sessions.seal(&visit(7)).unwrap();
    let restored = || Call::get().cookie(&value);
    let (yes, no) = ((true, true), (false, false));

    let purge = |session: &Session<Visit>| session.purge().unwrap();
    assert_eq!(modified(&sessions, restored(), purge), yes);
    assert_eq!(modified(&sessions, Call::get(), purge), no, "there is nothing to delete");
    assert_eq!(
        modified(&sessions, Call::post().asks("sec-fetch-site", "cross-site"), purge),
        no,
        "nor anything to see"
    );
    assert_eq!(
        modified(&sessions, Call::get().cookie("junk"), purge),
        yes,
        "what does not open is deleted too"
    );
    assert_eq!(
        modified(&sessions, Call::get().asks("cookie", format!("{NAME}.1=junk")), purge),
        yes,
        "and a piece of it"
    );
    assert_eq!(
        modified(&sessions, Call::get().asks("cookie", "sid=no"), purge),
        yes,
        "and another library's"
    );
    let again = |session: &Session<Visit>| {
        session.purge().unwrap();
        session.set(visit(8)).unwrap();
    };
    assert_eq!(modified(&sessions, Call::get(), again), yes);

    let renew = |session: &Session<Visit>| session.renew().unwrap();
    assert_eq!(modified(&sessions, restored(), renew), yes);
    assert_eq!(modified(&sessions, Call::get(), renew), no, "an id alone makes no cookie");

    let empty = |session: &Session<Visit>| session.set(Visit::default()).unwrap();
    assert_eq!(modified(&sessions, restored(), empty), yes);
    assert_eq!(modified(&sessions, Call::get(), empty), no);
    assert_eq!(
        modified(&sessions, restored(), |session| session.set(visit(7)).unwrap()),
        no,
        "the same"
    );
    assert_eq!(modified(&sessions, restored(), |_| ()), no);
    assert_eq!(
        modified(&sessions, Call::get().asks("cookie", "sid=7"), |session| drop(session.cloned())),
        (false, true),
        "a refresh"
    );
}

// Ids.

#[test]
fn only_renew_draws_an_id_by_default() {
    let session = session();
    session.set(visit(1)).unwrap();
    assert_eq!(session.id(), None);
    session.renew().unwrap();
    let first = session.id().unwrap();
    session.renew().unwrap();
    assert_ne!(session.id(), Some(first));
    assert_eq!(session.cloned(), visit(1), "the data is kept");
}

#[test]
fn session_ids_draws_one_at_the_first_write() {
    let clock = clock();
    let sessions = builder(&clock).session_ids(true).build().unwrap();
    let mut browser = Browser::default();
    let answer = browser.get(&sessions, |session| {
        let before = session.id();
        session.set(visit(1)).unwrap();
        (before, session.id())
    });
    let (None, Some(id)) = answer.returned else { panic!("{:?}", answer.returned) };
    clock.advance(secs(3 * DAY));
    assert!(browser.get(&sessions, |session| session.cloned()).sets(), "a refresh");
    browser.get(&sessions, |session| session.update(|visit| visit.cart.push(1)).unwrap());
    assert_eq!(browser.get(&sessions, |session| session.id()).returned, Some(id));
    browser.get(&sessions, |session| session.renew().unwrap());
    assert_ne!(browser.get(&sessions, |session| session.id()).returned, Some(id));
}

#[test]
fn a_session_after_purge_does_not_keep_the_id() {
    let clock = clock();
    let sessions = builder(&clock).session_ids(true).build().unwrap();
    let answer = signed_in(&sessions).get(&sessions, |session| {
        let before = session.id().unwrap();
        session.purge().unwrap();
        let none = session.id();
        session.set(visit(8)).unwrap();
        (none, session.id().unwrap() == before)
    });
    assert_eq!(answer.returned, (None, false));
}

#[test]
fn an_id_prints_as_32_hexadecimal_digits() {
    let id = SessionId::from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 254, 255]);
    assert_eq!(id.to_string(), "000102030405060708090a0b0c0dfeff");
    assert_eq!(SessionId::from(id.to_bytes()), id);
}

// Threads and panics, on platforms that have them.

#[cfg(not(target_family = "wasm"))]
mod threads {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;
    use std::thread;

    #[test]
    fn handles_and_sessions_are_send_and_sync() {
        fn shared<T: Send + Sync + Clone>() {}
        shared::<Session<Visit>>();
        shared::<Sessions<Visit>>();
        shared::<sealed_session::KeyRing>();
    }

    #[test]
    fn a_panicking_closure_changes_and_poisons_nothing() {
        let session = session();
        session.set(visit(1)).unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            session.update(|visit| {
                visit.user = Some(2);
                panic!("on purpose");
            })
        }));
        assert!(panicked.is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| session.read(|_| panic!("on purpose")))).is_err());
        assert_eq!(session.cloned(), visit(1));
        assert_eq!(session.update(|visit| visit.user = Some(3)), Ok(()));
        assert_eq!(session.cloned(), visit(3));
    }

    #[test]
    fn after_a_panic_the_waiting_threads_can_write() {
        let (session, (inside, entered)) = (session(), channel());
        let other = session.clone();
        let panics = thread::spawn(move || {
            other.update(|_| {
                inside.send(()).unwrap();
                panic!("on purpose");
            })
        });
        entered.recv().unwrap();
        assert_eq!(session.update(|visit| visit.user = Some(3)), Ok(()));
        assert!(panics.join().is_err());
    }

    #[test]
    fn other_threads_can_read_during_an_update() {
        let session = session();
        session.set(visit(1)).unwrap();
        let other = session.clone();
        session
            .update(|visit| {
                visit.user = Some(2);
                let read = thread::spawn(move || other.read(|visit| visit.user)).join().unwrap();
                assert_eq!(read, Some(1));
            })
            .unwrap();
    }

    #[test]
    fn writers_of_other_threads_wait_and_none_is_lost() {
        let session = session();
        let count = |session: Session<Visit>| {
            thread::spawn(move || {
                (0..50).for_each(|_| {
                    session.update(|visit| *visit.user.get_or_insert(0) += 1).unwrap()
                })
            })
        };
        let threads: Vec<_> = (0..4).map(|_| count(session.clone())).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(session.cloned(), visit(200));
    }

    #[test]
    fn a_writer_that_waited_sees_the_latest_data() {
        let (session, (starts, started)) = (session(), channel());
        let other = session.clone();
        let mut waiter = None;
        session
            .update(|visit| {
                waiter = Some(thread::spawn(move || {
                    starts.send(()).unwrap();
                    other.update(|visit| visit.user)
                }));
                started.recv().unwrap();
                visit.user = Some(5);
            })
            .unwrap();
        assert_eq!(waiter.unwrap().join().unwrap(), Ok(Some(5)));
    }

    /// Commits while another thread is inside `write`, which calls the function that it is given.
    /// Returns the answers of the write and of an update that waits for it, the value that was
    /// sent, and how many ends were reported meanwhile and afterwards.
    fn race(
        write: impl FnOnce(&Session<Visit>, &dyn Fn()) -> Result<(), SessionError> + Send + 'static,
    ) -> ([Result<(), SessionError>; 2], Option<Visit>, usize) {
        let told = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&told);
        let hear = move |_: &sealed_session::hooks::SessionEnd| {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let sessions = builder(&clock()).on_end(hear).build().unwrap();
        let session = Call::post().cookie(&sessions.seal(&visit(1)).unwrap()).load(&sessions);
        session.update(|visit| visit.cart.push(1)).unwrap();
        let ((inside, entered), (done, finished), (starts, started)) =
            (channel(), channel::<()>(), channel());
        let (writer, waiter) = (session.clone(), session.clone());
        let writes = thread::spawn(move || {
            write(&writer, &|| {
                inside.send(()).unwrap();
                finished.recv_timeout(secs(60)).expect("the commit waits for this update");
            })
        });
        entered.recv().unwrap();
        let waits = thread::spawn(move || {
            starts.send(()).unwrap();
            waiter.update(|_| panic!("the response is out"))
        });
        started.recv().unwrap();
        let mut headers = http::HeaderMap::new();
        sessions.commit(&session, http::StatusCode::OK, &mut headers).unwrap();
        done.send(()).unwrap();
        let answers = [writes.join().unwrap(), waits.join().unwrap()];
        let line = headers.get("set-cookie").map(|line| line.to_str().unwrap().to_owned());
        let value = line.map(|line| line.split(['=', ';']).nth(1).unwrap().to_owned());
        assert_eq!(
            session.cloned(),
            Visit { cart: vec![1], ..visit(1) },
            "what was refused is not read either"
        );
        (answers, value.map(|value| sessions.open(&value).unwrap()), told.load(Ordering::Relaxed))
    }

    const LATE: Result<(), SessionError> = Err(SessionError::Responded);

    #[test]
    fn commit_does_not_wait_for_another_threads_update() {
        let update = race(|session, inside| {
            session.update(|visit| {
                visit.user = Some(5);
                inside();
            })
        });
        assert_eq!(update, ([LATE, LATE], Some(Visit { cart: vec![1], ..visit(1) }), 0));
        let unchanged = race(|session, inside| session.update(|_| inside()));
        assert_eq!(unchanged.0, [LATE, LATE], "nothing can be written, a nothing neither");
    }

    #[test]
    fn a_writer_that_waits_during_commit_is_refused() {
        for write in [Session::purge, Session::renew] {
            let late = race(move |session, inside| {
                let other = session.clone();
                let mut waits = None;
                let (starts, started) = channel();
                session
                    .update(|_| {
                        waits = Some(thread::spawn(move || {
                            starts.send(()).unwrap();
                            write(&other)
                        }));
                        started.recv().unwrap();
                        inside();
                    })
                    .unwrap_err();
                waits.unwrap().join().unwrap()
            });
            assert_eq!(late, ([LATE, LATE], Some(Visit { cart: vec![1], ..visit(1) }), 0));
        }
    }

    #[test]
    fn closing_a_handle_during_an_update_refuses_it() {
        let session = session();
        let (closer, (inside, entered)) = (session.clone(), channel());
        let closes = thread::spawn(move || {
            entered.recv().unwrap();
            closer.close();
        });
        let mut closes = Some(closes);
        let late = session.update(|visit| {
            visit.user = Some(5);
            inside.send(()).unwrap();
            closes.take().unwrap().join().unwrap();
        });
        assert_eq!((late, session.cloned()), (LATE, Visit::default()));
    }

    #[test]
    fn threads_that_touch_at_once_open_one_session() {
        let (sessions, _) = sessions();
        let session = Call::get().cookie(&sessions.seal(&visit(7)).unwrap()).load(&sessions);
        let read = |session: Session<Visit>| thread::spawn(move || session.cloned());
        let threads: Vec<_> = (0..8).map(|_| read(session.clone())).collect();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap() == visit(7)));
    }
}
