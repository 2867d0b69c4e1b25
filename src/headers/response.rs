//! `ResponseHeaders`: what a commit reads and writes of a response, independent of a framework's
//! types.

use crate::error::SessionError;
use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY};

/// The parts of a response that [`Sessions::commit`](crate::Sessions::commit) reads
/// and writes. Implemented for [`HeaderMap`]; a framework with types of its own implements it in a
/// few lines.
pub trait ResponseHeaders {
    /// Calls `each` with the lower-case name and the value of every field of the response.
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8]));

    /// Replaces all fields called `name` (lower case) by one, or adds it.
    ///
    /// # Errors
    /// [`SessionError::HeadersFull`] if there is no room.
    fn replace(&mut self, name: &str, value: &str) -> Result<(), SessionError>;

    /// Adds these `Set-Cookie` fields, in this order, after the existing ones: either all of them
    /// or none. Marks them sensitive if the framework can. A commit calls it at most once.
    ///
    /// Adding only some of the lines could delete the session's cookie without setting the new one,
    /// or set it although the commit failed. If your type can run out of room after the first line,
    /// remove the lines that were added.
    ///
    /// # Errors
    /// [`SessionError::HeadersFull`] if there is no room for all of them.
    fn append_set_cookies(&mut self, lines: Vec<String>) -> Result<(), SessionError>;
}

impl ResponseHeaders for HeaderMap {
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            each(name.as_str(), value.as_bytes());
        }
    }

    fn replace(&mut self, name: &str, value: &str) -> Result<(), SessionError> {
        // The values that nearly every response gets are neither parsed nor allocated.
        let (name, value) = match (name, value) {
            ("vary", "Cookie") => (Ok(VARY), Ok(HeaderValue::from_static("Cookie"))),
            ("cache-control", "private") => {
                (Ok(CACHE_CONTROL), Ok(HeaderValue::from_static("private")))
            }
            _ => (HeaderName::try_from(name), HeaderValue::from_str(value)),
        };
        let (Ok(name), Ok(value)) = (name, value) else { return Err(SessionError::HeadersFull) };
        self.try_insert(name, value).map(drop).map_err(|_| SessionError::HeadersFull)
    }

    fn append_set_cookies(&mut self, lines: Vec<String>) -> Result<(), SessionError> {
        let mut added = 0;
        let result = lines.into_iter().try_for_each(|line| {
            let mut value = HeaderValue::try_from(line).map_err(|_| SessionError::HeadersFull)?;
            value.set_sensitive(true);
            self.try_append(SET_COOKIE, value).map_err(|_| SessionError::HeadersFull)?;
            added += 1;
            Ok(())
        });
        if result.is_err() && added > 0 {
            let before = self.get_all(SET_COOKIE).iter().count() - added;
            let kept: Vec<_> = self.get_all(SET_COOKIE).iter().take(before).cloned().collect();
            self.remove(SET_COOKIE);
            kept.into_iter()
                .try_for_each(|line| self.try_append(SET_COOKIE, line).map(drop))
                .map_err(|_| SessionError::HeadersFull)?;
        }
        result
    }
}
