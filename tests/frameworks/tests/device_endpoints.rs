//! Where an adapter answers the endpoints of `device_bound`: on paths that have no route, in nested
//! routers by the whole path, and not where the framework runs it for routes only. (For axum:
//! `tests/it/axum.rs`.)

use sealed_session::{DeviceBound, Sessions, testing};
use sealed_session_frameworks::client::Request;
use sealed_session_frameworks::contract::Visit;

fn at(path: &str) -> Sessions<Visit> {
    let builder = Sessions::builder(testing::ring());
    builder.device_bound(DeviceBound::at(path)).build().unwrap()
}

const REGISTER: [&str; 2] = ["/dbsc/register", "/shop/dbsc/register"];

/// What an endpoint answers to a POST of no browser, and what the application answers.
const REACHED: u16 = 403;
const NOT_REACHED: u16 = 404;

#[actix_web::test]
async fn in_actix_web() {
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};
    use sealed_session::adapter::actix_web::SessionMiddleware;

    let show = || web::get().to(async || "shown");
    macro_rules! statuses {
        ($app:expr) => {{
            let service = init_service($app).await;
            let mut statuses = Vec::new();
            for path in REGISTER {
                let request = TestRequest::post().uri(path).to_request();
                // A response, and not an error, which `Logger` would pass over.
                statuses.push(call_service(&service, request).await.status().as_u16());
            }
            let shown = call_service(&service, TestRequest::get().uri("/shop/show").to_request());
            assert_eq!(shown.await.status(), 200);
            statuses
        }};
    }
    let routes = || App::new().route("/shop/show", show());
    let app = routes().wrap(SessionMiddleware::new(at("/dbsc")));
    assert_eq!(statuses!(app), [REACHED, NOT_REACHED]);
    let scope =
        |path| web::scope("/shop").route("/show", show()).wrap(SessionMiddleware::new(at(path)));
    assert_eq!(statuses!(App::new().service(scope("/shop/dbsc"))), [NOT_REACHED, REACHED]);
    assert_eq!(statuses!(App::new().service(scope("/dbsc"))), [NOT_REACHED, NOT_REACHED]);
    let resource = web::resource("/shop/show").route(show());
    let app = App::new().service(resource.wrap(SessionMiddleware::new(at("/dbsc"))));
    assert_eq!(statuses!(app), [NOT_REACHED, NOT_REACHED]);
}

#[test]
fn in_rocket() {
    use rocket::local::blocking::Client;
    use sealed_session::adapter::rocket::SessionFairing;

    #[rocket::get("/show")]
    fn show() -> &'static str {
        "shown"
    }
    let rocket = rocket::build().mount("/shop", rocket::routes![show]);
    let client = Client::untracked(rocket.attach(SessionFairing::new(at("/dbsc")))).unwrap();
    let statuses = REGISTER.map(|path| client.post(path).dispatch().status().code);
    assert_eq!(statuses, [REACHED, NOT_REACHED]);
    assert_eq!(client.get("/shop/show").dispatch().status().code, 200);
}

#[tokio::test]
async fn in_poem() {
    use poem::http::StatusCode;
    use poem::listener::TcpAcceptor;
    use poem::test::TestClient;
    use poem::{Endpoint, EndpointExt, Route, Server, handler};
    use sealed_session::adapter::poem::SessionMiddleware;
    use std::net::TcpListener;

    #[handler]
    fn show() -> &'static str {
        "shown"
    }
    // Over a socket: in a nest, poem's `TestClient` does not keep the whole path.
    async fn statuses(app: impl Endpoint + 'static) -> Vec<u16> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TcpAcceptor::from_std(listener).unwrap();
        let server = tokio::spawn(Server::new_with_acceptor(acceptor).run(app));
        let ask = move || {
            assert_eq!(Request::get("/shop/show").send(address).status, 200);
            REGISTER.map(|path| Request::new("POST", path).send(address).status).to_vec()
        };
        let statuses = tokio::task::spawn_blocking(ask).await.unwrap();
        server.abort();
        statuses
    }
    let session = |path| SessionMiddleware::new(at(path));
    let app = || Route::new().at("/shop/show", show).with(session("/dbsc"));
    assert_eq!(statuses(app()).await, [REACHED, NOT_REACHED]);
    let tested = TestClient::new(app()).post("/dbsc/register").send().await;
    tested.assert_status(StatusCode::FORBIDDEN);
    let nested =
        |path| Route::new().nest("/shop", Route::new().at("/show", show).with(session(path)));
    assert_eq!(statuses(nested("/shop/dbsc")).await, [NOT_REACHED, REACHED]);
    assert_eq!(statuses(nested("/dbsc")).await, [NOT_REACHED, NOT_REACHED]);
    let app = Route::new().at("/shop/show", show.with(session("/dbsc")));
    assert_eq!(statuses(app).await, [NOT_REACHED, NOT_REACHED]);
}

#[tokio::test]
async fn in_salvo() {
    use salvo::prelude::{Router, Service, handler};
    use salvo::test::TestClient;
    use sealed_session::adapter::salvo::SessionHandler;

    #[handler]
    async fn show() -> &'static str {
        "shown"
    }
    async fn statuses(service: Service) -> Vec<u16> {
        let mut statuses = Vec::new();
        for path in REGISTER {
            let request = TestClient::post(format!("http://localhost{path}"));
            statuses.push(request.send(&service).await.status_code.unwrap().as_u16());
        }
        let shown = TestClient::get("http://localhost/shop/show").send(&service).await;
        assert_eq!(shown.status_code.unwrap(), 200);
        statuses
    }
    let session = |path| SessionHandler::new(at(path));
    let routes = || Router::with_path("shop").push(Router::with_path("show").get(show));
    let service = Service::new(routes()).hoop(session("/dbsc"));
    assert_eq!(statuses(service).await, [REACHED, NOT_REACHED]);
    let service = Service::new(Router::new().hoop(session("/dbsc")).push(routes()));
    assert_eq!(statuses(service).await, [NOT_REACHED, NOT_REACHED]);
}
