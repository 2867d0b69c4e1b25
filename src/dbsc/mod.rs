//! Sessions bound to the visitor's device: Device Bound Session Credentials (a W3C draft), without
//! any state on the server.
//!
//! The browser holds a key that does not leave the device. [`Builder::device_bound`] turns the
//! binding on:
//!
//! 1. **Offer.** The sign-in page calls [`Session::offer_binding`]. A browser that supports DBSC
//!    makes a key and registers it. The answer is a *proof*: a cookie that lives 10 minutes.
//! 2. **Sign-in.** [`Session::renew`] binds the session to the key whose proof came with the
//!    request. Without a proof the session is unbound, and works as without this feature.
//! 3. **Requests.** A bound session is accepted only with a fresh proof of its key. Otherwise it
//!    reads as empty, with [`Reason::Unproven`](crate::Reason::Unproven), and the cookie stays.
//! 4. **Refresh.** Before the proof ends, the browser signs a challenge and gets a new proof.
//!
//! The adapters answer the two endpoints, `…/register` and `…/refresh`. Code without an adapter
//! calls [`Sessions::answer_dbsc`](crate::Sessions::answer_dbsc).
//!
//! `docs/device-bound.md` in the repository says what is promised, which browsers support it, and
//! what an operator watches. The draft changes, and so may this module.
//!
//! ```
//! use sealed_session::dbsc::DeviceBinding;
//! use sealed_session::{DeviceBound, KeyRing, Map, Session, SessionError, Sessions};
//!
//! let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?)
//!     .device_bound(DeviceBound::at("/dbsc"))
//!     .build()?;
//!
//! fn sign_in_page(session: &Session<Map>) -> &'static str {
//!     session.offer_binding();
//!     "<form method=post>…"
//! }
//!
//! fn sign_in(session: &Session<Map>) -> Result<(), SessionError> {
//!     session.renew()?; // binds, if the browser registered a key
//!     session.insert("user", 7)
//! }
//!
//! fn admin(session: &Session<Map>) -> Result<&'static str, SessionError> {
//!     session.require_binding()?; // 403 without a proof
//!     Ok("the admin area")
//! }
//! # let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
//! # sign_in_page(&session);
//! # sign_in(&session)?;
//! # assert_eq!(session.binding(), DeviceBinding::Unbound);
//! # assert!(admin(&session).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Builder::device_bound`]: crate::Builder::device_bound
//! [`Session::offer_binding`]: crate::Session::offer_binding
//! [`Session::renew`]: crate::Session::renew

// In the order of the protocol: the setting, the endpoints, what they read, what they answer.
mod setting;
pub(crate) mod device;
pub(crate) mod endpoint;
mod json;
mod token;
pub(crate) mod key;
mod sealed;
mod instructions;
pub(crate) mod proof;
mod marker;
pub(crate) mod skipped;
mod binding;

pub use crate::error::{Skipped, Unproven};
pub use binding::DeviceBinding;
pub(crate) use setting::Others;
pub use setting::{DeviceBound, WhenOff};
