//! Builder settings that take the application's own code: importing sessions of another library,
//! validation, the hook for the end of a session, and the hook for events.

use crate::builder::Builder;
use crate::claims::info::SessionInfo;
use crate::config::legacy::LegacyCookie;
use crate::data::session_data::SessionData;
use crate::hooks::Event;
use crate::hooks::on_end::SessionEnd;
use http::HeaderMap;
use std::time::SystemTime;

impl<T: SessionData> Builder<T> {
    /// Takes over the sessions of another library, so that the move signs nobody out.
    ///
    /// If none of our cookies came at all, and until the old cookie's date, `read` makes a session
    /// from the old cookie. The response then sets our cookie, under the conditions of a refresh.
    /// `read` is never called if our cookie came and does not open.
    ///
    /// `read` gets only the old cookie, in `Cookie` fields of the form `name=value`. The old cookie
    /// is found in the same way as our own: by its exact bytes, with nothing decoded. `read` must
    /// verify what it reads, as the old library did, and must not block. Inside it, this request's
    /// session is empty, because it is being opened. `read` gets no context: an application with
    /// one context per tenant must check the tenant in what it reads. As long as the old cookie is
    /// read, the old library's limits apply too: if a browser dropped our cookie and kept the old
    /// one, the old one signs the visitor in.
    ///
    /// There is only one old cookie: a second call replaces the first. The old cookie stays in the
    /// browser until [`LegacyCookie::delete_after`]; [`purge`](crate::Session::purge), and an
    /// update that empties the session, delete it together with ours. `docs/moving-in.md` in the
    /// repository has the code for seven libraries, and the steps of a move.
    pub fn import_from(
        mut self,
        old: LegacyCookie,
        read: impl Fn(&HeaderMap) -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        self.legacy.old = Some((old, Box::new(read)));
        self
    }

    /// Adds a check of the application's own, which can refuse a session that is otherwise valid.
    /// An `Err` refuses it and gives the application's reason.
    ///
    /// A refused session is treated like every cookie that does not open. The handler finds an
    /// empty session, [`load_status`](crate::Session::load_status) is
    /// `Rejected(Reason::Refused(why))`, and the cookie stays until the handler writes. It is never
    /// refreshed. The reason is also in the event, at debug level.
    ///
    /// `check` runs at first access, once for each of our cookies that passed everything else:
    /// usually one, at most 16. A refused session loses to one that is accepted.
    /// [`Sessions::open`](crate::Sessions::open) runs it too. Sessions from
    /// [`import_from`](Self::import_from) are not checked, and neither are writes. Can be called
    /// for several checks: they run in the order of the calls, until one refuses.
    ///
    /// `check` is synchronous. It looks at what this server holds in memory, and a background task
    /// keeps that up to date, so that no request waits. Inside it, this request's session is empty
    /// and cannot be written, because it is being opened. If it panics, nothing is opened, and the
    /// next access runs it again.
    ///
    /// An example is a password's epoch: a number for each user, which every new password
    /// increments. The session keeps the number from the sign-in:
    ///
    /// ```
    /// use sealed_session::{KeyRing, LoadStatus, Reason, Sessions};
    /// use serde::{Deserialize, Serialize};
    /// use std::collections::HashMap;
    /// use std::sync::{Arc, RwLock};
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Visit { user: Option<u64>, password_epoch: u32 }
    ///
    /// let epochs = Arc::new(RwLock::new(HashMap::from([(7_u64, 1_u32)])));
    /// let known = Arc::clone(&epochs);
    /// let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral()?)
    ///     .validate(move |_info, Visit { user, password_epoch }| {
    ///         let Some(user) = user else { return Ok(()) };
    ///         match known.read().unwrap().get(user) {
    ///             Some(epoch) if epoch == password_epoch => Ok(()),
    ///             Some(_) => Err("signed in before the last change of the password"),
    ///             None => Err("no such user"),
    ///         }
    ///     })
    ///     .build()?;
    ///
    /// let value = sessions.seal(&Visit { user: Some(7), password_epoch: 1 })?;
    /// let mut headers = http::HeaderMap::new();
    /// headers.insert("cookie", format!("{}={value}", sessions.cookie_name()).parse()?);
    /// assert_eq!(sessions.load((&http::Method::GET, &headers)).load_status(), LoadStatus::Restored);
    ///
    /// epochs.write().unwrap().insert(7, 2);
    /// let session = sessions.load((&http::Method::GET, &headers));
    /// assert_eq!(session.load_status(), LoadStatus::Rejected(Reason::Refused("signed in before the last change of the password")));
    /// assert_eq!(session.read(|visit| visit.user), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// The example of [`on_end`](Self::on_end) has a list of ids. `examples/redis` in the
    /// repository has "sign out everywhere" for one user, across several servers.
    pub fn validate(
        mut self,
        check: impl Fn(&SessionInfo, &T) -> Result<(), &'static str> + Send + Sync + 'static,
    ) -> Self {
        self.validators.checks.push(Box::new(check));
        self
    }

    /// Refuses every session that was created before `time`, or last renewed before it: "sign
    /// everyone out". Not set by default.
    /// [`Sessions::reject_created_before`](crate::Sessions::reject_created_before) sets the same
    /// while the server runs. The reason is then `created before reject_created_before`.
    ///
    /// The time of creation counts, not the time of issue. A refresh moves the time of issue, so a
    /// server that does not know `time` yet would carry a session past it for good. The time of
    /// creation moves only if the visitor has proved who they are
    /// ([`renew`](crate::Session::renew)). Sessions hold whole seconds, and `time` is rounded up.
    /// So no session from before `time` is accepted, but a visitor who signs in within that same
    /// second may have to sign in again.
    pub fn reject_created_before(self, time: impl Into<SystemTime>) -> Self {
        self.validators.reject_created_before(time.into());
        self
    }

    /// Calls `on_end` when a session that a cookie brought is ended by
    /// [`purge`](crate::Session::purge) or replaced by [`renew`](crate::Session::renew), so that
    /// the application can refuse copies of the cookie. Without a list of them, copies live on
    /// until their absolute timeout.
    ///
    /// A purge is reported at the call, whatever becomes of the response: the visitor is signed out
    /// even if the request is cancelled. A renewal is reported when its cookie is in the response.
    /// If a 5xx or a cancelled request discards the renewal, the visitor still has the old cookie,
    /// which must keep working. Several renewals in one request count as one. Only sessions
    /// restored from our cookie are reported, not new, imported, cross-site or rejected ones. An
    /// update that empties a session is not reported either: sign out with `purge`.
    ///
    /// `on_end` runs on the request's thread and must not block: it writes to memory, or sends to a
    /// task that writes elsewhere. It may read the session. Can be called for several hooks, which
    /// run in the order of the calls. If one panics, the others still run. Then the panic continues
    /// in the caller of `purge`, or in the commit, like a panic of a handler. The purge or renewal
    /// itself has happened by then.
    ///
    /// An example is a list of refused ids, which is checked at every first access:
    ///
    /// ```
    /// use http::{HeaderMap, Method};
    /// use sealed_session::{KeyRing, LoadStatus, Map, Reason, SessionId, Sessions};
    /// use std::collections::HashSet;
    /// use std::sync::{Arc, Mutex};
    ///
    /// let refused = Arc::new(Mutex::new(HashSet::<SessionId>::new()));
    /// let (asked, told) = (Arc::clone(&refused), refused);
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
    ///     .session_ids(true)
    ///     .validate(move |info, _data| match info.id() {
    ///         Some(id) if asked.lock().unwrap().contains(&id) => Err("signed out"),
    ///         _ => Ok(()),
    ///     })
    ///     .on_end(move |ended| {
    ///         // To remove ids later, also store `ended.copies_valid_until()`.
    ///         told.lock().unwrap().extend(ended.previous_id());
    ///     })
    ///     .build()?;
    ///
    /// let copied = sessions.seal(&Map::new())?;
    /// let mut headers = HeaderMap::new();
    /// headers.insert("cookie", format!("{}={copied}", sessions.cookie_name()).parse()?);
    /// sessions.load((&Method::POST, &headers)).purge()?;
    ///
    /// let copy = sessions.load((&Method::GET, &headers));
    /// assert_eq!(copy.load_status(), LoadStatus::Rejected(Reason::Refused("signed out")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// The list is for this server only. If there are several servers, each must inform the others;
    /// until it has, a copy still opens there. Requests that the visitor sent with the old cookie
    /// before the renewed one arrived are refused too, and a write in one of them begins a new
    /// session. So renew when no other request is under way, as at a sign-in form.
    pub fn on_end(mut self, on_end: impl Fn(&SessionEnd) + Send + Sync + 'static) -> Self {
        self.end_hooks.0.push(Box::new(on_end));
        self
    }

    /// Calls `on_event` for every event of these sessions and of their key ring, for counters and
    /// logs. [`EventKind`](crate::hooks::EventKind) lists the events, and `docs/observing.md` in
    /// the repository says what to do about each. With the feature `tracing`, the same events are
    /// logged. Warnings are logged without it too.
    ///
    /// A request that does not access its session has no event, except `cross-origin-refused` and
    /// `layer-conflict`. A response with the session's cookie is exactly one of `created`,
    /// `changed`, `renewed` and `refreshed`, and it is reported when the cookie is in the response.
    /// A purge is reported at the call. Whether a cookie opened is reported at the first access.
    ///
    /// `on_event` runs on the request's thread, outside the crate's locks, and must not block. It
    /// may read and write the session and the ring. What it does to them calls no `on_event` hook.
    /// Can be called for several hooks, which run in the order of the calls. If one panics, the
    /// others still run and the request continues, because an observer must not turn a working
    /// response into a 500; a warning says so, at most once a minute.
    ///
    /// It is for numbers, and not for a list of ended sessions: an event holds no id. Use
    /// [`on_end`](Self::on_end) for that.
    ///
    /// ```
    /// use http::{HeaderMap, Method};
    /// use sealed_session::{KeyRing, Map, Sessions};
    /// use std::collections::BTreeMap;
    /// use std::sync::{Arc, Mutex};
    ///
    /// let counts = Arc::new(Mutex::new(BTreeMap::<_, u64>::new()));
    /// let counter = Arc::clone(&counts);
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
    ///     .on_event(move |event| {
    ///         *counter.lock().unwrap().entry((event.name(), event.reason())).or_default() += 1;
    ///     })
    ///     .build()?;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("cookie", format!("{}=forged", sessions.cookie_name()).parse()?);
    /// let session = sessions.load((&Method::POST, &headers));
    /// session.insert("user", 7)?;
    /// sessions.commit(&session, http::StatusCode::OK, &mut HeaderMap::new())?;
    ///
    /// let counts = counts.lock().unwrap();
    /// assert_eq!(counts[&("rejected", Some("malformed"))], 1);
    /// assert_eq!(counts[&("created", None)], 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_event(mut self, on_event: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.event_hooks.0.push(Box::new(on_event));
        self
    }
}
