use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::sample::{
    FROZEN, FixedKeys, Mediation, Person, START_MS, TENANT, UPDATE, agreed, agreed_with, keys, not_agreed, signer,
    write,
};
use crate::bundle::Manifest;
use crate::canonical::{parse_canonical, to_canonical};
use crate::part::Part;
use crate::*;

fn first_bad(zip: &[u8]) -> Option<String> {
    verify(zip, Some(&keys())).first_bad_part().map(str::to_owned)
}

/// The parts of a bundle, to be bent.
fn parts(zip: &[u8]) -> Vec<(Part, Vec<u8>)> {
    archive::read(zip).unwrap().into_iter().map(|(part, content)| (part, content.to_vec())).collect()
}

/// Zips parts with a manifest that fits them, signed with `seal_key`: what somebody with that key could do.
fn resealed(mut parts: Vec<(Part, Vec<u8>)>, seal_key: &dyn Signer) -> Vec<u8> {
    let (_, manifest) = parts.remove(0);
    let mut manifest: Signed<Manifest> = parse_canonical(&manifest, usize::MAX).unwrap();
    manifest.body.parts = parts
        .iter()
        .map(|(part, content)| bundle::ManifestPart {
            path: part.to_string(),
            size: content.len() as u64,
            sha256: Digest::of(content),
        })
        .collect();
    let manifest = Signed::sign(manifest.body, seal_key).unwrap();
    parts.insert(0, (Part::Manifest, to_canonical(&manifest).unwrap()));
    archive::write(&parts).unwrap()
}

#[test]
fn a_bundle_with_an_agreement_holds_and_says_what_was_checked() {
    let zip = write(&agreed());
    insta::assert_snapshot!("agreed_trusted", verify(&zip, Some(&keys())));
    insta::assert_snapshot!("agreed_untrusted", verify(&zip, None));
}

#[test]
fn a_bundle_without_an_agreement_holds_and_says_what_was_checked() {
    insta::assert_snapshot!(verify(&write(&not_agreed()), Some(&keys())));
}

#[test]
fn a_failed_report_names_the_part_and_says_that_it_stopped() {
    let zip = write(&not_agreed());
    let mut bent = parts(&zip);
    bent[3].1 = bent[3].1.replace_bytes("不愿继续", "愿意继续");
    insta::assert_snapshot!(verify(&archive::write(&bent).unwrap(), Some(&keys())));
}

#[test]
fn an_uploaded_agreement_needs_no_content() {
    assert!(verify(&write(&agreed_with(None)), Some(&keys())).holds());
}

#[test]
fn the_same_bundle_is_written_as_the_same_bytes() {
    let bundle = agreed();
    assert_eq!(write(&bundle), write(&bundle));
}

#[test]
fn a_flip_of_any_byte_of_the_file_names_the_part_that_it_is_in() {
    let zip = write(&not_agreed());
    let owners = owners_of(&zip);
    for (at, owner) in owners.iter().enumerate() {
        let flip = [0x01, 0x80, 0xff][at % 3];
        let mut bent = zip.clone();
        bent[at] ^= flip;
        assert_eq!(first_bad(&bent).as_ref(), Some(owner), "byte {at} ^ {flip:#x}");
    }
    let zip = write(&agreed());
    for (at, owner) in owners_of(&zip).into_iter().enumerate().step_by(7) {
        let mut bent = zip.clone();
        bent[at] ^= 0x10;
        assert_eq!(first_bad(&bent), Some(owner), "byte {at}");
    }
}

/// For each byte of the file the part that it belongs to, found with an ordinary zip reader.
fn owners_of(zip: &[u8]) -> Vec<String> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let mut owners = vec!["zip file".to_owned(); zip.len()];
    for index in 0..archive.len() {
        let file = archive.by_index(index).unwrap();
        let name = file.name().to_owned();
        let place = |offset: u64| usize::try_from(offset).unwrap();
        let entry = place(file.central_header_start());
        owners[place(file.header_start())..place(file.data_start() + file.size())].fill(name.clone());
        owners[entry..entry + 46 + name.len()].fill(name);
    }
    owners
}

#[test]
fn a_bundle_cut_or_lengthened_anywhere_fails() {
    let zip = write(&not_agreed());
    for length in 0..zip.len() {
        assert!(!verify(&zip[..length], Some(&keys())).holds(), "{length} bytes");
        assert!(!verify(&zip[length + 1..], Some(&keys())).holds(), "without the first {length}");
    }
    assert_eq!(first_bad(&[&zip[..], b"x"].concat()).as_deref(), Some("zip file"));
    assert_eq!(first_bad(&[b"x", &zip[..]].concat()).as_deref(), Some("part number 1 of the zip file"));
}

#[test]
fn every_part_that_is_taken_out_is_named() {
    for bundle in [agreed(), not_agreed()] {
        let whole = parts(&write(&bundle));
        for index in 0..whole.len() {
            let mut fewer = whole.clone();
            let (part, _) = fewer.remove(index);
            assert_eq!(first_bad(&archive::write(&fewer).unwrap()), Some(part.to_string()));
        }
    }
}

#[test]
fn every_part_that_is_replaced_is_named() {
    for bundle in [agreed(), not_agreed()] {
        let (one, other) =
            (parts(&write(&bundle)), parts(&bundle.write(START_MS, signer(Purpose::Seal).as_ref()).unwrap()));
        for index in 0..one.len() {
            let mut bent = one.clone();
            let last = bent[index].1.len() - 3;
            bent[index].1[last] ^= 1;
            assert_eq!(first_bad(&archive::write(&bent).unwrap()), Some(one[index].0.to_string()));
        }
        assert_ne!(one[0], other[0], "the manifests tell the time");
    }
}

#[test]
fn every_part_swapped_for_that_of_another_mediation_is_named() {
    let (one, other) = (parts(&write(&agreed())), parts(&write(&agreed())));
    for index in 1..one.len() {
        let mut bent = one.clone();
        bent[index].1.clone_from(&other[index].1);
        let expected = (one[index].1 != other[index].1).then(|| one[index].0.to_string());
        assert_eq!(first_bad(&archive::write(&bent).unwrap()), expected);
    }
}

#[test]
fn parts_in_another_order_or_twice_or_of_strange_names_are_refused() {
    let whole = parts(&write(&not_agreed()));
    for index in 1..whole.len() {
        let mut swapped = whole.clone();
        swapped.swap(index - 1, index);
        assert_eq!(first_bad(&archive::write(&swapped).unwrap()), Some(whole[index - 1].0.to_string()));
    }
    let mut twice = whole.clone();
    twice.insert(1, whole[0].clone());
    assert_eq!(first_bad(&archive::write(&twice).unwrap()).as_deref(), Some("manifest.json"));

    let mut more = whole;
    let end = more.len();
    more.insert(end - 2, (Part::Consent(2), b"{}".to_vec()));
    assert_eq!(first_bad(&archive::write(&more).unwrap()).as_deref(), Some("consents/002.json"));
}

#[test]
fn a_zip_with_paths_that_climb_compression_or_many_parts_is_refused_before_anything_is_unpacked() {
    use std::io::Write;
    use zip::write::SimpleFileOptions;
    for name in ["../manifest.json", "/etc/passwd", "manifest.json\0", "C:\\x"] {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(b"{}").unwrap();
        let zip = writer.finish().unwrap().into_inner();
        assert_eq!(first_bad(&zip).as_deref(), Some("part number 1 of the zip file"), "{name}");
    }
    // Claims of sizes that are not there cost nothing.
    let mut zip = write(&not_agreed());
    zip[18..26].fill(0xff);
    assert_eq!(first_bad(&zip).as_deref(), Some("manifest.json"));

    let many: Vec<_> = (1..=u16::try_from(limits::BUNDLE_PARTS_MAX).unwrap() + 1)
        .map(|number| (Part::Consent(number), vec![]))
        .collect();
    assert_eq!(archive::write(&many), None);
}

#[test]
fn a_bundle_sealed_by_another_key_or_with_keys_of_its_own_fails_against_trusted_keys() {
    let zip = write(&agreed());
    let foreign = FixedKeys.public_keys("another").unwrap();
    assert_eq!(verify(&zip, Some(&foreign)).first_bad_part(), Some("keys.json"));
    let only_some = KeySet { keys: keys().keys[..2].to_vec() };
    assert_eq!(verify(&zip, Some(&only_some)).first_bad_part(), Some("keys.json"));

    // The manifest re-signed with a key that is not in the key set.
    let intruder = super::sample::FixedKey::new(TENANT, Purpose::Seal, 99);
    assert_eq!(first_bad(&resealed(parts(&zip), &intruder)).as_deref(), Some("manifest.json"));
    // With the key set altered to match, the file agrees with itself but not with what is trusted.
    let mut own_keys = parts(&zip);
    let mut set = keys();
    set.keys[1] = intruder.public_key().clone();
    own_keys[1].1 = to_canonical(&set).unwrap();
    assert_eq!(first_bad(&resealed(own_keys, &intruder)).as_deref(), Some("keys.json"));
}

/// Bends a bundle as somebody with the seal key could, and gives the first part found bad.
fn bent(change: impl FnOnce(&mut Bundle)) -> Option<String> {
    let mut bundle = agreed();
    change(&mut bundle);
    match bundle.write(START_MS, signer(Purpose::Seal).as_ref()) {
        Ok(_) => None,
        Err(BundleError::DoesNotHold(report)) => report.first_bad_part().map(str::to_owned),
        Err(error) => panic!("{error}"),
    }
}

fn agreement(bundle: &mut Bundle) -> &mut Agreement {
    match &mut bundle.papers {
        Papers::Agreement(agreement) => agreement,
        Papers::Record(_) => panic!("there is no agreement"),
    }
}

#[test]
fn even_the_holder_of_the_seal_key_cannot_bundle_what_people_did_not_sign() {
    let named = |part: &str| Some(part.to_owned());
    assert_eq!(bent(|_| ()), None);
    assert_eq!(bent(|b| agreement(b).content = Some(json!({ "claims": [] }))), named("agreement/content.json"));
    assert_eq!(bent(|b| agreement(b).frozen_pdf = b"%PDF-1.7 other %%EOF".to_vec()), named("agreement/frozen.pdf"));
    assert_eq!(bent(|b| agreement(b).signed_pdf[9] ^= 1), named("agreement/signed.pdf"));
    assert_eq!(bent(|b| agreement(b).signed_pdf = FROZEN.to_vec()), named("agreement/signed.pdf"));
    assert_eq!(bent(|b| agreement(b).signed_pdf = UPDATE.to_vec()), named("agreement/signed.pdf"));
    assert_eq!(bent(|b| agreement(b).signatures.swap(0, 1)), named("signatures/001.json"));
    assert_eq!(
        bent(|b| {
            agreement(b).signatures.pop();
        }),
        named("signatures/003.json")
    );
    assert_eq!(
        bent(|b| {
            let s = agreement(b).signatures[0].clone();
            agreement(b).signatures.push(s);
        }),
        named("signatures/004.json")
    );
    assert_eq!(
        bent(|b| {
            b.result.terms.as_mut().unwrap().signatories.pop();
        }),
        named("signatures/003.json")
    );
    assert_eq!(
        bent(|b| b.result.terms.as_mut().unwrap().signatories[0].name = "王五".into()),
        named("signatures/001.json")
    );
    assert_eq!(bent(|b| b.result.outcome.effective_at_ms = Some(START_MS)), named("result.json"));
    assert_eq!(bent(|b| b.result.outcome.ending = Ending::TimeExpired), named("result.json"));
    assert_eq!(bent(|b| b.result.room = "another".into()), named("journal/head.json"));
    assert_eq!(bent(|b| b.consents[0] = b.consents[1].clone()), named("consents/002.json"));
    assert_eq!(bent(|b| b.consents[0] = agreement(b).signatures[0].clone()), named("consents/001.json"));
    assert_eq!(bent(|b| b.recording_certificate = Some(json!([]))), named("recording/certificate.json"));
    assert_eq!(bent(|b| b.excerpt.entries.swap(0, 1)), named("journal/entries.json"));
    assert_eq!(bent(|b| b.excerpt.entries[0].entry.occurred_at_ms += 1), named("journal/entries.json"));
    assert_eq!(
        bent(|b| {
            b.excerpt.entries.remove(0);
        }),
        named("consents/001.json")
    );
    assert_eq!(bent(|b| b.excerpt.entries[5].entry.erase()), named("signatures/001.json"));
    assert_eq!(bent(|b| b.excerpt.head = Mediation::new().head()), named("journal/entries.json"));
}

#[test]
fn a_seal_without_its_officers_yes_over_exactly_these_signatures_is_refused() {
    let named = Some("seal.json".to_owned());
    assert_eq!(
        bent(|b| {
            let s = agreement(b).signatures[0].clone();
            agreement(b).seal.authorisation = s;
        }),
        named
    );
    let reseal = |b: &mut Bundle, change: &dyn Fn(&mut Seal)| {
        let mut seal = agreement(b).seal.seal.body.clone();
        change(&mut seal);
        agreement(b).seal.seal = Signed::sign(seal, signer(Purpose::Seal).as_ref()).unwrap();
    };
    assert_eq!(bent(|b| reseal(b, &|_| ())), None);
    assert_eq!(bent(|b| reseal(b, &|seal| seal.signatures_digest = Digest::of(b""))), named);
    assert_eq!(bent(|b| reseal(b, &|seal| seal.authorised_by = "p-a".into())), named);
    assert_eq!(bent(|b| reseal(b, &|seal| seal.sealed_at_ms = START_MS)), named);
    assert_eq!(bent(|b| agreement(b).seal.seal.signature = Signature::from_bytes([1; 64])), named);
}

#[test]
fn only_a_seal_officer_who_says_yes_to_this_document_allows_a_seal() {
    let document = Subject::Document { content_digest: None, document_digest: Digest::of(FROZEN) };
    let other = Subject::Document { content_digest: None, document_digest: Digest::of(UPDATE) };
    let seal = |role: &str, kind, subject: &Subject, answer, sealed_at_ms| {
        let statement = Person::admitted("p-s", "赵印", role).sign(kind, subject, answer);
        Seal::authorised(&statement, START_MS, &keys(), &document, &[], sealed_at_ms)
    };
    let (kind, role) = (StatementKind::SealAuthorisation, seal::SEAL_ROLE);
    assert!(seal(role, kind, &document, Answer::Yes, START_MS).is_ok());
    assert!(matches!(seal("party", kind, &document, Answer::Yes, START_MS), Err(SealRefusal::NotAnOfficer { .. })));
    assert!(matches!(seal(role, kind, &document, Answer::No, START_MS), Err(SealRefusal::Refused)));
    assert!(matches!(seal(role, kind, &other, Answer::Yes, START_MS), Err(SealRefusal::Statement(_))));
    let signature = StatementKind::Signature;
    assert!(matches!(seal(role, signature, &document, Answer::Yes, START_MS), Err(SealRefusal::Statement(_))));
    assert!(matches!(seal(role, kind, &document, Answer::Yes, START_MS - 1), Err(SealRefusal::TooEarly)));
}

#[test]
fn the_fact_of_settlement_is_told_apart_from_its_terms() {
    let result = serde_json::to_value(&agreed().result).unwrap();
    let outcome = result["outcome"].to_string();
    assert!(outcome.contains("agreement"));
    for term in ["digest", "张三", "signator"] {
        assert!(!outcome.contains(term), "{outcome}");
    }
}

#[test]
fn a_bundle_opens_no_entry_of_the_journal_but_those_it_needs() {
    let zip = write(&agreed());
    assert!(!zip.windows(14).any(|window| window == b"not for others"));
}

proptest! {
    #[test]
    fn a_bundle_or_journal_with_any_stretch_overwritten_fails_without_panic(
        at in any::<prop::sample::Index>(), stretch in proptest::collection::vec(any::<u8>(), 1..64),
    ) {
        static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| write(&not_agreed()));
        let at = at.index(SOUND.len() - stretch.len());
        let mut bent = SOUND.clone();
        bent[at..at + stretch.len()].copy_from_slice(&stretch);
        prop_assert_eq!(verify(&bent, None).holds(), bent == *SOUND);
        prop_assert!(!verify_journal(&bent, None).holds());
        prop_assert!(!verify(&stretch, None).holds());
        prop_assert!(!verify_journal(&stretch, None).holds());
    }
}

trait ReplaceBytes {
    fn replace_bytes(&self, from: &str, to: &str) -> Vec<u8>;
}

impl ReplaceBytes for Vec<u8> {
    fn replace_bytes(&self, from: &str, to: &str) -> Vec<u8> {
        String::from_utf8(self.clone()).unwrap().replace(from, to).into_bytes()
    }
}
