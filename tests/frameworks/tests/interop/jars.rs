//! `Session::to_cookies` through axum-extra's jar, over HTTP, and through Rocket's, by its
//! local client.

use axum::extract::State;
use axum_extra::extract::CookieJar;
use http::{HeaderMap, Method};
use sealed_session::{KeyRing, Map, MapKey, Session, SessionError, Sessions};

const VISITS: MapKey<u32> = MapKey::new("visits");

/// For clients that send no `Secure` cookie over plain HTTP.
fn sessions() -> Sessions<Map> {
    let ring = KeyRing::ephemeral().unwrap();
    Sessions::builder(ring).cookie_name("session").secure(false).build().unwrap()
}

fn count(session: &Session<Map>) -> Result<u32, SessionError> {
    let visits = VISITS.get_or(session, 0)? + 1;
    VISITS.insert(session, &visits)?;
    Ok(visits)
}

async fn count_on_axum(
    State(sessions): State<Sessions<Map>>,
    method: Method,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<(CookieJar, String), SessionError> {
    let session = sessions.load((&method, &headers));
    let visits = count(&session)?;
    let jar = session.to_cookies()?.into_iter().fold(jar, CookieJar::add);
    Ok((jar, visits.to_string()))
}

async fn leave_on_axum(
    State(sessions): State<Sessions<Map>>,
    method: Method,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<CookieJar, SessionError> {
    let session = sessions.load((&method, &headers));
    session.purge()?;
    Ok(session.to_cookies()?.into_iter().fold(jar, CookieJar::add))
}

#[tokio::test]
async fn axum_extras_jar_carries_a_session() {
    let app = axum::Router::new()
        .route("/", axum::routing::post(count_on_axum))
        .route("/leave", axum::routing::post(leave_on_axum))
        .with_state(sessions());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let client = reqwest::Client::builder().cookie_store(true).no_proxy().build().unwrap();
    let post = async |path: &str| {
        let answer = client.post(format!("{origin}{path}")).send().await.unwrap();
        let lines = answer.headers().get_all("set-cookie").iter().count();
        (lines, answer.text().await.unwrap())
    };
    assert_eq!(post("/").await, (1, "1".to_owned()));
    assert_eq!(post("/").await, (1, "2".to_owned()));
    assert_eq!(post("/leave").await, (1, String::new()));
    assert_eq!(post("/leave").await, (0, String::new()));
    assert_eq!(post("/").await, (1, "1".to_owned()));
    server.abort();
}

#[rocket::post("/")]
fn count_on_rocket(
    sessions: &rocket::State<Sessions<Map>>,
    jar: &rocket::http::CookieJar<'_>,
) -> Result<String, rocket::http::Status> {
    // What came: Rocket's local client fills the jar, and no field of the request.
    let came: Vec<_> = jar.iter().map(|cookie| ("cookie", cookie.stripped().to_string())).collect();
    let session = sessions.load(("POST", &came[..]));
    let internal = |_| rocket::http::Status::InternalServerError;
    let visits = count(&session).map_err(internal)?;
    session.to_cookies().map_err(internal)?.into_iter().for_each(|cookie| jar.add(cookie));
    Ok(visits.to_string())
}

#[test]
fn rockets_jar_carries_a_session() {
    let rocket = rocket::build().manage(sessions()).mount("/", rocket::routes![count_on_rocket]);
    let client = rocket::local::blocking::Client::tracked(rocket).unwrap();
    for visits in ["1", "2", "3"] {
        assert_eq!(client.post("/").dispatch().into_string().as_deref(), Some(visits));
    }
}
