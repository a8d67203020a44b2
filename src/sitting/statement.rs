//! From words to actions: commands that need no signature, and statements that are carried out exactly as they were
//! signed. Nothing is taken from beside the signed words.

use accord_evidence::{Answer, SignedStatement, StatementKind, Subject, VerifiedStatement};
use accord_protocol::{PersonCommand, SignedWords};
use accord_room::{Action, NOTICES, Notice, NoticeId, ParticipantId, Refusal};

use super::{Setback, Sitting};
use crate::clock::now_ms;
use crate::notices::text_digest;

/// The room's action for a command. Opening and freezing papers need more than the room and are taken care of before.
pub(super) fn action(command: PersonCommand) -> Action {
    match command {
        PersonCommand::Admit { participant } => Action::Admit { participant },
        PersonCommand::Decline { participant, reason } => Action::Decline { participant, reason },
        PersonCommand::Remove { participant, reason } => Action::Remove { participant, reason },
        PersonCommand::Leave {} => Action::Leave,
        PersonCommand::AskIntoCaucus { caucus, members } => Action::AskIntoCaucus { caucus, members },
        PersonCommand::AnswerCaucus { caucus, accepts } => Action::AnswerCaucus { caucus, accepts },
        PersonCommand::LeaveCaucus {} => Action::LeaveCaucus,
        PersonCommand::EndCaucus { caucus } => Action::EndCaucus { caucus },
        PersonCommand::SetMicrophone { on } => Action::SetMicrophone { on },
        PersonCommand::SetCamera { on } => Action::SetCamera { on },
        PersonCommand::SetScreen { on } => Action::SetScreen { on },
        PersonCommand::RaiseHand { raised } => Action::RaiseHand { raised },
        PersonCommand::Mute { participant } => Action::Mute { participant },
        PersonCommand::Say { to, text } => Action::Say { to, text },
        PersonCommand::DeliverNotices {} => Action::DeliverNotices,
        PersonCommand::AskRecording { request } => Action::AskRecording { request },
        PersonCommand::StopRecording {} => Action::StopRecording,
        PersonCommand::OpenPapers { template } => Action::OpenPapers { template },
        PersonCommand::FreezeAgreement { in_part } => Action::Freeze(accord_room::Frozen {
            content_digest: String::new(),
            document_digest: String::new(),
            in_part,
        }),
        PersonCommand::ReopenAgreement { reason } => Action::Reopen { reason },
        PersonCommand::End { ending, report } => Action::End { ending, report },
    }
}

impl Sitting {
    /// Verifies signed words and reads out of them what the person wants.
    pub(super) fn understand(&self, participant: ParticipantId, signed: SignedWords) -> Result<Action, Setback> {
        let bad = |detail: &str| Setback::session("bad_statement", detail);
        let listener = self.listeners.get(&participant).ok_or(Refusal::NotInside)?;
        let certificate = listener.certificate.clone().ok_or(Refusal::NotInside)?;
        let signature = signed.signature.parse().map_err(|_| bad("the signature is not 64 bytes in base64url"))?;
        let statement = SignedStatement { statement_json: signed.statement, signature, certificate };
        let keys = self.house.keys.public_keys(&self.key.tenant.0).map_err(|_| Setback::Unavailable)?;
        let verified = statement.open(&keys, now_ms()).map_err(|refusal| bad(&refusal.to_string()))?;
        let is_ours = verified.statement().tenant == self.key.tenant.0
            && verified.statement().room == self.key.room.to_string()
            && verified.statement().participant == participant.to_string();
        if !is_ours {
            return Err(bad("the statement is of another room or person"));
        }
        let record = serde_json::to_value(&statement).map_err(|_| Setback::Unavailable)?;
        read(&verified, record).map_err(bad)
    }
}

fn read(verified: &VerifiedStatement, statement: serde_json::Value) -> Result<Action, &'static str> {
    let said = verified.statement();
    let agrees = said.answer == Answer::Yes;
    let only_yes = if agrees { Ok(()) } else { Err("this statement can only say yes") };
    match (said.kind, &said.subject) {
        (StatementKind::NoticeConfirmation, Subject::Notice { notice, version, text_digest: digest }) => {
            only_yes?;
            let known = NOTICES
                .iter()
                .find(|known| id_text(known.id) == *notice && known.version == version && text_digest(known) == *digest)
                .ok_or("the notice's text is not the one in force; reload the page and read it again")?;
            Ok(Action::ConfirmNotice { notice: known.id, digest: digest.to_string(), statement })
        }
        (StatementKind::Consent, Subject::Request { purpose, request, text_digest: digest }) => {
            let is_of = |id| in_force(id).is_some_and(|notice| text_digest(notice) == *digest);
            match purpose.as_str() {
                "recording" if is_of(NoticeId::RecordingConsent) => {
                    let request = request.parse().map_err(|_| "the request is not one of this room")?;
                    Ok(Action::AnswerRecording { request, agrees, statement })
                }
                "observer" if is_of(NoticeId::ObserverConsent) => {
                    let observer = request.parse().map_err(|_| "the observer is not one of this room")?;
                    Ok(Action::AnswerObserver { observer, agrees, statement })
                }
                _ => Err("the purpose is unknown, or its text is not the one in force"),
            }
        }
        (StatementKind::ConsentWithdrawal, Subject::Request { purpose, request, .. }) if purpose == "recording" => {
            only_yes?;
            let request = request.parse().map_err(|_| "the request is not one of this room")?;
            Ok(Action::WithdrawRecording { request, statement })
        }
        (kind, Subject::Document { content_digest: Some(content_digest), document_digest }) => {
            only_yes?;
            let (content_digest, document_digest) = (content_digest.to_string(), document_digest.to_string());
            match kind {
                StatementKind::Signature => Ok(Action::Sign { content_digest, document_digest, statement }),
                StatementKind::SealAuthorisation => {
                    Ok(Action::AuthoriseSeal { content_digest, document_digest, statement })
                }
                StatementKind::NoticeConfirmation
                | StatementKind::Consent
                | StatementKind::ConsentWithdrawal
                | StatementKind::Confirmation => Err("this statement is not about a document of this stage"),
            }
        }
        _ => Err("this statement has no meaning here"),
    }
}

fn in_force(id: NoticeId) -> Option<&'static Notice> {
    NOTICES.iter().find(|notice| notice.id == id)
}

fn id_text(id: NoticeId) -> String {
    serde_json::to_value(id).ok().and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_default()
}
