//! The court platform's sample cases: what it would know of them, as it would send it.

use serde_json::{Value, json};

/// A sample case.
pub(super) struct Sample {
    /// What the links are headed with.
    pub(super) title: &'static str,
    /// The request that creates its room.
    pub(super) room: fn() -> Value,
}

pub(super) const SAMPLES: &[Sample] = &[
    Sample { title: "著作权纠纷 · A copyright dispute", room: copyright },
    Sample { title: "买卖合同纠纷 · A commercial dispute", room: commercial },
    Sample { title: "卡拉OK系列案（四案） · A series of four karaoke cases", room: karaoke },
];

const ORGANISATION: &str = "海州市知识产权纠纷人民调解委员会";
const COURT: &str = "海州市琼山区人民法院";

fn copyright() -> Value {
    json!({
        "reference": "demo-copyright",
        "organisation": ORGANISATION,
        "court": COURT,
        "case_numbers": ["（2026）琼0107民初118号"],
        "cause": "侵害作品信息网络传播权纠纷",
        "claims": [
            { "case_number": "（2026）琼0107民初118号", "text": "停止在网站上使用涉案摄影作品三幅" },
            { "case_number": "（2026）琼0107民初118号", "text": "赔偿经济损失及合理开支人民币12,000元" }
        ],
        "people": [
            person("a", "林雨桐", "party", "110101********0021"),
            person("b", "海州晨光文化传播有限公司", "party", "9146********2K"),
            representative("b-representative", "周启明", "b", "special", "460100********3316"),
            person("mediator", "陈静", "presiding_mediator", "调解员证 HZ-0137"),
            person("observer", "王法官", "observer", "工作证 0412"),
            person("officer", "何印", "seal_officer", "工作证 0021")
        ],
        "confidentiality": "confidential",
        "recording": "unanimous_consent"
    })
}

fn commercial() -> Value {
    json!({
        "reference": "demo-commercial",
        "organisation": ORGANISATION,
        "court": null,
        "case_numbers": [],
        "cause": "买卖合同纠纷",
        "claims": [{ "case_number": null, "text": "支付货款人民币86,400元及逾期付款利息" }],
        "people": [
            person("a", "郑海生", "party", "460200********1179"),
            person("b", "琼安建材商行", "party", "9246********7C"),
            person("mediator", "陈静", "presiding_mediator", "调解员证 HZ-0137"),
            person("officer", "何印", "seal_officer", "工作证 0021")
        ],
        "confidentiality": "strict",
        "recording": "never"
    })
}

fn karaoke() -> Value {
    let numbers: Vec<String> = (301..=304).map(|number| format!("（2026）琼0107民初{number}号")).collect();
    let claim = |number: &String| json!({ "case_number": number, "text": "停止放映涉案音乐电视作品并赔偿损失" });
    json!({
        "reference": "demo-karaoke",
        "organisation": ORGANISATION,
        "court": COURT,
        "claims": numbers.iter().map(claim).collect::<Vec<_>>(),
        "case_numbers": numbers,
        "cause": "侵害作品放映权纠纷",
        "people": [
            person("a", "音像权利集体管理协会", "party", "5110********1X"),
            representative("a-representative", "宋岚", "a", "special", "110105********2247"),
            person("b", "海州欢唱娱乐城", "party", "9146********5P"),
            person("mediator", "陈静", "presiding_mediator", "调解员证 HZ-0137"),
            person("officer", "何印", "seal_officer", "工作证 0021")
        ],
        "confidentiality": "confidential",
        "recording": "unanimous_consent"
    })
}

fn person(reference: &str, name: &str, role: &str, document: &str) -> Value {
    json!({
        "reference": reference,
        "name": name,
        "role": role,
        "identity": { "method": "证件核验", "document_masked": document }
    })
}

fn representative(reference: &str, name: &str, speaks_for: &str, authority: &str, document: &str) -> Value {
    let mut person = person(reference, name, "representative", document);
    if let Some(fields) = person.as_object_mut() {
        fields.insert("speaks_for".to_owned(), speaks_for.into());
        fields.insert("authority".to_owned(), authority.into());
    }
    person
}
