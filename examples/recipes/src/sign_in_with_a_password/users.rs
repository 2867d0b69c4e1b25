//! The users, in memory: a table of your database, with the same columns.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A row.
#[derive(Clone)]
pub struct User {
    pub id: u64,
    pub name: String,
    /// Of [`Passwords::hash`](super::passwords::Passwords::hash).
    pub hash: String,
    /// Sessions made under another than this have ended.
    pub epoch: u32,
}

/// The table.
#[derive(Default)]
pub struct Users(RwLock<Vec<User>>);

impl Users {
    /// Adds a user, unless the name is taken: a unique index.
    pub fn add(&self, name: &str, hash: String) -> bool {
        let mut users = self.write();
        if users.iter().any(|user| user.name == name) {
            return false;
        }
        let id = users.len() as u64 + 1;
        users.push(User { id, name: name.to_owned(), hash, epoch: 0 });
        true
    }

    pub fn by_id(&self, id: u64) -> Option<User> {
        self.read().iter().find(|user| user.id == id).cloned()
    }

    pub fn by_name(&self, name: &str) -> Option<User> {
        self.read().iter().find(|user| user.name == name).cloned()
    }

    /// Ends every session that the user has.
    pub fn end_sessions(&self, id: u64) {
        if let Some(user) = self.write().iter_mut().find(|user| user.id == id) {
            user.epoch = user.epoch.wrapping_add(1);
        }
    }

    /// Sets a new password and ends every session that the user has, unless the epoch is no longer
    /// the one seen: `update users set hash = …, epoch = epoch + 1 where id = … and epoch = …`.
    /// Answers with the epoch that the next session is made under.
    pub fn set_hash(&self, id: u64, seen: u32, hash: String) -> Option<u32> {
        let mut users = self.write();
        let user = users.iter_mut().find(|user| user.id == id && user.epoch == seen)?;
        user.epoch = user.epoch.wrapping_add(1);
        user.hash = hash;
        Some(user.epoch)
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<User>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<User>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
