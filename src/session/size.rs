//! The size of a session: what its `Set-Cookie` lines take, and which part of it costs what.

use crate::data::session_data::SessionData;
use crate::error::FieldSize;
use crate::session::Session;
use crate::session::snapshot::Snapshot;
use std::fmt;

/// What a session costs, part by part. Made by [`Session::size_report`].
///
/// `Display` writes it as a table:
///
/// ```
/// use sealed_session::{KeyRing, Sessions};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Visit { user: Option<u64>, cart: Vec<u32>, note: String }
///
/// let sessions = Sessions::<Visit>::new(KeyRing::ephemeral()?)?;
/// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
/// session.set(Visit { user: Some(7), cart: vec![1, 300], note: "x".repeat(500) })?;
///
/// let report = session.size_report();
/// assert_eq!(report.fields[0].name, "note");
/// assert_eq!(report.fields[0].bytes, 502); // its length takes two
/// assert_eq!(report.needed + session.remaining(), report.allowed);
/// assert_eq!(report.to_string(), "\
/// 837 of 4093 bytes of Set-Cookie lines, in 1 cookie
///    502  note
///      4  cart
///      2  user
///     14  claims
/// ");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SizeReport {
    /// Bytes of the session's `Set-Cookie` lines at their longest: with the longest `Max-Age`, and
    /// the longest claims that a refresh can make. A write is accepted if these are at most
    /// `allowed`.
    pub needed: usize,
    /// Bytes that they may take.
    pub allowed: usize,
    /// Cookies that the session is split over.
    pub cookies: usize,
    /// The fields of the data, the largest first. Empty for a type that is neither a struct with
    /// named fields nor a [`Map`](crate::Map).
    pub fields: Vec<FieldSize>,
    /// Bytes of the data, before compression.
    pub data: usize,
    /// Bytes of the data after compression, if they are compressed.
    pub compressed: Option<usize>,
    /// Bytes of the pending flash messages.
    pub flashes: usize,
    /// Bytes of the other claims: times, id, expiry, shape, extensions.
    pub claims: usize,
    /// Bytes of padding.
    pub padding: usize,
}

impl fmt::Display for SizeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { needed, allowed, cookies, .. } = self;
        let plural = if *cookies == 1 { "" } else { "s" };
        writeln!(
            f,
            "{needed} of {allowed} bytes of Set-Cookie lines, in {cookies} cookie{plural}"
        )?;
        let mut row = |bytes: usize, what: fmt::Arguments<'_>| writeln!(f, "{bytes:6}  {what}");
        for FieldSize { name, bytes } in &self.fields {
            row(*bytes, format_args!("{}", name.escape_debug()))?;
        }
        if self.fields.is_empty() {
            row(self.data, format_args!("data"))?;
        }
        for (bytes, what) in
            [(self.flashes, "flash messages"), (self.claims, "claims"), (self.padding, "padding")]
        {
            if bytes > 0 {
                row(bytes, format_args!("{what}"))?;
            }
        }
        match self.compressed {
            Some(bytes) => row(bytes, format_args!("data, compressed from {}", self.data)),
            None => Ok(()),
        }
    }
}

impl<T: SessionData> Session<T> {
    /// Returns the length of the `Set-Cookie` lines as they would go out now, in bytes; zero for an
    /// empty session. There is one line, unless the session needs several cookies
    /// ([`Builder::max_cookies`](crate::Builder::max_cookies)).
    pub fn size(&self) -> usize {
        let (config, loaded) = (&self.0.config, self.0.loaded());
        let reissued = loaded.reissued(config);
        if config.is_empty(&reissued.session) {
            return 0;
        }
        let claims = &reissued.claims;
        let max_age = config.limits.max_age(claims.content.expiry, reissued.end, loaded.now);
        let data_len = reissued.session.sealed_data().bytes.len();
        config.cookie.measure(config.value_len(claims, data_len), max_age)
    }

    /// Returns how many bytes the `Set-Cookie` lines may still grow by: what is allowed less what
    /// the session needs at its longest.
    ///
    /// Three bytes of data take four bytes of a line. With
    /// [`max_cookies`](crate::Builder::max_cookies), each further cookie also takes its name and
    /// attributes. With compression, what is added may take less than its own length, so a write may
    /// fit although it is longer than this.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Map, SessionError, Sessions};
    ///
    /// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
    /// let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
    /// session.insert("note", "x".repeat(1_000))?;
    /// let room = session.remaining();
    /// let refused = session.insert("more", "x".repeat(room)).unwrap_err();
    /// assert!(matches!(refused, SessionError::TooLarge { needed, allowed, .. } if needed > allowed));
    /// session.insert("more", "x".repeat(room * 3 / 4 - 10))?;
    /// assert!(session.remaining() < 16);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remaining(&self) -> usize {
        let (config, snapshot) = (&self.0.config, self.0.loaded().snapshot());
        let needed = config.longest_lines(&snapshot.claims, snapshot.sealed_data().bytes.len());
        config.cookie.allowed().saturating_sub(needed)
    }

    /// Returns what each part of the session costs. It encodes the data again, so call it to look
    /// for the cause of a large session and not on every request.
    pub fn size_report(&self) -> SizeReport {
        let (config, snapshot) = (&self.0.config, self.0.loaded().snapshot());
        let Snapshot { claims, data, .. } = &*snapshot;
        let sealed = snapshot.sealed_data();
        let content = claims.encoded_len() + sealed.bytes.len();
        let flashes = claims.content.flashes_len();
        let longest = config.longest_value_len(claims, sealed.bytes.len());
        SizeReport {
            needed: config.cookie.measure_longest(longest),
            allowed: config.cookie.allowed(),
            cookies: config.cookie.pieces(longest),
            fields: config.field_sizes(&snapshot),
            data: data.len(),
            compressed: sealed.compressed.then_some(sealed.bytes.len()),
            flashes,
            claims: claims.encoded_len() - flashes,
            padding: config.form.padded_len(content) - content,
        }
    }
}
