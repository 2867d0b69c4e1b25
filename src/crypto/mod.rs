//! The two suites, the verification of device keys, and the system's random generator: all code
//! that uses RustCrypto's ciphers and curves, and `getrandom`.

#[cfg(feature = "dbsc")]
pub(crate) mod es256;
pub(crate) mod random;
pub(crate) mod suite;
