//! A case, an agreement that is ready to be signed, and the fonts to set it in.

use std::path::PathBuf;
use std::sync::LazyLock;

use accord_agreement::civil_time::CivilTime;
use accord_agreement::content::{Content, Node};
use accord_agreement::digest::Digest;
use accord_agreement::document::Document;
use accord_agreement::facts::{CaseFacts, Claim, Party, Representative, Standing};
use accord_agreement::freeze::{Frozen, Version, freeze};
use accord_agreement::schema::DocumentKind;
use accord_agreement::signature_page::{Drawing, SealAuthorisation, SignaturePage, Signer};
use accord_agreement::template::{Template, fill};
use accord_agreement::typeset::{Fonts, Typesetter};

/// One typesetter for all tests, as the server has one.
pub(crate) static TYPESETTER: LazyLock<Typesetter> = LazyLock::new(|| {
    let files = ["400Regular/NotoSerifSC_400Regular.ttf", "700Bold/NotoSerifSC_700Bold.ttf"].map(|name| {
        let path = fonts_dir().join(name);
        std::fs::read(&path).unwrap_or_else(|error| {
            panic!(
                "{}: {error}. Install the web app's packages (npm ci in web/), or let ACCORD_FONTS_DIR name the folder of \
                 the npm package @expo-google-fonts/noto-serif-sc",
                path.display()
            )
        })
    });
    Typesetter::new(Fonts::load(files.into()).unwrap())
});

fn fonts_dir() -> PathBuf {
    std::env::var_os("ACCORD_FONTS_DIR").map_or_else(
        || {
            let package = "../../web/node_modules/@expo-google-fonts/noto-serif-sc";
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(package)
        },
        PathBuf::from,
    )
}

pub(crate) fn facts() -> CaseFacts {
    CaseFacts {
        case_numbers: vec!["（2026）琼9002民初1208号".to_owned(), "（2026）琼9002民初1209号".to_owned()],
        cause: "侵害作品放映权纠纷".to_owned(),
        organisation: "琼海市版权纠纷人民调解委员会".to_owned(),
        court: Some("海南省琼海市人民法院".to_owned()),
        mediator: "林清和".to_owned(),
        parties: vec![
            Party {
                name: "北京星河音像著作权管理有限公司".to_owned(),
                standing: Standing::Applicant,
                identity: Some("统一社会信用代码 91110000MA0SAMPLE1".to_owned()),
                address: Some("北京市东城区安定路12号".to_owned()),
                representative: Some(Representative {
                    name: "周文".to_owned(),
                    authority: "特别授权，代为承认、放弃、变更请求，进行和解、调解，签署调解协议".to_owned(),
                }),
            },
            Party {
                name: "琼海海角娱乐有限公司".to_owned(),
                standing: Standing::Respondent,
                identity: Some("统一社会信用代码 91469002MA5SAMPLE2".to_owned()),
                address: Some("海南省琼海市嘉积镇金海路8号".to_owned()),
                representative: None,
            },
        ],
        claims: vec![
            Claim {
                text: "停止放映涉案音乐电视作品三十二首；".to_owned(),
                case_number: Some("（2026）琼9002民初1208号".to_owned()),
            },
            Claim { text: "赔偿经济损失及合理开支人民币48,000元。".to_owned(), case_number: None },
        ],
    }
}

pub(crate) fn version() -> Version {
    Version {
        tenant: "qionghai".to_owned(),
        room: "room-1".to_owned(),
        document: "agreement-1".to_owned(),
        version: 1,
        frozen_at: CivilTime::in_china(1_794_000_000_000),
    }
}

/// The payment template with its blanks filled in.
pub(crate) fn filled() -> Content {
    let mut content = fill(Template::Payment, &facts()).unwrap();
    fill_blanks(&mut content.root);
    content
}

pub(crate) fn agreement() -> Document {
    agreement_of(&filled())
}

pub(crate) fn agreement_of(content: &Content) -> Document {
    Document::from_content(DocumentKind::Agreement, content).unwrap()
}

pub(crate) fn frozen() -> Frozen {
    freeze(&agreement(), &facts(), &version(), &TYPESETTER).unwrap()
}

/// Writes something for each `【…】`, the way people would.
fn fill_blanks(node: &mut Node) {
    while let Some(start) = node.text.find('【') {
        let end = node.text.find('】').unwrap() + '】'.len_utf8();
        let blank = node.text[start..end].to_owned();
        let written = match blank.as_str() {
            "【填写：金额大小写】" => "叁万陆仟（￥36,000.00）",
            "【填写：开户名、开户行、账号】" => {
                "户名：北京星河音像著作权管理有限公司，开户行：中国工商银行北京安定支行，账号：0200 0012 0901 4400 123"
            }
            "【填写：某年某月某日】" => "2026年12月31日",
            "【填写：违约责任】" => "全国银行间同业拆借中心公布的一年期贷款市场报价利率的一点五倍",
            "【填写：权利归属、行为经过、时间与地点】" => {
                "申请人管理涉案三十二首音乐电视作品的放映权；被申请人于2025年3月至2026年2月间，在其经营的“海角天歌”场所以卡拉OK方式放映上述作品，未取得许可。"
            }
            _ => "未经许可放映的责任如何承担，以及赔偿金额如何计算。",
        };
        node.text.replace_range(start..end, written);
    }
    for child in &mut node.content {
        fill_blanks(child);
    }
}

pub(crate) fn signature_page(frozen: &Frozen) -> SignaturePage {
    let signer = |name: &str, role: &str, minute: i64, drawing| Signer {
        name: name.to_owned(),
        role: role.to_owned(),
        signed_at: CivilTime::in_china(1_794_000_000_000 + minute * 60_000),
        key_fingerprint: Digest::of(name.as_bytes()),
        signature: [Digest::of(role.as_bytes()).as_bytes().as_slice(), Digest::of(name.as_bytes()).as_bytes()].concat(),
        drawing,
    };
    let strokes = vec![
        vec![[10, 20], [60, 15], [110, 30]],
        vec![[60, 5], [55, 60], [20, 95]],
        vec![[60, 50], [90, 80], [130, 95]],
        vec![[160, 20], [150, 90]],
        vec![[150, 45], [220, 40], [215, 90], [190, 95]],
    ];
    let drawing = Drawing { width: 240, height: 100, strokes };
    SignaturePage {
        kind: DocumentKind::Agreement,
        content_digest: frozen.content_digest,
        document_digest: frozen.document_digest,
        signers: vec![
            signer("周文", "申请人之委托代理人", 3, Some(drawing)),
            signer("琼海海角娱乐有限公司", "被申请人", 4, None),
            signer("林清和", "调解员", 6, None),
        ],
        seal: Some(SealAuthorisation {
            organisation: facts().organisation,
            authorised_by: "吴敏".to_owned(),
            authorised_at: CivilTime::in_china(1_794_000_480_000),
            key_fingerprint: Digest::of(b"seal"),
            signature: [Digest::of(b"a").as_bytes().as_slice(), Digest::of(b"b").as_bytes()].concat(),
        }),
        effective_at: CivilTime::in_china(1_794_000_480_000),
    }
}
