//! `use sealed_session::*` makes no framework's name ambiguous.

#[allow(unused_imports, reason = "the import is what is tested")]
use sealed_session::*;

#[test]
fn frameworks_keep_their_names() {
    type Frameworks = (
        axum::Router,
        tower::util::Either<(), ()>,
        rocket::Rocket<rocket::Build>,
        actix_web::HttpResponse,
        poem::Route,
        salvo::Router,
    );
    assert!(size_of::<Frameworks>() > size_of::<Sessions<Map>>());
}
