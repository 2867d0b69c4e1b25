//! The suite's server in Rocket.

use crate::contract::{App, Basket, Contract, Other, Visit};
use crate::servers::Running;
use crate::steps::{self, Reply};
use rocket::config::{Config, LogLevel, Shutdown};
use rocket::fairing::AdHoc;
use rocket::futures::{SinkExt, StreamExt};
use rocket::http::{Header, Method, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::response::stream::{Event, EventStream, TextStream};
use rocket::response::{self, Responder};
use rocket::{Build, Request, Response, Rocket, State, get, post, routes};
use rocket_ws::{Channel, Message, WebSocket};
use sealed_session::adapter::rocket::SessionFairing;
use sealed_session::{Session, SessionError};
use std::io::Cursor;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread;
use tokio::sync::oneshot;

impl<'r> Responder<'r, 'static> for Reply {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response
            .status(Status::new(self.status))
            .sized_body(self.body.len(), Cursor::new(self.body));
        for (name, value) in self.headers {
            response.header_adjoin(Header::new(name, value));
        }
        response.ok()
    }
}

type Shared = State<Contract>;

struct Plain;

impl<'r> Responder<'r, 'static> for Plain {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        for (name, value) in [("x-mine", "1"), ("vary", "accept"), ("cache-control", "public")] {
            response.raw_header(name, value);
        }
        response.sized_body(5, Cursor::new("hello")).ok()
    }
}

#[get("/plain")]
fn plain() -> Plain {
    Plain
}

#[get("/do/<steps>")]
fn steps_of(contract: &Shared, steps: &str, visit: Session<Visit>) -> Result<Reply, SessionError> {
    steps::on(steps, &visit, None, contract)
}

#[post("/do/<steps>")]
fn steps_of_post(
    contract: &Shared,
    steps: &str,
    visit: Session<Visit>,
) -> Result<Reply, SessionError> {
    steps::on(steps, &visit, None, contract)
}

#[get("/two/<steps>")]
fn two(
    visit: Session<Visit>,
    contract: &Shared,
    basket: Session<Basket>,
    steps: &str,
) -> Result<Reply, SessionError> {
    steps::on(steps, &visit, Some(&basket), contract)
}

/// A field of the request.
struct Word(String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Word {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        Outcome::Success(Self(request.headers().get_one("x-word").unwrap_or_default().to_owned()))
    }
}

#[post("/order/<word>?<q>", data = "<body>")]
fn order(
    method: Method,
    session: Session<Visit>,
    word: &str,
    header: Word,
    q: &str,
    body: String,
) -> String {
    let user = session.read(|visit| visit.user);
    format!("{method} {word} {q} {} {body} {user:?}\n", header.0)
}

#[get("/stream/<before>/<within>")]
fn streamed(
    contract: &Shared,
    before: &str,
    within: String,
    visit: Session<Visit>,
) -> Result<TextStream![String], SessionError> {
    let contract = contract.inner().clone();
    steps::on(before, &visit, None, &contract)?;
    Ok(TextStream! { yield steps::said(&within, &visit, &contract); })
}

#[get("/sse/<before>/<within>")]
fn events(
    contract: &Shared,
    before: &str,
    within: String,
    visit: Session<Visit>,
) -> Result<EventStream![], SessionError> {
    let contract = contract.inner().clone();
    steps::on(before, &visit, None, &contract)?;
    Ok(
        EventStream! { yield Event::data(steps::said(&within, &visit, &contract).trim_end().to_owned()); },
    )
}

#[get("/ws/<before>")]
fn socket(
    contract: &Shared,
    before: &str,
    visit: Session<Visit>,
    upgrade: WebSocket,
) -> Result<Channel<'static>, SessionError> {
    let contract = contract.inner().clone();
    steps::on(before, &visit, None, &contract)?;
    Ok(upgrade.channel(move |mut socket| {
        Box::pin(async move {
            while let Some(Ok(Message::Text(steps))) = socket.next().await {
                socket.send(Message::Text(steps::said(&steps, &visit, &contract))).await?;
            }
            Ok(())
        })
    }))
}

#[get("/panic/<steps>")]
fn panicking(contract: &Shared, steps: &str, visit: Session<Visit>) -> String {
    let _ = steps::on(steps, &visit, None, contract);
    panic!("as the test asks");
}

#[get("/missing")]
fn missing(_other: Session<Other>) {}

#[get("/control/<what>")]
fn control(contract: &Shared, what: &str) -> String {
    contract.control(what)
}

/// A guard that lets nobody in, which is Rocket's way to answer before the handler.
struct Early;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Early {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let Outcome::Success(visit) = request.guard::<Session<Visit>>().await else {
            return Outcome::Error((Status::InternalServerError, ()));
        };
        let contract = request.rocket().state::<Contract>().expect("it is managed");
        let steps = request.param::<String>(1).and_then(Result::ok).unwrap_or_default();
        let early = request.uri().path().starts_with("/early");
        match steps::on(&steps, &visit, None, contract) {
            Ok(_) => Outcome::Error((if early { Status::Forbidden } else { Status::NotFound }, ())),
            Err(error) => Outcome::Error((Status::new(error.status_code().as_u16()), ())),
        }
    }
}

#[get("/early/<_>")]
fn early(_early: Early) {}

#[get("/failing/<_>")]
fn failing(_early: Early) {}

fn rocket(app: App, contract: Contract) -> Rocket<Build> {
    let config = Config {
        port: 0,
        address: Ipv4Addr::LOCALHOST.into(),
        workers: 1,
        log_level: LogLevel::Off,
        shutdown: Shutdown { ctrlc: false, grace: 0, mercy: 0, ..Shutdown::default() },
        ..Config::debug_default()
    };
    let visits = || SessionFairing::new(contract.visits.clone());
    let baskets = || SessionFairing::new(contract.baskets.clone());
    let routes = routes![
        plain,
        steps_of,
        steps_of_post,
        two,
        order,
        streamed,
        events,
        socket,
        panicking,
        missing,
        control,
        early,
        failing
    ];
    let rocket = rocket::custom(config).mount("/", routes).manage(contract.clone());
    match app {
        App::Bare => rocket,
        App::Standard => rocket.attach(visits()).attach(baskets()),
        App::Twice => rocket.attach(visits()).attach(baskets()).attach(visits()),
        // Of the request fairings, the first decides.
        App::CrossOrigin => rocket
            .attach(SessionFairing::new(contract.guarded_baskets.clone()))
            .attach(SessionFairing::new(contract.guarded_visits.clone())),
        App::Bound => {
            rocket.attach(SessionFairing::new(contract.bound_visits.clone())).attach(baskets())
        }
        App::SameEndpoint => rocket
            .attach(SessionFairing::new(contract.bound_visits.clone()))
            .attach(SessionFairing::new(contract.bound_baskets.clone())),
        App::SameCookie => {
            rocket.attach(visits()).attach(SessionFairing::new(contract.same_cookie.clone()))
        }
        App::SameType => {
            rocket.attach(visits()).attach(SessionFairing::new(contract.same_type.clone()))
        }
    }
}

pub fn start(app: App, contract: Contract) -> Result<Running, String> {
    let (stop, stopped) = oneshot::channel();
    let (launched, launches) = mpsc::channel();
    thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let address = launched.clone();
            let liftoff = AdHoc::on_liftoff("address", move |rocket| {
                let port = rocket.config().port;
                Box::pin(async move {
                    let _ = address.send(Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
                })
            });
            let rocket = rocket(app, contract).attach(liftoff);
            tokio::select! {
                result = rocket.launch() => {
                    if let Err(error) = result {
                        let _ = launched.send(Err(error.to_string()));
                    }
                }
                _ = stopped => {}
            }
        });
        runtime.shutdown_background();
    });
    let address = launches.recv().map_err(|error| error.to_string())??;
    Ok(Running { address, stop: Some(stop) })
}
