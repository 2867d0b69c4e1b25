//! The head of the page: what sealed-session is, why one would want it, and where to read on.

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
const DOCUMENTATION: &str =
    concat!("https://docs.rs/", env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

pub fn header() -> String {
    format!(
        r#"<header>
<div class="top">
<p class="brand"><img src="/favicon.svg" alt="" width="32" height="32">sealed-session</p>
<nav aria-label="Read on"><a href="{REPOSITORY}#readme">README</a> <a href="{DOCUMENTATION}">Documentation</a> <a href="{REPOSITORY}">Source</a></nav>
</div>
<h1>Web sessions with no database</h1>
<p>A session is your own Rust struct, sealed with authenticated encryption and kept entirely in the visitor’s cookie.</p>
<p>Any server that has the keys can serve any visitor, and keys rotate without signing anybody out.</p>
</header>"#
    )
}

pub fn footer() -> String {
    format!(
        r#"<footer><p>This page uses no scripts, only forms, redirects and cookies. The server keeps a ring of keys, a clock and the choice of how sessions
are written, and nothing about you. Its code is in
<a href="{REPOSITORY}/tree/main/examples/demo">examples/demo</a>; start with <code>shop.rs</code>.</p></footer>"#
    )
}
