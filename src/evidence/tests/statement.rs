use super::sample::{FixedKeys, Person, ROOM, START_MS, TENANT, keys, notice, recording_request, signer};
use crate::*;

const RECEIVED_MS: u64 = START_MS + 60_000;

fn party() -> Person {
    Person::admitted("p-a", "张三", "party")
}

fn expected(subject: &Subject) -> Expectation<'_> {
    Expectation {
        kind: StatementKind::Consent,
        tenant: TENANT,
        room: ROOM,
        participant: "p-a",
        subject,
        nonce: Some("n-1"),
    }
}

fn refusal(signed: &SignedStatement) -> StatementRefusal {
    signed.verify(&keys(), RECEIVED_MS, &expected(&recording_request())).expect_err("refused")
}

#[test]
fn a_statement_that_answers_what_was_asked_is_taken_and_says_who_said_what() {
    let signed = party().sign(StatementKind::Consent, &recording_request(), Answer::No);
    let verified = signed.verify(&keys(), RECEIVED_MS, &expected(&recording_request())).unwrap();
    assert_eq!(verified.statement().answer, Answer::No);
    assert_eq!(verified.certificate().name, "张三");
}

#[test]
fn a_statement_may_be_spelled_as_the_device_likes() {
    let statement = party().statement(StatementKind::Consent, recording_request(), Answer::Yes);
    let pretty = party().sign_text(serde_json::to_string_pretty(&statement).unwrap());
    assert!(pretty.verify(&keys(), RECEIVED_MS, &expected(&recording_request())).is_ok());
}

#[test]
fn a_statement_with_any_byte_changed_is_refused() {
    let signed = party().sign(StatementKind::Consent, &recording_request(), Answer::No);
    for index in 0..signed.statement_json.len() {
        let mut bytes = signed.statement_json.clone().into_bytes();
        bytes[index] ^= 1;
        let Ok(statement_json) = String::from_utf8(bytes) else {
            continue;
        };
        assert!(matches!(
            refusal(&SignedStatement { statement_json, ..signed.clone() }),
            StatementRefusal::BadSignature
        ));
    }
}

#[test]
fn a_statement_under_another_devices_certificate_is_refused() {
    let mut signed = party().sign(StatementKind::Consent, &recording_request(), Answer::Yes);
    signed.certificate = party().certificate;
    assert!(matches!(refusal(&signed), StatementRefusal::BadSignature));
}

#[test]
fn a_device_key_that_is_no_point_of_the_curve_verifies_nothing() {
    for bytes in [[0; 65], [4; 65], [0xff; 65]] {
        assert!(!DeviceKey::from_bytes(bytes).verifies(b"", &Signature::from_bytes([0; 64])));
    }
}

#[test]
fn a_certificate_that_the_server_did_not_issue_is_refused() {
    let sound = party().sign(StatementKind::Consent, &recording_request(), Answer::Yes);
    let mut promoted = sound.clone();
    promoted.certificate.body.role = "presiding_mediator".into();
    assert!(matches!(refusal(&promoted), StatementRefusal::Certificate(SignatureRefusal::BadSignature)));

    let foreign = FixedKeys.public_keys("another").unwrap();
    let refused = sound.verify(&foreign, RECEIVED_MS, &expected(&recording_request())).expect_err("refused");
    assert!(matches!(refused, StatementRefusal::Certificate(SignatureRefusal::UnknownKey { .. })));

    // A key of the same organisation, but for heads of journals.
    let mut misused = sound;
    misused.certificate.key_id = signer(Purpose::JournalHead).public_key().key_id();
    assert!(matches!(refusal(&misused), StatementRefusal::Certificate(SignatureRefusal::WrongKey { .. })));
}

#[test]
fn a_certificate_counts_from_its_first_to_its_last_millisecond_by_the_servers_time() {
    let signed = party().sign(StatementKind::Consent, &recording_request(), Answer::Yes);
    let body = &signed.certificate.body;
    let at = |ms| signed.open(&keys(), ms);
    assert!(matches!(at(body.issued_at_ms - 1), Err(StatementRefusal::CertificateNotYetValid)));
    assert!(at(body.issued_at_ms).is_ok());
    assert!(at(body.expires_at_ms - 1).is_ok());
    assert!(matches!(at(body.expires_at_ms), Err(StatementRefusal::CertificateExpired)));
}

#[test]
fn a_statement_of_another_room_or_organisation_is_refused() {
    let elsewhere = Person::admitted_to("another room", "p-a", "张三", "party");
    let moved = elsewhere.sign(StatementKind::Consent, &recording_request(), Answer::Yes);
    assert!(matches!(refusal(&moved), StatementRefusal::WrongRoom));

    // Certified for this room, but speaking for another.
    let person = party();
    for change in [|s: &mut Statement| s.room = "x".into(), |s: &mut Statement| s.tenant = "x".into()] {
        let mut statement = person.statement(StatementKind::Consent, recording_request(), Answer::Yes);
        change(&mut statement);
        let signed = person.sign_text(serde_json::to_string(&statement).unwrap());
        assert!(matches!(refusal(&signed), StatementRefusal::WrongRoom));
    }
}

#[test]
fn a_statement_for_somebody_else_is_refused() {
    let other = Person::admitted("p-b", "李四", "party");
    let signed = other.sign(StatementKind::Consent, &recording_request(), Answer::Yes);
    assert!(matches!(refusal(&signed), StatementRefusal::OtherParticipant));

    let mut statement = other.statement(StatementKind::Consent, recording_request(), Answer::Yes);
    statement.participant = "p-a".into();
    let signed = other.sign_text(serde_json::to_string(&statement).unwrap());
    assert!(matches!(refusal(&signed), StatementRefusal::OtherParticipant));
}

#[test]
fn a_statement_of_another_sort_or_about_something_else_is_refused() {
    let person = party();
    let withdrawal = person.sign(StatementKind::ConsentWithdrawal, &recording_request(), Answer::Yes);
    assert!(matches!(refusal(&withdrawal), StatementRefusal::WrongKind { .. }));

    let Subject::Request { purpose, text_digest, .. } = recording_request() else { unreachable!() };
    for subject in [
        Subject::Request { purpose: purpose.clone(), request: "request-2".into(), text_digest },
        Subject::Request { purpose: "observer".into(), request: "request-1".into(), text_digest },
        Subject::Request { purpose, request: "request-1".into(), text_digest: Digest::of(b"other words") },
    ] {
        let signed = person.sign(StatementKind::Consent, &subject, Answer::Yes);
        assert!(matches!(refusal(&signed), StatementRefusal::SubjectMismatch));
    }
    // A consent to a notice makes no sense, whoever asks for it.
    let muddled = person.sign(StatementKind::Consent, &notice(), Answer::Yes);
    assert!(matches!(muddled.open(&keys(), RECEIVED_MS), Err(StatementRefusal::SubjectMismatch)));
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let mut statement = party().statement(StatementKind::Consent, recording_request(), Answer::Yes);
    statement.nonce = "n-0".into();
    let signed = party_signs(&statement);
    assert!(matches!(refusal(&signed), StatementRefusal::WrongNonce));
}

fn party_signs(statement: &Statement) -> SignedStatement {
    party().sign_text(serde_json::to_string(statement).unwrap())
}

#[test]
fn signed_text_that_is_no_strict_statement_is_refused() {
    let person = party();
    let text =
        serde_json::to_string(&person.statement(StatementKind::Consent, recording_request(), Answer::No)).unwrap();
    let twice = text.replacen(r#""answer":"no""#, r#""answer":"no","answer":"yes""#, 1);
    let extra = text.replacen('{', r#"{"more":1,"#, 1);
    let inner = text.replacen(r#""kind":"request""#, r#""kind":"request","more":1"#, 1);
    let sort = text.replacen(r#""type":"consent""#, r#""type":"Consent""#, 1);
    let upper = text.replacen(&Digest::of("可以录制吗？".as_bytes()).to_string(), &"AB".repeat(32), 1);
    for bad in [twice, extra, inner, sort, upper, format!("{text} x"), String::new(), "[]".into()] {
        assert_ne!(bad, text);
        assert!(matches!(refusal(&person.sign_text(bad.clone())), StatementRefusal::Malformed(_)), "{bad}");
    }
    let long = person.sign_text(format!("{text}{}", " ".repeat(limits::STATEMENT_BYTES_MAX)));
    assert!(matches!(refusal(&long), StatementRefusal::TooLong { .. }));
}

#[test]
fn a_signed_statement_survives_json_and_takes_no_other_fields() {
    let signed = party().sign(StatementKind::Consent, &recording_request(), Answer::Yes);
    let mut value = serde_json::to_value(&signed).unwrap();
    assert_eq!(serde_json::from_value::<SignedStatement>(value.clone()).unwrap(), signed);
    value["more"] = 1.into();
    assert!(serde_json::from_value::<SignedStatement>(value).is_err());
}

#[test]
fn types_for_the_browser_are_written_as_plain_typescript() {
    use ts_rs::{Config, TS};
    let config = Config::default();
    let all = [
        SignedStatement::decl(&config),
        Statement::decl(&config),
        Subject::decl(&config),
        DeviceCertificate::decl(&config),
        Signed::<DeviceCertificate>::decl(&config),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}
