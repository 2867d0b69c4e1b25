//! What applications do with a session, one module each, to copy from: README.md lists them. Each
//! has a `fn app` that gives an axum router, a binary of its name that serves it, and tests that
//! drive it over loopback.
//!
//! The last four modules are what the recipes share, and are to be copied with them.

#![forbid(unsafe_code)]

pub mod current_user;
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
pub mod same_origin;

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
