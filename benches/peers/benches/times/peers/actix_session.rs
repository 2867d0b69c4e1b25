//! actix-session's `CookieSessionStore`: encryption is in its middleware, so that is what is
//! measured, less the same application without it.

use super::{Operations, typical};
use crate::interleave::{Contender, Start};
use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::body::MessageBody;
use actix_web::cookie::Key;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error, HttpResponse, rt, web};
use sealed_session_benches::Payload;
use std::hint::black_box;
use std::rc::Rc;

const NAME: &str = "actix-session, cookie store";
const BARE: &str = "bare: actix-web";
const FIELD: &str = "data";

pub fn add<T: Payload>(operations: &mut Operations<'_>, data: &T) {
    let system = Rc::new(rt::System::new());
    let bare = system.block_on(init_service(App::new().default_service(web::to(HttpResponse::Ok))));
    let bare = Rc::new(bare);
    let middleware =
        SessionMiddleware::builder(CookieSessionStore::default(), Key::generate()).build();
    let data = web::Data::new(data.clone());
    let app = App::new()
        .app_data(data)
        .wrap(middleware)
        .route("/write", web::to(write::<T>))
        .route("/read", web::to(read::<T>))
        .route("/change", web::to(change::<T>));
    let service = Rc::new(system.block_on(init_service(app)));
    let write = || match system.block_on(service.call(request("/write", "").to_request())) {
        Ok(answer) => set_cookie(&answer),
        Err(error) => Err(error.to_string()),
    };
    let cookie = write();
    let length = typical(|| write().map_or(0, |cookie| cookie.len()));
    let groups = [
        (&mut operations.seal, "/write"),
        (&mut operations.open, "/read"),
        (&mut operations.change, "/change"),
        (&mut operations.read, "/read"),
    ];
    for (group, path) in groups {
        match &cookie {
            Ok(cookie) => {
                let characters = length - "id=".len();
                let field = if path == "/write" { "" } else { cookie };
                let answer = system
                    .block_on(service.call(request(path, field).to_request()))
                    .expect("it answers");
                assert_eq!(answer.status().as_u16(), 200, "{path}");
                if path == "/change" && set_cookie(&answer).is_err() {
                    group.refuse(NAME, "the change set no cookie");
                    continue;
                }
                measure(group, BARE, &system, &bare, path, "id=0", |contender| contender);
                measure(group, NAME, &system, &service, path, field, |contender| {
                    contender.less(BARE).characters(characters)
                });
            }
            Err(reason) => group.refuse(NAME, reason),
        }
    }
}

fn measure<'a, S, B>(
    group: &mut Start<'a>,
    name: &str,
    system: &Rc<rt::SystemRunner>,
    service: &Rc<S>,
    path: &'static str,
    cookie: &str,
    finish: impl FnOnce(Contender<'a>) -> Contender<'a>,
) where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error> + 'a,
    B: MessageBody,
{
    let (system, service, cookie) = (Rc::clone(system), Rc::clone(service), cookie.to_owned());
    group.add(finish(Contender::batched(name, move |count| {
        system.block_on(async {
            for _ in 0..count {
                black_box(
                    service.call(request(path, black_box(&cookie)).to_request()).await.is_ok(),
                );
            }
        });
    })));
}

fn request(path: &str, cookie: &str) -> TestRequest {
    let request = TestRequest::with_uri(path);
    if cookie.is_empty() { request } else { request.insert_header(("cookie", cookie)) }
}

/// The `name=value` that an answer sets.
fn set_cookie<B>(answer: &ServiceResponse<B>) -> Result<String, String> {
    let line = answer
        .headers()
        .get("set-cookie")
        .ok_or_else(|| format!("no Set-Cookie, status {}", answer.status()))?;
    let line = line.to_str().map_err(|error| error.to_string())?;
    Ok(line.split(';').next().unwrap_or_default().to_owned())
}

async fn write<T: Payload>(session: Session, data: web::Data<T>) -> HttpResponse {
    session.insert(FIELD, data.get_ref()).expect("it is JSON");
    HttpResponse::Ok().finish()
}

async fn read<T: Payload>(session: Session) -> HttpResponse {
    match black_box(session.get::<T>(FIELD)) {
        Ok(Some(_)) => HttpResponse::Ok().finish(),
        _ => HttpResponse::NoContent().finish(),
    }
}

async fn change<T: Payload>(session: Session) -> HttpResponse {
    let Ok(Some(mut data)) = session.get::<T>(FIELD) else {
        return HttpResponse::NoContent().finish();
    };
    data.visit();
    session.insert(FIELD, data).expect("it is JSON");
    HttpResponse::Ok().finish()
}
