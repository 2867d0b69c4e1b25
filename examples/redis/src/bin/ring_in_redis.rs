//! Serves the example of this name.

use sealed_session::{CrossOrigin, Sessions};
use sealed_session_redis::ring_in_redis::{RedisRing, app};
use sealed_session_redis::{Settings, serve};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings::from_env()?;
    let keys = RedisRing::read(settings.redis).await?;
    let sessions = Sessions::builder(keys.ring()).cross_origin(CrossOrigin::refuse()).build()?;
    serve(app(sessions, keys.clone()), settings.port, keys.follow(settings.every)).await
}
