//! A request as a method and raw bytes, for what no `HeaderMap` can carry.

use http::HeaderName;
use sealed_session::adapter::{FieldValue, RequestHeaders};

/// A method, the `Sec-Fetch-Site` field, and the `Cookie` fields.
pub struct RawRequest {
    method: String,
    site: Option<Vec<u8>>,
    cookies: Vec<Vec<u8>>,
}

/// Returns a request of these fields.
pub fn raw_request<'a>(
    method: &str,
    site: Option<&[u8]>,
    cookies: impl IntoIterator<Item = &'a [u8]>,
) -> RawRequest {
    RawRequest {
        method: method.to_owned(),
        site: site.map(<[u8]>::to_owned),
        cookies: cookies.into_iter().map(<[u8]>::to_owned).collect(),
    }
}

impl RequestHeaders for RawRequest {
    fn method(&self) -> &str {
        &self.method
    }

    fn authority(&self) -> Option<&[u8]> {
        None
    }

    fn target(&self) -> Option<&str> {
        None
    }

    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        match name.as_str() {
            "cookie" => self.cookies.iter().for_each(|field| each(FieldValue::Bytes(field))),
            "sec-fetch-site" => self.site.iter().for_each(|field| each(FieldValue::Bytes(field))),
            _ => {}
        }
    }
}
