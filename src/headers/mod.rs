//! Header fields of requests and responses, independent of a framework's types.

pub(crate) mod caching;
pub(crate) mod cookie;
#[cfg(feature = "cookie")]
pub(crate) mod cookie_crate;
pub(crate) mod cookie_name;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod session_cookie;
pub(crate) mod set_cookie;
