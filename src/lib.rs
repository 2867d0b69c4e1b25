//! Web sessions with no database: the application's own struct, sealed with authenticated
//! encryption under a ring of rotating keys, and kept entirely in the visitor's cookie.
//!
//! **It is not a store.** It cannot revoke a copied cookie by itself ([`Builder::on_end`] supports
//! an application that keeps a list), and it cannot count. If two requests change one session at
//! the same time, the last response wins. `SECURITY.md` in the repository says what is promised and
//! what is not; `SPEC.md` specifies every byte.
//!
//! ```
//! use http::{HeaderMap, Method, StatusCode};
//! use sealed_session::{KeyRing, Sessions};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct Visit { user: Option<u64>, cart: Vec<u32> }
//!
//! let sessions = Sessions::<Visit>::builder(KeyRing::ephemeral()?).build()?;
//!
//! // What an adapter does around a handler:
//! let session = sessions.load(&Method::POST, &HeaderMap::new());
//! session.update(|visit| visit.cart.push(7))?; // the handler's own line
//! let mut headers = HeaderMap::new();
//! sessions.commit(&session, StatusCode::OK, &mut headers)?;
//! assert!(headers["set-cookie"].to_str()?.starts_with("__Host-Http-session="));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Data flow
//!
//! ```text
//! request headers ─▶ cookies ─▶ envelope ─▶ keys ─▶ suite ─▶ claims + encoding ─▶ lifetime ─▶ Session<T>
//!   Cookie: …        find       parse       by id   open     decode               alive?         │ read, update
//!                                                                                                ▼
//! response headers ◀─ caching ◀─ set_cookie ◀─ envelope ◀─ keys ◀─ claims + encoding ◀─────── changed?
//!   Set-Cookie: …     Vary, …    attributes    seal        now     encode
//! ```
//!
//! # When a cookie is accepted
//!
//! 1. It has the session's cookie name ([`Builder::also_open`] can add others), compared byte by
//!    byte, in any of the request's `Cookie` fields. Nothing is decoded, and only spaces and tabs
//!    are trimmed.
//! 2. Its value is base64url in its only valid form, and holds an envelope of version 1.
//! 3. Its key id is that of a key in the ring whose `open-until` has not passed.
//! 4. Its tag is valid for that key, the cookie's name and the context ([`Builder::also_open`] can
//!    add others).
//! 5. Its claims have a form that this build knows. Its shape is that of `T`, or of a type that `T`
//!    is upgraded from.
//! 6. It was issued no more than two minutes ahead of this server's clock, and none of its limits
//!    has passed.
//! 7. Its data decodes, to the last byte.
//! 8. The application accepts it: it was created no earlier than [`Builder::not_before`], and every
//!    [`Builder::admit`] check passes.
//! 9. If several cookies pass, the one issued last wins; of those issued in the same second, the
//!    first.
//!
//! Otherwise the session is empty, [`Status`] gives the reason, and the cookie is left alone.
//!
//! # Features
//!
//! - `aes` and `chacha` (default): the two suites. At least one must be on.
//! - `shape` (default): traces the type's fingerprint. Without it, every typed session needs
//!   [`Builder::shape`] or [`Encoding::Named`].
//! - `map` (default): [`Map`], and `Encoding::Named`, which uses the same format.
//! - `tower`, `axum`, `actix-web`, `rocket`, `poem` and `salvo`: adapters, each with a module of
//!   that name.
//! - `tracing`: events with the target `sealed_session`. If it is off or no subscriber is set,
//!   warnings go to standard error (in JavaScript hosts: to the console).
//! - `testing`: support for an application's own tests.
//!
//! The program `sealed-session`, a package of its own (`cargo install sealed-session-cli`), edits key
//! rings and takes cookies apart. The module [`inspect`] does the latter for applications.
//!
//! A framework without an adapter takes a few lines. Call [`Sessions::load`] and
//! [`Sessions::commit`] if it uses `http` types, and `load_fields` and `commit_fields` if it does
//! not. To write an adapter for others to use, see [`Exchange`], [`Parked`] and [`Failure`].
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![warn(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

/// Compiles and runs the examples of the README.
#[cfg(doctest)]
#[cfg(feature = "axum")]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles and runs the examples of the page for Django users.
#[cfg(doctest)]
#[cfg(feature = "axum")]
#[doc = include_str!("../docs/from-django.md")]
struct FromDjango;

/// Compiles and runs the examples of the page on changing types.
#[cfg(doctest)]
#[cfg(feature = "shape")]
#[doc = include_str!("../docs/changing-types.md")]
struct ChangingTypes;

/// Compiles and runs the examples of the pages for operators.
#[cfg(doctest)]
#[cfg(feature = "shape")]
#[doc = include_str!("../docs/rotation.md")]
#[doc = include_str!("../docs/leaked-key.md")]
struct Keys;

/// Compiles and runs the examples of the page on edge platforms.
#[cfg(doctest)]
#[doc = include_str!("../docs/edge.md")]
struct Edge;

mod adapters;
mod base64url;
mod builder;
mod claims;
mod clock;
mod config;
mod crypto;
mod data;
mod error;
mod events;
mod headers;
mod hooks;
pub mod inspect;
mod keys;
mod limits;
mod session;
mod sessions;
#[cfg(feature = "testing")]
pub mod testing;
mod wire;

#[cfg(feature = "actix-web")]
pub use adapters::actix_web;
#[cfg(feature = "axum")]
pub use adapters::axum;
pub use adapters::error_response::{Failure, LayerConflict, MissingLayer};
pub use adapters::exchange::{Exchange, Parked};
#[cfg(feature = "poem")]
pub use adapters::poem;
pub use adapters::reload_page::ReloadPage;
#[cfg(feature = "rocket")]
pub use adapters::rocket;
#[cfg(feature = "salvo")]
pub use adapters::salvo;
#[cfg(feature = "tower")]
pub use adapters::tower;
pub use builder::{Builder, Unreadable};
pub use claims::flash::{Flash, Level};
pub use claims::id::SessionId;
pub use claims::lifetime::Expiry;
pub use clock::{Clock, ManualClock};
pub use config::legacy::OldCookie;
pub use crypto::random::RandomError;
pub use crypto::suite::Suite;
pub use data::encoding::Encoding;
#[cfg(feature = "map")]
pub use data::map::{Map, MapError};
pub use data::session_data::SessionData;
pub use error::{BuildError, CommitError, OpenError, Reason, SealError, SessionError};
pub use headers::ResponseFields;
pub use headers::set_cookie::SameSite;
pub use hooks::on_end::{Ended, EndedBy};
pub use hooks::validate::Admission;
pub use keys::{Key, KeyFile, KeyId, KeyInfo, KeyProblem, KeyRing, Place, RingError};
pub use session::Session;
pub use session::load_status::Status;
pub use sessions::Sessions;
