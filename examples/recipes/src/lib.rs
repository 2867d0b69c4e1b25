//! What applications do with a session, one module each, to copy from: README.md lists them. Each
//! has a `fn app` that gives an axum router, a binary of its name that serves it, and tests that
//! drive it over loopback. Its `fn sessions` has the settings of its sessions, for the binary and
//! the tests; `step_up` uses that of `sign_in_with_a_password`.
//!
//! The recipes share `html`, `random` and `return_to`: copy these modules along with a recipe.
//! `provider` is there to try `sign_in_with_oauth` with.

#![forbid(unsafe_code)]

pub mod current_user;
pub mod device_bound;
pub mod forms;
pub mod links_by_email;
pub mod middleware;
pub mod sign_in_with_a_password;
pub mod sign_in_with_oauth;
pub mod step_up;
pub mod templates;
pub mod too_large;
pub mod websocket_and_job;

pub mod html;
pub mod random;
pub mod return_to;

pub mod provider;

use axum::Router;
use std::net::Ipv4Addr;
use tokio::net::TcpListener;

/// Serves on loopback and says where.
///
/// # Errors
/// Those of the listener: mostly that another process has the port.
pub async fn listen(app: Router, port: u16) -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://localhost:{port}");
    axum::serve(listener, app).await
}
