//! Programs that nobody here wrote agree with ours.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use super::keys::Folder;
use super::sample::{Person, ROOM, TENANT, agreed, keys, recording_request, write};
use crate::*;

fn run(program: &str, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("this test needs {program}: {error}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// An ASN.1 value with a short or one-byte length.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    let length = if length < 0x80 { vec![length] } else { vec![0x81, length] };
    [&[tag], length.as_slice(), content].concat()
}

#[test]
fn openssl_makes_a_key_that_we_use_names_it_alike_and_verifies_what_we_sign_with_it() {
    let folder = Folder::new();
    let path = |name: &str| folder.0.join(name).display().to_string();
    fs::create_dir_all(path(TENANT)).unwrap();
    let private = path(&format!("{TENANT}/journal_head.pk8"));
    run("openssl", &["genpkey", "-algorithm", "ed25519", "-outform", "DER", "-out", &private], "");
    fs::set_permissions(&private, fs::Permissions::from_mode(0o600)).unwrap();
    let signer = KeyFolder::new(&folder.0).signer(TENANT, Purpose::JournalHead).unwrap();
    let signed = Signed::sign(Journal::resume(TENANT, ROOM, []).head(7), signer.as_ref()).unwrap();

    let message = [b"accord.journal_head.v1\n".to_vec(), canonical::to_canonical(&signed.body).unwrap()].concat();
    fs::write(path("message"), message).unwrap();
    fs::write(path("signature"), signed.signature.as_bytes()).unwrap();
    let public = path("public");
    run("openssl", &["pkey", "-inform", "DER", "-in", &private, "-pubout", "-outform", "DER", "-out", &public], "");
    assert_eq!(Digest::of(&fs::read(&public).unwrap()), signed.key_id);
    let verify = ["pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", &public];
    run("openssl", &[&verify[..], &["-sigfile", &path("signature"), "-in", &path("message")]].concat(), "");
}

#[test]
fn openssl_verifies_a_statement_signed_with_a_device_key() {
    let folder = Folder::new();
    let signed =
        Person::admitted("p-a", "张三", "party").sign(StatementKind::Consent, &recording_request(), Answer::Yes);
    let path = |name: &str| folder.0.join(name).display().to_string();

    let algorithm = der(0x30, &hex::decode("06072a8648ce3d020106082a8648ce3d030107").unwrap());
    let point = [&[0], signed.certificate.body.public_key.as_bytes().as_slice()].concat();
    fs::write(path("public"), der(0x30, &[algorithm, der(0x03, &point)].concat())).unwrap();
    let integer = |half: &[u8]| {
        let half: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        der(0x02, &if half.first().is_some_and(|byte| *byte >= 0x80) { [vec![0], half].concat() } else { half })
    };
    let (r, s) = signed.signature.as_bytes().split_at(32);
    fs::write(path("signature"), der(0x30, &[integer(r), integer(s)].concat())).unwrap();
    fs::write(path("message"), &signed.statement_json).unwrap();
    run(
        "openssl",
        &[
            "dgst",
            "-sha256",
            "-keyform",
            "DER",
            "-verify",
            &path("public"),
            "-signature",
            &path("signature"),
            &path("message"),
        ],
        "",
    );
}

#[test]
fn a_statement_signed_with_webcrypto_is_verified_here() {
    let person = Person::admitted("p-a", "张三", "party");
    let statement = person.statement(StatementKind::Consent, recording_request(), Answer::Yes);
    let program = r#"
        const { subtle } = globalThis.crypto;
        const text = JSON.stringify(JSON.parse(require("node:fs").readFileSync(0, "utf8")), null, 1);
        const algorithm = { name: "ECDSA", namedCurve: "P-256" };
        (async () => {
            const pair = await subtle.generateKey(algorithm, false, ["sign", "verify"]);
            const point = await subtle.exportKey("raw", pair.publicKey);
            const bytes = new TextEncoder().encode(text);
            const signature = await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, bytes);
            const base64url = (buffer) => Buffer.from(buffer).toString("base64url");
            console.log(JSON.stringify({ text, key: base64url(point), signature: base64url(signature) }));
        })();
    "#;
    let output = run("node", &["-e", program], &serde_json::to_string(&statement).unwrap());
    let from_node: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |field: &str| from_node[field].as_str().unwrap().to_owned();

    let body = DeviceCertificate { public_key: text("key").parse().unwrap(), ..person.certificate.body.clone() };
    let issuer = super::sample::signer(Purpose::DeviceCertificate);
    let signed = SignedStatement {
        statement_json: text("text"),
        signature: text("signature").parse().unwrap(),
        certificate: Signed::sign(body, issuer.as_ref()).unwrap(),
    };
    let verified = signed.open(&keys(), person.certificate.body.issued_at_ms).unwrap();
    assert_eq!(*verified.statement(), statement);
    assert!(text("text").contains('\n'), "the text was not spelled by node");
}

#[test]
fn an_ordinary_zip_reader_reads_a_bundle() {
    let bundle = write(&agreed());
    let mut zip = zip::ZipArchive::new(Cursor::new(&bundle)).unwrap();
    let names: Vec<_> = zip.file_names().map(str::to_owned).collect();
    let ours = crate::archive::read(&bundle).unwrap();
    assert_eq!(names, ours.iter().map(|(part, _)| part.to_string()).collect::<Vec<_>>());
    for (index, (_, content)) in ours.iter().enumerate() {
        let mut read = Vec::new();
        zip.by_index(index).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, *content);
    }
}

#[test]
fn a_verifier_written_from_the_description_alone_accepts_a_bundle_and_refuses_a_bent_one() {
    let folder = Folder::new();
    let path = folder.0.join("bundle.zip").display().to_string();
    let verifier = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verifier.mjs");
    fs::write(&path, write(&agreed())).unwrap();
    let output = run("node", &[verifier, &path], "");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.trim(), "3 signatures, 5 consents and 9 journal entries hold");

    let mut parts = crate::archive::read(&fs::read(&path).unwrap())
        .unwrap()
        .into_iter()
        .map(|(part, content)| (part, content.to_vec()))
        .collect::<Vec<_>>();
    parts[6].1[40] ^= 1;
    fs::write(&path, crate::archive::write(&parts).unwrap()).unwrap();
    let refused = Command::new("node").args([verifier, &path]).output().unwrap();
    assert!(!refused.status.success(), "the verifier takes anything");
}
