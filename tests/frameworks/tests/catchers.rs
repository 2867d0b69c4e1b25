//! Pages for errors that use the session, where a framework makes them after the response was
//! committed.

use salvo::catcher::Catcher;
use salvo::prelude::*;
use salvo::test::{ResponseExt, TestClient};
use sealed_session::adapter::salvo::SessionHandler;
use sealed_session::testing::{Change, Visitor, ring};
use sealed_session::{Session, SessionError, Sessions};
use sealed_session_frameworks::contract::Visit;

#[handler]
async fn purge(session: Session<Visit>, res: &mut Response) -> Result<(), SessionError> {
    session.purge()?;
    res.status_code(StatusCode::FORBIDDEN);
    Ok(())
}

#[handler]
async fn push(session: Session<Visit>, res: &mut Response) -> Result<(), SessionError> {
    session.update(|visit| visit.cart.push(1))?;
    res.status_code(StatusCode::NOT_FOUND);
    Ok(())
}

/// A page that greets whoever is signed in.
#[handler]
async fn error_page(session: Session<Visit>, res: &mut Response, ctrl: &mut FlowCtrl) {
    let seen = session.read(|visit| format!("{:?} {:?}", visit.user, visit.cart));
    let written = session.update(|visit| visit.cart.push(9)).is_ok();
    res.render(format!("{seen} {written}"));
    ctrl.skip_rest();
}

/// The answer's status and text, and what the visitor has after it. A refresh is due on every
/// touch.
async fn answer(path: &str) -> (u16, String, Change, Option<u64>, Vec<u32>) {
    let sessions = Sessions::<Visit>::builder(ring()).refresh_after(0.0).build().unwrap();
    let mut visitor =
        Visitor::with(&sessions, &Visit { user: Some(7), ..Visit::default() }).unwrap();
    let router = Router::new()
        .push(Router::with_path("purge").get(purge))
        .push(Router::with_path("push").get(push));
    let catcher = Catcher::default().hoop(SessionHandler::new(sessions.clone())).hoop(error_page);
    let service = Service::new(router).hoop(SessionHandler::new(sessions)).catcher(catcher);
    let request = TestClient::get(format!("http://localhost/{path}")).add_header(
        "cookie",
        visitor.cookie_header(),
        true,
    );
    let mut response = request.send(&service).await;
    let change = visitor.receive(response.headers().get_all("set-cookie"));
    let (user, cart) = visitor.read(|visit| (visit.user, visit.cart.clone()));
    (
        response.status_code.unwrap().as_u16(),
        response.take_string().await.unwrap(),
        change,
        user,
        cart,
    )
}

#[tokio::test]
async fn salvo_a_catcher_reads_what_the_handler_left_and_commits_nothing_more() {
    assert_eq!(answer("purge").await, (403, "None [] false".into(), Change::Deleted, None, vec![]));
    assert_eq!(
        answer("push").await,
        (404, "Some(7) [1] false".into(), Change::Set, Some(7), vec![1])
    );
}

#[tokio::test]
async fn salvo_a_catcher_has_a_session_of_its_own_where_nobody_touched_one() {
    assert_eq!(
        answer("nowhere").await,
        (404, "Some(7) [] true".into(), Change::Set, Some(7), vec![9])
    );
}

#[test]
fn rocket_a_local_request_can_be_sent_twice() {
    use rocket::local::blocking::Client;
    use sealed_session::adapter::rocket::SessionFairing;

    #[rocket::get("/push")]
    fn push(session: Session<Visit>) -> Result<String, SessionError> {
        session.update(|visit| {
            visit.cart.push(1);
            format!("{:?}", visit.cart)
        })
    }

    let sessions = Sessions::<Visit>::new(ring()).unwrap();
    let rocket =
        rocket::build().mount("/", rocket::routes![push]).attach(SessionFairing::new(sessions));
    let client = Client::untracked(rocket).unwrap();
    let request = client.get("/push");
    for _ in 0..2 {
        let response = request.clone().dispatch();
        assert!(response.headers().contains("set-cookie"));
        assert_eq!(response.into_string().unwrap(), "[1]");
    }
}
