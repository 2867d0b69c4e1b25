//! The two suites and the system's random generator: everything that comes from RustCrypto and
//! `getrandom`.

pub(crate) mod random;
pub(crate) mod suite;
