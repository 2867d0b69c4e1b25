//! The text of an origin, in visible ASCII: `scheme://host` or `scheme://host:port` (RFC 6454
//! §6.2).

use std::net::Ipv6Addr;

/// Returns the host and port in the value of an `Origin` field, as they are written. A path, query
/// or fragment behind them is ignored, as in Go. `None` if the value has another form, such as
/// `null`.
pub(super) fn authority(origin: &[u8]) -> Option<&[u8]> {
    let text = std::str::from_utf8(origin).ok()?;
    parts(text).map(|(_, authority, _)| authority.as_bytes())
}

/// Refuses an origin that no browser sends as `text`.
pub(crate) fn check_trusted(text: &str) -> Result<(), &'static str> {
    if text == "null" {
        return Err("every sandboxed page sends this origin: trust an origin of your own");
    }
    if !text.is_ascii() {
        return Err("browsers send host names in ASCII: write the xn-- form of the name");
    }
    let Some((scheme, authority, behind)) = parts(text) else {
        return Err("expected scheme://host or scheme://host:port, such as https://example.com");
    };
    if !behind.is_empty() {
        return Err("an origin has no path, query, fragment or slash at the end: remove it");
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("browsers send origins in lower case: write it in lower case");
    }
    match (scheme, port(authority)) {
        (_, Some("")) | ("https", Some("443")) | ("http", Some("80")) => {
            Err("browsers leave out the default port, and the text is compared: remove it")
        }
        _ => Ok(()),
    }
}

/// Splits `scheme://host:port/…` into scheme, `host:port`, and what is behind them.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    // User information, percent-encoding and bytes outside ASCII never occur in an origin.
    if text.bytes().any(|byte| !byte.is_ascii_graphic() || matches!(byte, b'%' | b'@')) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    (is_scheme && is_authority(authority)).then_some((scheme, authority, behind))
}

/// Returns `true` for a host that is not empty, or an IPv6 address in brackets, with or without a
/// port.
fn is_authority(authority: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(bracketed) = authority.strip_prefix('[') {
        let Some((address, behind)) = bracketed.split_once(']') else { return false };
        let is_end = behind.is_empty() || behind.strip_prefix(':').is_some_and(is_port);
        return address.parse::<Ipv6Addr>().is_ok() && is_end;
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    !host.is_empty() && !host.contains(['[', ']', '\\']) && is_port(port)
}

/// Returns what is behind the colon of the port.
fn port(authority: &str) -> Option<&str> {
    let behind_address = authority.rfind(']').map_or(0, |end| end + 1);
    authority[behind_address..].split_once(':').map(|(_, port)| port)
}
