//! What the thief's copy is worth on another computer: what the server makes of it, why, and how to
//! see it refused.

use crate::Demo;
use crate::thief::Loot;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use sealed_session::{LoadStatus, Reason};

pub fn panel(demo: &Demo, headers: &HeaderMap, loot: &Loot) -> String {
    let status = loot.sent_alone(demo.visits.serving());
    let (class, word, why) = match status {
        LoadStatus::Restored => ("restored", String::from("Restored"), unbound(headers)),
        LoadStatus::Rejected(reason @ Reason::Unproven(_)) => {
            ("rejected", format!("Rejected: <code>{reason}</code>"), BOUND.to_owned())
        }
        LoadStatus::Rejected(reason) => {
            ("rejected", format!("Rejected: <code>{reason}</code>"), String::new())
        }
        _ => return String::new(),
    };
    format!(
        r#"<div class="card" id="elsewhere">
<h3>On another computer</h3>
<p>This server just tried the copy without your other cookies, as if the thief had sent it: <strong class="verdict {class}">{word}</strong></p>
{why}
</div>"#
    )
}

const BOUND: &str = "<p>The session is bound to your device. Each request also needs a proof: a cookie that lives 10 minutes. \
Only your browser gets the next one, with a key that does not leave the device. A thief who copied the proof as well has 11 minutes \
at most.</p>";

/// Why the copy is accepted, and how to see it refused.
fn unbound(headers: &HeaderMap) -> String {
    let is_tls = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let (why, front) = if is_tls {
        let why = "Either your browser cannot bind sessions, or it does not trust the certificate, or it had no key yet when you signed in: sign out, and sign in again.";
        (why, String::new())
    } else {
        let why = "Browsers bind sessions only over TLS, and this page came over plain http.";
        (why, front(headers))
    };
    format!(
        r#"<p>The session is not bound to your device, so whoever has the cookie has the session. {why}</p>
<details>
<summary>See it refused</summary>
<ol class="how">
{front}<li>Use a browser with Device Bound Session Credentials: Chrome 145 or later on Windows. For a test on Linux, Chromium can keep the
key in a file: <pre tabindex="0"><code>chromium --enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting</code></pre></li>
<li>Sign in, and save a copy.</li>
</ol>
</details>"#
    )
}

/// How to put TLS in front.
fn front(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let port = host.and_then(|host| host.rsplit_once(':')?.1.parse::<u16>().ok()).unwrap_or(3000);
    format!(
        r#"<li>Put TLS in front of this demo. Caddy makes a certificate and asks you to trust it. Save this as <code>Caddyfile</code>, and run
<code>caddy run</code> beside it: <pre tabindex="0"><code>{{
    auto_https disable_redirects
}}
localhost:3443 {{
    reverse_proxy localhost:{port}
}}</code></pre></li>
<li>Open <a href="https://localhost:3443/">https://localhost:3443</a>.</li>
"#
    )
}
