//! The recipe over loopback, with a WebSocket client.

mod support;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, Method};
use futures_util::{SinkExt, StreamExt};
use sealed_session::clock::{Clock, ManualClock};
use sealed_session::{KeyRing, Sessions, Tickets};
use sealed_session_recipes::websocket_and_job::{Sealed, Visit, Worker, app, sessions};
use std::net::SocketAddr;
use std::time::Duration;
use support::*;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const SESSION: &str = "__Host-Http-session";

struct Shop {
    address: SocketAddr,
    ring: KeyRing,
    sessions: Sessions<Visit>,
    clock: ManualClock,
    worker: Option<Worker>,
}

impl Shop {
    async fn open() -> Self {
        let (ring, clock) = (ring(), clock());
        let sealed = Sealed::new(&ring, &Clock::from(clock.clone())).unwrap();
        let sessions = sessions(ring.clone()).clock(clock.clone()).build().unwrap();
        let (app, worker) = app(sessions.clone(), sealed);
        Self { address: serve(app).await, ring, sessions, clock, worker: Some(worker) }
    }

    fn set_to_work(&mut self) {
        tokio::spawn(self.worker.take().unwrap().run());
    }

    /// A visitor with an article in their basket.
    async fn visitor(&self, article: &str) -> Browser {
        let mut browser = Browser::at(self.address);
        assert_eq!(browser.post("/basket", &[("article", article)]).await.status(), 200);
        browser
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The socket, or the status that was answered instead.
async fn socket(browser: &Browser, ticket: &str) -> Result<Socket, u16> {
    let mut request =
        format!("ws://{}/socket?ticket={ticket}", browser.address).into_client_request().unwrap();
    let cookies = browser.cookies();
    if !cookies.is_empty() {
        request.headers_mut().insert("cookie", cookies.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

async fn ticket(browser: &mut Browser) -> String {
    let reply = browser.post("/ticket", &[]).await;
    assert_eq!(reply.status(), 200);
    reply.body().to_owned()
}

/// A quote through a socket.
async fn quote(browser: &mut Browser) -> String {
    let ticket = ticket(browser).await;
    let mut socket = socket(browser, &ticket).await.unwrap();
    socket.send(Message::text("quote")).await.unwrap();
    let message = socket.next().await.unwrap().unwrap();
    message.into_text().unwrap().as_str().to_owned()
}

async fn accept(browser: &mut Browser, value: &str) -> u16 {
    browser.post("/accept", &[("value", value)]).await.status()
}

async fn basket(browser: &mut Browser) -> String {
    browser.get("/basket").await.body().to_owned()
}

/// Asks until the job is done; the runtime lets the worker go on between two requests.
async fn done(browser: &mut Browser, id: &str) -> Reply {
    loop {
        let reply = browser.get(&format!("/jobs/{id}")).await;
        if reply.status() != 202 {
            return reply;
        }
    }
}

#[tokio::test]
async fn what_a_socket_comes_to_is_posted_back_and_kept() {
    let shop = Shop::open().await;
    let mut browser = shop.visitor("7").await;
    let value = quote(&mut browser).await;
    assert_eq!(basket(&mut browser).await, "[7]", "the socket has set nothing");
    assert_eq!(accept(&mut browser, &value).await, 200);
    assert_eq!(basket(&mut browser).await, "[7] for 700 cents");
}

#[tokio::test]
async fn what_a_job_comes_to_is_posted_back_and_kept() {
    let mut shop = Shop::open().await;
    let mut browser = shop.visitor("7").await;
    let begun = browser.post("/jobs", &[]).await;
    assert_eq!(begun.status(), 202);
    assert_eq!(
        browser.get(&format!("/jobs/{}", begun.body())).await.status(),
        202,
        "nobody works yet"
    );
    shop.set_to_work();
    let value = done(&mut browser, begun.body()).await;
    assert!(
        value.fields("set-cookie").is_empty() && value.fields("vary").is_empty(),
        "a poll is no visit"
    );
    assert_eq!(accept(&mut browser, value.body()).await, 200);
    assert_eq!(basket(&mut browser).await, "[7] for 700 cents");
}

#[tokio::test]
async fn the_same_value_again_comes_to_the_same() {
    let shop = Shop::open().await;
    let mut browser = shop.visitor("7").await;
    let value = quote(&mut browser).await;
    accept(&mut browser, &value).await;
    assert_eq!(accept(&mut browser, &value).await, 200);
    assert_eq!(basket(&mut browser).await, "[7] for 700 cents");
}

#[tokio::test]
async fn a_value_for_another_basket_is_refused() {
    let shop = Shop::open().await;
    let mut browser = shop.visitor("7").await;
    let mut kept = browser.clone();
    let value = quote(&mut browser).await;
    browser.post("/basket", &[("article", "9")]).await;
    assert_eq!(accept(&mut browser, &value).await, 409);
    assert_eq!(basket(&mut browser).await, "[7, 9]");

    // Nor does an old cookie that is put back help, with which the visitor goes on to as many
    // articles.
    let value = quote(&mut browser).await;
    kept.post("/basket", &[("article", "1000")]).await;
    assert_eq!(accept(&mut kept, &value).await, 409);
}

#[tokio::test]
async fn another_visitors_value_is_refused() {
    let shop = Shop::open().await;
    let (mut one, mut two) = (shop.visitor("7").await, shop.visitor("7").await);
    let value = quote(&mut one).await;
    assert_eq!(accept(&mut two, &value).await, 400);
    assert_eq!(accept(&mut Browser::at(shop.address), &value).await, 400);
    assert_eq!(basket(&mut two).await, "[7]");
}

#[tokio::test]
async fn a_value_of_another_kind_is_refused() {
    let shop = Shop::open().await;
    let mut browser = shop.visitor("7").await;
    let (ticket, session) =
        (ticket(&mut browser).await, browser.cookie(SESSION).unwrap().to_owned());
    for value in ["", "junk", &ticket, &session] {
        assert_eq!(accept(&mut browser, value).await, 400, "{value}");
    }
    let value = quote(&mut browser).await;
    for value in ["", "junk", &value, &session] {
        assert_eq!(socket(&browser, value).await.unwrap_err(), 401, "{value}");
    }
    browser.forge(SESSION, &ticket);
    assert_eq!(basket(&mut browser).await, "[]", "a ticket is no session");
}

#[tokio::test]
async fn a_ticket_of_another_purpose_opens_no_socket() {
    let shop = Shop::open().await;
    let mut browser = shop.visitor("7").await;
    let ours = ticket(&mut browser).await;
    assert!(socket(&browser, &ours).await.is_ok());
    let others = Tickets::<()>::builder(shop.ring.clone())
        .clock(shop.clock.clone())
        .purpose("another")
        .valid_for(MINUTE)
        .build()
        .unwrap();
    let headers = HeaderMap::from_iter([(COOKIE, browser.cookies().parse().unwrap())]);
    let id = shop.sessions.load((&Method::GET, &headers)).id().unwrap().to_bytes();
    let value = others.issue_for(id, &()).unwrap();
    assert_eq!(socket(&browser, &value).await.unwrap_err(), 401);
}

#[tokio::test]
async fn a_socket_opens_with_this_visitors_ticket_alone_and_for_half_a_minute() {
    let shop = Shop::open().await;
    let (mut one, mut two) = (shop.visitor("7").await, shop.visitor("9").await);
    let ticket = ticket(&mut one).await;
    assert!(socket(&one, &ticket).await.is_ok());
    assert_eq!(socket(&two, &ticket).await.unwrap_err(), 401);
    assert_eq!(
        socket(&Browser::at(shop.address), &ticket).await.unwrap_err(),
        409,
        "with no session at all"
    );
    shop.clock.advance(Duration::from_secs(29));
    assert!(socket(&one, &ticket).await.is_ok());
    shop.clock.advance(Duration::from_secs(1));
    assert_eq!(socket(&one, &ticket).await.unwrap_err(), 401);
    assert_eq!(
        two.post_from("same-site", "/ticket", &[]).await.status(),
        403,
        "nor does a sibling get one"
    );
}

#[tokio::test]
async fn a_quote_lives_ten_minutes() {
    let shop = Shop::open().await;
    let mut browser = shop.visitor("7").await;
    let value = quote(&mut browser).await;
    shop.clock.advance(10 * MINUTE);
    assert_eq!(accept(&mut browser, &value).await, 400);
}

#[tokio::test]
async fn an_order_that_waited_too_long_comes_to_nothing() {
    let mut shop = Shop::open().await;
    let mut browser = shop.visitor("7").await;
    let id = browser.post("/jobs", &[]).await.body().to_owned();
    shop.clock.advance(60 * MINUTE);
    shop.set_to_work();
    assert_eq!(done(&mut browser, &id).await.status(), 410);
    assert_eq!(browser.get("/jobs/unknown").await.status(), 404);
}

#[tokio::test]
async fn a_full_queue_says_so() {
    let shop = Shop::open().await;
    let mut browser = shop.visitor("7").await;
    for _ in 0..64 {
        assert_eq!(browser.post("/jobs", &[]).await.status(), 202);
    }
    assert_eq!(browser.post("/jobs", &[]).await.status(), 503);
}

#[tokio::test]
async fn a_visitor_without_a_session_has_nothing_to_ask_for() {
    let shop = Shop::open().await;
    for path in ["/ticket", "/jobs"] {
        assert_eq!(Browser::at(shop.address).post(path, &[]).await.status(), 409);
    }
}

#[tokio::test]
async fn forms_of_other_origins_are_refused() {
    let shop = Shop::open().await;
    let mut browser = shop.visitor("7").await;
    for site in ["cross-site", "same-site"] {
        for path in ["/basket", "/ticket", "/jobs", "/accept"] {
            let form = [("article", "9")];
            assert_eq!(browser.post_from(site, path, &form).await.status(), 403, "{site} {path}");
        }
    }
    assert_eq!(basket(&mut browser).await, "[7]");
}
