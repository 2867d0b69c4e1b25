//! `SessionCookie`: the cookie that carries the session. It reads the name's values from a request,
//! measures a line before anything is sealed, and writes the lines that set and delete it.
//!
//! ```text
//! Set-Cookie: NAME=VALUE; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=SECONDS
//!             └before┘     └──────────────── after ─────────────────┘└─ only with a Max-Age ┘
//! ```
//! Only the value and `Max-Age` differ from one line to the next.

use crate::error::SessionError;
use crate::headers::cookie::{self, Fields, ReceivedCookies};
use crate::headers::cookie_name::CookieName;
use crate::headers::set_cookie::{Attributes, MAX_AGE};

pub(crate) struct SessionCookie {
    name: CookieName,
    attributes: Attributes,
    before: String,
    after: String,
    max_bytes: usize,
}

impl SessionCookie {
    /// `max_bytes` is the maximum length of a line.
    pub(crate) fn new(name: CookieName, attributes: Attributes, max_bytes: usize) -> Self {
        let (before, after) = (format!("{name}="), attributes.write());
        Self { name, attributes, before, after, max_bytes }
    }

    pub(crate) fn name(&self) -> &CookieName {
        &self.name
    }

    pub(crate) fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    pub(crate) fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// Calls `each` with every non-empty value of the cookie in a request.
    pub(crate) fn find<'a>(
        &self,
        fields: &'a Fields,
        each: &mut dyn FnMut(&'a [u8]),
    ) -> ReceivedCookies {
        cookie::find(fields, &self.name, each)
    }

    /// Returns the length in bytes of a line with a value of this length.
    pub(crate) fn measure(&self, value_len: usize, max_age: Option<u64>) -> usize {
        let max_age = max_age.map_or(0, |seconds| MAX_AGE.len() + decimal_len(seconds));
        self.before.len() + value_len + self.after.len() + max_age
    }

    /// Refuses a line of `needed` bytes if it is longer than the limit.
    pub(crate) fn check_length(&self, needed: usize) -> Result<(), SessionError> {
        let allowed = self.max_bytes;
        if needed <= allowed { Ok(()) } else { Err(SessionError::TooLarge { needed, allowed }) }
    }

    /// Returns the line that sets the cookie to the value that `write` appends, which has
    /// `value_len` bytes.
    pub(crate) fn set(
        &self,
        value_len: usize,
        max_age: Option<u64>,
        write: impl FnOnce(&mut String) -> Result<(), SessionError>,
    ) -> Result<String, SessionError> {
        let mut line = String::with_capacity(self.measure(value_len, max_age));
        line.push_str(&self.before);
        write(&mut line)?;
        line.push_str(&self.after);
        if let Some(seconds) = max_age {
            line.push_str(MAX_AGE);
            line.push_str(&seconds.to_string());
        }
        Ok(line)
    }

    /// Returns `true` if a line sets or deletes a cookie of this name.
    pub(crate) fn is_named_in(&self, line: &str) -> bool {
        line.starts_with(&self.before)
    }

    /// Returns the line that deletes the copy with the other setting of `Partitioned`, if there may
    /// be one.
    pub(crate) fn delete_copy(&self) -> Option<String> {
        self.attributes.remove_copy(&self.name)
    }
}

fn decimal_len(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}
