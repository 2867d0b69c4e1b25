//! The suite's server in actix-web.

use crate::contract::{App as Kind, Basket, Contract, Other, Visit};
use crate::servers::{Running, listener};
use crate::steps::{self, Reply};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{Condition, Next, from_fn};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, Responder, error, web};
use bytes::Bytes;
use futures_util::stream;
use sealed_session::adapter::actix_web::SessionMiddleware;
use sealed_session::{Session, SessionError};
use std::collections::HashMap;
use std::convert::Infallible;
use std::thread;
use tokio::sync::oneshot;

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        );
        for (name, value) in self.headers {
            response.append_header((name, value));
        }
        response.body(self.body)
    }
}

type Shared = web::Data<Contract>;

async fn plain() -> impl Responder {
    HttpResponse::Ok()
        .insert_header(("x-mine", "1"))
        .insert_header(("vary", "accept"))
        .insert_header(("cache-control", "public"))
        .body("hello")
}

async fn steps_of(
    contract: Shared,
    steps: web::Path<String>,
    visit: Session<Visit>,
) -> Result<Reply, SessionError> {
    steps::on(&steps, &visit, None, &contract)
}

async fn two(
    visit: Session<Visit>,
    contract: Shared,
    basket: Session<Basket>,
    steps: web::Path<String>,
) -> Result<Reply, SessionError> {
    steps::on(&steps, &visit, Some(&basket), &contract)
}

async fn order(
    method: Method,
    session: Session<Visit>,
    word: web::Path<String>,
    request: HttpRequest,
    query: web::Query<HashMap<String, String>>,
    body: String,
) -> String {
    let user = session.read(|visit| visit.user);
    let header =
        request.headers().get("x-word").and_then(|word| word.to_str().ok()).unwrap_or_default();
    format!("{method} {word} {} {header} {body} {user:?}\n", query["q"])
}

async fn streamed(
    contract: Shared,
    steps: web::Path<(String, String)>,
    visit: Session<Visit>,
) -> Result<HttpResponse, SessionError> {
    let (before, within) = steps.into_inner();
    steps::on(&before, &visit, None, &contract)?;
    let said =
        async move { Ok::<_, Infallible>(Bytes::from(steps::said(&within, &visit, &contract))) };
    Ok(HttpResponse::Ok().streaming(stream::once(said)))
}

async fn events(
    contract: Shared,
    steps: web::Path<(String, String)>,
    visit: Session<Visit>,
) -> Result<HttpResponse, SessionError> {
    let (before, within) = steps.into_inner();
    steps::on(&before, &visit, None, &contract)?;
    let event = async move {
        let said = steps::said(&within, &visit, &contract);
        Ok::<_, Infallible>(Bytes::from(format!("data: {}\n\n", said.trim_end())))
    };
    Ok(HttpResponse::Ok().content_type("text/event-stream").streaming(stream::once(event)))
}

async fn socket(
    contract: Shared,
    before: web::Path<String>,
    visit: Session<Visit>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, Error> {
    steps::on(&before, &visit, None, &contract)?;
    let (response, mut socket, mut messages) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(actix_ws::Message::Text(steps))) = messages.recv().await {
            if socket.text(steps::said(&steps, &visit, &contract)).await.is_err() {
                break;
            }
        }
    });
    Ok(response)
}

async fn panicking(contract: Shared, steps: web::Path<String>, visit: Session<Visit>) -> String {
    let _ = steps::on(&steps, &visit, None, &contract);
    panic!("as the test asks");
}

async fn missing(_: Session<Other>) -> String {
    String::new()
}

async fn control(contract: Shared, what: web::Path<String>) -> String {
    contract.control(&what)
}

/// Answers, or errs, by itself, inside the session's layer.
async fn early(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let path = request.path().to_owned();
    let (early, failing) = (path.strip_prefix("/early/"), path.strip_prefix("/failing/"));
    let Some(steps) = early.or(failing) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let visit = request.extract::<Session<Visit>>().await?;
    let contract = request.extract::<Shared>().await?;
    steps::on(steps, &visit, None, &contract)?;
    if failing.is_some() {
        return Err(error::ErrorNotFound("not found"));
    }
    Ok(request.into_response(HttpResponse::Forbidden().insert_header(("x-early", "1")).finish()))
}

pub fn start(kind: Kind, contract: Contract) -> Result<Running, String> {
    let listener = listener();
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let (stop, stopped) = oneshot::channel();
    let app = move || {
        let visits = || SessionMiddleware::new(contract.visits.clone());
        App::new()
            .app_data(web::Data::new(contract.clone()))
            .route("/plain", web::get().to(plain))
            .route("/do/{steps}", web::to(steps_of))
            .route("/two/{steps}", web::to(two))
            .route("/order/{word}", web::to(order))
            .route("/stream/{before}/{within}", web::get().to(streamed))
            .route("/sse/{before}/{within}", web::get().to(events))
            .route("/ws/{before}", web::get().to(socket))
            .route("/panic/{steps}", web::to(panicking))
            .route("/missing", web::get().to(missing))
            .route("/control/{what}", web::get().to(control))
            .wrap(from_fn(early))
            .wrap(Condition::new(
                matches!(kind, Kind::Standard | Kind::Twice | Kind::SameCookie | Kind::SameType),
                visits(),
            ))
            .wrap(Condition::new(
                matches!(kind, Kind::Bound | Kind::SameEndpoint),
                SessionMiddleware::new(contract.bound_visits.clone()),
            ))
            .wrap(Condition::new(
                matches!(kind, Kind::Standard | Kind::Twice | Kind::Bound),
                SessionMiddleware::new(contract.baskets.clone()),
            ))
            .wrap(Condition::new(kind == Kind::Twice, visits()))
            .wrap(Condition::new(
                kind == Kind::CrossOrigin,
                SessionMiddleware::new(contract.guarded_visits.clone()),
            ))
            .wrap(Condition::new(
                kind == Kind::CrossOrigin,
                SessionMiddleware::new(contract.guarded_baskets.clone()),
            ))
            .wrap(Condition::new(
                kind == Kind::SameCookie,
                SessionMiddleware::new(contract.same_cookie.clone()),
            ))
            .wrap(Condition::new(
                kind == Kind::SameType,
                SessionMiddleware::new(contract.same_type.clone()),
            ))
            .wrap(Condition::new(
                kind == Kind::SameEndpoint,
                SessionMiddleware::new(contract.bound_baskets.clone()),
            ))
    };
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let server = HttpServer::new(app)
                .workers(1)
                .disable_signals()
                .listen(listener)
                .expect("a listener")
                .run();
            let handle = server.handle();
            actix_web::rt::spawn(server);
            let _ = stopped.await;
            handle.stop(false).await;
        });
    });
    Ok(Running { address, stop: Some(stop) })
}
