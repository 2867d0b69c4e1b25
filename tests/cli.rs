//! The program `sealed-session`, run as it is installed.
#![cfg(feature = "cli")]
