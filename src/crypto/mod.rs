//! The two suites and the system's random generator: all code that uses RustCrypto's ciphers and
//! `getrandom`.

pub(crate) mod random;
pub(crate) mod suite;
