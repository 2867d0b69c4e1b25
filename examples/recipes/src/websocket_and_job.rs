//! A session used from a WebSocket and from a background job. Neither can set a cookie: a socket's
//! response was already sent, and a job has none. A handle that was moved there answers every write
//! with `SessionError::Responded`. So they get copies of the data and return sealed values. The
//! page posts such a value back, and a handler, which can set a cookie, opens it, checks whose it
//! is, and writes.
//!
//! ```text
//! page ── POST /ticket ──▶ ticket ── GET /socket?ticket ──▶ socket ── Quote ──▶ page ── POST /accept ──▶ session.update()
//! page ── POST /jobs ────▶ Order ─── queue, worker ───────────────── Quote ──▶ page ── POST /accept ──▶ session.update()
//! ```
//! - Each kind of value is a ticket with a **purpose** and a lifetime of its own ([`Sealed`]): a
//!   ticket for a socket does not open as an order, and an order does not open as a quote.
//! - Tickets for sockets and quotes are issued for the session's id, and open only with it. After
//!   `renew()` or `purge()` the session has another id, so these tickets do not outlive a sign-in
//!   or sign-out. The worker has no session, so an order carries the id.
//! - A ticket can be **posted again** until its end, and its uses are not counted. What a handler
//!   does with one must have the same result the second time, and must fail if the session has
//!   changed. Here a quote names its basket and sets a price. If it were "add ten points", a
//!   database would have to list the redeemed tickets. A counter in the session is not enough: a
//!   visitor can put an old cookie back, and count again.
//! - The ticket for a socket shows that a page of this application opens it (browsers let any page
//!   open one, and CORS does not apply). The cookie, which is sent with the opening request, shows
//!   whose page it is. The ticket is in a URL, so it is valid only for half a minute. A socket on
//!   another host gets no cookie: in that case, put what the socket may know into the ticket.
//! - A socket notices neither sign-out nor expiry. It ends after ten minutes, and the page opens
//!   another.
//!
//! `cargo run -p sealed-session-recipes --bin websocket_and_job`

use crate::html::{Page, page};
use crate::random::token;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response, Result};
use axum::routing::{get, post};
use axum::{Form, Router};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::clock::Clock;
use sealed_session::error::TicketError;
use sealed_session::{
    BuildError, Builder, CrossOrigin, KeyRing, Session, SessionData, SessionError, SessionId,
    Sessions, Tickets,
};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The session.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Visit {
    basket: Vec<u32>,
    /// The price, in cents, of the basket as it is.
    quote: Option<u32>,
}

/// The settings of the sessions. Values are issued for a session's id, so every session has one. An
/// application with a sign-in could call `renew()` there instead.
pub fn sessions(ring: KeyRing) -> Builder<Visit> {
    Sessions::builder(ring).session_ids(true).cross_origin(CrossOrigin::refuse())
}

/// What a socket or a job needs to know.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Order {
    session: [u8; 16],
    basket: Vec<u32>,
}

/// What a socket or a job returns.
#[derive(Default, Serialize, Deserialize)]
struct Quote {
    basket: Vec<u32>,
    cents: u32,
}

/// The three kinds of value that are carried outside the cookie.
#[derive(Clone)]
pub struct Sealed {
    sockets: Tickets<()>,
    orders: Tickets<Order>,
    quotes: Tickets<Quote>,
}

impl Sealed {
    /// `ring` may be the sessions' own.
    ///
    /// # Errors
    /// As `TicketsBuilder::build`.
    pub fn new(ring: &KeyRing, clock: &Clock) -> Result<Self, BuildError> {
        fn kind<T: SessionData>(
            ring: &KeyRing,
            clock: &Clock,
            purpose: &str,
            seconds: u64,
        ) -> Result<Tickets<T>, BuildError> {
            let builder = Tickets::builder(ring.clone()).clock(clock.clone()).purpose(purpose);
            builder.valid_for(Duration::from_secs(seconds)).build()
        }
        Ok(Self {
            sockets: kind(ring, clock, "websocket_and_job: socket", 30)?,
            orders: kind(ring, clock, "websocket_and_job: order", 60 * 60)?,
            quotes: kind(ring, clock, "websocket_and_job: quote", 10 * 60)?,
        })
    }

    /// The work. In a real application it is slow.
    fn quote(&self, Order { session, basket }: &Order) -> Result<String, TicketError> {
        let cents = basket
            .iter()
            .fold(0, |sum: u32, article| sum.saturating_add(article.saturating_mul(100)));
        self.quotes.issue_for(session, &Quote { basket: basket.clone(), cents })
    }
}

#[derive(Clone)]
struct Shop {
    sealed: Sealed,
    queue: mpsc::Sender<Job>,
    jobs: Jobs,
}

/// A job as a queue outside the process would carry it. The order is sealed, so that the operator
/// of the queue can neither read nor forge one.
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
    Ok(shop.sealed.sockets.issue_for(id_of(&session)?, &())?)
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
    let order = order_of(&session)?;
    let opened = shop.sealed.sockets.open_for(order.session, &ticket);
    opened.map_err(|_| StatusCode::UNAUTHORIZED)?;
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
    let order = shop.sealed.orders.issue(&order_of(&session)?)?;
    let id = token()?;
    let place = shop.queue.try_reserve().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    shop.jobs.set(&id, Progress::Waiting);
    place.send(Job { id: id.clone(), order });
    Ok((StatusCode::ACCEPTED, id))
}

/// Does not take the session, so that a page that polls does not keep it alive. The value opens
/// only for the session that it was issued for.
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
    let id = id_of(&session).map_err(|_| NotAccepted::NotOurs)?;
    let quote = shop.sealed.quotes.open_for(id, &value).map_err(|_| NotAccepted::NotOurs)?;
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
    /// It does not open: forged, of another kind, too old, or issued for another session (another
    /// visitor's, or this visitor's before a sign-in or sign-out).
    NotOurs,
    /// The basket has changed meanwhile.
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
                (StatusCode::BAD_REQUEST, "not a quote of yours, or it has expired").into_response()
            }
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
