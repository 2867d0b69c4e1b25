//! What proxies let through, and what their caches keep: docs/size.md, "Behind proxies".

mod caches;
mod http2;
mod limits;
mod sessions;
mod support;
