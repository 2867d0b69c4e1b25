//! The builder's settings for what changes between two deployments: the data's type, its encoding,
//! the cookie's name and context. What they mean is in `types` and `other_seals`; `builder` has all
//! others, and builds.

use crate::builder::Builder;
use crate::data::encoding::Encoding;
use crate::data::session_data::SessionData;
use serde::Serialize;

impl<T: SessionData> Builder<T> {
    /// How the data are encoded; [`Encoding::Positional`] by default. Both are read, whatever is
    /// written, as far as the type can be in both: `T` by place needs the feature `shape` or a
    /// [`shape(n)`](Self::shape) for that, and is refused by `build()` only where it is written so.
    ///
    /// ```
    /// use sealed_session::{Encoding, KeyRing, Sessions};
    /// use serde::{Deserialize, Serialize};
    ///
    /// mod before {
    ///     #[derive(Default, serde::Serialize, serde::Deserialize)]
    ///     pub struct Visit { pub name: Option<String> }
    /// }
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Visit {
    ///     #[serde(alias = "name")]
    ///     nickname: Option<String>,
    ///     #[serde(default)]
    ///     theme: String,
    /// }
    ///
    /// let ring = KeyRing::ephemeral()?;
    /// let old = Sessions::<before::Visit>::builder(ring.clone()).encoding(Encoding::Named).build()?;
    /// let sessions = Sessions::<Visit>::builder(ring).encoding(Encoding::Named).build()?;
    /// let value = old.seal(&before::Visit { name: Some("Ada".into()) })?;
    /// assert_eq!(sessions.open(&value)?.nickname.as_deref(), Some("Ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.changes.encoding = encoding;
        self
    }

    /// Gives the tracer a value to try. [`build`](Self::build) needs one if a part of the session's
    /// type accepts none of the values that it tries by itself, such as a checked "SKU-" and six
    /// digits, and something follows that part in a map or tuple: it cannot see that then, and
    /// refuses the type.
    ///
    /// `sample` is a value of the session's type, or of any type in it: what matters are the
    /// strings and numbers in it, which are offered wherever one of their kind is read. It also
    /// serves the types of [`upgrade_from`](Self::upgrade_from). Nothing of it enters the
    /// [shape](crate::Sessions::shape_text), a cookie or a message. Can be called for several
    /// samples.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Sessions};
    /// use serde::{Deserialize, Serialize};
    /// use std::collections::BTreeMap;
    ///
    /// #[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    /// #[serde(try_from = "String", into = "String")]
    /// # #[derive(Clone)]
    /// struct Sku(String);
    ///
    /// impl TryFrom<String> for Sku {
    ///     type Error = &'static str;
    ///     fn try_from(text: String) -> Result<Self, Self::Error> {
    ///         match text.strip_prefix("SKU-").map(str::parse::<u32>) {
    ///             Some(Ok(_)) => Ok(Self(text)),
    ///             _ => Err("expected SKU- and a number"),
    ///         }
    ///     }
    /// }
    /// # impl From<Sku> for String { fn from(sku: Sku) -> Self { sku.0 } }
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Visit { cart: BTreeMap<Sku, u32> }
    ///
    /// let ring = KeyRing::ephemeral()?;
    /// let refused = Sessions::<Visit>::builder(ring.clone()).build().unwrap_err();
    /// assert!(refused.to_string().contains("Visit.cart[]"));
    ///
    /// let sample = Sku("SKU-123456".into());
    /// let sessions = Sessions::<Visit>::builder(ring).sample(sample).build()?;
    /// assert_eq!(sessions.shape_text(), Some("postcard Visit{cart:{str:u32}}"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sample(mut self, sample: impl Serialize + 'static) -> Self {
        self.changes.samples.add(&sample);
        self
    }

    /// Reads the sessions of an older type, which this release's `T` has taken the place of, so
    /// that nobody is signed out by the change. Can be called for several older types; each session
    /// is read by the one whose shape it has.
    ///
    /// `Old` is the type as it was deployed, with the name that it had: a shape holds the name too.
    /// Keep it in a module of its own, or give it `#[serde(rename = "…")]`.
    ///
    /// A refresh seals the old bytes again, unchanged, so that servers of the release before can
    /// read them still; what a handler writes is sealed as a `T`, and they cannot. Where old and
    /// new servers answer the same visitors, in a rolling deployment or after one is taken back,
    /// [`write_as`](Self::write_as) is for the time until no old server is left. An empty session,
    /// equal to `Old::default()`, is `T::default()`, and `upgrade` is not asked.
    ///
    /// `upgrade` runs at first touch, and at each update of a session that is still old. It must
    /// not block. At first touch it finds this request's session empty and cannot write it, since
    /// that is being opened. What it returns should depend on `Old` alone.
    ///
    /// [`build`](Self::build) refuses an `Old` that could be no session itself, one with the shape
    /// of `T`, and two of one shape.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Sessions};
    /// use serde::{Deserialize, Serialize};
    ///
    /// mod before {
    ///     #[derive(Default, serde::Serialize, serde::Deserialize)]
    ///     pub struct Visit { pub user: Option<u64> }
    /// }
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Visit { user: Option<u64>, theme: String }
    ///
    /// let ring = KeyRing::ephemeral()?;
    /// let old = Sessions::<before::Visit>::new(ring.clone());
    /// let sessions = Sessions::<Visit>::builder(ring)
    ///     .upgrade_from(|old: before::Visit| Visit { user: old.user, theme: "light".into() })
    ///     .build()?;
    ///
    /// let visit = sessions.open(&old.seal(&before::Visit { user: Some(7) })?)?;
    /// assert_eq!((visit.user, visit.theme.as_str()), (Some(7), "light"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upgrade_from<Old: SessionData>(
        mut self,
        upgrade: impl Fn(Old) -> T + Send + Sync + 'static,
    ) -> Self {
        self.changes.read_old(None, upgrade);
        self
    }

    /// As [`upgrade_from`](Self::upgrade_from), for an older type that was deployed with
    /// [`shape(number)`](Self::shape).
    ///
    /// ```
    /// use sealed_session::{KeyRing, Sessions};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Visit { user: Option<u64>, minutes: u32 }
    ///
    /// // The same structure, and another meaning: it was seconds under number 1.
    /// let ring = KeyRing::ephemeral()?;
    /// let old = Sessions::<Visit>::builder(ring.clone()).shape(1).build()?;
    /// let sessions = Sessions::<Visit>::builder(ring)
    ///     .shape(2)
    ///     .upgrade_from_shape(1, |old: Visit| Visit { minutes: old.minutes / 60, ..old })
    ///     .build()?;
    /// let sealed = old.seal(&Visit { user: Some(7), minutes: 120 })?;
    /// assert_eq!(sessions.open(&sealed)?.minutes, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upgrade_from_shape<Old: SessionData>(
        mut self,
        number: u32,
        upgrade: impl Fn(Old) -> T + Send + Sync + 'static,
    ) -> Self {
        self.changes.read_old(Some(number), upgrade);
        self
    }

    /// Writes sessions as an older type, which servers of the release before read: for as long as
    /// some of them answer the same visitors, and while this release may yet be taken back.
    /// [`Sessions::seal`] and [`Session::seal`](crate::Session::seal) write it too. It needs
    /// `upgrade_from` of the same type. A second call takes the first one's place.
    ///
    /// What `Old` has no place for is lost at each write, as a field that serde skips, also what
    /// was written before this was set: put nothing there until it is removed. What is too large
    /// for the cookie is measured in the bytes of `Old`.
    ///
    /// The steps are: deploy the new type with `upgrade_from` and `write_as`; once no server of the
    /// release before is left, and none will come back, deploy it without `write_as`; once no
    /// session of the old type can be alive (the absolute timeout), without `upgrade_from`.
    ///
    /// `downgrade` must not block, and must not write to this request's session (that would be
    /// [`Busy`](crate::SessionError::Busy)). `upgrade_from` is to undo it: what a handler has
    /// written is what the next request reads. `T::default()` is written as `Old::default()`, and
    /// `downgrade` is not asked.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Sessions};
    /// use serde::{Deserialize, Serialize};
    ///
    /// mod before {
    ///     #[derive(Default, serde::Serialize, serde::Deserialize)]
    ///     pub struct Visit { pub user: Option<u64> }
    /// }
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Visit { user: Option<u64>, theme: Option<String> }
    ///
    /// let ring = KeyRing::ephemeral()?;
    /// let old = Sessions::<before::Visit>::new(ring.clone());
    /// let sessions = Sessions::<Visit>::builder(ring)
    ///     .upgrade_from(|old: before::Visit| Visit { user: old.user, theme: None })
    ///     .write_as(|new: &Visit| before::Visit { user: new.user })
    ///     .build()?;
    ///
    /// let value = sessions.seal(&Visit { user: Some(7), theme: None })?;
    /// assert_eq!(old.open(&value)?.user, Some(7));
    /// assert_eq!(sessions.open(&value)?.user, Some(7));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`Sessions::seal`]: crate::Sessions::seal
    pub fn write_as<Old: SessionData>(
        mut self,
        downgrade: impl Fn(&T) -> Old + Send + Sync + 'static,
    ) -> Self {
        self.changes.write_as(downgrade);
        self
    }

    /// Also opens this session's cookie under another name or context, which an earlier
    /// configuration had or the next one will have, so that nobody is signed out by the change. Can
    /// be called for several.
    ///
    /// A cookie of another name is looked at only where none of the present name came: it is never
    /// a second chance for one that does not open. The present name under another context is tried
    /// where a cookie does not open under ours. The session keeps all that it carries. The next
    /// write that changes it, or the next refresh, moves it under the present name and context, and
    /// deletes what came under another name, as [`purge`](crate::Session::purge) and an update that
    /// empties it do. A session with [`Expiry::At`](crate::Expiry::At) is refreshed only where its
    /// key ends, so that in general only a write moves it; it ends before `also_open` may go. Other
    /// names share `Path` and `Domain` with the present one; for a cookie that was set with others,
    /// add [`also_delete`](Self::also_delete). Those two are not part of the seal: where nothing
    /// else changes, it alone is enough.
    ///
    /// In two steps no server is without a visitor's session meanwhile: first deploy the present
    /// name with `also_open` of the next one; once all servers have that, the next name with
    /// `also_open` of the former one. Remove it once no session of it can be alive (the absolute
    /// timeout).
    ///
    /// **A name with a weaker prefix lets others in.** If the present name begins with `__Host-`
    /// and the other one does not, a sibling domain can plant a session of its own under the other
    /// name: a visitor who has no cookie of the present name is then in that session, and the next
    /// write moves it under the present name. A visitor who has one is safe. [`build`](Self::build)
    /// warns of it. Remove such a name as soon as you can, or let its visitors sign in again. In
    /// the same way a script on the page can plant a session under `__Host-shop` that it cannot
    /// plant under `__Host-Http-session`.
    ///
    /// A request of another site that browsers would not send the present cookie with is
    /// [`Withheld`](crate::Status::Withheld) whatever comes under another name, and that is not
    /// read then.
    ///
    /// Whatever can seal under that other context is let in: it must be a context of this same
    /// session's, and of no other purpose. It is not for
    /// [`with_context`](crate::Sessions::with_context), which opens one context and nothing else.
    ///
    /// [`build`](Self::build) refuses what is opened already, names that are none, and those whose
    /// prefix contradicts the attributes.
    ///
    /// ```
    /// use http::{HeaderMap, Method};
    /// use sealed_session::{KeyRing, Map, Sessions, Status};
    ///
    /// let ring = KeyRing::ephemeral()?;
    /// let before = Sessions::<Map>::builder(ring.clone()).cookie_name("__Host-shop").build()?;
    /// let sessions = Sessions::<Map>::builder(ring).also_open("__Host-shop", "").build()?;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("cookie", format!("__Host-shop={}", before.seal(&Map::new())?).parse()?);
    /// assert_eq!(sessions.load(&Method::GET, &headers).status(), Status::Restored);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn also_open(mut self, name: impl Into<String>, context: impl Into<Vec<u8>>) -> Self {
        self.also_open.push((name.into(), context.into()));
        self
    }

    /// Deletes the copy of the cookie that an earlier configuration set with
    /// [`partitioned(true)`](Self::partitioned), by every response that sets or deletes the cookie
    /// of a visitor who sent one. Off by default. For the time after `partitioned` was switched
    /// off, as long as an absolute timeout: browsers keep a partitioned cookie beside one of the
    /// same name that is not partitioned, and send both, so that the copy would sign the visitor in
    /// again after [`purge`](crate::Session::purge).
    ///
    /// While `partitioned` is on, the copy without it is deleted in the same way, and this is
    /// refused by [`build`](Self::build).
    ///
    /// ```
    /// use http::{HeaderMap, Method, StatusCode};
    /// use sealed_session::{KeyRing, Map, SameSite, Sessions};
    ///
    /// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
    ///     .same_site(SameSite::None)
    ///     .delete_partitioned_copy(true)
    ///     .build()?;
    ///
    /// let mut request = HeaderMap::new();
    /// request.insert("cookie", format!("{}={}", sessions.cookie_name(), sessions.seal(&Map::new())?).parse()?);
    /// let session = sessions.load(&Method::POST, &request);
    /// session.purge()?;
    /// let mut response = HeaderMap::new();
    /// sessions.commit(&session, StatusCode::OK, &mut response)?;
    /// let partitioned = |line: &&http::HeaderValue| line.to_str().is_ok_and(|line| line.contains("; Partitioned"));
    /// assert_eq!(response.get_all("set-cookie").iter().filter(partitioned).count(), 1);
    /// assert_eq!(response.get_all("set-cookie").iter().count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delete_partitioned_copy(mut self, delete: bool) -> Self {
        self.attributes.was_partitioned = delete;
        self
    }
}
