//! A session used from a WebSocket and from a background job. Neither can set a cookie: their
//! response is out, or was never theirs, and a handle that was moved there answers every write with
//! `SessionError::Responded`. So copies of data go in, and sealed values come out: the page posts a
//! value back, and a handler that has a response to come opens it, looks whose it is, and writes.
//!
//! ```text
//! page ── POST /ticket ──▶ Ticket ── GET /socket?ticket ──▶ socket ── Quote ──▶ page ── POST /accept ──▶ session.update()
//! page ── POST /jobs ────▶ Order ─── queue, worker ───────────────── Quote ──▶ page ── POST /accept ──▶ session.update()
//! ```
//! - Each kind of value has a type, a **context** and a lifetime of its own ([`Sealed`]): a ticket
//!   is no session cookie, and an order no quote, whoever posts it where. (The type alone is no
//!   boundary: two types of one structure open each other's bytes.)
//! - Each names the session that it is for, by its id. `renew()` and `purge()` give a new id, so
//!   values do not outlive a sign-in or -out.
//! - Values can be **posted again** as long as they live, and nobody keeps count: what a handler
//!   does with one must come to the same the second time, and must not come at all if it no longer
//!   fits. Here a quote names the basket that it is for, and sets a price: were it "add ten
//!   points", it would need a list of what was redeemed, in a database. A counter in the session
//!   does not do: a visitor can put an old cookie back, and count again.
//! - The ticket shows that it was our page that opens the socket (browsers let any page open one,
//!   and CORS does not apply), and the cookie, which goes with the opening request, whose page. It
//!   stands in a URL, so it is good for half a minute. For a socket on another host, where no
//!   cookie goes, it is all there is; then put what the socket may know into it.
//! - A socket notices neither sign-out nor expiry: it ends after ten minutes, and the page opens
//!   another.
//!
//! `cargo run -p sealed-session-recipes --bin websocket_and_job`

use crate::html::{Page, page};
use crate::random::token;
use crate::same_origin::same_origin;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response, Result};
use axum::routing::{get, post};
use axum::{Form, Router};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::clock::Clock;
use sealed_session::{
    BuildError, KeyRing, Session, SessionData, SessionError, SessionId, Sessions,
};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The session. Build its `Sessions` with [`session_ids(true)`](sealed_session::Builder::session_ids), or
/// call `renew()` at a sign-in: values are for an id.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Visit {
    basket: Vec<u32>,
    /// The price, in cents, of the basket as it is.
    quote: Option<u32>,
}

/// Lets a page open one of its visitor's sockets.
#[derive(Default, Serialize, Deserialize)]
struct Ticket {
    session: [u8; 16],
}

/// What a socket or a job needs to know.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Order {
    session: [u8; 16],
    basket: Vec<u32>,
}

/// What it comes back with.
#[derive(Default, Serialize, Deserialize)]
struct Quote {
    session: [u8; 16],
    basket: Vec<u32>,
    cents: u32,
}

/// The three kinds of value that go other ways than in a cookie.
#[derive(Clone)]
pub struct Sealed {
    tickets: Sessions<Ticket>,
    orders: Sessions<Order>,
    quotes: Sessions<Quote>,
}

impl Sealed {
    /// `ring` may be the sessions' own: contexts keep them apart.
    ///
    /// # Errors
    /// As `Builder::build`.
    pub fn new(ring: &KeyRing, clock: &Clock) -> Result<Self, BuildError> {
        fn kind<T: SessionData>(
            ring: &KeyRing,
            clock: &Clock,
            context: &str,
            life: Duration,
        ) -> Result<Sessions<T>, BuildError> {
            let builder = Sessions::builder(ring.clone()).clock(clock.clone()).context(context);
            builder.idle_timeout(life).absolute_timeout(life).build()
        }
        Ok(Self {
            tickets: kind(
                ring,
                clock,
                "websocket_and_job: socket ticket",
                Duration::from_secs(30),
            )?,
            orders: kind(
                ring,
                clock,
                "websocket_and_job: order of a quote",
                Duration::from_secs(60 * 60),
            )?,
            quotes: kind(ring, clock, "websocket_and_job: quote", Duration::from_secs(10 * 60))?,
        })
    }

    /// The work: slow in earnest.
    fn quote(&self, Order { session, basket }: &Order) -> Result<String, SessionError> {
        let cents = basket
            .iter()
            .fold(0, |sum: u32, article| sum.saturating_add(article.saturating_mul(100)));
        self.quotes.seal(&Quote { session: *session, basket: basket.clone(), cents })
    }
}

#[derive(Clone)]
struct Shop {
    sealed: Sealed,
    queue: mpsc::Sender<Job>,
    jobs: Jobs,
}

/// As a queue outside the process would carry it: sealed, so that who runs the queue can neither
/// read it nor put one in.
struct Job {
    id: String,
    order: String,
}

#[derive(Clone)]
enum Progress {
    Waiting,
    Done(String),
    Failed,
}

/// How far the jobs are, the latest thousand of them: a table of your database, or a key with an
/// expiry.
#[derive(Clone, Default)]
struct Jobs(Arc<Mutex<VecDeque<(String, Progress)>>>);

impl Jobs {
    fn get(&self, id: &str) -> Option<Progress> {
        self.lock().iter().find(|(known, _)| known == id).map(|(_, progress)| progress.clone())
    }

    fn set(&self, id: &str, progress: Progress) {
        let mut jobs = self.lock();
        match jobs.iter_mut().find(|(known, _)| known == id) {
            Some((_, present)) => *present = progress,
            None => jobs.push_back((id.to_owned(), progress)),
        }
        if jobs.len() > JOBS_KEPT {
            jobs.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, Progress)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The application, and the worker for its jobs: spawn its [`run`](Worker::run).
pub fn app(sessions: Sessions<Visit>, sealed: Sealed) -> (Router, Worker) {
    let (queue, jobs) = mpsc::channel(JOBS_WAITING);
    let shop = Shop { sealed, queue, jobs: Jobs::default() };
    let worker = Worker { sealed: shop.sealed.clone(), queue: jobs, jobs: shop.jobs.clone() };
    let router = Router::new()
        .route("/", get(home))
        .route(
            "/page.js",
            get(|| async {
                ([(CONTENT_TYPE, "text/javascript")], include_str!("websocket_and_job/page.js"))
            }),
        )
        .route("/basket", get(show).post(add))
        .route("/ticket", post(ticket))
        .route("/socket", get(socket))
        .route("/jobs", post(begin_job))
        .route("/jobs/{id}", get(job))
        .route("/accept", post(accept))
        .layer(SessionLayer::new(sessions))
        .layer(from_fn(same_origin))
        .with_state(shop);
    (router, worker)
}

async fn home() -> Page {
    page("A quote", include_str!("websocket_and_job/page.html"))
}

async fn show(session: Session<Visit>) -> String {
    let Visit { basket, quote } = session.cloned();
    match quote {
        Some(cents) => format!("{basket:?} for {cents} cents"),
        None => format!("{basket:?}"),
    }
}

#[derive(Deserialize)]
struct Article {
    article: u32,
}

async fn add(
    session: Session<Visit>,
    Form(Article { article }): Form<Article>,
) -> Result<&'static str> {
    session.update(|visit| {
        if visit.basket.len() < ARTICLES {
            visit.basket.push(article);
            visit.quote = None;
        }
    })?;
    Ok("")
}

/// The session's id, as values name it. A visitor whose session is empty has none.
fn id_of(session: &Session<Visit>) -> Result<[u8; 16], NoSession> {
    session.id().map(SessionId::to_bytes).ok_or(NoSession)
}

/// Copies what a socket or a job needs: the handle itself stays behind.
fn order_of(session: &Session<Visit>) -> Result<Order, NoSession> {
    Ok(Order { session: id_of(session)?, basket: session.cloned().basket })
}

async fn ticket(State(shop): State<Shop>, session: Session<Visit>) -> Result<String> {
    let ticket = Ticket { session: id_of(&session)? };
    Ok(shop.sealed.tickets.seal(&ticket)?)
}

#[derive(Deserialize)]
struct Opening {
    ticket: String,
}

async fn socket(
    State(shop): State<Shop>,
    session: Session<Visit>,
    Query(Opening { ticket }): Query<Opening>,
    upgrade: WebSocketUpgrade,
) -> Result<Response> {
    let ticket = shop.sealed.tickets.open(&ticket).map_err(|_| StatusCode::UNAUTHORIZED)?;
    let order = order_of(&session)?;
    if ticket.session != order.session {
        Err(StatusCode::FORBIDDEN)?;
    }
    let socket = upgrade.max_message_size(64);
    Ok(socket.on_upgrade(async move |socket| {
        let _ = timeout(SOCKET_LIFE, talk(socket, shop.sealed, order)).await;
    }))
}

async fn talk(mut socket: WebSocket, sealed: Sealed, order: Order) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(&message, Message::Text(text) if text.as_str() == "quote") {
            let Ok(quote) = sealed.quote(&order) else { return };
            if socket.send(Message::Text(quote.into())).await.is_err() {
                return;
            }
        }
    }
}

async fn begin_job(
    State(shop): State<Shop>,
    session: Session<Visit>,
) -> Result<(StatusCode, String)> {
    let order = shop.sealed.orders.seal(&order_of(&session)?)?;
    let id = token()?;
    let place = shop.queue.try_reserve().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    shop.jobs.set(&id, Progress::Waiting);
    place.send(Job { id: id.clone(), order });
    Ok((StatusCode::ACCEPTED, id))
}

/// Asks for no session, so that a page that polls does not keep one alive. The value is of use to
/// the visitor it is for, and no other.
async fn job(State(shop): State<Shop>, Path(id): Path<String>) -> Response {
    match shop.jobs.get(&id) {
        Some(Progress::Done(value)) => value.into_response(),
        Some(Progress::Failed) => StatusCode::GONE.into_response(),
        Some(Progress::Waiting) => StatusCode::ACCEPTED.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct Accept {
    value: String,
}

async fn accept(
    State(shop): State<Shop>,
    session: Session<Visit>,
    Form(Accept { value }): Form<Accept>,
) -> Result<&'static str, NotAccepted> {
    let quote = shop.sealed.quotes.open(&value).map_err(|_| NotAccepted::NotOurs)?;
    if session.id().map(SessionId::to_bytes) != Some(quote.session) {
        return Err(NotAccepted::Foreign);
    }
    session.try_update(|visit| {
        if visit.basket != quote.basket {
            return Err(NotAccepted::Outdated);
        }
        visit.quote = Some(quote.cents);
        Ok("accepted")
    })
}

/// Why a value that was posted back changes nothing.
enum NotAccepted {
    /// It does not open: forged, of another kind, or too old.
    NotOurs,
    /// It is for another session: another visitor's, or this one's before a sign-in or -out.
    Foreign,
    /// The session has gone on meanwhile.
    Outdated,
    Session(SessionError),
}

/// What [`Session::try_update`] needs of an error.
impl From<SessionError> for NotAccepted {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl IntoResponse for NotAccepted {
    fn into_response(self) -> Response {
        match self {
            Self::NotOurs => {
                (StatusCode::BAD_REQUEST, "not a valid quote, or it has expired").into_response()
            }
            Self::Foreign => (StatusCode::FORBIDDEN, "this quote is not yours").into_response(),
            Self::Outdated => {
                (StatusCode::CONFLICT, "the basket has changed: ask for another quote")
                    .into_response()
            }
            Self::Session(error) => error.into_response(),
        }
    }
}

struct NoSession;

impl IntoResponse for NoSession {
    fn into_response(self) -> Response {
        (StatusCode::CONFLICT, "put something into the basket first").into_response()
    }
}

/// Does the jobs, one after the other.
pub struct Worker {
    sealed: Sealed,
    queue: mpsc::Receiver<Job>,
    jobs: Jobs,
}

impl Worker {
    /// Runs until the application is gone.
    pub async fn run(mut self) {
        while let Some(Job { id, order }) = self.queue.recv().await {
            // An order that waited too long does not open: its visitor has long gone.
            let done = self
                .sealed
                .orders
                .open(&order)
                .ok()
                .and_then(|order| self.sealed.quote(&order).ok());
            self.jobs.set(&id, done.map_or(Progress::Failed, Progress::Done));
        }
    }
}

const ARTICLES: usize = 100;
const JOBS_WAITING: usize = 64;
const JOBS_KEPT: usize = 1_000;
const SOCKET_LIFE: Duration = Duration::from_secs(10 * 60);
