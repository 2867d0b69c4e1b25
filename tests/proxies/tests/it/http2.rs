//! axum's own HTTP/2, without TLS and with no proxy: all header fields of a request together are
//! limited to 16 KB.

use crate::support::{Running, run};
use axum::http::StatusCode;
use sealed_session_proxies::client::{Address, Outcome, Protocol};
use sealed_session_proxies::site::{CONFIGURATIONS, text};

#[test]
fn every_session_passes_with_a_browsers_headers() {
    run(async |running: &'static Running| {
        let server = Address { protocol: Protocol::Http2, ..running.site };
        for configuration in &CONFIGURATIONS {
            let made = configuration.fill(server).await;
            let read = configuration.read(server, &made.cookies()).await;
            assert!(read.outcome.passed(), "{}: {:?}", configuration.name, read.outcome);
            assert_eq!(read.body, made.body, "{}", configuration.name);
        }
    });
}

#[test]
fn beyond_it_a_visitor_gets_431_everywhere() {
    run(async |running: &'static Running| {
        let server = Address { protocol: Protocol::Http2, ..running.site };
        let largest = CONFIGURATIONS.last().unwrap();
        let mut cookies = largest.fill(server).await.cookies();
        cookies.push(format!("another={}", text(800)));
        assert!(largest.read(server, &cookies).await.outcome.passed());
        cookies.push(format!("a-third={}", text(400)));
        let locked_out = Outcome::Status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        assert_eq!(largest.read(server, &cookies).await.outcome, locked_out);
        // No handler runs, so none can delete the cookies.
        assert_eq!(server.get("/shop/public", &cookies).await.outcome, locked_out);
        // HTTP/1.1 has room.
        assert!(largest.read(running.site, &cookies).await.outcome.passed());
    });
}
