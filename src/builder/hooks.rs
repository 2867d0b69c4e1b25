//! The builder's settings that take code of the application's own: who is let in from another
//! library, who is let in at all, and who hears of what ended. `builder` has all others, and
//! builds.

use crate::builder::Builder;
use crate::config::legacy::OldCookie;
use crate::data::session_data::SessionData;
use crate::hooks::on_end::Ended;
use crate::hooks::validate::Admission;
use http::HeaderMap;
use std::time::SystemTime;

impl<T: SessionData> Builder<T> {
    /// Takes over the sessions of another library, so that nobody is signed out by the move: where
    /// no cookie of ours came at all, and until the old cookie's date, `read` makes a session out
    /// of the old one, and a response that the visitor's next request brings sets ours. It is never
    /// asked in place of a cookie of ours that does not open.
    ///
    /// `read` gets the old cookie alone, in `Cookie` fields of the form `name=value`, found as our
    /// own is: in the bytes, nothing decoded. It must verify what it reads, as the old library did,
    /// must not block, and finds this request's session empty, since that is being opened. It knows
    /// no context: an application with one for each tenant checks the tenant in what it reads.
    /// While it is asked, the old library's limits are the session's too: a browser that dropped
    /// our cookie and kept the old one is let in by the old one.
    ///
    /// There is one old cookie: a second call takes the first one's place. It stays until
    /// [`OldCookie::delete_old_from`]; [`purge`](crate::Session::purge), and an update that empties
    /// the session, delete it with ours. `docs/moving-in.md` in the repository has the code for
    /// seven libraries, and what to do when.
    pub fn import(
        mut self,
        old: OldCookie,
        read: impl Fn(&HeaderMap) -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        self.leftovers.old = Some((old, Box::new(read)));
        self
    }

    /// A check of the application's own: whether a session that is in order otherwise is let in. An
    /// `Err` refuses it, with the application's reason.
    ///
    /// A refused session is as every cookie that does not open. The handler finds an empty session,
    /// [`status`](crate::Session::status) is `Rejected(Reason::Refused)`,
    /// [`refusal`](crate::Session::refusal) is the reason, and the cookie stays until the handler
    /// writes. It is never refreshed. The reason is also in the event, at debug level.
    ///
    /// `check` is asked at first touch, once for each cookie of ours that passed everything else:
    /// mostly one, at most 16. Of several, a refused one loses to one that is admitted.
    /// [`Sessions::open`](crate::Sessions::open) asks it too; what [`import`](Self::import) takes
    /// over is not asked for, and what is written is not either. Can be called for several checks,
    /// which are asked in their order until one refuses.
    ///
    /// It is synchronous: it looks at what this server holds in memory, and a task beside keeps
    /// that up to date, so that no request waits. It finds this request's session empty and cannot
    /// write it, since that is being opened. If it panics, nothing is opened, and the next touch
    /// asks again.
    ///
    /// A password's epoch, a number for each user that a new password counts up, and that the
    /// session keeps from the sign-in:
    ///
    /// ```
    /// use sealed_session::{KeyRing, Reason, Sessions, Status};
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
    ///     .admit(move |admission| {
    ///         let Visit { user, password_epoch } = admission.data();
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
    /// assert_eq!(sessions.load(&http::Method::GET, &headers).status(), Status::Restored);
    ///
    /// epochs.write().unwrap().insert(7, 2);
    /// let session = sessions.load(&http::Method::GET, &headers);
    /// assert_eq!(session.status(), Status::Rejected(Reason::Refused));
    /// assert_eq!(session.refusal(), Some("signed in before the last change of the password"));
    /// assert_eq!(session.read(|visit| visit.user), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A list of ids is in the example of [`on_end`](Self::on_end). "Sign out everywhere" for one
    /// user, over several servers, is in `examples/redis` in the repository.
    pub fn admit(
        mut self,
        check: impl Fn(&Admission<'_, T>) -> Result<(), &'static str> + Send + Sync + 'static,
    ) -> Self {
        self.admissions.checks.push(Box::new(check));
        self
    }

    /// Refuses every session that was created before `time`, or last renewed before it: "sign
    /// everyone out". Not by default. [`Sessions::set_not_before`](crate::Sessions::set_not_before)
    /// sets the same while the server runs; [`refusal`](crate::Session::refusal) is then `created
    /// before not_before`.
    ///
    /// The time of creation counts, and not that of issue. A refresh moves the latter, so a server
    /// that has not heard of `time` yet would let a session past it for good; the former moves only
    /// where the visitor has proved who they are ([`renew`](crate::Session::renew)). Sessions hold
    /// whole seconds: `time` is rounded up, so that who signs in within the very second may have to
    /// do so again, and nobody from before it stays.
    pub fn not_before(self, time: impl Into<SystemTime>) -> Self {
        self.admissions.set_not_before(time.into());
        self
    }

    /// Hears when a session that a cookie brought is ended by [`purge`](crate::Session::purge) or
    /// replaced by [`renew`](crate::Session::renew), so that the application can refuse the copies
    /// that somebody kept. Where nobody keeps a list they live on until their absolute timeout.
    ///
    /// A purge is told at the call, whatever becomes of the response: who signs out is signed out,
    /// also where the request is cancelled. A renewal is told when its cookie is in the response:
    /// one that a 5xx or a cancelled request discards leaves the visitor with the old cookie, which
    /// must go on. Several renewals of one request are one. Nothing is told of a session that no
    /// cookie of ours brought (new, imported, withheld or rejected), nor of an update that empties
    /// one: sign out with `purge`.
    ///
    /// `hear` runs on the request's thread and must not block: it writes to memory, or sends to a
    /// task that writes elsewhere. The session may be read in it. Can be called for several, which
    /// hear in their order. If one panics, the others hear all the same; then the panic goes to who
    /// called `purge`, or to who commits, as a handler's own would. The purge or renewal itself has
    /// happened by then.
    ///
    /// A list of refused ids, and the same list asked at every first touch:
    ///
    /// ```
    /// use http::{HeaderMap, Method};
    /// use sealed_session::{KeyRing, Map, Reason, SessionId, Sessions, Status};
    /// use std::collections::HashSet;
    /// use std::sync::{Arc, Mutex};
    ///
    /// let refused = Arc::new(Mutex::new(HashSet::<SessionId>::new()));
    /// let (asked, told) = (Arc::clone(&refused), refused);
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
    ///     .with_ids(true)
    ///     .admit(move |admission| match admission.id() {
    ///         Some(id) if asked.lock().unwrap().contains(&id) => Err("signed out"),
    ///         _ => Ok(()),
    ///     })
    ///     .on_end(move |ended| {
    ///         // A list that is to shrink again keeps `ended.until()` beside the id.
    ///         told.lock().unwrap().extend(ended.old_id());
    ///     })
    ///     .build()?;
    ///
    /// let copied = sessions.seal(&Map::new())?;
    /// let mut headers = HeaderMap::new();
    /// headers.insert("cookie", format!("{}={copied}", sessions.cookie_name()).parse()?);
    /// sessions.load(&Method::POST, &headers).purge()?;
    ///
    /// let copy = sessions.load(&Method::GET, &headers);
    /// assert_eq!(copy.status(), Status::Rejected(Reason::Refused));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// The list is this server's alone: where there are several, each tells the others, and until
    /// it has, a copy is good there. Requests of the visitor's own that were sent with the old
    /// cookie before the renewed one arrived are refused too, and one that then writes begins a new
    /// session: renew where nothing else is under way, as at a sign-in form.
    pub fn on_end(mut self, hear: impl Fn(&Ended) + Send + Sync + 'static) -> Self {
        self.observers.0.push(Box::new(hear));
        self
    }
}
