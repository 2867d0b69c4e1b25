//! The header fields of a response, as `commit` needs them, whatever type a framework keeps them in. `http::HeaderMap` is one;
//! a framework with types of its own implements the trait in a few lines.

pub(crate) mod caching;
pub(crate) mod cookie;
pub(crate) mod set_cookie;

use crate::error::CommitError;
use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY};

/// What [`Sessions::commit_fields`](crate::Sessions::commit_fields) reads and writes of a response.
pub trait ResponseFields {
    /// Calls `each` with the lower-case name and the value of every field of the response.
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8]));

    /// Replaces all fields called `name` (lower case) by one, or adds it.
    ///
    /// # Errors
    /// [`CommitError::HeadersFull`] where there is no room.
    fn replace(&mut self, name: &str, value: &str) -> Result<(), CommitError>;

    /// Adds a `Set-Cookie` field beside those that are there, marked sensitive where the framework can.
    ///
    /// # Errors
    /// [`CommitError::HeadersFull`] where there is no room.
    fn append_set_cookie(&mut self, line: String) -> Result<(), CommitError>;

    /// Adds several `Set-Cookie` fields, in this order: all of them, or none.
    ///
    /// The provided method adds one after the other. Write your own if your type can run out of room behind the first: what a
    /// failed commit leaves in the response must not be part of a session.
    ///
    /// # Errors
    /// [`CommitError::HeadersFull`] where there is no room.
    fn append_set_cookies(&mut self, lines: Vec<String>) -> Result<(), CommitError> {
        lines.into_iter().try_for_each(|line| self.append_set_cookie(line))
    }
}

impl ResponseFields for HeaderMap {
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            each(name.as_str(), value.as_bytes());
        }
    }

    fn replace(&mut self, name: &str, value: &str) -> Result<(), CommitError> {
        // What nearly every response gets is not parsed, and not allocated.
        let (name, value) = match (name, value) {
            ("vary", "Cookie") => (Ok(VARY), Ok(HeaderValue::from_static("Cookie"))),
            ("cache-control", "private") => (Ok(CACHE_CONTROL), Ok(HeaderValue::from_static("private"))),
            _ => (HeaderName::try_from(name), HeaderValue::from_str(value)),
        };
        let (Ok(name), Ok(value)) = (name, value) else { return Err(CommitError::HeadersFull) };
        self.try_insert(name, value).map(drop).map_err(|_| CommitError::HeadersFull)
    }

    fn append_set_cookie(&mut self, line: String) -> Result<(), CommitError> {
        let mut value = HeaderValue::try_from(line).map_err(|_| CommitError::HeadersFull)?;
        value.set_sensitive(true);
        self.try_append(SET_COOKIE, value).map(drop).map_err(|_| CommitError::HeadersFull)
    }

    fn append_set_cookies(&mut self, lines: Vec<String>) -> Result<(), CommitError> {
        let before = self.get_all(SET_COOKIE).iter().count();
        let added = lines.into_iter().try_for_each(|line| self.append_set_cookie(line));
        if added.is_err() {
            let kept: Vec<_> = self.get_all(SET_COOKIE).iter().take(before).cloned().collect();
            self.remove(SET_COOKIE);
            kept.into_iter()
                .try_for_each(|line| self.try_append(SET_COOKIE, line).map(drop))
                .map_err(|_| CommitError::HeadersFull)?;
        }
        added
    }
}
