//! What can be wrong with an answer: a word for programs, and a sentence with what is wrong, what
//! was expected, and what to do.
//!
//! | problem | what |
//! | --- | --- |
//! | `http` | the page is not on TLS; a warning |
//! | `unreachable`, `timeout`, `tls` | there is no answer |
//! | `redirect` | the answer is elsewhere |
//! | `status` | another status, of which nothing more is known |
//! | `no-offer`, `offer-changed` | the page offers nothing, or what no browser can read |
//! | `cacheable`, `cached-offer` | `no-store` is missing; two visitors get one offer |
//! | `no-route` | something else answers at the endpoint's path |
//! | `refused-in-front` | a firewall, a CSRF check or a sign-in refuses the request |
//! | `server-error` | 5xx |
//! | `header-stripped`, `fetch-metadata` | fields of the request do not arrive |
//! | `token`, `challenge` | the token is refused, or what it signs |
//! | `off`, `unavailable` | the binding is off; no key seals, or the ring lacks a key |
//! | `instructions` | JSON, and not the instructions |
//! | `no-cookie`, `cookie-changed` | the proof's cookie is missing, or is another |
//! | `no-challenge` | a refresh without a token is refused, and not told what to sign |
//! | `ended` | the endpoint ends the browser's DBSC session |

use super::address::Address;
use super::http::{Response, status};

pub(super) struct Problem {
    pub(super) word: &'static str,
    pub(super) text: String,
}

const PASS: &str = "a proxy or CDN in front of the server must let it pass";

impl Problem {
    fn new(word: &'static str, text: impl Into<String>) -> Self {
        Self { word, text: text.into() }
    }

    pub(super) fn is_http() -> Self {
        Self::new(
            "http",
            "browsers bind sessions over TLS only, http://localhost included: check the https \
             address, and in development put a TLS proxy in front",
        )
    }

    /// There is no answer. `code` and `message` are curl's.
    pub(super) fn no_answer(
        address: &Address,
        code: Option<i32>,
        message: &str,
        timeout: u64,
    ) -> Self {
        let host = address.host();
        let (word, text) = match code {
            Some(status::TIMEOUT) => (
                "timeout",
                format!(
                    "{address} gave no whole answer within {timeout} s: browsers wait 20 s, and \
                     hold the visitor's requests meanwhile: find out what makes the server or a \
                     proxy wait"
                ),
            ),
            Some(code) if status::TLS.contains(&code) => (
                "tls",
                format!(
                    "no TLS connection to {host}: browsers bind nothing after a certificate \
                     error: install a certificate that this machine trusts (for one of your own \
                     authority, give curl its file in CURL_CA_BUNDLE)"
                ),
            ),
            Some(status::NO_HOST) => {
                ("unreachable", format!("no address of the host {host} was found: check the URL"))
            }
            Some(status::NO_CONNECTION) => (
                "unreachable",
                format!("cannot connect to {address}: start the server, or check host and port"),
            ),
            _ => ("unreachable", format!("{address} gave no answer: expected one in HTTP")),
        };
        let message = if message.is_empty() { String::new() } else { format!(" [{message}]") };
        Self::new(word, format!("{text}{message}"))
    }

    pub(super) fn page_status(address: &Address, status: u16) -> Self {
        let text = format!(
            "{address} answers {status}: expected the sign-in page, as a visitor without cookies \
             gets it: give the address of that page"
        );
        Self::new("status", text)
    }

    pub(super) fn page_redirect(address: &Address, status: u16, to: &str) -> Self {
        let text = format!(
            "{address} answers {status} without an offer and leads to {to}, which is not followed: \
             give the address of the page on your site that calls offer_binding(); on the way to \
             an identity provider, call it in the handler that redirects"
        );
        Self::new("redirect", text)
    }

    pub(super) fn no_offer(address: &Address) -> Self {
        let text = format!(
            "{address} has no Secure-Session-Registration: call session.offer_binding() in the \
             handler of this page, and build Sessions with device_bound; if that is so, {PASS}"
        );
        Self::new("no-offer", text)
    }

    pub(super) fn no_second_offer(address: &Address) -> Self {
        let text = format!(
            "a second request for {address} got no Secure-Session-Registration: a cache answers, \
             or a server of the fleet that is built without device_bound"
        );
        Self::new("no-offer", text)
    }

    pub(super) fn changed_offer(what: &str) -> Self {
        let text = format!(
            "browsers ignore this Secure-Session-Registration, because {what}: expected \
             (ES256);path=\"…\";challenge=\"…\": something between this machine and the server \
             changes the field: {PASS} as it is"
        );
        Self::new("offer-changed", text)
    }

    pub(super) fn cacheable(address: &Address) -> Self {
        let text = format!(
            "the answer of {address} has no Cache-Control: no-store, which the server sends: do \
             not set this field in a proxy, a CDN or an outer layer"
        );
        Self::new("cacheable", text)
    }

    pub(super) fn cached_offer(address: &Address) -> Self {
        let text = format!(
            "two requests for {address} got the same offer: a cache answers in place of the \
             server, and its challenge is stale after a minute: do not cache this page"
        );
        Self::new("cached-offer", text)
    }

    pub(super) fn no_route(address: &Address, what: &str) -> Self {
        let text = format!(
            "{address} {what}: the request did not reach the session's layer: let proxies pass \
             this path to the application unchanged; put the layer around the whole router, \
             outside of nest(); and give DeviceBound::at the path as browsers see it"
        );
        Self::new("no-route", text)
    }

    pub(super) fn no_instructions(address: &Address) -> Self {
        let text = format!(
            "{address} answers with JSON that is not the session instructions: expected \
             session_identifier, refresh_url on this site, scope and a cookie: let proxies pass \
             the body unchanged"
        );
        Self::new("instructions", text)
    }

    pub(super) fn other_id(address: &Address) -> Self {
        let text = format!(
            "{address} names another session_identifier than the registration: browsers refuse \
             that: let proxies pass the body unchanged"
        );
        Self::new("instructions", text)
    }

    pub(super) fn ended(address: &Address) -> Self {
        let query = if address.has_query() {
            "let proxies pass the query of this address, and give all servers the same key ring \
             and context"
        } else {
            "let proxies pass the body unchanged"
        };
        let text = format!(
            "{address} ends the browser's DBSC session, because the server does not know the key \
             in the address: {query}"
        );
        Self::new("ended", text)
    }

    pub(super) fn no_cookie(name: &str) -> Self {
        let text = format!(
            "the answer does not set the cookie {name}, without which visitors look signed out: \
             {PASS}: it must not remove Set-Cookie from answers to POST"
        );
        Self::new("no-cookie", text)
    }

    pub(super) fn changed_cookie(name: &str, found: &str, expected: &str) -> Self {
        let text = format!(
            "the cookie {name} has the attributes {found}: expected {expected}, as the \
             instructions say: browsers do not take it for the proof: do not change cookies in a \
             proxy (proxy_cookie_flags, proxy_cookie_path)"
        );
        Self::new("cookie-changed", text)
    }

    pub(super) fn cookie_without_end(name: &str) -> Self {
        let text = format!(
            "the cookie {name} has no Max-Age, so browsers keep it after its end and do not \
             refresh: do not change cookies in a proxy"
        );
        Self::new("cookie-changed", text)
    }

    pub(super) fn no_challenge(address: &Address) -> Self {
        let text = format!(
            "{address} answers 403 without a Secure-Session-Challenge for this session, and \
             browsers then delete their DBSC session: {PASS}, with its value unchanged"
        );
        Self::new("no-challenge", text)
    }

    /// Another status than the expected one, or an answer that names a doubt.
    pub(super) fn refused(response: &Response, address: &Address, expected: u16) -> Self {
        let status = response.status;
        let answers = format!("{address} answers {status}");
        match (word(response), status) {
            (Some(word @ ("no-token" | "session-id")), _) => {
                let field = if word == "no-token" {
                    "Secure-Session-Response"
                } else {
                    "Sec-Secure-Session-Id"
                };
                let text = format!(
                    "{answers}, {word}: the field {field} of the request did not arrive: {PASS}"
                );
                Self::new("header-stripped", text)
            }
            (Some("fetch-metadata"), _) => {
                let text = format!(
                    "{answers}, fetch-metadata: Sec-Fetch-Site: same-origin or Sec-Fetch-Mode: \
                     no-cors did not arrive, and they show that no page's script sent the request: \
                     {PASS}"
                );
                Self::new("fetch-metadata", text)
            }
            (Some("challenge"), _) => {
                let text = format!(
                    "{answers}, challenge: it does not accept the challenge that was signed: give \
                     all servers the same key ring, cookie name and context, set their clocks, and \
                     do not cache the page with the offer"
                );
                Self::new("challenge", text)
            }
            (Some(word @ ("token" | "key" | "signature" | "audience")), _) => {
                let text = format!(
                    "{answers}, {word}: the token in Secure-Session-Response did not arrive as it \
                     was sent: {PASS} unchanged (it has about 500 characters)"
                );
                Self::new("token", text)
            }
            (Some("off"), _) => {
                let text =
                    format!("{answers}, off: the binding is switched off (DeviceBound::off)");
                Self::new("off", text)
            }
            (Some("unavailable"), _) => {
                let text = format!(
                    "{answers}, unavailable: no key of its ring seals now, or the ring lacks the \
                     key of another server: run `sealed-session keys check`, and give all servers \
                     the same ring"
                );
                Self::new("unavailable", text)
            }
            (Some(_), 405) => {
                let text = format!("{answers}: the request arrived with another method than POST");
                Self::new("no-route", format!("{text}: {PASS} as a POST"))
            }
            (_, 300..=399) => {
                let to = response.field("location").unwrap_or_else(|| String::from("nowhere"));
                // What is behind ? may be a secret.
                let to = to.split('?').next().unwrap_or_default();
                let text = format!(
                    "{answers} and leads to {to}: expected {expected} at this very address: \
                     exempt it from redirects (to https, to another host, to a sign-in, slashes \
                     at the end)"
                );
                Self::new("redirect", text)
            }
            (_, 404 | 405 | 410 | 501) => {
                Self::no_route(address, &format!("answers {status}: expected {expected}"))
            }
            (_, 400..=403 | 407 | 411 | 429) => {
                let text = format!(
                    "{answers}, and not by this crate: expected {expected}: exempt the path from \
                     firewalls, rate limits, CSRF checks and sign-in walls; the request is a POST \
                     without a body"
                );
                Self::new("refused-in-front", text)
            }
            (_, 500..) => {
                let text = format!(
                    "{answers}: expected {expected}: look at the logs of the server and of the \
                     proxies in front; while a refresh fails, visitors look signed out"
                );
                Self::new("server-error", text)
            }
            _ => Self::new("status", format!("{answers}: expected {expected}")),
        }
    }
}

/// Returns what this crate's endpoint says in its body.
pub(super) fn word(response: &Response) -> Option<&str> {
    response.body.strip_prefix("device binding: ").map(str::trim_end)
}
