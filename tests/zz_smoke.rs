use sealed_session::*;
use serde::{Deserialize, Serialize};
#[derive(Default, Serialize, Deserialize)]
struct V {
    user: Option<u64>,
}
#[derive(Default, Serialize, Deserialize)]
struct Empty;
#[test]
fn t() {
    let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
    let s = Sessions::<V>::new(ring.clone());
    let se = s.load(&http::Method::GET, &Default::default());
    se.update(|v| v.user = Some(7)).unwrap();
    println!("size {}", se.size());
    let mut h = http::HeaderMap::new();
    h.insert("cache-control", "public, max-age=3".parse().unwrap());
    s.commit(&se, http::StatusCode::OK, &mut h).unwrap();
    let line = h["set-cookie"].to_str().unwrap().to_owned();
    println!("{:?} {} {}", h, line, line.len());
    let mut r = http::HeaderMap::new();
    r.insert("cookie", line.split(';').next().unwrap().parse().unwrap());
    let s2 = s.load(&http::Method::GET, &r);
    assert_eq!(s2.status(), Status::Restored);
    assert_eq!(s2.read(|v| v.user), Some(7));
    println!("{}", Sessions::<Empty>::new(ring).seal(&Empty).unwrap().len());
}
