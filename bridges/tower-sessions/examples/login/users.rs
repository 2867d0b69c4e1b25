//! The users, in memory, as axum-login's backend.

use argon2::Argon2;
use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use axum_login::{AuthUser, AuthnBackend, AuthzBackend, UserId};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

#[derive(Clone)]
pub struct User {
    id: u64,
    pub name: String,
    password_hash: String,
    /// A digest of the password's hash: it goes into the session, which needs no more to notice
    /// that the hash has changed.
    auth_hash: [u8; 32],
    permissions: &'static [&'static str],
}

/// Shows no hash.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

impl AuthUser for User {
    type Id = u64;

    fn id(&self) -> u64 {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        &self.auth_hash
    }
}

#[derive(Deserialize)]
pub struct Credentials {
    name: String,
    password: String,
}

#[derive(Clone)]
pub struct Users {
    argon2: Argon2<'static>,
    /// Verified for a name that nobody has, so that the time tells nothing.
    nobodys_hash: Arc<str>,
    all: Arc<RwLock<Vec<User>>>,
}

impl Users {
    pub fn new(argon2: Argon2<'static>) -> Result<Self, HashError> {
        let nobodys_hash = argon2.hash_password(b"")?.to_string().into();
        Ok(Self { argon2, nobodys_hash, all: Arc::default() })
    }

    pub fn add(
        &self,
        name: &str,
        password: &str,
        permissions: &'static [&'static str],
    ) -> Result<(), HashError> {
        let password_hash = self.argon2.hash_password(password.as_bytes())?.to_string();
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let (id, auth_hash) = (all.len() as u64, Sha256::digest(&password_hash).into());
        all.push(User { id, name: name.to_owned(), password_hash, auth_hash, permissions });
        Ok(())
    }

    /// Changes a user's password, and returns the user as it is then.
    pub fn set_password(&self, id: u64, password: &str) -> Result<Option<User>, HashError> {
        let password_hash = self.argon2.hash_password(password.as_bytes())?.to_string();
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let Some(user) = all.iter_mut().find(|user| user.id == id) else { return Ok(None) };
        user.auth_hash = Sha256::digest(&password_hash).into();
        user.password_hash = password_hash;
        Ok(Some(user.clone()))
    }

    fn find(&self, is: impl Fn(&User) -> bool) -> Option<User> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|user| is(user)).cloned()
    }

    /// Argon2id is slow by design. An application with many sign-ins runs this in
    /// `spawn_blocking`, as `examples/recipes` of sealed-session does.
    fn verify(&self, credentials: &Credentials) -> Result<Option<User>, HashError> {
        let user = self.find(|user| user.name == credentials.name);
        let hash = user.as_ref().map_or(&*self.nobodys_hash, |user| &user.password_hash);
        match self.argon2.verify_password(credentials.password.as_bytes(), hash) {
            Ok(()) => Ok(user),
            Err(HashError::PasswordInvalid) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A password could not be hashed.
#[derive(Debug)]
pub struct HashingFailed;

impl fmt::Display for HashingFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a password could not be hashed")
    }
}

impl std::error::Error for HashingFailed {}

impl AuthnBackend for Users {
    type User = User;
    type Credentials = Credentials;
    type Error = HashingFailed;

    async fn authenticate(&self, credentials: Credentials) -> Result<Option<User>, HashingFailed> {
        self.verify(&credentials).map_err(|_| HashingFailed)
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, HashingFailed> {
        Ok(self.find(|user| user.id == *id))
    }
}

impl AuthzBackend for Users {
    type Permission = &'static str;

    async fn get_user_permissions(
        &self,
        user: &User,
    ) -> Result<HashSet<&'static str>, HashingFailed> {
        Ok(user.permissions.iter().copied().collect())
    }
}
