//! What is on the paper, read back with poppler's tools.

use std::io::Write;
use std::process::{Command, Stdio};

use accord_agreement::content::Node;
use accord_agreement::freeze::{Frozen, freeze};
use accord_agreement::schema::{Mark, NodeKind, SectionName};

use crate::sample::{TYPESETTER, agreement_of, facts, filled, frozen, version};

/// Runs a tool with the PDF on its standard input.
pub(crate) fn tool(program: &str, arguments: &[&str], pdf: &[u8]) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}. Install Debian's poppler-utils and qpdf"));
    let mut stdin = child.stdin.take().unwrap();
    let pdf = pdf.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&pdf));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The text of each page, without white space: a line may end anywhere.
pub(crate) fn pages(pdf: &[u8]) -> Vec<String> {
    let text = tool("pdftotext", &["-", "-"], pdf);
    text.trim_end_matches('\u{c}').split('\u{c}').map(dense).collect()
}

pub(crate) fn dense(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// The sample agreement with more blocks in its section "result", frozen.
fn frozen_with(blocks: Vec<Node>) -> Frozen {
    let mut content = filled();
    let section = content.root.content.iter_mut().find(|node| node.attrs.name == Some(SectionName::Result)).unwrap();
    section.content.extend(blocks);
    freeze(&agreement_of(&content), &facts(), &version(), &TYPESETTER).unwrap()
}

fn paragraph(text: &str) -> Node {
    Node::paragraph(vec![Node::text(text, Vec::new())])
}

#[test]
fn every_page_says_which_page_which_cases_and_which_content() {
    let frozen = frozen_with((1..=120).map(|i| paragraph(&format!("第{i}项：双方另行约定。"))).collect());
    let pages = pages(&frozen.pdf);
    assert!(frozen.pages > 3);
    assert_eq!(pages.len(), frozen.pages);
    for (index, page) in pages.iter().enumerate() {
        let (number, count) = (index + 1, pages.len());
        assert!(page.contains(&format!("第{number}页共{count}页/page{number}of{count}")), "{page}");
        assert!(page.contains(&frozen.content_digest.to_string()), "{page}");
        for case_number in facts().case_numbers {
            assert!(page.contains(&case_number), "{page}");
        }
    }
}

#[test]
fn everything_that_was_written_is_printed() {
    let frozen = frozen();
    let printed = pages(&frozen.pdf).concat();
    for placed in filled().texts() {
        // A paragraph may run over the end of a page, where footer and header come between.
        let text = dense(placed.text);
        let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
        assert!(
            printed.contains(&text) || (printed.contains(&text[..half]) && printed.contains(&text[half..])),
            "{text}"
        );
    }
}

#[test]
fn the_typesetters_own_language_is_inert_in_text_and_names() {
    let hostile = [
        "#read(\"/etc/passwd\")",
        "#import \"@preview/tablex:0.0.8\": *",
        "#include \"data.json\"",
        "#panic(\"stop\")",
        "#{ while true { } }",
        "#set page(width: 1pt)",
        "#sys.inputs",
        "= Heading *bold* _emph_ `raw` $x^2$ <label> @ref",
        "// comment /* comment */ ~ -- --- ... \\u{41} \\",
        "] #[ } #{ ) #(",
        "<script>alert(1)</script> & %PDF-1.7 endobj stream (\\) >>",
        "{{cause}} ${jndi:x} %s %n \"quoted\" 'single'",
    ];
    let mut facts = facts();
    facts.case_numbers = vec!["#panic()".to_owned(), "*1* = 2".to_owned()];
    facts.organisation = "#eval(\"1\")会".to_owned();
    facts.parties[0].name = "#read(\"x\")公司".to_owned();
    let mut content = filled();
    let section = content.root.content.iter_mut().find(|node| node.attrs.name == Some(SectionName::Result)).unwrap();
    section.content.extend(hostile.map(paragraph));
    let frozen = freeze(&agreement_of(&content), &facts, &version(), &TYPESETTER).unwrap();
    let pages = pages(&frozen.pdf);
    let printed = pages.concat();
    for text in hostile.into_iter().chain(["#eval(\"1\")会", "#read(\"x\")公司"]) {
        assert!(printed.contains(&dense(text)), "{text} is not printed as it was written:\n{printed}");
    }
    assert!(pages.iter().all(|page| page.contains("#panic()、*1*=2")), "{printed}");
}

#[test]
fn lists_quotations_marks_and_line_breaks_are_printed() {
    let item = |blocks| Node::of(NodeKind::ListItem, blocks);
    let mut numbered = Node::of(
        NodeKind::OrderedList,
        vec![
            item(vec![paragraph("第七件事")]),
            item(vec![paragraph("第八件事"), {
                Node::of(NodeKind::BulletList, vec![item(vec![paragraph("里层")])])
            }]),
        ],
    );
    numbered.attrs.start = Some(7);
    let styled = Node::paragraph(vec![
        Node::text("粗", vec![Mark::Bold]),
        Node::text("斜", vec![Mark::Italic]),
        Node::of(NodeKind::HardBreak, Vec::new()),
        Node::text("线", vec![Mark::Bold, Mark::Italic, Mark::Underline]),
    ]);
    let blocks = vec![
        numbered,
        styled,
        Node::of(NodeKind::Blockquote, vec![paragraph("引文")]),
        Node::of(NodeKind::HorizontalRule, Vec::new()),
        Node::heading(3, vec![Node::text("小标题", Vec::new())]),
        Node::paragraph(Vec::new()),
        paragraph("末段"),
    ];
    let printed = pages(&frozen_with(blocks).pdf).concat();
    for text in ["7.第七件事", "8.第八件事", "里层", "粗斜线", "引文", "小标题", "末段"] {
        assert!(printed.contains(text), "{text}: {printed}");
    }
}

#[test]
fn the_pdf_is_sound_has_its_fonts_embedded_and_carries_nothing_active() {
    let frozen = frozen();
    let file = std::env::temp_dir().join(format!("accord-agreement-sound-{}.pdf", std::process::id()));
    std::fs::write(&file, &frozen.pdf).unwrap();
    let checked = tool("qpdf", &["--check", file.to_str().unwrap()], &[]);
    std::fs::remove_file(&file).unwrap();
    assert!(checked.contains("No syntax or stream encoding errors"), "{checked}");
    let fonts = tool("pdffonts", &["-"], &frozen.pdf);
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(
        !rows.is_empty() && rows.iter().all(|row| row.contains("NotoSerifSC") && row.contains("yes yes yes")),
        "{fonts}"
    );
    let about = tool("pdfinfo", &["-"], &frozen.pdf);
    for expected in ["调解协议书", "A4", "Encrypted:       no", "JavaScript:      no"] {
        assert!(about.contains(expected), "{about}");
    }
    let raw = String::from_utf8_lossy(&frozen.pdf);
    for active in ["/JavaScript", "/JS", "/Launch", "/EmbeddedFile", "/OpenAction", "/URI", "/AcroForm"] {
        assert!(!raw.contains(active), "{active}");
    }
    assert!(raw.contains("pdfaid"), "not marked as PDF/A");
}
