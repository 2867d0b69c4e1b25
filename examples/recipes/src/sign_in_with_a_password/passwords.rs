//! Passwords → hashes, and whether one is right. Argon2id is slow and takes 19 MiB by design, so it
//! runs off the threads that serve requests, and no more at a time than there are processors: else
//! a few hundred sign-ins at once take all the memory.
//!
//! For a name that nobody has, a hash of nobody's is verified: the answer comes as late as for a
//! wrong password, so that its time does not tell which names are taken (OWASP, Authentication).

use argon2::Argon2;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::thread::available_parallelism;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Hashes with one set of parameters; verifies with those that each hash names.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    nobodys: Arc<str>,
    processors: Arc<Semaphore>,
}

impl Passwords {
    /// `Argon2::default()` is what OWASP recommends: Argon2id, 19 MiB, two passes. Hashes once, on
    /// this thread.
    ///
    /// # Errors
    /// [`HashingFailed`].
    pub fn new(argon2: Argon2<'static>) -> Result<Self, HashingFailed> {
        let nobodys = argon2.hash_password(b"").map_err(|_| HashingFailed)?.to_string().into();
        let processors = available_parallelism().map_or(1, usize::from);
        Ok(Self { argon2, nobodys, processors: Arc::new(Semaphore::new(processors)) })
    }

    /// A hash with a salt of its own, as text for the user's record.
    ///
    /// # Errors
    /// [`HashingFailed`].
    pub async fn hash(&self, password: String) -> Result<String, HashingFailed> {
        self.work(move |argon2| Ok(argon2.hash_password(password.as_bytes())?.to_string())).await
    }

    /// Whether the password is the one of the user whose hash this is. `None`, an unknown user,
    /// takes as long.
    ///
    /// # Errors
    /// [`HashingFailed`], also for a hash that is none.
    pub async fn verify(
        &self,
        hash: Option<String>,
        password: String,
    ) -> Result<bool, HashingFailed> {
        let nobodys = Arc::clone(&self.nobodys);
        self.work(move |argon2| {
            let is_known = hash.is_some();
            match argon2.verify_password(password.as_bytes(), hash.as_deref().unwrap_or(&nobodys)) {
                Ok(()) => Ok(is_known),
                Err(Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await
    }

    async fn work<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'_>) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, HashingFailed> {
        let processor =
            Arc::clone(&self.processors).acquire_owned().await.map_err(|_| HashingFailed)?;
        let argon2 = self.argon2.clone();
        let task = spawn_blocking(move || {
            let _processor = processor; // to the end of the work, also where the visitor has gone away meanwhile
            work(&argon2)
        });
        task.await.map_err(|_| HashingFailed)?.map_err(|_| HashingFailed)
    }
}

/// A password could not be hashed: no memory, no randomness, or a record that holds no hash.
/// Answers 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingFailed;

impl std::fmt::Display for HashingFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a password could not be hashed")
    }
}

impl std::error::Error for HashingFailed {}

impl IntoResponse for HashingFailed {
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::Passwords;
    use argon2::{Algorithm, Argon2, Params, Version};

    fn passwords() -> Passwords {
        Passwords::new(Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8, 1, 1, None).unwrap(),
        ))
        .unwrap()
    }

    #[tokio::test]
    async fn a_password_is_right_or_wrong_and_a_broken_record_is_neither() {
        let passwords = passwords();
        let hash = passwords.hash("of ada".to_owned()).await.unwrap();
        assert_ne!(
            passwords.hash("of ada".to_owned()).await.unwrap(),
            hash,
            "each has a salt of its own"
        );
        assert_eq!(passwords.verify(Some(hash.clone()), "of ada".to_owned()).await, Ok(true));
        assert_eq!(passwords.verify(Some(hash), "of bob".to_owned()).await, Ok(false));
        assert!(passwords.verify(Some("no hash".to_owned()), "of ada".to_owned()).await.is_err());
    }

    #[tokio::test]
    async fn nobodys_hash_costs_what_every_other_costs_and_no_password_is_right() {
        let passwords = passwords();
        let hash = passwords.hash("of ada".to_owned()).await.unwrap();
        let cost = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(cost(&hash).as_deref(), Some("$argon2id$v=19$m=8,t=1,p=1"));
        assert_eq!(cost(&passwords.nobodys), cost(&hash));
        assert_eq!(
            passwords.verify(Some(passwords.nobodys.to_string()), String::new()).await,
            Ok(true)
        );
        assert_eq!(
            passwords.verify(None, String::new()).await,
            Ok(false),
            "though that is the password it was made of"
        );
    }

    #[test]
    fn the_defaults_are_owasps() {
        let default = Argon2::default();
        let params = default.params();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (19 * 1024, 2, 1));
    }
}
