//! Random bytes directly from the operating system, for nonces, keys and session ids. No other code
//! in the crate draws random bytes.
//!
//! There is no generator in user space: a forked worker or a restored snapshot would repeat its
//! output, and AES-GCM does not tolerate a repeated nonce.

use std::error::Error;
use std::fmt;

pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| RandomError)?;
    Ok(bytes)
}

/// The operating system's random generator failed. Nothing was sealed or drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomError;

impl fmt::Display for RandomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system's random generator failed")
    }
}

impl Error for RandomError {}
