//! Papers: files named by their own digest, whole on disk before anybody is told that they exist.
//!
//! A file lies at `objects/TENANT/ROOM/GENERATION/DIGEST`: the lease's generation is part of the path, so a process that
//! has lost the room cannot overwrite what its successor wrote. A row in the database makes it visible. (An S3-compatible
//! store takes this module's place when one machine is not enough.)

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use crate::error::{from_sql, to_sql, within};
use crate::limits::PAPER_BYTES_MAX;
use crate::room::fence;
use crate::writer::Write;
use crate::{LeaseGeneration, RoomKey, Store, StoreError};

impl Store {
    /// Keeps a paper and returns its SHA-256 digest once it is durable. Idempotent: the same bytes are the same paper.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], [`StoreError::NoSuchRoom`], [`StoreError::TooLarge`], [`StoreError::Folder`], or the
    /// database's.
    pub async fn put_paper(
        &self,
        key: &RoomKey,
        lease: LeaseGeneration,
        at_ms: u64,
        bytes: Vec<u8>,
    ) -> Result<[u8; 32], StoreError> {
        within("a paper", bytes.len(), PAPER_BYTES_MAX)?;
        let digest = sha256(&bytes);
        if self.paper_lease(key, &digest).await?.is_none() {
            let (objects, path) = (self.objects.clone(), object_path(key, lease, &digest));
            blocking(move || objects.put(&path, &bytes)).await?;
        }
        self.writer.write(PutPaper { key: key.clone(), lease, at_ms, digest }).await?;
        Ok(digest)
    }

    /// The bytes of a room's paper, checked against their digest; `None` if this room has no such paper.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the file is not what was written, [`StoreError::Folder`], or the database's.
    pub async fn read_paper(&self, key: &RoomKey, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(lease) = self.paper_lease(key, digest).await? else { return Ok(None) };
        let (objects, path) = (self.objects.clone(), object_path(key, lease, digest));
        let bytes = blocking(move || objects.read(&path)).await?;
        if sha256(&bytes) == *digest { Ok(Some(bytes)) } else { Err(StoreError::Damaged("a paper")) }
    }

    async fn paper_lease(&self, key: &RoomKey, digest: &[u8; 32]) -> Result<Option<LeaseGeneration>, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("SELECT lease_generation FROM paper WHERE tenant = $1 AND room = $2 AND digest = $3")
                .bind(&key.tenant.0)
                .bind(key.room.0)
                .bind(digest.as_slice())
                .fetch_optional(&self.reads)
                .await?;
        row.map(|(lease,)| from_sql(lease).map(LeaseGeneration)).transpose()
    }
}

/// The folder of objects.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    folder: PathBuf,
}

/// Where files grow until they are whole; what a crash left here was never visible.
const UNFINISHED: &str = ".unfinished";

impl Objects {
    /// Opens the folder and clears away what a crash left half written.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, StoreError> {
        let unfinished = folder.join(UNFINISHED);
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(refused(&unfinished))?;
        }
        fs::create_dir_all(&unfinished).map_err(refused(&unfinished))?;
        Ok(Self { folder })
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let unfinished = self.folder.join(UNFINISHED).join(Uuid::new_v4().to_string());
        let mut file = File::create_new(&unfinished).map_err(refused(&unfinished))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(refused(&unfinished))?;
        let finished = self.folder.join(path);
        let parent = finished.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(refused(parent))?;
        fs::rename(&unfinished, &finished).map_err(refused(&finished))?;
        // A new name is durable once every folder on the way to it is.
        for folder in parent.ancestors().take_while(|folder| folder.starts_with(&self.folder)) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(refused(folder))?;
        }
        Ok(())
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, StoreError> {
        let path = self.folder.join(path);
        fs::read(&path).map_err(refused(&path))
    }
}

/// Names the path in an error of the file system.
pub(crate) fn refused(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    move |source| StoreError::Folder { path: path.to_owned(), source }
}

fn object_path(key: &RoomKey, lease: LeaseGeneration, digest: &[u8; 32]) -> PathBuf {
    [key.tenant.0.clone(), key.room.to_string(), lease.to_string(), hex::encode(digest)].iter().collect()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut value = [0; 32];
    value.copy_from_slice(digest(&SHA256, bytes).as_ref());
    value
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)?
}

struct PutPaper {
    key: RoomKey,
    lease: LeaseGeneration,
    at_ms: u64,
    digest: [u8; 32],
}

impl Write for PutPaper {
    type Answer = ();

    fn bytes(&self) -> usize {
        self.digest.len()
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        fence(connection, &self.key, self.lease).await?;
        sqlx::query(
            "INSERT INTO paper (tenant, room, digest, lease_generation, at_ms) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (tenant, room, digest) DO NOTHING",
        )
        .bind(&self.key.tenant.0)
        .bind(self.key.room.0)
        .bind(self.digest.as_slice())
        .bind(to_sql(self.lease.0)?)
        .bind(to_sql(self.at_ms)?)
        .execute(connection)
        .await?;
        Ok(())
    }
}
