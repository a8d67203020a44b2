//! The docket: which rooms are sitting. A room is opened when somebody comes to it, and there is never more than one
//! task for it in this process (the store's lease sees to it between processes).

use std::sync::Arc;

use accord_evidence::{DeviceKey, Digest};
use accord_media::MediaEvent;
use accord_room::Refusal;
use accord_store::RoomKey;
use dashmap::DashMap;
use tokio::sync::{Mutex, mpsc};

use crate::house::House;
use crate::session::Outlet;
use crate::sitting::{Door, Seat, Sitting};

/// The rooms of this process.
pub struct Docket {
    house: Arc<House>,
    doors: DashMap<RoomKey, Arc<Mutex<Option<Door>>>>,
}

/// Why somebody could not be brought to a room.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such room, for this asker.
    #[error("there is no such room")]
    NoSuchRoom,
    /// The room said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Store or media plane failed.
    #[error("the room cannot be opened now; try again shortly")]
    Unavailable,
}

impl Docket {
    /// An empty docket.
    pub fn new(house: Arc<House>) -> Self {
        Self { house, doors: DashMap::new() }
    }

    /// What the rooms share.
    pub const fn house(&self) -> &Arc<House> {
        &self.house
    }

    /// Redeems an invitation and takes its place.
    ///
    /// # Errors
    /// [`OpenError`]; unknown, revoked and spent invitations are one answer.
    pub async fn arrive(&self, secret: &str, device_key: &DeviceKey, outlet: Outlet) -> Result<Seat, OpenError> {
        let hash = Digest::of(secret.as_bytes());
        let found = self.house.store.find_invitation(hash.as_bytes()).await.map_err(|error| {
            tracing::error!(%error, "invitations cannot be read");
            OpenError::Unavailable
        })?;
        let invitation = found
            .filter(|invitation| invitation.revoked_at_ms.is_none())
            .ok_or(OpenError::Refused(Refusal::InvitationDead))?;
        let door = self.door(&invitation.key).await?;
        door.arrive(invitation.participant, invitation.invitation, *device_key, outlet).await
    }

    /// The way to a room, opened if it is not sitting.
    ///
    /// # Errors
    /// [`OpenError::NoSuchRoom`] or [`OpenError::Unavailable`].
    pub async fn door(&self, key: &RoomKey) -> Result<Door, OpenError> {
        let place = Arc::clone(&self.doors.entry(key.clone()).or_default());
        let mut place = place.lock().await;
        if let Some(door) = place.as_ref().filter(|door| door.is_open()) {
            return Ok(door.clone());
        }
        let opened = Sitting::open(Arc::clone(&self.house), key.clone()).await;
        if let Ok(door) = &opened {
            *place = Some(door.clone());
        } else {
            drop(place);
            // An id that is no room leaves nothing behind, unless somebody else is asking for it just now.
            self.doors.remove_if(key, |_, place| Arc::strong_count(place) <= 2);
        }
        opened
    }

    /// A room's state, for figures and results.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn state(&self, key: &RoomKey) -> Result<accord_room::State, OpenError> {
        self.door(key).await?.status().await.map_err(|_| OpenError::Unavailable)
    }

    /// Hands the media plane's events to their rooms until the media plane ends.
    pub async fn dispatch(house: Arc<House>, mut events: mpsc::Receiver<MediaEvent>) {
        while let Some(event) = events.recv().await {
            house.media_rooms.hand_on(event);
        }
    }

    /// Closes every room calmly: everybody is told, what is durable stays.
    pub async fn stop(&self) {
        let places: Vec<_> = self.doors.iter().map(|entry| Arc::clone(entry.value())).collect();
        for place in places {
            if let Some(door) = place.lock().await.take() {
                door.stop().await;
            }
        }
    }
}
