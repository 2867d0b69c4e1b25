//! A session in actix-session's `CookieSessionStore`.

use crate::Visit;
use actix_session::config::CookieContentSecurity;
use actix_web::cookie::{Cookie, CookieJar, Key};
use http::HeaderMap;
use std::collections::HashMap;

pub fn read(headers: &HeaderMap, key: &Key, security: CookieContentSecurity) -> Option<Visit> {
    headers.get_all("cookie").iter().find_map(|pair| {
        let cookie = Cookie::parse_encoded(pair.to_str().ok()?.to_owned()).ok()?;
        let opened = match security {
            CookieContentSecurity::Private => CookieJar::new().private(key).decrypt(cookie)?,
            CookieContentSecurity::Signed => CookieJar::new().signed(key).verify(cookie)?,
        };
        let entries: HashMap<String, String> = serde_json::from_str(opened.value()).ok()?;
        Some(Visit {
            user: Some(serde_json::from_str(entries.get("user")?).ok()?),
            cart: entries
                .get("cart")
                .and_then(|json| serde_json::from_str(json).ok())
                .unwrap_or_default(),
        })
    })
}
