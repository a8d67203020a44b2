//! Opening and closing.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, SqlSafeStr};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::StoreError;
use crate::limits::{DATABASE_WAIT_MAX_MS, READING_CONNECTIONS_MAX};
use crate::paper::{Objects, refused};
use crate::writer::Writer;

/// The durable half of every room. Clones share one writer.
///
/// This is the embedded backend: SQLite and a folder, nothing beside it. The queries are plain SQL that PostgreSQL takes as
/// well; a second backend brings its own migrations folder and its own writer (one transaction per batch, `fence` with
/// `FOR SHARE`, leases with a deadline), and this struct becomes the choice between the two.
#[derive(Clone)]
pub struct Store {
    pub(crate) reads: SqlitePool,
    pub(crate) writer: Writer,
    pub(crate) objects: Objects,
    writing: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store in a folder, making both when they are not there and bringing the tables to this version.
    ///
    /// # Errors
    /// [`StoreError::Folder`], [`StoreError::Migration`] (for example when a newer program wrote it), or the database's.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(refused(folder))?;
        let objects = Objects::open(folder.join("objects"))?;
        let options = connect_options(&folder.join("accord.sqlite"));
        let mut connection = options.connect().await?;
        migrate(&mut connection).await?;
        let reads = SqlitePoolOptions::new()
            .max_connections(READING_CONNECTIONS_MAX)
            .acquire_timeout(Duration::from_millis(DATABASE_WAIT_MAX_MS))
            .connect_with(options.clone().pragma("query_only", "ON"))
            .await?;
        let (writer, writing) = Writer::start(options, connection);
        Ok(Self { reads, writer, objects, writing: Arc::new(Mutex::new(Some(writing))) })
    }

    /// Commits what is queued and closes the database. Clones in use are refused from now on.
    pub async fn close(self) {
        self.writer.close();
        let writing = self.writing.lock().await.take();
        if let Some(writing) = writing {
            let _ = writing.await;
        }
        self.reads.close().await;
    }
}

fn connect_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: a commit is on the disk before it returns, also when the power goes.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is erased is overwritten.
        .pragma("secure_delete", "ON")
        .busy_timeout(Duration::from_millis(DATABASE_WAIT_MAX_MS))
        .disable_statement_logging()
}

async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let first = include_str!("migrations/0001_rooms.sql").into_sql_str();
    let migrations = vec![Migration::new(1, "rooms".into(), MigrationType::Simple, first, false)];
    Migrator::with_migrations(migrations).run_direct(None, connection, false).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `synchronous = FULL`, as SQLite says it.
    const FULL: i64 = 2;

    #[tokio::test]
    async fn the_writer_flushes_every_commit_to_the_disk_and_overwrites_what_is_erased() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = connect_options(&folder.path().join("accord.sqlite")).connect().await.unwrap();
        let pragma = |sql: &'static str| sqlx::query_scalar(sql);
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap();
        assert_eq!(journal, "wal");
        for (sql, value) in [("PRAGMA synchronous", FULL), ("PRAGMA foreign_keys", 1), ("PRAGMA secure_delete", 1)] {
            let found: i64 = pragma(sql).fetch_one(&mut connection).await.unwrap();
            assert_eq!(found, value, "{sql}");
        }
    }
}
