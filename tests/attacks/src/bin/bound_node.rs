//! One server whose sessions are bound to devices, told what it is by its environment. It shares a
//! ring file and a clock with others, and nothing else. It ends when its standard input does, so
//! that none outlives its test.
//!
//! | variable | what it sets |
//! | --- | --- |
//! | `KEYS`, `CLOCK`, `SKEW` | the ring's file, the clock's file, and the seconds of its error |
//! | `DEVICE` | `on`, `none` for no setting at all, `readable` or `ended` for an off switch |
//! | `ORIGIN`, `REQUIRE` | `DeviceBound::origin`, and the seconds of `DeviceBound::require` |
//! | `UNBOUND` | seconds after which a check of the application refuses an unbound session |
//! | `NAME`, `CONTEXT`, `ALIAS` | the cookie, and an earlier one as `name context` |
//! | `SAME_SITE`, `PROTECT` | `SameSite::None`, and `OnUnreadable::Refuse` |

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sealed_session::adapter::axum::SessionLayer;
use sealed_session::clock::Clock;
use sealed_session::dbsc::{DeviceBinding, WhenOff};
use sealed_session::{
    DeviceBound, Expiry, KeyFile, KeyRing, Level, LoadStatus, OnUnreadable, Reason, SameSite,
    Session, SessionData, SessionError, Sessions, Tickets,
};
use sealed_session_fleet::clock;
use sealed_session_fleet::releases::first::Visit;
use serde::Deserialize;
use std::error::Error;
use std::io::Read;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;

type Page = Result<String, SessionError>;

/// The events since they were last asked for, as `name` or `name reason`.
type Events = Arc<Mutex<Vec<String>>>;

#[derive(Clone)]
struct Site {
    sessions: Sessions<Visit>,
    ring: KeyRing,
    clock: Clock,
    events: Events,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = clock::of_node(Path::new(&variable("CLOCK")?), variable("SKEW")?.parse()?)?;
    let ring = KeyFile::watch(variable("KEYS")?)?.ring();
    let events = Events::default();
    let sessions = sessions(&ring, &clock, &events)?;
    let layer = SessionLayer::new(sessions.clone());
    let app = Router::new()
        .route("/", get(index))
        .route("/sign-in", get(offer).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/renew", post(renew))
        .route("/count", post(count))
        .route("/set", post(set))
        .route("/clear", post(clear))
        .route("/flash", post(flash))
        .route("/expiry", post(expiry))
        .route("/take", post(take))
        .route("/admin", get(admin))
        .route("/csrf", get(csrf))
        .route("/open", get(open))
        .route("/tenant", get(tenant))
        .route("/ticket", get(ticket))
        .route("/events", get(take_events))
        .layer(layer)
        .with_state(Site { sessions, ring, clock, events });

    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    Ok(axum::serve(listener, app).await?)
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set"))
}

fn seconds(name: &str) -> Result<Option<u64>, Box<dyn Error>> {
    Ok(variable(name).ok().map(|seconds| seconds.parse()).transpose()?)
}

fn sessions(
    ring: &KeyRing,
    clock: &Clock,
    events: &Events,
) -> Result<Sessions<Visit>, Box<dyn Error>> {
    let events = Arc::clone(events);
    let mut builder =
        Sessions::<Visit>::builder(ring.clone()).clock(clock.clone()).on_event(move |event| {
            let text = match event.reason() {
                Some(reason) => format!("{} {reason}", event.name()),
                None => event.name().to_owned(),
            };
            events.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        });
    if let Ok(name) = variable("NAME") {
        builder = builder.cookie_name(name);
    }
    if let Ok(context) = variable("CONTEXT") {
        builder = builder.context(context);
    }
    if let Ok(alias) = variable("ALIAS") {
        let (name, context) = alias.split_once(' ').ok_or("ALIAS has no space")?;
        builder = builder.accept_alias(name, context);
    }
    if variable("SAME_SITE").is_ok() {
        builder = builder.same_site(SameSite::None);
    }
    if variable("PROTECT").is_ok() {
        builder = builder.on_unreadable(OnUnreadable::Refuse);
    }
    if let Some(unbound) = seconds("UNBOUND")? {
        let clock = clock.clone();
        builder = builder.validate(move |info, _| {
            let created = info.created_at().duration_since(SystemTime::UNIX_EPOCH);
            let age = clock.now().saturating_sub(created.unwrap_or_default());
            if info.is_bound() || age.as_secs() <= unbound { Ok(()) } else { Err("unbound") }
        });
    }
    let mut setting = DeviceBound::at("/dbsc");
    if let Ok(origin) = variable("ORIGIN") {
        setting = setting.origin(origin);
    }
    if let Some(within) = seconds("REQUIRE")? {
        setting = setting.require(Duration::from_secs(within));
    }
    let setting = match &*variable("DEVICE")? {
        "none" => None,
        "on" => Some(setting),
        "readable" => Some(setting.off(WhenOff::Readable)),
        "ended" => Some(setting.off(WhenOff::Ended)),
        other => return Err(format!("DEVICE: {other}").into()),
    };
    if let Some(setting) = setting {
        builder = builder.device_bound(setting);
    }
    Ok(builder.build()?)
}

async fn index(session: Session<Visit>) -> String {
    page(&session)
}

async fn offer(session: Session<Visit>) -> String {
    session.offer_binding();
    page(&session)
}

#[derive(Deserialize)]
struct SignIn {
    user: u32,
}

async fn sign_in(session: Session<Visit>, Query(form): Query<SignIn>) -> Page {
    session.renew()?;
    session.update(|visit| visit.user = Some(form.user))?;
    Ok(page(&session))
}

async fn sign_out(session: Session<Visit>) -> Page {
    session.purge()?;
    Ok(page(&session))
}

/// Renews without a sign-in, which no application should, and writes something.
async fn renew(session: Session<Visit>) -> Page {
    session.renew()?;
    session.update(|visit| visit.count += 1)?;
    Ok(page(&session))
}

async fn count(session: Session<Visit>) -> Page {
    session.update(|visit| visit.count += 1)?;
    Ok(page(&session))
}

async fn set(session: Session<Visit>) -> Page {
    session.set(Visit { user: Some(666), count: 1 })?;
    Ok(page(&session))
}

async fn clear(session: Session<Visit>) -> Page {
    session.set(Visit::default())?;
    Ok(page(&session))
}

async fn flash(session: Session<Visit>) -> Page {
    session.flash(Level::INFO, "hello")?;
    Ok(page(&session))
}

async fn expiry(session: Session<Visit>) -> Page {
    session.set_expiry(Expiry::BrowserSession)?;
    Ok(page(&session))
}

async fn take(session: Session<Visit>) -> Page {
    let page = page(&session);
    session.take_flashes()?;
    Ok(page)
}

async fn admin(session: Session<Visit>) -> Page {
    session.require_binding()?;
    Ok(page(&session))
}

async fn csrf(session: Session<Visit>) -> Response {
    match session.csrf_token() {
        Ok(token) => token.into_response(),
        Err(error) => error.into_response(),
    }
}

#[derive(Deserialize)]
struct Value {
    value: String,
}

/// Opens a cookie's value as a WebSocket's first message might bring it.
async fn open(State(site): State<Site>, Query(form): Query<Value>) -> String {
    match site.sessions.open(&form.value) {
        Ok(visit) => format!("opened {:?}", visit.user),
        Err(error) => error.reason().as_str().to_owned(),
    }
}

/// The request's session, as that of a tenant.
async fn tenant(State(site): State<Site>, method: Method, headers: HeaderMap) -> String {
    let session = site.sessions.with_context("tenant").load((&method, &headers));
    page(&session)
}

#[derive(Deserialize)]
struct Ticket {
    purpose: String,
    bound: String,
    data: String,
}

/// A ticket of the application, with a purpose, a `bound` and data that the caller chooses.
async fn ticket(
    State(site): State<Site>,
    Query(form): Query<Ticket>,
) -> Result<String, (axum::http::StatusCode, String)> {
    let issued = BASE64URL_NOPAD
        .decode(form.data.as_bytes())
        .map_err(Box::<dyn Error>::from)
        .and_then(|data| match data.len() {
            0 => issue(&site, &form, ()),
            16 => issue(&site, &form, <[u8; 16]>::try_from(&*data)?),
            33 => {
                let (first, rest) = data.split_at(16);
                let (second, last) = rest.split_at(16);
                let halves = (<[u8; 16]>::try_from(first)?, <[u8; 16]>::try_from(second)?);
                issue(&site, &form, (halves, last[0]))
            }
            other => Err(format!("{other} bytes").into()),
        });
    issued.map_err(|error| (axum::http::StatusCode::BAD_REQUEST, error.to_string()))
}

/// The data's encoding is its bytes, as in a ticket of the crate's own.
fn issue<T: SessionData>(site: &Site, form: &Ticket, data: T) -> Result<String, Box<dyn Error>> {
    let tickets = Tickets::<T>::builder(site.ring.clone())
        .clock(site.clock.clone())
        .purpose(&*form.purpose)
        .schema_version(1)
        .valid_for(Duration::from_secs(600))
        .build()?;
    let bound = BASE64URL_NOPAD.decode(form.bound.as_bytes())?;
    Ok(tickets.issue_for(bound, &data)?)
}

async fn take_events(State(site): State<Site>) -> String {
    let mut events = site.events.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *events).join("\n")
}

/// What the site takes the visitor for, as JSON.
fn page(session: &Session<Visit>) -> String {
    let status = match session.load_status() {
        LoadStatus::New => "new".to_owned(),
        LoadStatus::Restored => "restored".to_owned(),
        LoadStatus::CrossSite => "cross-site".to_owned(),
        LoadStatus::Rejected(Reason::Unproven(why)) => format!("unproven {why}"),
        LoadStatus::Rejected(reason) => reason.as_str().to_owned(),
        other => format!("{other:?}"),
    };
    let binding = match session.binding() {
        DeviceBinding::Unbound => "unbound".to_owned(),
        DeviceBinding::Bound { .. } => "bound".to_owned(),
        DeviceBinding::Unproven(why) => format!("unproven {why}"),
        other => format!("{other:?}"),
    };
    let info = session.info();
    let created = info.created_at().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    session.read(|visit| {
        serde_json::json!({
            "user": visit.user,
            "count": visit.count,
            "status": status,
            "binding": binding,
            "id": session.id().map(|id| HEXLOWER.encode(&id.to_bytes())),
            "created": created.as_secs(),
            "expiry": format!("{:?}", info.expiry()),
            "flashes": session.flashes().len(),
        })
        .to_string()
    })
}
