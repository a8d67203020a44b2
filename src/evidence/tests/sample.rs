//! A mediation between two parties, signed, sealed and handed back, with fixed server keys and times.

use std::sync::Arc;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use crate::keys::Ed25519Key;
use crate::seal::SEAL_ROLE;
use crate::*;

pub(super) const TENANT: &str = "nanjing-mediation";
pub(super) const ROOM: &str = "0192f3c4-room";
/// 2026-11-22 01:40:00 UTC.
pub(super) const START_MS: u64 = 1_795_311_600_000;

/// A server key from a fixed seed.
pub(super) struct FixedKey {
    pair: Ed25519KeyPair,
    public_key: PublicKey,
}

impl FixedKey {
    pub(super) fn new(tenant: &str, purpose: Purpose, seed: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let raw = Ed25519Key::from_bytes(pair.public_key().as_ref().try_into().unwrap());
        Self { public_key: PublicKey::new(tenant, purpose, raw), pair }
    }
}

impl Signer for FixedKey {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, KeyError> {
        Ok(Signature::from_bytes(self.pair.sign(message).as_ref().try_into().unwrap()))
    }
}

/// The server keys of any tenant, each from a seed of its own.
pub(super) struct FixedKeys;

impl KeyRing for FixedKeys {
    fn signer(&self, tenant: &str, purpose: Purpose) -> Result<Arc<dyn Signer>, KeyError> {
        let seed = u8::try_from(tenant.len()).unwrap() * 3 + purpose as u8;
        Ok(Arc::new(FixedKey::new(tenant, purpose, seed)))
    }
}

pub(super) fn signer(purpose: Purpose) -> Arc<dyn Signer> {
    FixedKeys.signer(TENANT, purpose).unwrap()
}

pub(super) fn keys() -> KeySet {
    FixedKeys.public_keys(TENANT).unwrap()
}

/// A person with a device that the server admitted.
pub(super) struct Person {
    pair: EcdsaKeyPair,
    pub(super) certificate: Signed<DeviceCertificate>,
}

impl Person {
    pub(super) fn admitted(participant: &str, name: &str, role: &str) -> Self {
        Self::admitted_to(ROOM, participant, name, role)
    }

    pub(super) fn admitted_to(room: &str, participant: &str, name: &str, role: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let body = DeviceCertificate {
            tenant: TENANT.into(),
            room: room.into(),
            participant: participant.into(),
            name: name.into(),
            role: role.into(),
            public_key: DeviceKey::from_bytes(pair.public_key().as_ref().try_into().unwrap()),
            issued_at_ms: START_MS,
            expires_at_ms: START_MS + 8 * 3_600_000,
        };
        let certificate = Signed::sign(body, signer(Purpose::DeviceCertificate).as_ref()).unwrap();
        Self { pair, certificate }
    }

    pub(super) fn statement(&self, kind: StatementKind, subject: Subject, answer: Answer) -> Statement {
        Statement {
            kind,
            tenant: TENANT.into(),
            room: self.certificate.body.room.clone(),
            participant: self.certificate.body.participant.clone(),
            subject,
            answer,
            at_ms: START_MS + 1,
            nonce: "n-1".into(),
        }
    }

    pub(super) fn sign_text(&self, statement_json: String) -> SignedStatement {
        let signature = self.pair.sign(&SystemRandom::new(), statement_json.as_bytes()).unwrap();
        let signature = Signature::from_bytes(signature.as_ref().try_into().unwrap());
        SignedStatement { statement_json, signature, certificate: self.certificate.clone() }
    }

    pub(super) fn sign(&self, kind: StatementKind, subject: &Subject, answer: Answer) -> SignedStatement {
        self.sign_text(serde_json::to_string(&self.statement(kind, subject.clone(), answer)).unwrap())
    }
}

pub(super) fn notice() -> Subject {
    Subject::Notice { notice: "rights".into(), version: "2".into(), text_digest: Digest::of("告知书".as_bytes()) }
}

pub(super) fn recording_request() -> Subject {
    Subject::Request {
        purpose: "recording".into(),
        request: "request-1".into(),
        text_digest: Digest::of("可以录制吗？".as_bytes()),
    }
}

pub(super) const FROZEN: &[u8] = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n";
pub(super) const UPDATE: &[u8] = b"2 0 obj << /Type /Sig >> endobj\ntrailer << /Root 1 0 R /Prev 9 >>\n%%EOF\n";

/// Everything of the mediation, so that tests can bend any of it before it is bundled.
pub(super) struct Mediation {
    pub(super) journal: Journal,
    pub(super) entries: Vec<Entry>,
    pub(super) recorded: Vec<u64>,
    pub(super) now_ms: u64,
}

impl Mediation {
    pub(super) fn new() -> Self {
        Self { journal: Journal::resume(TENANT, ROOM, []), entries: Vec::new(), recorded: Vec::new(), now_ms: START_MS }
    }

    pub(super) fn happens(&mut self, kind: &str, payload: Value) -> u64 {
        self.now_ms += 1000;
        let salt = Salt::from_bytes([u8::try_from(self.entries.len()).unwrap(); 32]);
        let entry = self.journal.append(self.now_ms, kind, payload, salt).unwrap();
        self.entries.push(entry);
        self.now_ms
    }

    /// Journals a statement; half of the time whole, half of the time by digest.
    pub(super) fn takes(&mut self, statement: &SignedStatement) -> u64 {
        self.recorded.push(self.journal.size());
        let payload = if self.journal.size().is_multiple_of(2) {
            json!({ "statement": statement })
        } else {
            json!({ "statement_digest": statement.digest().unwrap() })
        };
        self.happens("statement", payload)
    }

    pub(super) fn head(&self) -> Signed<Head> {
        Signed::sign(self.journal.head(self.now_ms + 500), signer(Purpose::JournalHead).as_ref()).unwrap()
    }

    pub(super) fn excerpt(&self) -> Excerpt {
        Excerpt::of(self.head(), &self.entries, &self.recorded).unwrap()
    }
}

/// A signed and sealed agreement.
pub(super) fn agreed() -> Bundle {
    let content = json!({ "claims": ["停止侵权", "赔偿 50000 元"], "performance": "30 日内" });
    agreed_with(Some(content))
}

pub(super) fn agreed_with(content: Option<Value>) -> Bundle {
    let people = [
        Person::admitted("p-a", "张三", "party"),
        Person::admitted("p-b", "李四", "party"),
        Person::admitted("p-m", "王调解", "presiding_mediator"),
    ];
    let officer = Person::admitted("p-s", "赵印", SEAL_ROLE);
    let content_digest = content.as_ref().map(|content| Digest::of_value(content).unwrap());
    let document = Subject::Document { content_digest, document_digest: Digest::of(FROZEN) };

    let mut mediation = Mediation::new();
    mediation.happens("room_opened", json!({ "claims": 2 }));
    let mut consents: Vec<_> =
        people[..2].iter().map(|p| p.sign(StatementKind::NoticeConfirmation, &notice(), Answer::Yes)).collect();
    consents.push(people[0].sign(StatementKind::Consent, &recording_request(), Answer::Yes));
    consents.push(people[1].sign(StatementKind::Consent, &recording_request(), Answer::No));
    consents.push(people[0].sign(StatementKind::ConsentWithdrawal, &recording_request(), Answer::Yes));
    for consent in &consents {
        mediation.takes(consent);
    }
    mediation.happens("caucus_began", json!({ "secret": "not for others" }));
    let signatures: Vec<_> = people.iter().map(|p| p.sign(StatementKind::Signature, &document, Answer::Yes)).collect();
    for signature in &signatures {
        mediation.takes(signature);
    }
    let authorisation = officer.sign(StatementKind::SealAuthorisation, &document, Answer::Yes);
    let authorised_at_ms = mediation.takes(&authorisation);
    let seal =
        Seal::authorised(&authorisation, authorised_at_ms, &keys(), &document, &signatures, authorised_at_ms + 10)
            .unwrap();
    let seal = Signed::sign(seal, signer(Purpose::Seal).as_ref()).unwrap();
    mediation.happens("sealed", json!({}));

    Bundle {
        result: MediationResult {
            schema: outcome::RESULT_SCHEMA.into(),
            tenant: TENANT.into(),
            room: ROOM.into(),
            case_numbers: vec!["（2026）苏01民初1号".into()],
            outcome: Outcome {
                ending: Ending::Agreement,
                scope: Some(Scope::Full),
                concluded_at_ms: authorised_at_ms + 10,
                effective_at_ms: Some(authorised_at_ms + 10),
            },
            terms: Some(Terms {
                content_digest,
                document_digest: Digest::of(FROZEN),
                signatories: people
                    .iter()
                    .map(|p| &p.certificate.body)
                    .map(|c| Signatory {
                        participant: c.participant.clone(),
                        name: c.name.clone(),
                        role: c.role.clone(),
                    })
                    .collect(),
            }),
        },
        papers: Papers::Agreement(Agreement {
            content,
            frozen_pdf: FROZEN.to_vec(),
            signed_pdf: [FROZEN, UPDATE].concat(),
            signatures,
            seal: SealRecord { authorisation, seal },
        }),
        consents,
        excerpt: mediation.excerpt(),
        keys: keys(),
        recording_certificate: Some(json!({ "spans": [] })),
    }
}

/// A mediation that ended because a party would not go on.
pub(super) fn not_agreed() -> Bundle {
    let party = Person::admitted("p-a", "张三", "party");
    let mut mediation = Mediation::new();
    let confirmation = party.sign(StatementKind::NoticeConfirmation, &notice(), Answer::Yes);
    mediation.takes(&confirmation);
    let concluded_at_ms = mediation.happens("concluded", json!({ "ending": "party_unwilling" }));
    Bundle {
        result: MediationResult {
            schema: outcome::RESULT_SCHEMA.into(),
            tenant: TENANT.into(),
            room: ROOM.into(),
            case_numbers: vec![],
            outcome: Outcome { ending: Ending::PartyUnwilling, scope: None, concluded_at_ms, effective_at_ms: None },
            terms: None,
        },
        papers: Papers::Record(NoAgreementRecord {
            basic_situation: "双方到场，调解一次。".into(),
            reason: "被申请人明确表示不愿继续调解。".into(),
            costly_conduct: None,
            alerts: None,
            undisputed_facts: vec!["双方于 2025 年签订许可合同。".into()],
        }),
        consents: vec![confirmation],
        excerpt: mediation.excerpt(),
        keys: keys(),
        recording_certificate: None,
    }
}

pub(super) fn write(bundle: &Bundle) -> Vec<u8> {
    bundle.write(START_MS + 3_600_000, signer(Purpose::Seal).as_ref()).unwrap_or_else(|error| panic!("{error}"))
}
