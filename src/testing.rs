//! Tools for an application's own tests of its handlers: a visitor whose cookie is made from a `T`
//! and read back as one, and a ring that is the same every time. To set the time, give the builder
//! a [`ManualClock`](crate::clock::ManualClock).
//!
//! Enable the feature `testing` only under `[dev-dependencies]`. `docs/testing.md` in the
//! repository has a test for each way to send requests: axum's `oneshot`, actix's `test`, the
//! clients of Rocket, Poem and Salvo, and reqwest.
//!
//! ```
//! # #[cfg(not(all(target_family = "wasm", target_os = "unknown")))] {
//! use sealed_session::Sessions;
//! use sealed_session::clock::ManualClock;
//! use sealed_session::testing::{Visitor, ring};
//! use serde::{Deserialize, Serialize};
//! use std::time::Duration;
//!
//! #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
//! struct Visit { user: Option<u64> }
//!
//! let clock = ManualClock::at_system_time();
//! let sessions = Sessions::<Visit>::builder(ring()).clock(clock.clone()).build()?;
//!
//! // A request of a visitor who is signed in:
//! let mut visitor = Visitor::with(&sessions, &Visit { user: Some(7) })?;
//! let mut request = http::HeaderMap::new();
//! request.insert("cookie", visitor.cookie_header().parse()?);
//!
//! // What the application would do with it, two days later:
//! clock.advance(Duration::from_secs(2 * 86_400));
//! let session = sessions.load((&http::Method::GET, &request));
//! session.update(|visit| visit.user = Some(8))?;
//! let mut response = http::HeaderMap::new();
//! sessions.commit(&session, http::StatusCode::OK, &mut response)?;
//!
//! // What the visitor has then:
//! visitor.receive(response.get_all("set-cookie"));
//! assert_eq!(visitor.read(|visit| visit.user), Some(8));
//! assert_eq!(visitor.session().info().expires_in(), Duration::from_secs(14 * 86_400));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::data::session_data::SessionData;
#[cfg(feature = "dbsc")]
use crate::dbsc::key::Thumbprint;
use crate::error::SessionError;
use crate::keys::KeyRing;
use crate::session::Session;
use crate::sessions::Sessions;
use std::fmt;

/// A secret that this repository publishes. Every way of loading a ring refuses it, except this
/// module and `danger_from_published`.
const RING: &str = if cfg!(feature = "aes") {
    "ssk1.xaes256gcm.RfeSVMif99tqWOY9jIrHbJLL6YT_EFyLy4tjz7X8rWM"
} else {
    "ssk1.xchacha20poly1305.RfeSVMif99tqWOY9jIrHbJLL6YT_EFyLy4tjz7X8rWM"
};

/// Returns a ring of one key that is the same in every run, so that a test can contain a cookie as
/// text.
///
/// The secret is public: anyone can seal with it. In a build without debug assertions, a warning
/// says so once per process.
#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "the text is a constant, and the test `the_ring_is_one` reads it"
)]
pub fn ring() -> KeyRing {
    KeyRing::danger_from_published(RING).expect("a constant that parses")
}

/// What a response did to a visitor's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The response did not change it.
    None,
    /// The response set it.
    Set,
    /// The response deleted it.
    Deleted,
}

/// A visitor's browser in a test, for one kind of session.
///
/// It keeps what is set and forgets what is deleted. It drops nothing by age, because tests should
/// see the limits inside the seal.
pub struct Visitor<T> {
    sessions: Sessions<T>,
    /// The names and values of the session's cookie, or of its pieces.
    cookies: Vec<(String, String)>,
    /// The name and value of the proof of a device key.
    proof: Option<(String, String)>,
}

impl<T: SessionData> Visitor<T> {
    /// Returns a visitor without a cookie.
    pub fn new(sessions: &Sessions<T>) -> Self {
        Self { sessions: sessions.clone(), cookies: Vec::new(), proof: None }
    }

    /// Returns a visitor with this session, which begins now.
    ///
    /// # Errors
    /// The same as [`Sessions::seal`].
    pub fn with(sessions: &Sessions<T>, value: &T) -> Result<Self, SessionError> {
        let mut visitor = Self::new(sessions);
        visitor.receive(sessions.set_cookie_lines(&sessions.seal(value)?));
        Ok(visitor)
    }

    /// Returns the value of the request's `Cookie` field: `name=value`, several of these if the
    /// session is split over several cookies, or an empty string if there is no cookie.
    pub fn cookie_header(&self) -> String {
        let cookies = self.cookies.iter().chain(&self.proof);
        let pairs: Vec<String> = cookies.map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Applies the response's `Set-Cookie` fields and returns what they did to the session's cookie.
    /// The pieces of a session that needs several cookies belong to it. Fields with another name,
    /// domain or path are ignored.
    pub fn receive(&mut self, set_cookie: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Change {
        let mut change = Change::None;
        for line in set_cookie {
            let line = String::from_utf8_lossy(line.as_ref());
            let mut parts = line.split(';').map(|part| part.trim_matches([' ', '\t']));
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if self.proof.as_ref().is_some_and(|(proof, _)| proof == name) {
                self.proof = None; // only an endpoint sets one
            }
            if !self.sessions.is_name_of_session(name) {
                continue;
            }
            let attributes: Vec<&str> = parts.collect();
            if !self.sessions.is_at(&attributes) {
                continue; // a copy at another place, which is deleted
            }
            let deleted = attributes.contains(&"Max-Age=0");
            self.cookies.retain(|(known, _)| known != name);
            if !deleted {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
            // A response that sets a smaller session deletes the pieces that it does not need.
            if !deleted || change == Change::None {
                change = if deleted { Change::Deleted } else { Change::Set };
            }
        }
        change
    }

    /// Returns the session as the visitor's next request would bring it: its data, and what it
    /// reports about itself (`load_status`, `info`, `flashes`, …).
    ///
    /// It belongs to no response, so changes to it are not saved.
    pub fn session(&self) -> Session<T> {
        let cookie = self.cookie_header();
        self.sessions.load(("GET", &[("cookie", cookie)][..]))
    }

    /// Reads the session's data.
    pub fn read<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        self.session().read(read)
    }
}

/// With the feature `dbsc`:
#[cfg(feature = "dbsc")]
impl<T: SessionData> Visitor<T> {
    /// Gives the visitor a fresh proof of a device key, as if their browser had registered one or
    /// refreshed. A request that calls [`renew`](Session::renew) then binds the session. Needs the
    /// feature `dbsc`. Without [`Builder::device_bound`](crate::Builder::device_bound), this does
    /// nothing.
    ///
    /// Every visitor has the same key.
    ///
    /// ```
    /// # #[cfg(not(all(target_family = "wasm", target_os = "unknown")))] {
    /// use sealed_session::testing::{Visitor, ring};
    /// use sealed_session::{DeviceBound, Map, Sessions};
    ///
    /// let sessions = Sessions::<Map>::builder(ring()).device_bound(DeviceBound::at("/dbsc")).build()?;
    /// let mut visitor = Visitor::new(&sessions);
    /// visitor.prove();
    ///
    /// let session = visitor.session(); // the request that signs in
    /// session.renew()?;
    /// session.insert("user", 7)?;
    /// let mut response = http::HeaderMap::new();
    /// sessions.commit(&session, http::StatusCode::OK, &mut response)?;
    /// visitor.receive(response.get_all("set-cookie"));
    /// assert!(visitor.session().require_binding().is_ok());
    ///
    /// visitor.forget_proof(); // as a thief who has the session's cookie alone
    /// assert!(visitor.session().require_binding().is_err());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prove(&mut self) {
        let config = self.sessions.config();
        let Some(device) = &config.device else { return };
        let (ring, now) = (config.ring.snapshot(), config.clock.unix_time());
        let line = device.new_proof(&ring, now, Thumbprint([7; 16]));
        let pair = line.as_deref().and_then(|line| line.split(';').next()?.split_once('='));
        self.proof = pair.map(|(name, value)| (name.to_owned(), value.to_owned()));
    }

    /// Takes the proof away, as at its end.
    pub fn forget_proof(&mut self) {
        self.proof = None;
    }
}

impl<T> Clone for Visitor<T> {
    fn clone(&self) -> Self {
        Self {
            sessions: self.sessions.clone(),
            cookies: self.cookies.clone(),
            proof: self.proof.clone(),
        }
    }
}

/// Shows the cookie's name and how many cookies there are.
impl<T> fmt::Debug for Visitor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor")
            .field("sessions", &self.sessions)
            .field("cookies", &self.cookies.len())
            .finish()
    }
}
