//! Builder settings for what changes between two deployments: the data's type, its encoding, the
//! cookie's name and context. Their rules are in `data/schema` and `config/aliases.rs`.

use crate::builder::Builder;
use crate::data::encoding::Encoding;
use crate::data::session_data::SessionData;
use serde::Serialize;

impl<T: SessionData> Builder<T> {
    /// Sets how the data is encoded; [`Encoding::Positional`] by default. If the type supports both
    /// encodings, both are read, whichever is written. Reading `T` by position needs the feature
    /// `shape` or a [`schema_version(n)`](Self::schema_version). If `T` cannot be positional,
    /// `build()` refuses it only with `Encoding::Positional`.
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

    /// Gives the tracer a value to try. [`build`](Self::build) needs one if two things hold: a part
    /// of the session's type accepts none of the values that the tracer tries by itself (such as a
    /// checked "SKU-" and six digits), and something follows that part in a map or tuple. The
    /// tracer cannot see what follows then, and `build` refuses the type.
    ///
    /// `sample` is a value of the session's type, or of any type in it. Only the strings and
    /// numbers in it matter: the tracer tries each of them wherever the type reads a string or a
    /// number of that kind. It also serves the types of [`upgrade_from`](Self::upgrade_from).
    /// Nothing of it enters the [shape](crate::Sessions::shape_text), a cookie or a message. Can be
    /// called for several samples.
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

    /// Reads the sessions of an older type that this release's `T` has replaced, so that the change
    /// signs nobody out. Can be called for several older types: each session is read by the one
    /// that has its shape.
    ///
    /// `Old` is the type as it was deployed, with the name that it had: the shape includes the
    /// name. Keep it in a module of its own, or give it `#[serde(rename = "…")]`.
    ///
    /// A refresh seals the old bytes again, unchanged, so that servers of the previous release can
    /// still read them. What a handler writes is sealed as a `T`, which they cannot read. If old
    /// and new servers answer the same visitors, during a rolling deployment or after a rollback,
    /// use [`downgrade_to`](Self::downgrade_to) until no old server is left. An empty session,
    /// equal to `Old::default()`, becomes `T::default()` without a call of `upgrade`.
    ///
    /// `upgrade` runs at first access, and at each update of a session that is still old. It must
    /// not block. At first access, this request's session is empty inside it and cannot be written,
    /// because it is being opened. The result should depend on `Old` alone.
    ///
    /// [`build`](Self::build) refuses an `Old` that could not be a session itself, an `Old` with
    /// the shape of `T`, and two with the same shape.
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
    /// let old = Sessions::<before::Visit>::new(ring.clone())?;
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
        self.changes.upgrade_from(None, upgrade);
        self
    }

    /// Does the same as [`upgrade_from`](Self::upgrade_from), for an older type that was deployed
    /// with [`schema_version(number)`](Self::schema_version).
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
    /// let old = Sessions::<Visit>::builder(ring.clone()).schema_version(1).build()?;
    /// let sessions = Sessions::<Visit>::builder(ring)
    ///     .schema_version(2)
    ///     .upgrade_from_version(1, |old: Visit| Visit { minutes: old.minutes / 60, ..old })
    ///     .build()?;
    /// let sealed = old.seal(&Visit { user: Some(7), minutes: 120 })?;
    /// assert_eq!(sessions.open(&sealed)?.minutes, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upgrade_from_version<Old: SessionData>(
        mut self,
        number: u32,
        upgrade: impl Fn(Old) -> T + Send + Sync + 'static,
    ) -> Self {
        self.changes.upgrade_from(Some(number), upgrade);
        self
    }

    /// Writes sessions as an older type, which servers of the previous release can read. Use it
    /// while some of them answer the same visitors, and while this release may still be rolled
    /// back. [`Sessions::seal`] and [`Session::seal`](crate::Session::seal) write it too. It needs
    /// `upgrade_from` of the same type. A second call replaces the first.
    ///
    /// Whatever `Old` has no place for is lost at each write, like a field that serde skips. That
    /// includes what was written before `downgrade_to` was set, so store nothing there until it is
    /// removed. The size limit counts the bytes of `Old`.
    ///
    /// The steps are:
    ///
    /// 1. Deploy the new type with `upgrade_from` and `downgrade_to`.
    /// 2. Once no server of the previous release is left, and none will come back, deploy without
    ///    `downgrade_to`.
    /// 3. Once no session of the old type can be alive (the absolute timeout), deploy without
    ///    `upgrade_from`.
    ///
    /// `downgrade` must not block, and must not write to this request's session (that fails with
    /// [`Busy`](crate::SessionError::Busy)). `upgrade_from` must reverse it, so that the next
    /// request reads what a handler has written. `T::default()` is written as `Old::default()`
    /// without a call of `downgrade`.
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
    /// let old = Sessions::<before::Visit>::new(ring.clone())?;
    /// let sessions = Sessions::<Visit>::builder(ring)
    ///     .upgrade_from(|old: before::Visit| Visit { user: old.user, theme: None })
    ///     .downgrade_to(|new: &Visit| before::Visit { user: new.user })
    ///     .build()?;
    ///
    /// let value = sessions.seal(&Visit { user: Some(7), theme: None })?;
    /// assert_eq!(old.open(&value)?.user, Some(7));
    /// assert_eq!(sessions.open(&value)?.user, Some(7));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`Sessions::seal`]: crate::Sessions::seal
    pub fn downgrade_to<Old: SessionData>(
        mut self,
        downgrade: impl Fn(&T) -> Old + Send + Sync + 'static,
    ) -> Self {
        self.changes.downgrade_to(downgrade);
        self
    }

    /// Accepts this session's cookie under another name or context too: one that an earlier
    /// configuration had or that the next one will have, so that the change signs nobody out. Can
    /// be called for several.
    ///
    /// A cookie of another name is read only if none of the current name came: it is never a second
    /// chance for one that does not open. The current name under another context is tried if a
    /// cookie does not open under the current context.
    ///
    /// The session keeps everything that it carries. The next write that changes it, or the next
    /// refresh, moves it to the current name and context, and deletes what came under another name.
    /// [`purge`](crate::Session::purge) and an update that empties the session delete it too. A
    /// session with [`Expiry::At`](crate::Expiry::At) is refreshed only because its key ends, so
    /// usually only a write moves it; it has ended by the time that `accept_alias` may be removed.
    ///
    /// Other names share `Path` and `Domain` with the current one. For a cookie that was set with a
    /// different `Path` or `Domain`, add [`delete_stale`](Self::delete_stale). Those two are not
    /// part of the seal: if nothing else changes, `delete_stale` alone is enough.
    ///
    /// Two steps keep every visitor's session readable on every server. First deploy the current
    /// name with `accept_alias` of the next one. Once all servers have that, deploy the next name
    /// with `accept_alias` of the former one. Remove it once no session under it can be alive (the
    /// absolute timeout).
    ///
    /// **A name with a weaker prefix lets others in.** If the current name begins with `__Host-`
    /// and the other one does not, a sibling domain can plant a session of its own under the other
    /// name. A visitor who has no cookie of the current name is then in that session, and the next
    /// write moves it to the current name. A visitor who has one is safe. [`build`](Self::build)
    /// warns of such a name. Remove it as soon as you can, or let its visitors sign in again. In
    /// the same way, a script on the page can plant a session under `__Host-shop` that it cannot
    /// plant under `__Host-Http-session`.
    ///
    /// If browsers hold back the current cookie on a cross-site request, the session is
    /// [`CrossSite`](crate::LoadStatus::CrossSite), whatever comes under another name. What comes
    /// is not read then.
    ///
    /// Anything that can seal under the other context is let in. So it must be a context of this
    /// same session, and of no other purpose. It does not apply to
    /// [`with_context`](crate::Sessions::with_context), which opens one context and nothing else.
    ///
    /// [`build`](Self::build) refuses a name and context that are opened already, an invalid name,
    /// and a name whose prefix contradicts the attributes.
    ///
    /// ```
    /// use http::{HeaderMap, Method};
    /// use sealed_session::{KeyRing, LoadStatus, Map, Sessions};
    ///
    /// let ring = KeyRing::ephemeral()?;
    /// let before = Sessions::<Map>::builder(ring.clone()).cookie_name("__Host-shop").build()?;
    /// let sessions = Sessions::<Map>::builder(ring).accept_alias("__Host-shop", "").build()?;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("cookie", format!("__Host-shop={}", before.seal(&Map::new())?).parse()?);
    /// assert_eq!(sessions.load((&Method::GET, &headers)).load_status(), LoadStatus::Restored);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn accept_alias(mut self, name: impl Into<String>, context: impl Into<Vec<u8>>) -> Self {
        self.aliases.push((name.into(), context.into()));
        self
    }

    /// Deletes the copy of the cookie that an earlier configuration set with
    /// [`partitioned(true)`](Self::partitioned). Every response that sets or deletes the cookie of
    /// a visitor who sent one also deletes the copy. Off by default.
    ///
    /// Use it after `partitioned` was switched off, for as long as an absolute timeout. Browsers
    /// keep a partitioned cookie beside an unpartitioned one of the same name, and send both. So
    /// the copy would sign the visitor in again after [`purge`](crate::Session::purge).
    ///
    /// While `partitioned` is on, the copy without it is deleted in the same way, and
    /// [`build`](Self::build) refuses this setting.
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
    /// let session = sessions.load((&Method::POST, &request));
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
