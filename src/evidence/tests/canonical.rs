use proptest::prelude::*;
use serde_json::{Value, json};

use crate::canonical::{StrictJsonError, parse_canonical, parse_strict, to_canonical};
use crate::{CanonicalError, Digest};

#[test]
fn canonical_json_sorts_keys_by_utf16_and_writes_numbers_as_ecmascript() {
    // The sorting example and number samples of RFC 8785 §3.2.
    let value = json!({
        "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh", "1": "One",
        "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis",
    });
    let text = String::from_utf8(to_canonical(&value).unwrap()).unwrap();
    let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"];
    let places: Vec<_> = order.iter().map(|word| text.find(word).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
    let numbers = to_canonical(&json!([333_333_333.333_333_3, 1E30, 4.50, 2e-3, 1e-27, -0.0])).unwrap();
    assert_eq!(numbers, b"[333333333.3333333,1e+30,4.5,0.002,1e-27,0]");
}

#[test]
fn a_number_that_other_readers_would_round_is_refused() {
    for number in [json!(1_u64 << 53), json!(-(1_i64 << 53)), json!({ "deep": [u64::MAX] })] {
        assert!(matches!(to_canonical(&number), Err(CanonicalError::Number(_))), "{number}");
        let text = number.to_string();
        assert!(matches!(parse_strict::<Value>(text.as_bytes(), 100), Err(StrictJsonError::Number(_))), "{number}");
    }
    assert!(to_canonical(&json!((1_u64 << 53) - 1)).is_ok());
}

#[test]
fn json_with_a_key_twice_a_tail_or_too_many_bytes_is_refused() {
    for text in [r#"{"a":1,"a":1}"#, r#"{"b":{"a":1,"\u0061":2}}"#, "{} {}", "{", "", "[1,]", "nan"] {
        assert!(parse_strict::<Value>(text.as_bytes(), 100).is_err(), "{text}");
    }
    assert!(parse_strict::<Value>(b" { \"a\" : [ 1 ] } ", 100).is_ok());
    assert!(matches!(parse_strict::<Value>(b"[1]", 2), Err(StrictJsonError::TooLong { .. })));
    assert!(parse_strict::<Value>("[".repeat(100_000).as_bytes(), 1_000_000).is_err());
}

#[test]
fn our_own_json_has_one_spelling_only() {
    assert!(parse_canonical::<Value>(br#"{"a":1,"b":2}"#, 100).is_ok());
    for text in [r#"{"b":2,"a":1}"#, r#"{"a":1, "b":2}"#, r#"{"a":1.0}"#, r#"{"\u0061":1}"#, "1e0"] {
        let read = parse_canonical::<Value>(text.as_bytes(), 100);
        assert!(matches!(read, Err(StrictJsonError::NotCanonical)), "{text}");
    }
}

#[test]
fn a_digest_has_one_spelling() {
    let digest = Digest::of(b"abc");
    let text = digest.to_string();
    assert_eq!(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(text.parse::<Digest>().unwrap(), digest);
    for other in [text.to_uppercase(), text[1..].to_owned(), format!("{text}00"), format!(" {text}")] {
        assert!(other.parse::<Digest>().is_err(), "{other}");
    }
}

proptest! {
    #[test]
    fn canonical_json_reads_back_as_the_same_value_and_bytes(value in any_json()) {
        let bytes = to_canonical(&value).unwrap();
        let read: Value = parse_canonical(&bytes, usize::MAX).unwrap();
        prop_assert_eq!(to_canonical(&read).unwrap(), bytes);
    }

    #[test]
    fn reading_any_bytes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _read = parse_canonical::<Value>(&bytes, 200);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53) + 1..1 << 53).prop_map(Value::from),
        any::<f64>()
            .prop_filter("written as a whole number past the limit", |f| f.is_finite() && f.abs() < 9e15)
            .prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::hash_map(".*", inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}
