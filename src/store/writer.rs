//! The one writer: many callers' writes share a commit, and nobody is answered before it is on disk.
//!
//! In come [`Write`]s through a bounded queue. Each runs inside its own savepoint, so one that fails takes nobody else
//! along. Out go answers, all after the commit.

use std::pin::Pin;
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::StoreError;
use crate::limits::{BYTES_PER_COMMIT_MAX, WRITES_PER_COMMIT_MAX, WRITES_QUEUED_MAX};

/// One change, carried out inside a transaction that others share.
pub(crate) trait Write: Send + Sync + 'static {
    /// What the caller gets once it is durable.
    type Answer: Send + 'static;

    /// About how many bytes it writes.
    fn bytes(&self) -> usize;

    /// Whether it erases something, so that not even the write-ahead log may keep a copy.
    fn erases(&self) -> bool {
        false
    }

    /// Carries it out. An error undoes this write alone.
    fn apply(&self, connection: &mut SqliteConnection)
    -> impl Future<Output = Result<Self::Answer, StoreError>> + Send;
}

/// The queue's sending end.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    closing: Arc<Notify>,
}

impl Writer {
    /// Starts the writer on its own connection. The task ends, with everything queued committed, when the last sender is gone.
    pub(crate) fn start(options: SqliteConnectOptions, connection: SqliteConnection) -> (Self, JoinHandle<()>) {
        let (queue, jobs) = mpsc::channel(WRITES_QUEUED_MAX);
        let closing = Arc::new(Notify::new());
        let desk = Desk { options, connection: Some(connection), is_checkpoint_due: false };
        let writing = tokio::spawn(desk.run(jobs, closing.clone()));
        (Self { queue, closing }, writing)
    }

    /// Takes no more writes, whoever still holds a sender; what is queued is committed.
    pub(crate) fn close(&self) {
        self.closing.notify_one();
    }

    /// Queues a write and waits until it is durable.
    pub(crate) async fn write<W: Write>(&self, write: W) -> Result<W::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Queued { write, outcome: None, reply });
        self.queue.send(job).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

struct Desk {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
    is_checkpoint_due: bool,
}

impl Desk {
    async fn run(mut self, mut jobs: mpsc::Receiver<Box<dyn Job>>, closing: Arc<Notify>) {
        loop {
            let first = tokio::select! {
                first = jobs.recv() => first,
                () = closing.notified() => {
                    jobs.close();
                    continue;
                }
            };
            let Some(first) = first else { break };
            let mut batch = vec![first];
            let mut bytes: usize = batch.iter().map(|job| job.bytes()).sum();
            while batch.len() < WRITES_PER_COMMIT_MAX && bytes < BYTES_PER_COMMIT_MAX {
                let Ok(job) = jobs.try_recv() else { break };
                bytes += job.bytes();
                batch.push(job);
            }
            let is_durable = match self.commit(&mut batch).await {
                Ok(()) => true,
                Err(error) => {
                    tracing::error!(%error, writes = batch.len(), "a commit failed");
                    // Closing rolls back whatever the failure left open; the next batch starts afresh.
                    if let Some(connection) = self.connection.take() {
                        let _ = connection.close_hard().await;
                    }
                    false
                }
            };
            for job in batch {
                job.answer(is_durable);
            }
        }
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database did not close cleanly; it repairs itself when it is opened");
        }
    }

    async fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            empty => empty.insert(self.options.connect().await?),
        };
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        for job in batch.iter_mut() {
            sqlx::query("SAVEPOINT one_write").execute(&mut *connection).await?;
            if !job.apply(connection).await {
                sqlx::query("ROLLBACK TO one_write").execute(&mut *connection).await?;
            }
            sqlx::query("RELEASE one_write").execute(&mut *connection).await?;
        }
        sqlx::query("COMMIT").execute(&mut *connection).await?;
        self.is_checkpoint_due |= batch.iter().any(|job| job.erases());
        if self.is_checkpoint_due {
            let (is_busy, _, _): (i64, i64, i64) =
                sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(connection).await?;
            // A reader in the way: the next commit tries again.
            self.is_checkpoint_due = is_busy != 0;
        }
        Ok(())
    }
}

/// A [`Write`] whose type is forgotten, so that one queue holds them all.
trait Job: Send {
    fn bytes(&self) -> usize;
    fn erases(&self) -> bool;
    fn apply<'a>(&'a mut self, connection: &'a mut SqliteConnection)
    -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;
    fn answer(self: Box<Self>, is_durable: bool);
}

struct Queued<W: Write> {
    write: W,
    outcome: Option<Result<W::Answer, StoreError>>,
    reply: oneshot::Sender<Result<W::Answer, StoreError>>,
}

impl<W: Write> Job for Queued<W> {
    fn bytes(&self) -> usize {
        self.write.bytes()
    }

    fn erases(&self) -> bool {
        self.write.erases()
    }

    fn apply<'a>(
        &'a mut self,
        connection: &'a mut SqliteConnection,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move { self.outcome.insert(self.write.apply(connection).await).is_ok() })
    }

    fn answer(self: Box<Self>, is_durable: bool) {
        let answer = match self.outcome {
            Some(Err(error)) => Err(error),
            Some(Ok(answer)) if is_durable => Ok(answer),
            Some(Ok(_)) | None => Err(StoreError::NotDurable),
        };
        // Nobody waits any more when the caller was cancelled; the write stands.
        let _ = self.reply.send(answer);
    }
}
