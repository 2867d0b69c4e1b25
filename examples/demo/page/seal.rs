//! What is under the seal of a session, as only the server sees it: claims and data.

use crate::Demo;
use crate::html::{span, text, time};
use sealed_session::dbsc::DeviceBinding;
use sealed_session::{Session, SessionData, Sessions};
use std::fmt::Debug;
use std::time::SystemTime;

pub fn under_the_seal<T: SessionData + Debug>(
    demo: &Demo,
    sessions: &Sessions<T>,
    session: &Session<T>,
) -> String {
    let now = demo.clock.now();
    let info = session.info();
    let id = session.id().map_or_else(
        || String::from("none: <code>renew()</code> creates one"),
        |id| format!("<code>{id}</code>"),
    );
    let flashes = session.flashes();
    let flashes = flashes.iter().map(|flash| format!("{}: {}", flash.level.name(), flash.text));
    let flashes = flashes.collect::<Vec<_>>().join("; ");
    let claims = [
        ("issued", past(now, info.issued_at())),
        ("created", past(now, info.created_at())),
        ("id", id),
        ("binding", binding(now, session.binding())),
        ("expiry", format!("<code>{}</code>", text(format_args!("{:?}", info.expiry())))),
        ("flashes", if flashes.is_empty() { String::from("none") } else { text(flashes) }),
        ("shape", format!("<code>{}</code>", hex::encode(sessions.shape()))),
        (
            "refreshes",
            info.refreshes_at().map_or_else(|| String::from("never"), |due| future(now, due)),
        ),
        ("ends", future(now, info.expires_at())),
    ];
    let claims = claims.map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).concat();
    let data = session.read(|data| text(format_args!("{data:#?}")));
    format!(
        r#"<dl class="claims">
{claims}</dl>
<h4>The data, as Rust sees it</h4>
<pre tabindex="0"><code>{data}</code></pre>"#
    )
}

/// Whether the session is bound to the visitor's device.
fn binding(now: SystemTime, binding: DeviceBinding) -> String {
    match binding {
        DeviceBinding::Bound { proven_at } => {
            format!("a device’s key, proven {}", past(now, proven_at))
        }
        _ => String::from("none"),
    }
}

fn past(now: SystemTime, then: SystemTime) -> String {
    let ago = now.duration_since(then);
    let ago = ago.map_or_else(|_| String::from("now"), |past| format!("{} ago", span(past)));
    format!("{}, <span>{ago}</span>", time(then))
}

fn future(now: SystemTime, then: SystemTime) -> String {
    let left = then.duration_since(now);
    let left = left.map_or_else(|_| String::from("now"), |left| format!("in {}", span(left)));
    format!("{}, <span>{left}</span>", time(then))
}
