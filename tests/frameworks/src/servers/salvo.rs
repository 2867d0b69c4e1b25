//! The suite's server in Salvo.

use crate::contract::{App, Basket, Contract, Other, Visit};
use crate::servers::Running;
use crate::steps::{self, Reply};
use bytes::Bytes;
use futures_util::stream;
use salvo::conn::tcp::TcpAcceptor;
use salvo::http::{HeaderMap, HeaderName, Method};
use salvo::prelude::*;
use salvo::sse::{self, SseEvent};
use salvo::websocket::WebSocketUpgrade;
use sealed_session::adapter::salvo::{SessionDepotExt, SessionHandler};
use sealed_session::{Session, SessionError};
use std::convert::Infallible;

impl Scribe for Reply {
    fn render(self, res: &mut Response) {
        res.status_code(
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        );
        for (name, value) in self.headers {
            let name = HeaderName::try_from(name).expect("a field's name");
            res.add_header(name, value, false).expect("a field's value");
        }
        if !self.body.is_empty() {
            res.render(Text::Plain(self.body));
        }
    }
}

fn contract(depot: &Depot) -> Contract {
    depot.get_typed::<Contract>().expect("it is injected").clone()
}

fn param(req: &Request, name: &str) -> String {
    req.param(name).expect("the route has it")
}

#[handler]
async fn plain(res: &mut Response) {
    for (name, value) in [("x-mine", "1"), ("vary", "accept"), ("cache-control", "public")] {
        res.add_header(name, value, true).expect("a field");
    }
    res.render("hello");
}

#[handler]
async fn steps_of(
    req: &mut Request,
    depot: &mut Depot,
    visit: Session<Visit>,
) -> Result<Reply, SessionError> {
    steps::on(&param(req, "steps"), &visit, None, &contract(depot))
}

#[handler]
async fn two(
    visit: Session<Visit>,
    req: &mut Request,
    basket: Session<Basket>,
    depot: &mut Depot,
) -> Result<Reply, SessionError> {
    steps::on(&param(req, "steps"), &visit, Some(&basket), &contract(depot))
}

#[handler]
async fn order(req: &mut Request, session: Session<Visit>) -> String {
    let (method, word, query): (Method, String, String) =
        (req.method().clone(), param(req, "word"), req.query("q").unwrap_or_default());
    let headers: &HeaderMap = req.headers();
    let header = headers["x-word"].to_str().unwrap_or_default().to_owned();
    let body = req
        .payload()
        .await
        .map(|body| String::from_utf8_lossy(body).into_owned())
        .unwrap_or_default();
    format!("{method} {word} {query} {header} {body} {:?}\n", session.read(|visit| visit.user))
}

#[handler]
async fn streamed(
    req: &mut Request,
    depot: &mut Depot,
    visit: Session<Visit>,
    res: &mut Response,
) -> Result<(), SessionError> {
    let (contract, within) = (contract(depot), param(req, "within"));
    steps::on(&param(req, "before"), &visit, None, &contract)?;
    res.stream(stream::once(Box::pin(async move {
        Ok::<_, Infallible>(Bytes::from(steps::said(&within, &visit, &contract)))
    })));
    Ok(())
}

#[handler]
async fn events(
    req: &mut Request,
    depot: &mut Depot,
    visit: Session<Visit>,
    res: &mut Response,
) -> Result<(), SessionError> {
    let (contract, within) = (contract(depot), param(req, "within"));
    steps::on(&param(req, "before"), &visit, None, &contract)?;
    let event = async move {
        Ok::<_, Infallible>(
            SseEvent::default().text(steps::said(&within, &visit, &contract).trim_end()),
        )
    };
    sse::stream(res, stream::once(Box::pin(event)));
    Ok(())
}

#[handler]
async fn socket(
    req: &mut Request,
    depot: &mut Depot,
    visit: Session<Visit>,
    res: &mut Response,
) -> Result<(), SessionError> {
    let (contract, before) = (contract(depot), param(req, "before"));
    steps::on(&before, &visit, None, &contract)?;
    let upgrade = WebSocketUpgrade::new();
    let upgraded = upgrade.upgrade(req, res, async move |mut talk| {
        while let Some(Ok(message)) = talk.recv().await {
            let Ok(steps) = message.as_str() else { break };
            let said = steps::said(steps, &visit, &contract);
            if talk.send(salvo::websocket::Message::text(said)).await.is_err() {
                break;
            }
        }
    });
    if let Err(error) = upgraded.await {
        res.render(error);
    }
    Ok(())
}

#[handler]
async fn panicking(req: &mut Request, depot: &mut Depot, visit: Session<Visit>) {
    let _ = steps::on(&param(req, "steps"), &visit, None, &contract(depot));
    panic!("as the test asks");
}

#[handler]
async fn missing(_other: Session<Other>) {}

#[handler]
async fn control(req: &mut Request, depot: &mut Depot) -> String {
    contract(depot).control(&param(req, "what"))
}

/// Answers by itself, inside the session's layer.
#[handler]
async fn early(
    req: &mut Request,
    depot: &mut Depot,
    res: &mut Response,
    ctrl: &mut FlowCtrl,
) -> Result<(), SessionError> {
    let path = req.uri().path().to_owned();
    let (forbidden, failing) = (path.strip_prefix("/early/"), path.strip_prefix("/failing/"));
    let Some(steps) = forbidden.or(failing) else { return Ok(()) };
    ctrl.skip_rest();
    let visit = match depot.session::<Visit>() {
        Ok(visit) => visit,
        Err(error) => {
            res.render(error);
            return Ok(());
        }
    };
    steps::on(steps, &visit, None, &contract(depot))?;
    if failing.is_some() {
        res.render(StatusError::not_found());
    } else {
        res.status_code(StatusCode::FORBIDDEN);
        res.add_header("x-early", "1", true).expect("a field");
    }
    Ok(())
}

/// Hands the contract to the handlers.
struct Inject(Contract);

#[async_trait]
impl Handler for Inject {
    async fn handle(&self, _: &mut Request, depot: &mut Depot, _: &mut Response, _: &mut FlowCtrl) {
        depot.insert_typed(self.0.clone());
    }
}

fn service(app: App, contract: &Contract) -> Service {
    let visits = || SessionHandler::new(contract.visits.clone());
    let baskets = || SessionHandler::new(contract.baskets.clone());
    let router = Router::new()
        .push(Router::with_path("plain").get(plain))
        .push(Router::with_path("do/{steps}").goal(steps_of))
        .push(Router::with_path("two/{steps}").goal(two))
        .push(Router::with_path("order/{word}").goal(order))
        .push(Router::with_path("stream/{before}/{within}").get(streamed))
        .push(Router::with_path("sse/{before}/{within}").get(events))
        .push(Router::with_path("ws/{before}").get(socket))
        .push(Router::with_path("panic/{steps}").goal(panicking))
        .push(Router::with_path("missing").get(missing))
        .push(Router::with_path("control/{what}").get(control));
    let service = Service::new(router).hoop(Inject(contract.clone()));
    match app {
        App::Bare => service,
        App::Standard => service.hoop(baskets()).hoop(visits()),
        App::Twice => service.hoop(visits()).hoop(baskets()).hoop(visits()),
        App::CrossOrigin => service
            .hoop(SessionHandler::new(contract.guarded_baskets.clone()))
            .hoop(SessionHandler::new(contract.guarded_visits.clone())),
        App::Bound => {
            service.hoop(baskets()).hoop(SessionHandler::new(contract.bound_visits.clone()))
        }
        App::SameEndpoint => service
            .hoop(SessionHandler::new(contract.bound_baskets.clone()))
            .hoop(SessionHandler::new(contract.bound_visits.clone())),
        App::SameCookie => {
            service.hoop(SessionHandler::new(contract.same_cookie.clone())).hoop(visits())
        }
        App::SameType => {
            service.hoop(SessionHandler::new(contract.same_type.clone())).hoop(visits())
        }
    }
    .hoop(early)
}

pub fn start(app: App, contract: Contract) -> Result<Running, String> {
    Running::tokio(move |listener| async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let acceptor = TcpAcceptor::try_from(listener).expect("a listener with an address");
        Server::new(acceptor).serve(service(app, &contract)).await;
    })
}
