//! A `KeyRing` from environment variables. Besides `builder/check.rs`, this is the only file that
//! reads them.

use super::key_file::KeyFile;
use super::key_ring::KeyRing;
use crate::error::ring::RingError;
use crate::limits;
use zeroize::Zeroizing;

/// From the environment:
impl KeyRing {
    /// Reads a ring from an environment variable, with keys separated by `;` or by line ends.
    ///
    /// # Errors
    /// [`RingError::Missing`] if the variable is not set, otherwise the same as
    /// [`FromStr`](std::str::FromStr).
    pub fn from_env(variable: &str) -> Result<Self, RingError> {
        match std::env::var(variable) {
            Ok(text) => Zeroizing::new(text).parse(),
            Err(std::env::VarError::NotPresent) => Err(RingError::missing(variable)),
            Err(std::env::VarError::NotUnicode(text)) => {
                let text = Zeroizing::new(text.into_encoded_bytes());
                let too_long = text.len() > limits::RING_BYTES;
                Err(if too_long { RingError::TooLong } else { RingError::NotUtf8 })
            }
        }
    }

    /// Reads a ring from the environment variable `variable`, or from the file whose path is in the
    /// variable of that name with `_FILE` appended: `SESSION_KEYS` or `SESSION_KEYS_FILE`.
    ///
    /// One program then runs on platforms that hand out secrets in the environment, and on those
    /// that mount them as files, such as Docker, Kubernetes and systemd. The name with `_FILE` is a
    /// convention of [Docker's official images][docker]. As there, an empty variable counts as not
    /// set.
    ///
    /// The file is watched as with [`KeyFile::watch`](crate::KeyFile::watch), so that a rotation
    /// needs no restart. Use `KeyFile` itself if the application shows
    /// [`last_error`](crate::KeyFile::last_error) or calls [`reload`](crate::KeyFile::reload).
    ///
    /// ```no_run
    /// use sealed_session::{KeyRing, Map, Sessions};
    ///
    /// let ring = KeyRing::from_env_or_file("SESSION_KEYS")?;
    /// let sessions = Sessions::<Map>::builder(ring).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`RingError::BothSet`] if both variables are set, [`RingError::NeitherSet`] if neither is,
    /// otherwise the same as [`from_env`](Self::from_env) or
    /// [`KeyFile::watch`](crate::KeyFile::watch).
    ///
    /// [docker]: https://github.com/docker-library/docs/tree/master/postgres#docker-secrets
    pub fn from_env_or_file(variable: &str) -> Result<Self, RingError> {
        let file_variable = format!("{variable}_FILE");
        let path = std::env::var_os(&file_variable).filter(|path| !path.is_empty());
        match (is_set(variable), path) {
            (true, Some(_)) => Err(RingError::both_set(variable, &file_variable)),
            (true, None) => Self::from_env(variable),
            (false, Some(path)) => KeyFile::watch(path).map(|file| file.ring()),
            (false, None) => Err(RingError::neither_set(variable, &file_variable)),
        }
    }
}

/// Returns whether a variable that may hold secrets has a value, and wipes the copy of it.
fn is_set(variable: &str) -> bool {
    let value = std::env::var_os(variable).map(|value| Zeroizing::new(value.into_encoded_bytes()));
    value.is_some_and(|value| !value.is_empty())
}
