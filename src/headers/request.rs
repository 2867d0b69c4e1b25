//! `RequestHeaders`: what a session reads of a request, independent of a framework's types.

use http::header::{HOST, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request};

pub(crate) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
#[cfg(feature = "dbsc")]
pub(crate) const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
#[cfg(feature = "dbsc")]
pub(crate) const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
#[cfg(feature = "dbsc")]
pub(crate) const SECURE_SESSION_SKIPPED: HeaderName =
    HeaderName::from_static("secure-session-skipped");

/// The parts of a request that [`Sessions::load`](crate::Sessions::load) reads.
///
/// It is implemented for `http` types ([`http::Request`], [`http::request::Parts`], and a method
/// with a [`HeaderMap`]), and for a method with a list of fields. A framework with types of its own
/// implements it in a few lines.
///
/// ```
/// use sealed_session::{KeyRing, Map, Sessions};
///
/// let sessions = Sessions::<Map>::new(KeyRing::ephemeral()?)?;
/// let request = http::Request::post("https://example.com/cart").body(())?;
/// let session = sessions.load(&request);
/// let session = sessions.load((request.method(), request.headers()));
/// let session = sessions.load(("POST", &[("cookie", "theme=dark")][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait RequestHeaders {
    /// Returns the method, such as `GET`. Methods are case-sensitive (RFC 9110 §9.1).
    fn method(&self) -> &str;

    /// Returns the host and port that the request is for: the authority of an HTTP/2 or HTTP/3
    /// request, or the `Host` field. `None` if they are not known.
    fn authority(&self) -> Option<&[u8]>;

    /// Returns the path and query of the request, as they came. `None` if they are not known.
    fn target(&self) -> Option<&str>;

    /// Calls `each` with the value of every field called `name`, in the order in which they came.
    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>));
}

/// The value of one header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValue<'a> {
    /// Bytes, which are copied if they are kept.
    Bytes(&'a [u8]),
    /// A value of `http`, which is shared if it is kept.
    Shared(&'a HeaderValue),
}

impl<'a> FieldValue<'a> {
    /// Returns the bytes of the value.
    #[inline]
    pub fn as_bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Shared(value) => value.as_bytes(),
        }
    }
}

impl<R: RequestHeaders + ?Sized> RequestHeaders for &R {
    #[inline]
    fn method(&self) -> &str {
        (**self).method()
    }

    fn authority(&self) -> Option<&[u8]> {
        (**self).authority()
    }

    fn target(&self) -> Option<&str> {
        (**self).target()
    }

    #[inline]
    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        (**self).for_each(name, each);
    }
}

impl<B> RequestHeaders for Request<B> {
    #[inline]
    fn method(&self) -> &str {
        self.method().as_str()
    }

    fn authority(&self) -> Option<&[u8]> {
        authority(self.uri(), self.headers())
    }

    fn target(&self) -> Option<&str> {
        self.uri().path_and_query().map(|target| target.as_str())
    }

    #[inline]
    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        for_each(self.headers(), name, each);
    }
}

impl RequestHeaders for Parts {
    #[inline]
    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn authority(&self) -> Option<&[u8]> {
        authority(&self.uri, &self.headers)
    }

    fn target(&self) -> Option<&str> {
        self.uri.path_and_query().map(|target| target.as_str())
    }

    #[inline]
    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        for_each(&self.headers, name, each);
    }
}

/// A method and the header fields, without a target.
impl RequestHeaders for (&Method, &HeaderMap) {
    #[inline]
    fn method(&self) -> &str {
        self.0.as_str()
    }

    fn authority(&self) -> Option<&[u8]> {
        self.1.get(HOST).map(HeaderValue::as_bytes)
    }

    fn target(&self) -> Option<&str> {
        None
    }

    #[inline]
    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        for_each(self.1, name, each);
    }
}

/// A method and the names and values of the header fields, without a target.
impl<N: AsRef<str>, V: AsRef<[u8]>> RequestHeaders for (&str, &[(N, V)]) {
    #[inline]
    fn method(&self) -> &str {
        self.0
    }

    fn authority(&self) -> Option<&[u8]> {
        let host = self.1.iter().find(|(name, _)| name.as_ref().eq_ignore_ascii_case("host"));
        host.map(|(_, value)| value.as_ref())
    }

    fn target(&self) -> Option<&str> {
        None
    }

    #[inline]
    fn for_each<'a>(&'a self, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
        for (other, value) in self.1 {
            if other.as_ref().eq_ignore_ascii_case(name.as_str()) {
                each(FieldValue::Bytes(value.as_ref()));
            }
        }
    }
}

/// Returns the value of the first field of this name; empty if there is none.
pub(crate) fn first_field<'a>(request: &'a impl RequestHeaders, name: &HeaderName) -> &'a [u8] {
    let mut first = None;
    request.for_each(name, &mut |value| {
        first.get_or_insert(value.as_bytes());
    });
    first.unwrap_or_default()
}

/// Returns the authority of the target, or else the `Host` field.
pub(crate) fn authority<'a>(uri: &'a http::Uri, headers: &'a HeaderMap) -> Option<&'a [u8]> {
    let of_uri = uri.authority().map(|authority| authority.as_str().as_bytes());
    of_uri.or_else(|| headers.get(HOST).map(HeaderValue::as_bytes))
}

#[inline(always)]
fn for_each<'a>(headers: &'a HeaderMap, name: &HeaderName, each: &mut dyn FnMut(FieldValue<'a>)) {
    headers.get_all(name).iter().for_each(|value| each(FieldValue::Shared(value)));
}
