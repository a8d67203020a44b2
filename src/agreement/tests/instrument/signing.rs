use accord_agreement::signature_page::{CountersignRefusal, SignaturePage, countersign, verify_prefix};
use accord_agreement::typeset::TypesetError;

use crate::paper::{dense, pages, tool};
use crate::sample::{TYPESETTER, facts, frozen, signature_page};

fn refusal_of(change: impl FnOnce(&mut SignaturePage)) -> CountersignRefusal {
    let frozen = frozen();
    let mut page = signature_page(&frozen);
    change(&mut page);
    countersign(&frozen.pdf, &page, &facts(), &TYPESETTER).unwrap_err()
}

#[test]
fn the_countersigned_file_begins_with_the_frozen_one_byte_for_byte() {
    let frozen = frozen();
    let countersigned = countersign(&frozen.pdf, &signature_page(&frozen), &facts(), &TYPESETTER).unwrap();
    assert!(verify_prefix(&frozen.pdf, &countersigned));
    for at in [0, frozen.pdf.len() / 2, frozen.pdf.len() - 1] {
        let mut tampered = countersigned.clone();
        tampered[at] ^= 1;
        assert!(!verify_prefix(&frozen.pdf, &tampered));
    }
    assert!(!verify_prefix(&frozen.pdf, &frozen.pdf));
    assert!(!verify_prefix(&frozen.pdf, &frozen.pdf[1..]));
}

#[test]
fn the_signature_page_follows_the_pages_that_were_signed() {
    let frozen = frozen();
    let page = signature_page(&frozen);
    let countersigned = countersign(&frozen.pdf, &page, &facts(), &TYPESETTER).unwrap();
    let before = pages(&frozen.pdf);
    let after = pages(&countersigned);
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!(after[..before.len()], before[..]);
    let last = after.last().unwrap();
    for signer in &page.signers {
        let shown = [signer.name.clone(), signer.role.clone(), signer.key_fingerprint.to_string()];
        for shown in shown.iter().chain([&signer.signed_at.in_chinese()]) {
            assert!(last.contains(&dense(shown)), "{shown}: {last}");
        }
        assert!(last.contains(&hex::encode(&signer.signature[..12])));
    }
    let seal = page.seal.unwrap();
    let digests = [page.content_digest.to_string(), page.document_digest.to_string()];
    for shown in digests.iter().chain([&seal.organisation, &seal.authorised_by, &page.effective_at.in_chinese()]) {
        assert!(last.contains(&dense(shown)), "{shown}: {last}");
    }
    assert!(last.contains("签署页第1页共1页"));
}

#[test]
fn the_countersigned_file_is_sound_and_always_the_same() {
    let frozen = frozen();
    let page = signature_page(&frozen);
    let countersigned = countersign(&frozen.pdf, &page, &facts(), &TYPESETTER).unwrap();
    assert_eq!(countersigned, countersign(&frozen.pdf, &page, &facts(), &TYPESETTER).unwrap());
    let file = std::env::temp_dir().join(format!("accord-agreement-signed-{}.pdf", std::process::id()));
    std::fs::write(&file, &countersigned).unwrap();
    let checked = tool("qpdf", &["--check", file.to_str().unwrap()], &[]);
    std::fs::remove_file(&file).unwrap();
    assert!(checked.contains("No syntax or stream encoding errors"), "{checked}");
    let fonts = tool("pdffonts", &["-"], &countersigned);
    assert!(fonts.lines().skip(2).all(|row| row.contains("yes yes yes")), "{fonts}");
}

#[test]
fn a_file_other_than_the_one_signed_is_refused() {
    let frozen = frozen();
    let page = signature_page(&frozen);
    let mut other = frozen.pdf.clone();
    other.push(b'\n');
    assert_eq!(countersign(&other, &page, &facts(), &TYPESETTER).unwrap_err(), CountersignRefusal::OtherDocument);
    let refusal = refusal_of(|page| page.document_digest = page.content_digest);
    assert_eq!(refusal, CountersignRefusal::OtherDocument);
}

#[test]
fn many_signers_take_several_pages_and_nobody_or_too_many_are_refused() {
    let frozen = frozen();
    let mut page = signature_page(&frozen);
    let signer = page.signers[0].clone();
    page.signers = vec![signer.clone(); 20];
    let countersigned = countersign(&frozen.pdf, &page, &facts(), &TYPESETTER).unwrap();
    let pages = pages(&countersigned);
    let added = &pages[frozen.pages..];
    assert!(added.len() > 2);
    for (index, page) in added.iter().enumerate() {
        assert!(page.contains(&format!("签署页第{}页共{}页", index + 1, added.len())), "{page}");
        assert!(page.contains(&frozen.content_digest.to_string()), "{page}");
    }
    assert_eq!(refusal_of(|page| page.signers.clear()), CountersignRefusal::SignerCount(0));
    assert_eq!(refusal_of(|page| page.signers = vec![signer; 65]), CountersignRefusal::SignerCount(65));
}

#[test]
fn a_drawing_out_of_its_field_or_without_end_is_refused() {
    let unusable = CountersignRefusal::UnusableDrawing { signer: 0 };
    let draw = |change: fn(&mut accord_agreement::signature_page::Drawing)| {
        refusal_of(|page| change(page.signers[0].drawing.as_mut().unwrap()))
    };
    assert_eq!(draw(|drawing| drawing.strokes[0][0] = [241, 0]), unusable);
    assert_eq!(draw(|drawing| drawing.width = 0), unusable);
    assert_eq!(draw(|drawing| drawing.strokes = vec![vec![[1, 1]; 10_001]]), unusable);
    assert_eq!(draw(|drawing| drawing.strokes = vec![Vec::new(); 10_001]), unusable);
}

#[test]
fn a_signers_name_is_text_and_must_be_printable() {
    let frozen = frozen();
    let mut page = signature_page(&frozen);
    page.signers[1].name = "#panic(\"x\") *李*".to_owned();
    let countersigned = countersign(&frozen.pdf, &page, &facts(), &TYPESETTER).unwrap();
    assert!(pages(&countersigned).concat().contains("#panic(\"x\")*李*"));
    let refusal = refusal_of(|page| page.signers[1].name = "李😀".to_owned());
    assert_eq!(refusal, CountersignRefusal::NotTypeset(TypesetError::MissingGlyph('😀')));
}
