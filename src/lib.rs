//! Web sessions with no database: the application's own struct, sealed with authenticated
//! encryption under a ring of rotating keys, and kept entirely in the visitor's cookie.
//!
//! **What it is not**: a store. It cannot by itself end a copy of a cookie that somebody kept
//! ([`Builder::on_end`] tells an application that keeps a list), it cannot count, and of two
//! requests that change one session at the same time, the last response wins. `SECURITY.md` in the
//! repository says what is promised and what is not, `SPEC.md` has every byte.
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
//! # The data's way
//!
//! ```text
//! request headers ─▶ cookies ─▶ envelope ─▶ keys ─▶ suite ─▶ claims + encoding ─▶ lifetime ─▶ Session<T>
//!   Cookie: …        find       parse       by id   open     decode               alive?         │ read, update
//!                                                                                                ▼
//! response headers ◀─ caching ◀─ set_cookie ◀─ envelope ◀─ keys ◀─ claims + encoding ◀─────── changed?
//!   Set-Cookie: …     Vary, …    attributes    seal        now     encode
//! ```
//!
//! # When a cookie's session is accepted
//!
//! 1. Its name is ours ([`Builder::also_open`] may add others), byte by byte, in any of the
//!    request's `Cookie` fields; nothing is decoded or trimmed but space and tab.
//! 2. Its value is base64url in the one strict spelling, of an envelope of version 1.
//! 3. Its key id is that of a key in the ring that has not run out.
//! 4. Its tag is right, for that key, our cookie's name, and our context.
//! 5. Its claims are of a form that this build knows, and its shape is that of our type, or of one
//!    that it is upgraded from.
//! 6. It was issued no more than two minutes ahead of our clock, and none of its limits has passed.
//! 7. Its data decodes, to the last byte.
//! 8. The application admits it: it was created no earlier than [`Builder::not_before`], and every
//!    [`Builder::admit`] lets it in.
//! 9. Of several that pass, it is the one issued last; of equals, the first.
//!
//! Everything else leaves an empty session, a [`Status`] that says why, and the cookie where it is.
//!
//! # Features
//!
//! `aes` and `chacha` (default): the two suites; at least one must be on. `shape` (default): the
//! type's fingerprint, traced; without it every typed session needs [`Builder::shape`], or
//! [`Encoding::Named`]. `map` (default): [`Map`], and `Encoding::Named`, which is written alike.
//! `tower`, `axum`, `actix-web`, `rocket`, `poem` and `salvo`: adapters, each with a module of that
//! name. `tracing`: events of target `sealed_session`; warnings go to standard error (in JavaScript
//! hosts: to the console) if it is off, or no subscriber is set. `testing`: for an application's
//! own tests. `cli`: the program `sealed-session`, which edits key rings and takes cookies apart;
//! nothing for the library.
//!
//! A framework that has no adapter here takes a few lines: [`Sessions::load`] and
//! [`Sessions::commit`] for `http` types, `load_fields` and `commit_fields` for others, and
//! [`Exchange`], [`Parked`] and [`Failure`] for one that others are to use.
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![warn(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[cfg(feature = "axum")]
#[doc = include_str!("../README.md")]
struct Readme;

/// The examples of the page for those who come from Django, compiled and run.
#[cfg(doctest)]
#[cfg(feature = "axum")]
#[doc = include_str!("../docs/from-django.md")]
struct FromDjango;

/// The examples of the page on types that change, compiled and run.
#[cfg(doctest)]
#[cfg(feature = "shape")]
#[doc = include_str!("../docs/changing-types.md")]
struct ChangingTypes;

/// The examples of the pages for operators, compiled and run.
#[cfg(doctest)]
#[cfg(feature = "shape")]
#[doc = include_str!("../docs/rotation.md")]
#[doc = include_str!("../docs/leaked-key.md")]
struct Keys;

/// The examples of the page on the edge, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../docs/edge.md")]
struct Edge;

// In the order of a request: what an application calls, what serves it, and what both rest on.
mod adapters;
mod base64url;
mod builder;
mod claims;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli_support;
mod clock;
mod config;
mod crypto;
mod data;
mod error;
mod events;
mod headers;
mod hooks;
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
