//! A session that was JSON in a cookie of `cookie`'s `PrivateJar`.

use crate::Visit;
use cookie::{Cookie, CookieJar, Key};
use http::HeaderMap;

pub fn read(headers: &HeaderMap, key: &Key) -> Option<Visit> {
    headers.get_all("cookie").iter().find_map(|pair| {
        let sealed = Cookie::parse_encoded(pair.to_str().ok()?.to_owned()).ok()?;
        let opened = CookieJar::new().private(key).decrypt(sealed)?;
        serde_json::from_str(opened.value()).ok()
    })
}
