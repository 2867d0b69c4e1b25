//! A session of iron-session 8 (Node.js).

use crate::Visit;
use hapi_iron_oxide::unseal;
use http::HeaderMap;
use std::collections::HashMap;

/// `passwords` by their ids; one that iron-session got as a string has the id "1".
pub fn read(headers: &HeaderMap, passwords: &HashMap<String, String>) -> Option<Visit> {
    headers.get_all("cookie").iter().find_map(|pair| {
        let (_, value) = pair.to_str().ok()?.split_once('=')?;
        let seal = value.strip_suffix("~2")?;
        let parts: Vec<&str> = seal.split('*').collect();
        // Milliseconds have 13 digits until the year 2286. hapi-iron-oxide multiplies what is here
        // before it has verified it.
        if parts.len() != 8 || parts[5].len() > 13 {
            return None;
        }
        let password = passwords.get(parts[1])?;
        let json = unseal(seal.to_owned(), password.as_str(), Default::default()).ok()?;
        serde_json::from_str(&json).ok()
    })
}
