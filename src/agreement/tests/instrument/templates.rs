use accord_agreement::content::{Content, Node};
use accord_agreement::facts::CaseFacts;
use accord_agreement::freeze::{Problem, problems};
use accord_agreement::schema::{NodeKind, SectionName};
use accord_agreement::template::{Template, TemplateError, fill, instantiate};

use crate::sample::{TYPESETTER, facts};

fn filled(template: Template, facts: &CaseFacts) -> Content {
    fill(template, facts).unwrap()
}

fn section_text(content: &Content, name: SectionName) -> String {
    content.sections(name).map(Node::plain_text).collect()
}

#[test]
fn every_template_can_be_filled_for_a_series_a_plain_case_and_a_direct_application() {
    let series = facts();
    let plain = CaseFacts { case_numbers: vec!["（2026）京0101民初1号".to_owned()], ..facts() };
    let direct = CaseFacts { case_numbers: Vec::new(), court: None, ..facts() };
    for template in Template::ALL {
        for facts in [&series, &plain, &direct] {
            let document = instantiate(template, facts).unwrap();
            assert_eq!(document.kind(), template.kind());
            assert_eq!(document.content(), &filled(template, facts));
            let text = document.content().root.plain_text();
            for syntax in ["{{", "}}", "**", "%", "@"] {
                assert!(!text.contains(syntax), "{template:?} has {syntax} left: {text}");
            }
        }
    }
}

#[test]
fn every_template_has_its_required_sections_and_waits_for_its_blanks() {
    for template in Template::ALL {
        let problems = problems(template.kind(), &filled(template, &facts()), &facts(), &TYPESETTER);
        assert!(!problems.is_empty(), "{template:?} has nothing to fill in");
        for problem in problems {
            assert!(matches!(problem, Problem::Blank { .. }), "{template:?}: {problem:?}");
        }
    }
}

#[test]
fn parties_claims_and_every_case_of_a_series_are_named() {
    let facts = facts();
    let content = filled(Template::Licence, &facts);
    let parties = section_text(&content, SectionName::Parties);
    for party in &facts.parties {
        assert!(parties.contains(&party.name));
        assert!(parties.contains(party.identity.as_ref().unwrap()));
    }
    assert!(parties.contains("委托代理人：周文，代理权限：特别授权"));
    let told = section_text(&content, SectionName::Facts);
    for expected in facts.case_numbers.iter().chain(facts.claims.iter().map(|claim| &claim.text)) {
        assert!(told.contains(expected), "{expected}");
    }
}

#[test]
fn a_line_whose_fact_is_absent_is_left_out() {
    let mut facts = facts();
    facts.court = None;
    for party in &mut facts.parties {
        (party.identity, party.address, party.representative) = (None, None, None);
    }
    let text = filled(Template::Payment, &facts).root.plain_text();
    for label in ["身份信息", "住所地", "委托代理人", "受理的"] {
        assert!(!text.contains(label), "{label} is left without its fact");
    }
    assert!(text.contains("共同向琼海市版权纠纷人民调解委员会申请调解"));
}

#[test]
fn facts_that_look_like_template_syntax_stay_text() {
    let hostile = "@facts **粗** {{cause}} %each party # 一、\u{2014}1. 2";
    let mut facts = facts();
    facts.parties[0].name = hostile.to_owned();
    facts.claims[0].text = hostile.to_owned();
    let content = filled(Template::Payment, &facts);
    let reference = filled(Template::Payment, &crate::sample::facts());
    let shape = |content: &Content| content.root.content.iter().map(|node| node.attrs.clone()).collect::<Vec<_>>();
    assert_eq!(shape(&content), shape(&reference));
    assert!(section_text(&content, SectionName::Parties).contains(hostile));
    assert!(section_text(&content, SectionName::Facts).contains(hostile));
}

#[test]
fn facts_with_line_breaks_or_without_end_are_refused_by_name() {
    let mut broken = facts();
    broken.parties[1].name = "甲\n@result".to_owned();
    let expected = TemplateError::UnusableFact { field: "party.name".to_owned() };
    assert_eq!(fill(Template::Payment, &broken).unwrap_err(), expected);
    let mut endless = facts();
    endless.claims[0].text = "长".repeat(4_001);
    let expected = TemplateError::UnusableFact { field: "claim.text".to_owned() };
    assert_eq!(fill(Template::Payment, &endless).unwrap_err(), expected);
}

#[test]
fn consecutive_items_make_one_numbered_list() {
    let content = filled(Template::Payment, &facts());
    let result = content.sections(SectionName::Result).next().unwrap();
    let lists: Vec<_> = result.content.iter().filter(|node| node.kind == NodeKind::OrderedList).collect();
    assert_eq!(lists.len(), 1);
    assert_eq!(lists[0].content.len(), 2);
}
