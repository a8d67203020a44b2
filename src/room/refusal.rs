//! Why the room says no: each refusal names its remedy and travels to the sender alone.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ts_rs::TS;

/// A command that the room did not carry out. Nothing has changed and nobody else learns of it.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, TS)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// The charter cannot found a room.
    #[error("the room's charter is not usable: {detail}; correct it and create the room again")]
    BadCharter {
        /// What is wrong, in plain words.
        detail: String,
    },
    /// The role may not do this.
    #[error("your role does not allow this")]
    NotAllowed,
    /// Only somebody inside may do this.
    #[error("you are not in the session; wait until the mediator admits you")]
    NotInside,
    /// The person is not one of this room's, or not where the command needs them.
    #[error("that person is not available for this; look at the current list")]
    NoSuchPerson,
    /// The invitation has been revoked, or its bearer removed or declined.
    #[error("this invitation no longer opens the room; ask the organisation for a new one")]
    InvitationDead,
    /// The person is live from another device.
    #[error("this invitation is in use on another device; leave there first")]
    LiveElsewhere,
    /// Not every party has agreed to the observer.
    #[error("an observer needs every party's consent first")]
    ObserverNeedsConsent,
    /// The private session does not exist any more, or the person is not asked into it.
    #[error("that private session is not open to you")]
    NoSuchCaucus,
    /// Somebody is already in, or asked into, a private session, or the members make none.
    #[error("a private session needs somebody besides the mediator, none of them an observer or in another one")]
    BadCaucus,
    /// The policy forbids recording.
    #[error("this room is never recorded")]
    NeverRecorded,
    /// There is no such request for recording, or it is closed.
    #[error("that request for recording is closed; the mediator can ask again")]
    NoSuchRequest,
    /// A request for recording is already open.
    #[error("there is already an open request for recording")]
    AlreadyAsked,
    /// The notice is unknown or its text is another version.
    #[error("that notice is not the one that was delivered; reload the page")]
    NoSuchNotice,
    /// The step does not fit the state of the mediation.
    #[error("this is not possible at this stage of the mediation")]
    WrongPhase,
    /// What was signed is not what is frozen.
    #[error("the agreement has changed since it was shown; read it again and sign what you see")]
    OtherAgreement,
    /// This person has no signature to give, or gave it already.
    #[error("no signature of yours is outstanding")]
    NothingToSign,
    /// Too long, empty, or with characters that are not allowed.
    #[error("the text is empty, too long or contains characters that are not allowed")]
    BadText,
    /// A named limit of the room.
    #[error("the room's limit is reached: {limit}")]
    LimitReached {
        /// Which limit.
        limit: String,
    },
    /// The room is over.
    #[error("the mediation is concluded")]
    Concluded,
    /// The room exists already.
    #[error("the room exists already")]
    AlreadyFounded,
}
