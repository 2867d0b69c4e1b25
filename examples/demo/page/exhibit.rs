//! `Exhibit`: the session that the page takes apart. It is the visitor's own, or an example if the
//! browser sent none.

use crate::Demo;
use crate::stored::StoredValue;
use crate::visit::Visit;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue, Method};
use sealed_session::{LoadStatus, Session, SessionError, Sessions};

pub struct Exhibit {
    pub is_example: bool,
    pub stored: StoredValue,
    headers: HeaderMap,
    opens: bool,
}

impl Exhibit {
    /// `status` is what the request's own cookie turned out to be.
    pub fn new(demo: &Demo, headers: &HeaderMap, status: LoadStatus) -> Result<Self, SessionError> {
        let sessions = demo.visits.serving();
        let name = sessions.cookie_name();
        if let Some(stored) = StoredValue::find(headers, name) {
            let opens = status == LoadStatus::Restored;
            return Ok(Self { is_example: false, stored, headers: headers.clone(), opens });
        }
        let stored = StoredValue::single(name, &sessions.seal(&Visit::example())?);
        let mut headers = HeaderMap::new();
        if let Ok(field) = HeaderValue::try_from(format!("{name}={}", stored.value)) {
            headers.insert(COOKIE, field);
        }
        Ok(Self { is_example: true, stored, headers, opens: true })
    }

    /// The session as it came, with its messages, in the hands of these `Sessions`. `None` if it
    /// does not open. Nothing that is written to it is sent.
    pub fn open(&self, sessions: &Sessions<Visit>) -> Option<Session<Visit>> {
        self.opens.then(|| sessions.load((&Method::GET, &self.headers)))
    }
}
