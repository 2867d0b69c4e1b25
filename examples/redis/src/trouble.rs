//! Results of looks at Redis → what an operator sees: a line on standard error when it changes, and
//! the present state on a page.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

/// What went wrong at the last look, if anything did.
#[derive(Clone, Default)]
pub struct Trouble(Arc<Mutex<Option<String>>>);

impl Trouble {
    /// Takes the result of a look at `what`, and says what has changed: a Redis that is away for an
    /// hour is two lines in the log.
    pub fn note(&self, what: &str, result: Result<(), impl Display>) {
        let new = result.err().map(|error| error.to_string());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != new {
            match &new {
                Some(error) => eprintln!("{what} were not updated: {error}"),
                None => eprintln!("{what} are up to date with Redis again"),
            }
            *known = new;
        }
    }

    /// The sentence, or `none`.
    pub fn sentence(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .unwrap_or_else(|| "none".to_owned())
    }
}
