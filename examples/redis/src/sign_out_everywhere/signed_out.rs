//! Since when each user's sessions count: pairs of user and Unix second, in memory, and in a sorted
//! set of Redis that all servers share.
//!
//! Of two times of one user the later counts, here and there (`ZADD … GT`). So pairs may come in
//! any order and as often as they like, and each look also gives Redis what this server knows and
//! it does not: what was signed out while Redis was away, and all of it where Redis came back
//! empty. A pair is forgotten when every session that it refuses has ended by itself.
//!
//! Each look reads all pairs: 100,000 of them, a few megabytes. Where that is too much, publish
//! them on a channel as well and look less often.

use super::ABSOLUTE_TIMEOUT;
use crate::trouble::Trouble;
use redis::{Client, RedisError};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

/// The sorted set in Redis.
pub const NAME: &str = "sealed-session:not-before";

/// Who has signed out everywhere, and when. A handle.
#[derive(Clone)]
pub struct SignedOut {
    redis: Client,
    reject_created_before: Arc<RwLock<HashMap<u64, u64>>>,
    trouble: Trouble,
}

impl SignedOut {
    /// Reads the list for the first time.
    ///
    /// # Errors
    /// [`RedisError`]: the process is not to start, or it would let in who was signed out.
    pub async fn read(redis: Client) -> Result<Self, RedisError> {
        let read =
            Self { redis, reject_created_before: Arc::default(), trouble: Trouble::default() };
        read.exchange().await?;
        Ok(read)
    }

    /// Whether a session of this user's counts that was created then.
    pub fn admits(&self, user: u64, created: SystemTime) -> bool {
        self.known()
            .get(&user)
            .is_none_or(|reject_created_before| seconds(created) >= *reject_created_before)
    }

    /// Ends all sessions of this user's that were created up to now: here at once, elsewhere when
    /// Redis has told them.
    ///
    /// # Errors
    /// [`RedisError`]: Redis does not know yet. It will be told with the next look that reaches it, if this process lives until then.
    pub async fn sign_out(&self, user: u64) -> Result<(), RedisError> {
        // Sessions hold whole seconds: one that was created earlier within this second is not to
        // stay.
        let reject_created_before = seconds(SystemTime::now()) + 1;
        learn(&mut self.known_mut(), user, reject_created_before);
        self.tell(&[(user, reject_created_before)]).await
    }

    /// Looks for changes, for ever.
    pub async fn follow(self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            let exchanged = self.exchange().await;
            self.trouble.note("the sign-outs", exchanged);
        }
    }

    /// How many users it is about.
    pub fn len(&self) -> usize {
        self.known().len()
    }

    pub fn is_empty(&self) -> bool {
        self.known().is_empty()
    }

    /// What went wrong at the last look, or `none`.
    pub fn trouble(&self) -> String {
        self.trouble.sentence()
    }

    async fn exchange(&self) -> Result<(), RedisError> {
        let oldest = seconds(SystemTime::now()).saturating_sub(KEPT.as_secs());
        let mut redis = self.redis.get_multiplexed_async_connection().await?;
        let (theirs,): (HashMap<u64, u64>,) = redis::pipe()
            .zrembyscore(NAME, "-inf", format!("({oldest}"))
            .ignore()
            .zrange_withscores(NAME, 0, -1)
            .query_async(&mut redis)
            .await?;
        let missing = merge(&mut self.known_mut(), &theirs, oldest);
        if missing.is_empty() { Ok(()) } else { self.tell(&missing).await }
    }

    async fn tell(&self, pairs: &[(u64, u64)]) -> Result<(), RedisError> {
        let mut redis = self.redis.get_multiplexed_async_connection().await?;
        let mut command = redis::cmd("ZADD");
        command.arg(NAME).arg("GT");
        pairs.iter().for_each(|(user, reject_created_before)| {
            command.arg(reject_created_before).arg(user);
        });
        command.exec_async(&mut redis).await
    }

    fn known(&self) -> RwLockReadGuard<'_, HashMap<u64, u64>> {
        self.reject_created_before.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, HashMap<u64, u64>> {
        self.reject_created_before.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes over what Redis knows, forgets what is older than `oldest`, and gives what Redis is to be
/// told.
fn merge(
    known: &mut HashMap<u64, u64>,
    theirs: &HashMap<u64, u64>,
    oldest: u64,
) -> Vec<(u64, u64)> {
    theirs
        .iter()
        .for_each(|(user, reject_created_before)| learn(known, *user, *reject_created_before));
    known.retain(|_, reject_created_before| *reject_created_before >= oldest);
    let is_missing = |(user, reject_created_before): &(u64, u64)| {
        theirs.get(user).is_none_or(|theirs| theirs < reject_created_before)
    };
    known
        .iter()
        .map(|(user, reject_created_before)| (*user, *reject_created_before))
        .filter(is_missing)
        .collect()
}

fn learn(known: &mut HashMap<u64, u64>, user: u64, reject_created_before: u64) {
    let present = known.entry(user).or_default();
    *present = reject_created_before.max(*present);
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// As long as a session can live, and a day for clocks that differ.
const KEPT: Duration = Duration::from_secs(ABSOLUTE_TIMEOUT.as_secs() + 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::merge;
    use std::collections::HashMap;

    #[test]
    fn the_later_of_two_times_counts_and_goes_to_redis() {
        let mut known = HashMap::from([(1, 50), (2, 50), (3, 50), (4, 9)]);
        let theirs = HashMap::from([(1, 40), (2, 60), (3, 50), (5, 70), (6, 9)]);
        assert_eq!(merge(&mut known, &theirs, 10), [(1, 50)]);
        assert_eq!(
            known,
            HashMap::from([(1, 50), (2, 60), (3, 50), (5, 70)]),
            "4 and 6 are older than any session"
        );
    }
}
