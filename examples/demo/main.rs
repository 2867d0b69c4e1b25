//! The demo: `cargo run --example demo`, then open the address that it prints.
//!
//! A small shop whose sessions lie in the visitor's browser, and a page that takes the visitor's
//! own cookie apart. Read on with `shop.rs`: how a handler uses a session. Then `notes.rs`: a
//! second session, keyed by strings.
//!
//! ```text
//! request ─ headers.rs ─┬─ SessionLayer<Visit> ─ SessionLayer<Map> ─┬─ page/     GET /
//!                       │                                           ├─ shop.rs   sign in, cart
//!                       │                                           └─ notes.rs  a Map
//!                       ├─ visits.rs    how the shop's sessions are written
//!                       ├─ operator.rs  the ring of keys and the clock
//!                       ├─ thief.rs     tampers with cookies, so it goes around the layers
//!                       └─ assets.rs    style and icon
//! ```
//!
//! The process keeps a ring of keys, a clock and the choice of how sessions are written, and nothing
//! about any visitor.

mod assets;
mod clock;
mod envelope;
mod headers;
mod html;
mod listen;
mod notes;
mod operator;
mod page;
mod shop;
mod stored;
mod thief;
mod visit;
mod visits;

use clock::DemoClock;
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::{CrossOrigin, KeyRing, Map, Sessions};
use std::error::Error;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use visits::Visits;

/// What every handler of the demo may reach.
#[derive(Clone)]
struct Demo {
    ring: KeyRing,
    clock: DemoClock,
    visits: Visits,
    notes: Sessions<Map>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // What an operator would hear of sessions: warnings, and at debug level each cookie that did
    // not open, with the reason.
    let sessions_only = Targets::new().with_target("sealed_session", Level::DEBUG);
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer())
        .with(sessions_only)
        .init();

    // A real application reads its keys: `KeyRing::from_env_or_file("SESSION_KEYS")?`.
    let ring = KeyRing::ephemeral()?;
    let clock = DemoClock::default();
    let visits = Visits::new(&ring, &clock)?;
    let notes = Sessions::<Map>::builder(ring.clone())
        .clock(clock.clone())
        .cookie_name("__Host-Http-notes")
        .cross_origin(CrossOrigin::refuse())
        .build()?;
    let demo = Demo { ring, clock, visits: visits.clone(), notes: notes.clone() };

    let with_sessions = page::routes()
        .merge(shop::routes())
        .merge(notes::routes())
        .layer(SessionLayer::new(notes.clone()))
        .with_state(demo.clone());
    let app = visits
        .around(with_sessions)
        .merge(visits::routes())
        .merge(operator::routes())
        .merge(thief::routes())
        .merge(assets::routes());
    listen::serve(headers::around(app, notes).with_state(demo)).await
}
