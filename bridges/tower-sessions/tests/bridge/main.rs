//! The bridge over real HTTP on loopback: an application on axum-login and axum-messages, the rules
//! of a session under tower-sessions' interface, and visitors who move from a tower-sessions
//! deployment.

#[path = "../../examples/login/app.rs"]
mod app;
mod browser;
mod login;
mod moving;
mod sessions;
#[path = "../../examples/login/users.rs"]
mod users;
