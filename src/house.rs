//! What every room shares: store, media plane, keys, fonts, settings.

use std::path::PathBuf;
use std::sync::Arc;

use accord_agreement::typeset::{FontError, Fonts, Typesetter};
use accord_evidence::{KeyFolder, KeyRing};
use accord_media::{MediaError, MediaEvent, MediaPlane};
use accord_recording::{FileObjects, Objects, ObjectsError, OperatorKey, RecordingError};
use accord_store::{Store, StoreError};
use tokio::sync::mpsc;

use crate::settings::Settings;
use crate::sitting::Rooms;

/// The shared parts of one running server.
pub struct House {
    /// How this server is set up.
    pub settings: Settings,
    /// The durable half.
    pub store: Store,
    /// The media plane.
    pub media: MediaPlane,
    /// Which sitting room a media event belongs to.
    pub media_rooms: Rooms,
    /// Signing keys of the organisations.
    pub keys: Arc<dyn KeyRing>,
    /// What sets the papers.
    pub typesetter: Typesetter,
    /// Where recordings rest.
    pub recordings: Arc<dyn Objects>,
    /// What wraps the recordings' keys.
    pub operator_key: Arc<OperatorKey>,
}

/// Why the house could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum HouseError {
    /// The store.
    #[error("the store cannot be opened: {0}")]
    Store(#[from] StoreError),
    /// The media plane.
    #[error("the media plane cannot start: {0}")]
    Media(#[from] MediaError),
    /// The fonts.
    #[error("papers cannot be set: {0}")]
    Fonts(#[from] FontError),
    /// The folder of recordings.
    #[error("recordings cannot be kept: {0}")]
    Objects(#[from] ObjectsError),
    /// The operator's key.
    #[error("recordings cannot be sealed: {0}")]
    Recording(#[from] RecordingError),
    /// A folder.
    #[error("cannot use the folder {path}: {error}; check that this user may write there")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

impl House {
    /// Opens everything under the data folder and starts the media plane.
    ///
    /// # Errors
    /// [`HouseError`], naming what to mend.
    pub async fn open(settings: Settings) -> Result<(Arc<Self>, mpsc::Receiver<MediaEvent>), HouseError> {
        let data = settings.data.clone();
        std::fs::create_dir_all(&data).map_err(|error| HouseError::Folder { path: data.clone(), error })?;
        let store = Store::open(&data.join("store")).await?;
        let (media, media_events) = MediaPlane::start(settings.media())?;
        let recordings: Arc<dyn Objects> = Arc::new(FileObjects::open(data.join("recordings"))?);
        let operator_key = Arc::new(OperatorKey::load_or_create(&data.join("operator.key"))?);
        let house = Self {
            store,
            media,
            media_rooms: Rooms::default(),
            keys: Arc::new(KeyFolder::new(data.join("keys"))),
            typesetter: Typesetter::new(Fonts::load(crate::assets::fonts())?),
            recordings,
            operator_key,
            settings,
        };
        Ok((Arc::new(house), media_events))
    }
}
