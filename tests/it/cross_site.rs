//! docs/rules.md §5.10: a request from another site, on which browsers withhold the cookie, cannot
//! replace a session.

use crate::support::*;
use sealed_session::{Expiry, Level, LoadStatus, SameSite, SessionError};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn status(same_site: SameSite, method: &str, site: Option<&str>) -> LoadStatus {
    let sessions = builder(&clock()).same_site(same_site).build().unwrap();
    let call =
        site.into_iter().fold(Call::new(method), |call, site| call.asks("sec-fetch-site", site));
    let status = call.run(&sessions, |session| session.load_status()).returned;
    assert_eq!(
        sessions.load(raw_request(method, site.map(str::as_bytes), [])).load_status(),
        status
    );
    status
}

fn cross_site() -> Call {
    Call::post().asks("sec-fetch-site", "cross-site")
}

#[test]
fn under_lax_unsafe_methods_of_another_site_are_cross_site() {
    for method in ["POST", "PUT", "PATCH", "DELETE", "QUERYISH"] {
        assert_eq!(
            status(SameSite::Lax, method, Some("cross-site")),
            LoadStatus::CrossSite,
            "{method}"
        );
    }
    for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
        assert_eq!(status(SameSite::Lax, method, Some("cross-site")), LoadStatus::New, "{method}");
    }
}

#[test]
fn under_strict_every_method_of_another_site_is_cross_site() {
    for method in ["GET", "HEAD", "POST", "DELETE"] {
        assert_eq!(
            status(SameSite::Strict, method, Some("cross-site")),
            LoadStatus::CrossSite,
            "{method}"
        );
        assert_eq!(
            status(SameSite::Strict, method, Some("same-origin")),
            LoadStatus::New,
            "{method}"
        );
    }
}

#[test]
fn under_none_nothing_is_cross_site() {
    assert_eq!(status(SameSite::None, "POST", Some("cross-site")), LoadStatus::New);
}

#[test]
fn only_the_browsers_word_cross_site_counts() {
    for site in [None, Some("same-site"), Some("same-origin"), Some("none"), Some("")] {
        assert_eq!(status(SameSite::Lax, "POST", site), LoadStatus::New, "{site:?}");
    }
}

#[test]
fn a_request_with_our_cookie_is_not_cross_site() {
    let (sessions, _) = sessions();
    let good = sessions.seal(&visit(7)).unwrap();
    assert_eq!(
        cross_site().cookie(&good).run(&sessions, |session| session.load_status()).returned,
        LoadStatus::Restored
    );
    let junk = cross_site()
        .cookie("junk")
        .run(&sessions, |session| session.set(visit(8)).map(|()| session.load_status()));
    assert!(matches!(junk.returned, Ok(LoadStatus::Rejected(_))));
    let piece = cross_site()
        .asks("cookie", "__Host-Http-session.1=abc")
        .run(&sessions, |session| session.load_status());
    assert_ne!(piece.returned, LoadStatus::CrossSite, "a piece is ours");
    let other = cross_site()
        .asks("cookie", "theme=dark; __Host-Http-session.x=1; __Host-Http-session2=1")
        .run(&sessions, |session| session.load_status());
    assert_eq!(other.returned, LoadStatus::CrossSite);
}

#[test]
fn a_write_is_refused_and_sets_nothing() {
    let (sessions, _) = sessions();
    let answer = cross_site().run(&sessions, |session| {
        let refused = Err(SessionError::CrossSite);
        assert_eq!(session.update(|visit| visit.cart.push(1)), refused);
        assert_eq!(session.flash(Level::INFO, "hi"), refused);
        assert_eq!(session.set_expiry(Expiry::BrowserSession), refused);
        assert_eq!(session.try_update(|_| Ok::<(), SessionError>(())), refused);
        session.cloned()
    });
    assert_eq!((answer.lines().len(), answer.returned), (0, Visit::default()));
}

#[test]
fn renew_or_set_allows_later_writes() {
    let (sessions, _) = sessions();
    let renewed = cross_site().run(&sessions, |session| {
        session.renew().unwrap();
        session.update(|visit| visit.user = Some(1))
    });
    assert!(renewed.sets() && renewed.returned.is_ok());
    let set = cross_site().run(&sessions, |session| {
        session.set(visit(1)).unwrap();
        session.flash(Level::INFO, "welcome")
    });
    assert!(set.sets() && set.returned.is_ok());
}

#[test]
fn setting_an_empty_value_does_not_allow_later_writes() {
    let (sessions, _) = sessions();
    let answer = cross_site().run(&sessions, |session| {
        session.set(Visit::default()).unwrap();
        let said = session.flash(Level::INFO, "signed out");
        assert_eq!(session.update(|visit| visit.user = Some(1)), Err(SessionError::CrossSite));
        said
    });
    assert_eq!((answer.lines().len(), answer.returned), (0, Err(SessionError::CrossSite)));
    // If the session was seen, it is a sign-out like any other.
    let good = sessions.seal(&visit(7)).unwrap();
    let seen = cross_site().cookie(&good).run(&sessions, |session| {
        session.set(Visit::default()).unwrap();
        session.flash(Level::INFO, "signed out")
    });
    assert!(seen.sets() && seen.returned.is_ok());
    // A sign-in also calls `renew` first and then sets its data.
    let renewed = cross_site().run(&sessions, |session| {
        session.renew().unwrap();
        session.set(Visit::default()).unwrap();
        session.update(|visit| visit.user = Some(1))
    });
    assert!(renewed.sets() && renewed.returned.is_ok());
}

#[test]
fn an_empty_cookie_is_not_ours() {
    let (sessions, _) = sessions();
    for cookie in [format!("{NAME}="), format!("{NAME}= ; {NAME}.1=")] {
        assert_eq!(
            Call::get()
                .asks("cookie", &cookie)
                .run(&sessions, |session| session.load_status())
                .returned,
            LoadStatus::New
        );
        let answer = cross_site().asks("cookie", &cookie).run(&sessions, |session| {
            assert_eq!(session.load_status(), LoadStatus::CrossSite);
            session.purge().unwrap();
        });
        assert!(answer.lines().is_empty());
    }
    let good = sessions.seal(&visit(7)).unwrap();
    let both = Call::get().cookie("").cookie(&good).run(&sessions, |session| session.load_status());
    assert_eq!(both.returned, LoadStatus::Restored);
    let written = Call::get().cookie("").run(&sessions, |session| session.set(visit(7)).unwrap());
    assert!(written.sets());
}

#[test]
fn purge_does_not_allow_later_writes() {
    let (sessions, _) = sessions();
    let answer = cross_site().run(&sessions, |session| {
        let _ = session.purge();
        session.flash(Level::INFO, "signed out")
    });
    assert_eq!((answer.lines().len(), answer.returned), (0, Err(SessionError::CrossSite)));
}

#[test]
fn a_failed_set_does_not_allow_later_writes() {
    let (sessions, _) = sessions();
    let answer = cross_site().run(&sessions, |session| {
        let huge = Visit { note: "x".repeat(9999), ..Visit::default() };
        assert!(matches!(session.set(huge), Err(SessionError::TooLarge { .. })));
        session.update(|visit| visit.user = Some(1))
    });
    assert_eq!(answer.returned, Err(SessionError::CrossSite));
}
