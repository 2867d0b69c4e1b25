//! `SessionCookie`: the cookie, or the cookies, that carry the session. It reads the name's values
//! from a request, measures the lines before anything is sealed, and writes the lines that set and
//! delete the cookies.
//!
//! ```text
//! Set-Cookie: NAME=VALUE; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=SECONDS
//!             └before┘     └──────────────── after ─────────────────┘└─ only with a Max-Age ┘
//! ```
//! From one session to the next, only the value and `Max-Age` differ. A value that is too long for
//! one line is split over several, if the configuration allows it (`wire/pieces.rs`). Each piece
//! except the last fills its line as if `Max-Age` were the longest, so the number of pieces depends
//! only on the value's length.

use crate::error::SessionError;
use crate::headers::cookie::{self, Fields, ReceivedCookies};
use crate::headers::cookie_name::CookieName;
use crate::headers::set_cookie::{Attributes, MAX_AGE};
use crate::wire::pieces::{self, FIRST_PREFIX, LATER_PREFIX, LEAST_FIRST};

/// Characters that a later piece's name has more than the cookie's: a dot and a digit.
const NAME_SUFFIX: usize = 2;
/// What separates two cookies in a request.
const SEPARATOR: &str = "; ";

pub(crate) struct SessionCookie {
    name: CookieName,
    attributes: Attributes,
    before: String,
    after: String,
    budget: Budget,
    /// Bytes of the longest `Max-Age` that this configuration can print, as an attribute.
    longest_max_age: usize,
    /// Cookies that one session can be split over.
    max_pieces: usize,
    /// Bytes of all lines of one session, with the longest `Max-Age`.
    allowed: usize,
}

/// What the cookies of one session may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// Bytes of each `Set-Cookie` line.
    pub(crate) line: usize,
    /// Cookies.
    pub(crate) cookies: u8,
    /// Bytes of all cookies in a request, each as `name=value; `.
    pub(crate) request: usize,
}

impl SessionCookie {
    /// `longest_max_age` is the largest `Max-Age` that the configuration can print.
    pub(crate) fn new(
        name: CookieName,
        attributes: Attributes,
        budget: Budget,
        longest_max_age: u64,
    ) -> Self {
        let (before, after) = (format!("{name}="), attributes.write());
        let longest_max_age = max_age_len(Some(longest_max_age));
        let mut cookie = Self {
            name,
            attributes,
            before,
            after,
            budget,
            longest_max_age,
            max_pieces: 1,
            allowed: 0,
        };
        // One more, as long as the request's limit has room for its first character.
        while cookie.max_pieces < usize::from(budget.cookies) {
            let (pieces, (first, later)) = (cookie.max_pieces, cookie.room());
            let shortest =
                if pieces == 1 { cookie.room_alone() } else { first + later * (pieces - 1) };
            if first < LEAST_FIRST
                || later == 0
                || cookie.request_len(shortest + 1, pieces + 1) > budget.request
            {
                break;
            }
            cookie.max_pieces += 1;
        }
        // A line has attributes. In a request, its cookie has a separator instead.
        let attributes = cookie.after.len() + cookie.longest_max_age;
        let by_request = budget.request.saturating_add(cookie.max_pieces * attributes);
        cookie.allowed = (cookie.max_pieces * budget.line)
            .min(by_request.saturating_sub(cookie.max_pieces * SEPARATOR.len()));
        cookie
    }

    pub(crate) fn name(&self) -> &CookieName {
        &self.name
    }

    pub(crate) fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// Returns the bytes that all lines of one session may take, with the longest `Max-Age`.
    pub(crate) fn allowed(&self) -> usize {
        self.allowed
    }

    /// Calls `each` with every non-empty value of the cookie in a request.
    pub(crate) fn find<'a>(
        &self,
        fields: &'a Fields,
        each: &mut dyn FnMut(&'a [u8]),
    ) -> ReceivedCookies {
        cookie::find(fields, &self.name, each)
    }

    /// Returns how many cookies carry a value of this length: as few as hold it.
    pub(crate) fn pieces(&self, value_len: usize) -> usize {
        if self.max_pieces == 1 || value_len <= self.room_alone() {
            return 1;
        }
        let (first, later) = self.room();
        (1 + value_len.saturating_sub(first).div_ceil(later)).min(self.max_pieces)
    }

    /// Returns the length in bytes of all lines that carry a value of this length.
    pub(crate) fn measure(&self, value_len: usize, max_age: Option<u64>) -> usize {
        self.lines_len(value_len, max_age_len(max_age))
    }

    /// Does the same with the longest `Max-Age`.
    pub(crate) fn measure_longest(&self, value_len: usize) -> usize {
        self.lines_len(value_len, self.longest_max_age)
    }

    /// Returns `true` if the lines for a value of this length, as they would go out now, are within
    /// the limits.
    pub(crate) fn admits(&self, value_len: usize, max_age: Option<u64>) -> bool {
        let pieces = self.pieces(value_len);
        let lines_fit = match pieces {
            1 => self.measure(value_len, max_age) <= self.budget.line,
            _ => {
                let (first, later) = self.room();
                value_len <= first + later * (pieces - 1)
            }
        };
        lines_fit && self.request_len(value_len, pieces) <= self.budget.request
    }

    /// Returns the lines that set the cookies to the value that `write` appends, which has
    /// `value_len` bytes and is within the limits.
    pub(crate) fn set(
        &self,
        value_len: usize,
        max_age: Option<u64>,
        write: impl FnOnce(&mut String) -> Result<(), SessionError>,
    ) -> Result<Vec<String>, SessionError> {
        if self.pieces(value_len) == 1 {
            let mut line = String::with_capacity(self.measure(value_len, max_age));
            line.push_str(&self.before);
            write(&mut line)?;
            self.push_attributes(&mut line, max_age);
            return Ok(vec![line]);
        }
        let mut value = String::with_capacity(value_len);
        write(&mut value)?;
        Ok(self.lines(&value, max_age))
    }

    /// Returns the lines that set the cookies to this value, which is within the limits.
    pub(crate) fn lines(&self, value: &str, max_age: Option<u64>) -> Vec<String> {
        let mut lines = Vec::with_capacity(self.max_pieces);
        let mut push = |prefix: &str, part: &str| {
            let mut line = String::with_capacity(self.budget.line);
            match lines.len() {
                0 => line.push_str(&self.before),
                digit => line.push_str(&format!("{}.{digit}=", self.name)),
            }
            line.push_str(prefix);
            line.push_str(part);
            self.push_attributes(&mut line, max_age);
            lines.push(line);
        };
        match self.pieces(value.len()) {
            1 => push("", value),
            _ => pieces::split(value, self.room(), &mut push),
        }
        lines
    }

    /// Returns `true` if a line sets or deletes the cookie or a piece of it.
    pub(crate) fn is_named_in(&self, line: &str) -> bool {
        line.strip_prefix(&*self.name).is_some_and(|rest| {
            matches!(rest.as_bytes(), [b'=', ..] | [b'.', b'1'..=b'9', b'=', ..])
        })
    }

    /// Returns the line that deletes the copy with the other setting of `Partitioned`, if there may
    /// be one.
    pub(crate) fn delete_copy(&self) -> Option<String> {
        self.attributes.remove_copy(&self.name)
    }

    fn push_attributes(&self, line: &mut String, max_age: Option<u64>) {
        line.push_str(&self.after);
        if let Some(seconds) = max_age {
            line.push_str(MAX_AGE);
            line.push_str(&seconds.to_string());
        }
    }

    /// Returns how many characters of a value fit one cookie, if it is the session's only one.
    fn room_alone(&self) -> usize {
        let around = self.before.len() + self.after.len() + self.longest_max_age;
        self.budget.line.saturating_sub(around)
    }

    /// Returns how many characters of a value fit the first of several cookies, and each later one.
    fn room(&self) -> (usize, usize) {
        let alone = self.room_alone();
        (alone.saturating_sub(FIRST_PREFIX), alone.saturating_sub(NAME_SUFFIX + LATER_PREFIX))
    }

    fn lines_len(&self, value_len: usize, max_age_len: usize) -> usize {
        let pieces = self.pieces(value_len);
        self.cookies_len(value_len, pieces) + pieces * (self.after.len() + max_age_len)
    }

    fn request_len(&self, value_len: usize, pieces: usize) -> usize {
        self.cookies_len(value_len, pieces) + pieces * SEPARATOR.len()
    }

    /// Returns the length of all names, equals signs and values.
    fn cookies_len(&self, value_len: usize, pieces: usize) -> usize {
        let added = match pieces {
            1 => 0,
            _ => FIRST_PREFIX + (pieces - 1) * (NAME_SUFFIX + LATER_PREFIX),
        };
        pieces * self.before.len() + added + value_len
    }
}

/// Returns the length of the attribute.
fn max_age_len(max_age: Option<u64>) -> usize {
    let decimal_len = |number: u64| number.checked_ilog10().map_or(1, |log| log as usize + 1);
    max_age.map_or(0, |seconds| MAX_AGE.len() + decimal_len(seconds))
}
