use accord_agreement::content::{Content, Node};
use accord_agreement::digest::Digest;
use accord_agreement::freeze::{FreezeRefusal, Problem, Version, freeze};
use accord_agreement::schema::{Mark, SectionName};

use crate::sample::{TYPESETTER, agreement, agreement_of, facts, filled, frozen, version};

fn problems_of(content: &Content) -> Vec<Problem> {
    match freeze(&agreement_of(content), &facts(), &version(), &TYPESETTER) {
        Err(FreezeRefusal::NotReady(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

/// The sample agreement with one more paragraph in its section "result"; the paragraph is block 22 of the document.
fn agreement_saying(inline: Vec<Node>) -> Content {
    let mut content = filled();
    let section = content.root.content.iter_mut().find(|node| node.attrs.name == Some(SectionName::Result)).unwrap();
    section.content.push(Node::paragraph(inline));
    content
}

fn saying(text: &str) -> Content {
    agreement_saying(vec![Node::text(text, Vec::new())])
}

#[test]
fn missing_empty_and_repeated_sections_are_named() {
    let mut content = filled();
    content.root.content.retain(|node| node.attrs.name != Some(SectionName::Deadline));
    for node in &mut content.root.content {
        match node.attrs.name {
            Some(SectionName::Issues) => node.content.truncate(1),
            Some(SectionName::Performance) => {
                node.content = vec![Node::paragraph(vec![Node::text("　 ", Vec::new())])];
            }
            _ => {}
        }
    }
    let parties = content.sections(SectionName::Parties).next().unwrap().clone();
    content.root.content.push(parties);
    assert_eq!(
        problems_of(&content),
        [
            Problem::RepeatedSection { section: SectionName::Parties },
            Problem::EmptySection { section: SectionName::Issues },
            Problem::EmptySection { section: SectionName::Performance },
            Problem::MissingSection { section: SectionName::Deadline },
        ]
    );
}

#[test]
fn an_empty_document_is_refused_with_all_it_lacks() {
    let problems = problems_of(&Content::new(Vec::new()));
    assert_eq!(problems.len(), 6);
    assert!(problems.iter().all(|problem| matches!(problem, Problem::MissingSection { .. })));
}

#[test]
fn blanks_are_found_even_across_marks() {
    let split = vec![
        Node::text("于_", Vec::new()),
        Node::text("_年", vec![Mark::Bold]),
        Node::text("【金", vec![Mark::Underline]),
        Node::text("额】和＿＿＿", Vec::new()),
    ];
    let blanks: Vec<_> = problems_of(&agreement_saying(split))
        .into_iter()
        .map(|problem| match problem {
            Problem::Blank { section: Some(SectionName::Result), blank, .. } => blank,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(blanks, ["__", "【金额】", "＿＿＿"]);
    freeze(&agreement_of(&saying("文件名 a_b 不是空白")), &facts(), &version(), &TYPESETTER).unwrap();
}

#[test]
fn a_character_that_no_font_has_refuses_freezing_by_name_and_place() {
    let [problem] = problems_of(&saying("签字😀盖章😀")).try_into().unwrap();
    let Problem::MissingGlyph { character, code_point, section, block } = problem else { panic!("{problem:?}") };
    assert_eq!((character, code_point.as_str(), section), ('😀', "U+1F600", Some(SectionName::Result)));
    let texts = saying("签字😀盖章😀");
    let placed = texts.texts().into_iter().find(|placed| placed.text.contains('😀')).unwrap();
    assert_eq!(block, placed.block);
}

#[test]
fn a_name_that_no_font_has_refuses_freezing_too() {
    let mut facts = facts();
    facts.mediator = "林\u{1F600}".to_owned();
    let refusal = freeze(&agreement(), &facts, &version(), &TYPESETTER).unwrap_err();
    let FreezeRefusal::NotReady(problems) = refusal else { panic!("{refusal:?}") };
    assert!(matches!(problems.as_slice(), [Problem::MissingGlyph { character: '😀', section: None, block: 0, .. }]));
}

#[test]
fn characters_that_hide_or_turn_text_refuse_freezing() {
    for hidden in ['\u{202e}', '\u{200b}', '\u{2066}', '\u{feff}', '\u{0}', '\u{7}', '\u{e000}', '\u{ad}'] {
        let problems = problems_of(&saying(&format!("付{hidden}款")));
        let code_point = format!("U+{:04X}", u32::from(hidden));
        assert!(
            matches!(problems.as_slice(), [Problem::HiddenCharacter { code_point: named, .. }] if *named == code_point),
            "{problems:?}"
        );
    }
}

#[test]
fn rare_characters_that_the_font_has_are_set() {
    freeze(&agreement_of(&saying("㐂、䶮、镕、喆、堃、𬱖、𫖯")), &facts(), &version(), &TYPESETTER).unwrap();
}

#[test]
fn the_longest_document_that_fits_the_limits_can_be_frozen() {
    let mut content = filled();
    let section = content.root.content.iter_mut().find(|node| node.attrs.name == Some(SectionName::Result)).unwrap();
    let left = 95_000 - Content::new(section.content.clone()).root.plain_text().chars().count();
    // One paragraph of half of it, as nobody writes it, and many of ten characters.
    section.content.push(Node::paragraph(vec![Node::text("约".repeat(left / 2), Vec::new())]));
    let short = Node::paragraph(vec![Node::text("双方另行约定之事项。", Vec::new())]);
    section.content.extend(std::iter::repeat_n(short, left / 50));
    let frozen = freeze(&agreement_of(&content), &facts(), &version(), &TYPESETTER).unwrap();
    assert!(frozen.pages > 75);
}

#[test]
fn the_same_document_freezes_to_the_same_bytes() {
    let (first, second) = (frozen(), frozen());
    assert_eq!(first, second);
    assert_eq!(first.content_digest, Digest::of(&first.content_json));
    assert_eq!(first.document_digest, Digest::of(&first.pdf));
}

#[test]
fn the_digests_bind_tenant_room_document_version_moment_and_case() {
    let reference = frozen();
    let mut facts_of_another = facts();
    facts_of_another.case_numbers.pop();
    let at = |change: fn(&mut Version)| {
        let mut version = version();
        change(&mut version);
        (version, facts())
    };
    for (version, facts) in [
        at(|version| version.tenant.push('x')),
        at(|version| version.room.push('x')),
        at(|version| version.document.push('x')),
        at(|version| version.version += 1),
        at(|version| version.frozen_at.unix_ms += 1),
        (version(), facts_of_another),
    ] {
        let other = freeze(&agreement(), &facts, &version, &TYPESETTER).unwrap();
        assert_ne!(other.content_digest, reference.content_digest);
        assert_ne!(other.document_digest, reference.document_digest);
    }
}

#[test]
fn the_canonical_content_is_rfc_8785_and_can_be_read_back() {
    let frozen = frozen();
    let value: serde_json::Value = serde_json::from_slice(&frozen.content_json).unwrap();
    assert_eq!(value["format"], "accord.document.v1");
    assert_eq!(value["version"], 1);
    assert_eq!(serde_json::from_value::<Content>(value["content"].clone()).unwrap(), filled());
    // serde_json keeps object keys sorted, and the content has no floats: writing it plainly is the canonical form.
    assert_eq!(serde_json::to_vec(&value).unwrap(), frozen.content_json);
    assert!(frozen.content_json.starts_with(br#"{"case":{"caseNumbers":["#));
}
