//! The REST API for case services: rooms, invitations, results. Handlers mirror the addresses.

mod create_room;
mod openapi;
mod room_status;
mod rooms;
mod router;
mod words;

pub use create_room::{
    CreateRoom, Founding, FoundingError, NewClaim, NewIdentity, NewPerson, PersonCreated, RoomCreated,
};
pub use openapi::openapi_json;
pub use room_status::{OutcomeFact, ResultStatus, RoomStatus};
pub use rooms::{Creation, Rooms, RoomsError};
pub use router::{Api, Invitation, NewInvitation, router};
pub use words::{Authority, Confidentiality, Phase, RecordingPolicy, Role};
