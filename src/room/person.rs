//! A person of the room: role, identity, and whether they are at the door or inside.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{CaucusId, ConnectionId, InvitationId, ParticipantId, Place};

/// What somebody is in this mediation. The server alone knows it; no message of a client can change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 当事人: one side of the dispute.
    Party,
    /// 代理人: speaks for a party; concedes or signs only with special authority.
    Representative,
    /// 调解员: the mediator who presides (OMR 11: exactly one).
    PresidingMediator,
    /// 调解员: assists the presiding mediator.
    AssistingMediator,
    /// 旁听人员: receives only, with every party's consent.
    Observer,
    /// 用印人: authorises the organisation's seal; sees the signed agreement and nothing else of the room.
    SealOfficer,
}

impl Role {
    /// Whether the role speaks for a side of the dispute.
    pub const fn is_side(self) -> bool {
        matches!(self, Self::Party | Self::Representative)
    }

    /// Whether the role mediates.
    pub const fn is_mediator(self) -> bool {
        matches!(self, Self::PresidingMediator | Self::AssistingMediator)
    }
}

/// A representative's authority (民事诉讼法 62): only special authority concedes, settles and signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// 一般授权.
    General,
    /// 特别授权.
    Special,
}

/// How the case service knows who this is; shown to the mediator at the door (OMR 17).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Identity {
    /// How identity was established, in the case service's words (for example "身份证").
    pub method: String,
    /// The document number with all but its last characters masked, as the case service chose to show it.
    pub document_masked: Option<String>,
}

/// Whether a person is outside, at the door or inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Has not come, or has left and may come again to the door.
    Absent,
    /// At the door.
    Waiting,
    /// Inside. Stays so while a connection is lost, so that a short drop loses no place.
    Admitted,
    /// Turned away at the door; may knock again only with a new invitation.
    Declined,
    /// Sent out; the invitation is dead.
    Removed,
}

/// A person of the room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four switches of one person, each independent of the others")]
pub struct Person {
    /// Who, in this room.
    pub id: ParticipantId,
    /// As the case service wrote it.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// The party that a representative speaks for.
    pub speaks_for: Option<ParticipantId>,
    /// A representative's authority.
    pub authority: Option<Authority>,
    /// How they are known.
    pub identity: Identity,
    /// The invitation that opens their one live place; `None` until one is issued or after it is revoked.
    pub invitation: Option<InvitationId>,
    /// Outside, at the door, inside.
    pub presence: Presence,
    /// When they came to the door, ms since the epoch; orders the queue.
    pub waiting_since_ms: u64,
    /// Their one live connection.
    pub connection: Option<ConnectionId>,
    /// The public half of the device key that this place is bound to.
    pub device_key: Option<String>,
    /// Where they are, while admitted.
    pub place: Place,
    /// A private session they are asked into and have not answered.
    pub asked_into: Option<CaucusId>,
    /// Their own microphone switch.
    pub microphone_on: bool,
    /// Their own camera switch.
    pub camera_on: bool,
    /// Whether they share a screen.
    pub screen_on: bool,
    /// Whether they asked to speak.
    pub hand_raised: bool,
}

impl Person {
    /// Inside the room and not a seal officer, who has a desk and no seat.
    pub fn is_seated(&self) -> bool {
        self.presence == Presence::Admitted && self.role != Role::SealOfficer
    }

    /// Whether a signature of theirs could count: a representative's only with special authority (民事诉讼法 62).
    pub(crate) fn may_sign(&self) -> bool {
        match self.role {
            Role::Party | Role::PresidingMediator => true,
            Role::Representative => self.authority == Some(Authority::Special),
            Role::AssistingMediator | Role::Observer | Role::SealOfficer => false,
        }
    }

    /// The party whose side this person is on: oneself, or whom one speaks for.
    pub(crate) fn side(&self) -> ParticipantId {
        self.speaks_for.unwrap_or(self.id)
    }

    /// Switches everything off that sends.
    pub(crate) fn switch_off(&mut self) {
        self.microphone_on = false;
        self.camera_on = false;
        self.screen_on = false;
    }

    /// Inside with a live connection.
    pub fn is_live(&self) -> bool {
        self.is_seated() && self.connection.is_some()
    }
}
