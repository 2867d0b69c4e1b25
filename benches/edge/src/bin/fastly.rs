//! On Fastly Compute.

use fastly::{Body, SecretStore};

fn main() {
    let request: http::Request<Body> = fastly::Request::from_client().into();
    let keys = SecretStore::open("shop")
        .ok()
        .and_then(|store| store.get("SESSION_KEYS"))
        .map(|secret| secret.plaintext());
    let keys = keys.map(|keys| String::from_utf8_lossy(&keys).into_owned()).unwrap_or_default();
    fastly::Response::from(edge_numbers::answer(&keys, &request).map(Body::from)).send_to_client();
}
