//! Web sessions with no database: the application's own struct, sealed with authenticated
//! encryption under a ring of rotating keys, and kept entirely in the visitor's cookie.
//!
//! A complete server, on axum:
//!
#![cfg_attr(feature = "axum", doc = "```no_run")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::{Router, routing::post};
//! use sealed_session::adapter::axum::SessionLayer;
//! use sealed_session::{KeyRing, Session, SessionError, Sessions};
//!
//! #[derive(Default, serde::Serialize, serde::Deserialize)]
//! struct Visit { user: Option<u64>, cart: Vec<u32> }
//!
//! async fn add(session: Session<Visit>) -> Result<String, SessionError> {
//!     session.update(|visit| visit.cart.push(7))?;
//!     Ok(session.read(|visit| format!("{} in your cart\n", visit.cart.len())))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let ring = KeyRing::ephemeral()?; // in production: KeyRing::from_env_or_file("SESSION_KEYS")?
//!     let sessions = Sessions::<Visit>::new(ring)?;
//!     let app = Router::new().route("/add", post(add)).layer(SessionLayer::new(sessions));
//!     Ok(axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?)
//! }
//! ```
//!
//! [`adapter`] has the same for actix-web, Rocket, Poem, Salvo and any `tower::Service`. In other
//! frameworks, call [`Sessions::load`] before the handler and [`Sessions::commit`] after it:
//!
//! ```
//! use http::{HeaderMap, Request, StatusCode};
//! use sealed_session::{KeyRing, Sessions};
//! # #[derive(Default, serde::Serialize, serde::Deserialize)]
//! # struct Visit { cart: Vec<u32> }
//!
//! let sessions = Sessions::<Visit>::new(KeyRing::ephemeral()?)?;
//! let request = Request::post("/add").body(())?;
//!
//! let session = sessions.load(&request);
//! session.update(|visit| visit.cart.push(7))?; // the handler's own line
//! let mut headers = HeaderMap::new();
//! sessions.commit(&session, StatusCode::OK, &mut headers)?;
//! assert!(headers["set-cookie"].to_str()?.starts_with("__Host-Http-session="));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **It is not a store.** It cannot revoke a copied cookie by itself ([`Builder::on_end`] supports
//! an application that keeps a list), and it cannot count reliably: if two requests change one
//! session at the same time, the last response wins.
//!
//! # Where to start
//!
//! - [`Sessions`] is one kind of session; [`Builder`] has its settings.
//! - [`Session`] is what a handler reads and writes. [`Map`] is a session of string keys.
//! - [`KeyRing`] and [`KeyFile`] hold the keys.
//! - [`Tickets`] seals values for links, e-mails and hidden fields.
//! - The guides: [everyday questions](guide::everyday), [tickets](guide::tickets),
//!   [when the struct changes](guide::changing_types), [tests](guide::testing),
//!   [requests of other sites](guide::cross_site), [rotating the keys](guide::rotation),
//!   [a leaked key](guide::leaked_key), [observing sessions](guide::observing),
//!   [at the edge](guide::edge), [from Django](guide::from_django),
//!   [moving in](guide::moving_in) from another library and [out](guide::moving_out) again.
//! - [SPEC.md] specifies every byte, and [SECURITY.md] says what is promised and what is not.
//!
//! # Features
//!
//! - `aes` and `chacha` (default): the two suites. At least one must be on.
//! - `shape` (default): traces the type's fingerprint. Without it, every typed session needs
//!   [`Builder::schema_version`] or [`Encoding::Named`].
//! - `map` (default): [`Map`], [`MapKey`], and [`Encoding::Named`], which uses the same format.
//! - `tower`, `axum`, `actix-web`, `rocket`, `poem` and `salvo`: the modules of [`adapter`] with
//!   these names.
//! - `config`: `SessionConfig`, the settings from a configuration file or the environment.
//! - `cookie`: `Session::to_cookies`, for a jar of the crate `cookie`, and conversions of
//!   [`SameSite`].
//! - `dbsc`: `Builder::device_bound`, sessions that are bound to the visitor's device. It follows a
//!   W3C draft, and may change with it.
//! - `tracing`: events with the target `sealed_session`. If it is off or no subscriber is set,
//!   warnings go to standard error (in JavaScript hosts: to the console). [`Builder::on_event`]
//!   counts the same events, with and without it.
//! - `testing`: support for an application's own tests.
//!
//! The program `sealed-session` is a package of its own (`cargo install sealed-session-cli`). It
//! edits key rings and takes cookies apart. [`inspect`] does the latter for applications.
//!
//! # Data flow
//!
//! ```text
//! Cookie ─▶ headers ─▶ wire ─▶ keys ─▶ crypto ─▶ claims ─▶ data ─▶ hooks ─▶ Session<T>
//!           find       parse   by id   open      limits    decode  validate    │ read, update
//!                                                                              ▼
//! Set-Cookie ◀─ headers ◀─ wire ◀─ crypto ◀─ claims + data ◀─ session/plan ◀─ changed?
//!               caching    encode  seal      encode           set, delete
//! ```
//!
//! # When a cookie is accepted
//!
//! 1. It has the session's cookie name ([`Builder::accept_alias`] can add others), compared byte by
//!    byte, in any of the request's `Cookie` fields. Nothing is decoded, and only spaces and tabs
//!    are trimmed.
//! 2. Its value is base64url in its only valid form, and holds an envelope of version 1.
//! 3. Its key id is that of a key in the ring whose `open-until` has not passed.
//! 4. Its tag is valid for that key, the cookie's name and the context ([`Builder::accept_alias`]
//!    can add others).
//! 5. Its claims have a form that this build knows. Its shape is that of `T`, or of a type that `T`
//!    is upgraded from.
//! 6. It was issued no more than two minutes ahead of this server's clock, and none of its limits
//!    has passed.
//! 7. If it is bound to the visitor's device (`Builder::device_bound`), a fresh proof of the device
//!    came beside it.
//! 8. Its data decodes, to the last byte.
//! 9. The application accepts it: it was created no earlier than
//!    [`Builder::reject_created_before`], and every [`Builder::validate`] check passes.
//! 10. If several cookies pass, the one issued last wins; of those issued in the same second, the
//!     first.
//!
//! Otherwise the session is empty, [`LoadStatus`] gives the reason, and the cookie is left alone.
//!
#![doc = concat!("[SPEC.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/SPEC.md")]
#![doc = concat!("[SECURITY.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/SECURITY.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
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

// In the order of a request: what an application configures, what reads a request, what a response
// gets.
pub mod adapter;
mod builder;
pub mod cross_origin;
#[cfg(feature = "dbsc")]
pub mod dbsc;
mod sessions;
pub mod tickets;

mod session;
mod config;
pub mod hooks;
mod wire;
pub mod keys;
mod crypto;
mod claims;
mod data;
mod headers;

pub mod clock;
pub mod error;
#[cfg(any(doc, doctest))]
pub mod guide;
mod base64url;
mod events;
mod limits;

pub mod inspect;
#[cfg(feature = "testing")]
pub mod testing;

/// Moving from another session library: the cookie that it left in the visitor's browser. See
/// [`Builder::import_from`].
pub mod migrate {
    pub use crate::config::legacy::LegacyCookie;
}

#[cfg(feature = "config")]
pub use builder::SessionConfig;
pub use builder::{Builder, OnUnreadable};
pub use claims::flash::{Flash, Level};
pub use claims::id::SessionId;
pub use claims::info::SessionInfo;
pub use claims::lifetime::Expiry;
pub use cross_origin::CrossOrigin;
pub use crypto::suite::Suite;
pub use data::encoding::Encoding;
#[cfg(feature = "map")]
pub use data::map::{Map, MapKey};
pub use data::session_data::SessionData;
#[cfg(feature = "dbsc")]
pub use dbsc::DeviceBound;
pub use error::{BuildError, FieldSize, OpenError, Reason, SessionError};
pub use headers::set_cookie::SameSite;
pub use keys::{KeyFile, KeyRing};
pub use session::Session;
pub use session::load_status::LoadStatus;
pub use session::size::SizeReport;
pub use sessions::Sessions;
pub use tickets::Tickets;
