//! What a client may say. A field that is not of a message refuses the whole message, so that nobody believes to have said
//! what was never heard.

use accord_room::{CaucusId, ChatRecipient, CommandId, Ending, FailureReport, ParticipantId, RequestId, Source};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A text message from a client. The first must be [`FromClient::Hello`].
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FromClient {
    /// Redeems an invitation and proves the device key.
    Hello {
        /// The invitation's secret, from the link's fragment.
        invitation: String,
        /// The device's public key: P-256, uncompressed point (65 bytes), base64url without padding.
        device_key: String,
        /// ECDSA P-256/SHA-256 over the UTF-8 bytes of `accord.v1 hello ` followed by the challenge's nonce, r‖s,
        /// base64url without padding.
        proof: String,
    },
    /// Asks the room for something that needs no signature.
    Command {
        /// Made by the client (UUID); sent again after a reconnect it has no second effect.
        id: CommandId,
        /// What for.
        command: PersonCommand,
    },
    /// Gives a device-signed statement: a consent, a confirmation, a signature.
    Statement {
        /// As for commands.
        id: CommandId,
        /// The signed words.
        signed: SignedWords,
    },
    /// Offers media (RFC 8829): the client always offers, the server always answers.
    Offer {
        /// Repeated in the answer.
        id: CommandId,
        /// The SDP offer.
        sdp: String,
        /// What each sending m-line carries. Receive-only m-lines are slots.
        publications: Vec<PublicationOffer>,
    },
    /// Has taken over a slot map; from now on media on its new assignments is understood.
    SlotsAcknowledged {
        /// The map's version.
        version: u64,
    },
    /// Wants a paper's bytes, by digest; they come as a binary frame.
    ReadPaper {
        /// Repeated in a refusal.
        id: CommandId,
        /// The document digest.
        document_digest: String,
    },
}

/// What a sending m-line carries.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct PublicationOffer {
    /// The m-line's mid.
    pub mid: String,
    /// Its source.
    pub source: Source,
}

/// Words signed with the device key. The server parses exactly these bytes, so nobody signs one thing and says another.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SignedWords {
    /// The statement: an `accord_evidence::Statement` as JSON text.
    pub statement: String,
    /// ECDSA P-256/SHA-256 over the text's UTF-8 bytes, r‖s, base64url without padding.
    pub signature: String,
}

/// What a person may ask for without signing. Who may what is the server's table; a client shows only what its view's
/// `may` lists.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the room's actions, described in PROTOCOL.md")]
pub enum PersonCommand {
    Admit { participant: ParticipantId },
    Decline { participant: ParticipantId, reason: String },
    Remove { participant: ParticipantId, reason: String },
    Leave {},

    AskIntoCaucus { caucus: CaucusId, members: Vec<ParticipantId> },
    AnswerCaucus { caucus: CaucusId, accepts: bool },
    LeaveCaucus {},
    EndCaucus { caucus: CaucusId },

    SetMicrophone { on: bool },
    SetCamera { on: bool },
    SetScreen { on: bool },
    RaiseHand { raised: bool },
    Mute { participant: ParticipantId },
    Say { to: ChatRecipient, text: String },

    DeliverNotices {},
    AskRecording { request: RequestId },
    StopRecording {},

    OpenPapers { template: String },
    FreezeAgreement { in_part: bool },
    ReopenAgreement { reason: String },
    End { ending: Ending, report: FailureReport },
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "00000000-0000-0000-0000-000000000001";

    fn is_understood(message: &Value) -> bool {
        serde_json::from_value::<FromClient>(message.clone()).is_ok()
            && serde_json::from_str::<FromClient>(&message.to_string()).is_ok()
    }

    /// One of each shape that a client may send.
    fn messages() -> Vec<Value> {
        let report = json!({"situation": "s", "reason": "r", "costly_conduct": "", "alert": ""});
        let commands = [
            json!({"type": "admit", "participant": ID}),
            json!({"type": "decline", "participant": ID, "reason": ""}),
            json!({"type": "remove", "participant": ID, "reason": ""}),
            json!({"type": "leave"}),
            json!({"type": "ask_into_caucus", "caucus": ID, "members": [ID]}),
            json!({"type": "answer_caucus", "caucus": ID, "accepts": true}),
            json!({"type": "leave_caucus"}),
            json!({"type": "end_caucus", "caucus": ID}),
            json!({"type": "set_microphone", "on": true}),
            json!({"type": "set_camera", "on": true}),
            json!({"type": "set_screen", "on": true}),
            json!({"type": "raise_hand", "raised": true}),
            json!({"type": "mute", "participant": ID}),
            json!({"type": "say", "to": "everyone", "text": "您好"}),
            json!({"type": "deliver_notices"}),
            json!({"type": "ask_recording", "request": ID}),
            json!({"type": "stop_recording"}),
            json!({"type": "open_papers", "template": "payment"}),
            json!({"type": "freeze_agreement", "in_part": false}),
            json!({"type": "reopen_agreement", "reason": ""}),
            json!({"type": "end", "ending": "party_unwilling", "report": report}),
        ];
        let mut messages = vec![
            json!({"type": "hello", "invitation": "i", "device_key": "k", "proof": "p"}),
            json!({"type": "statement", "id": ID, "signed": {"statement": "{}", "signature": "s"}}),
            json!({"type": "offer", "id": ID, "sdp": "v=0", "publications": [{"mid": "0", "source": "camera"}]}),
            json!({"type": "slots_acknowledged", "version": 1}),
            json!({"type": "read_paper", "id": ID, "document_digest": "d"}),
        ];
        messages.extend(commands.map(|command| json!({"type": "command", "id": ID, "command": command})));
        messages
    }

    /// Every copy of a message with one more field in one of its objects.
    fn with_one_field_more(message: &Value) -> Vec<Value> {
        let mut more = Vec::new();
        if let Value::Object(fields) = message {
            let mut here = fields.clone();
            here.insert("role".to_owned(), json!("presiding_mediator"));
            more.push(Value::Object(here));
            for (name, inner) in fields {
                for changed in with_one_field_more(inner) {
                    let mut outer = fields.clone();
                    outer.insert(name.clone(), changed);
                    more.push(Value::Object(outer));
                }
            }
        }
        if let Value::Array(items) = message {
            for (index, inner) in items.iter().enumerate() {
                for changed in with_one_field_more(inner) {
                    let mut outer = items.clone();
                    outer[index] = changed;
                    more.push(Value::Array(outer));
                }
            }
        }
        more
    }

    #[test]
    fn every_message_of_the_protocol_is_understood() {
        for message in messages() {
            assert!(is_understood(&message), "{message}");
        }
    }

    #[test]
    fn a_message_with_a_field_that_is_not_its_own_is_refused_at_every_depth() {
        for message in messages() {
            let changed = with_one_field_more(&message);
            assert!(!changed.is_empty());
            for message in changed {
                assert!(!is_understood(&message), "{message}");
            }
        }
    }

    #[test]
    fn a_message_without_one_of_its_fields_is_refused() {
        for message in messages() {
            let Value::Object(fields) = &message else { panic!("a message is an object") };
            for name in fields.keys() {
                let mut fewer = fields.clone();
                fewer.remove(name);
                assert!(!is_understood(&Value::Object(fewer)), "{message} without {name}");
            }
        }
    }

    #[test]
    fn a_message_that_says_its_type_twice_is_refused() {
        let twice = r#"{"type":"command","id":"00000000-0000-0000-0000-000000000001",
            "command":{"type":"leave","type":"deliver_notices"}}"#;
        assert!(serde_json::from_str::<FromClient>(twice).is_err());
    }

    #[test]
    fn what_only_the_service_the_system_or_a_statement_does_is_no_command() {
        for name in ["found", "invite", "revoke", "arrive", "restart", "receive", "sign", "answer_recording", "freeze"]
        {
            let message = json!({"type": "command", "id": ID, "command": {"type": name}});
            assert!(!is_understood(&message), "{message}");
        }
    }
}
