//! The API's own words for what the room calls by the same names: the wire stays as it is when the room changes, and an
//! exhaustive match notices when the two part.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl From<$name> for accord_room::$name {
            fn from(word: $name) -> Self {
                match word {
                    $($name::$variant => Self::$variant,)*
                }
            }
        }

        impl From<accord_room::$name> for $name {
            fn from(word: accord_room::$name) -> Self {
                match word {
                    $(accord_room::$name::$variant => Self::$variant,)*
                }
            }
        }
    )*};
}

words! {
    /// What somebody is in the mediation.
    Role {
        /// 当事人: one side of the dispute.
        Party,
        /// 代理人: speaks for a party.
        Representative,
        /// 调解员: presides; exactly one.
        PresidingMediator,
        /// 调解员: assists.
        AssistingMediator,
        /// 旁听人员: receives only, with every party's consent.
        Observer,
        /// 用印人: authorises the organisation's seal.
        SealOfficer,
    }

    /// A representative's authority (民事诉讼法 62).
    Authority {
        /// 一般授权: may not concede, settle or sign.
        General,
        /// 特别授权.
        Special,
    }

    /// How closely the process is kept.
    Confidentiality {
        /// Process and terms stay among those present.
        Confidential,
        /// As above, and no observer may be admitted at all.
        Strict,
    }

    /// Whether the room may be recorded.
    RecordingPolicy {
        /// Nothing can turn recording on.
        Never,
        /// Only while everyone present has agreed.
        UnanimousConsent,
    }

    /// How far the mediation has come.
    Phase {
        /// The presiding mediator has not opened the session yet.
        Scheduled,
        /// The session is open.
        InSession,
        /// The agreement is frozen and being signed.
        Signing,
        /// Over.
        Concluded,
    }
}
