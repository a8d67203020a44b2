// Verifies a result bundle with nothing but Node's standard library, from the description in FORMATS.md:
//   node verifier.mjs BUNDLE.zip
// It shares no code with Accord; the tests run it against bundles that Accord wrote.
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const parts = readParts(readFileSync(process.argv[2]));
const json = (name) => JSON.parse(parts.get(name).toString("utf8"));

const keys = new Map();
for (const key of json("keys.json").keys) {
    const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(key.public_key, "base64url")]);
    assert.equal(sha256(spki).toString("hex"), key.key_id, "fingerprint");
    keys.set(key.key_id, { ...key, object: createPublicKey({ key: spki, format: "der", type: "spki" }) });
}

const manifest = signedBody(json("manifest.json"), "seal", "accord.bundle_manifest.v1");
assert.deepEqual(["manifest.json", ...manifest.parts.map((part) => part.path)], [...parts.keys()]);
for (const part of manifest.parts) {
    assert.equal(parts.get(part.path).length, part.size, part.path);
    assert.equal(sha256(parts.get(part.path)).toString("hex"), part.sha256, part.path);
}

const head = signedBody(json("journal/head.json"), "journal_head", "accord.journal_head.v1");
const entries = json("journal/entries.json");
for (const { entry, proof } of entries) {
    const payload = Buffer.from(canonical(entry.opening.payload));
    const commitment = sha256(Buffer.from(entry.opening.salt, "hex"), payload);
    assert.equal(commitment.toString("hex"), entry.commitment, "commitment");
    const leaf = sha256(Buffer.from([0]), uint64(entry.sequence), uint64(entry.occurred_at_ms), commitment, Buffer.from(entry.kind));
    assert.equal(proof.size, head.size);
    assert.equal(rootFrom(leaf, entry.sequence, head.size, proof.path).toString("hex"), head.root, "inclusion");
}

const result = json("result.json");
assert.equal(sha256(parts.get("agreement/content.json")).toString("hex"), result.terms.content_digest);
const frozen = parts.get("agreement/frozen.pdf");
assert.equal(sha256(frozen).toString("hex"), result.terms.document_digest);
assert.ok(parts.get("agreement/signed.pdf").subarray(0, frozen.length).equals(frozen));

const named = (folder) => [...parts.keys()].filter((name) => name.startsWith(folder));
const signatures = named("signatures/").map(json);
for (const [index, signature] of signatures.entries()) {
    const statement = spoken(signature);
    assert.equal(statement.participant, result.terms.signatories[index].participant);
    assert.deepEqual([statement.type, statement.answer], ["signature", "yes"]);
    assert.equal(statement.subject.document_digest, result.terms.document_digest);
    assert.equal(statement.subject.content_digest, result.terms.content_digest);
}
const consents = named("consents/").map(json);
consents.forEach(spoken);

const { authorisation, seal } = json("seal.json");
assert.equal(spoken(authorisation).type, "seal_authorisation");
const sealed = signedBody(seal, "seal", "accord.seal.v1");
const digest = (value) => sha256(Buffer.from(canonical(value))).toString("hex");
assert.equal(sealed.authorisation_digest, digest(authorisation));
assert.equal(sealed.signatures_digest, digest(signatures.map(digest)));
assert.equal(sealed.document_digest, result.terms.document_digest);

console.log(`${signatures.length} signatures, ${consents.length} consents and ${entries.length} journal entries hold`);

function signedBody({ body, key_id, signature }, purpose, context) {
    const key = keys.get(key_id);
    assert.equal(key.purpose, purpose);
    assert.equal(key.tenant, body.tenant);
    const message = Buffer.from(`${context}\n${canonical(body)}`);
    assert.ok(verify(null, message, key.object, Buffer.from(signature, "base64url")), context);
    return body;
}

function spoken({ statement_json, signature, certificate }) {
    const device = signedBody(certificate, "device_certificate", "accord.device_certificate.v1");
    const point = Buffer.from(device.public_key, "base64url");
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
    const key = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
    const message = Buffer.from(statement_json);
    assert.ok(verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url")), "statement");
    const statement = JSON.parse(statement_json);
    assert.deepEqual(
        [statement.tenant, statement.room, statement.participant],
        [device.tenant, device.room, device.participant],
    );
    return statement;
}

// RFC 9162 §2.1.3.2, for trees of fewer than 2^31 leaves.
function rootFrom(leaf, index, size, path) {
    let [node, last, hash] = [index, size - 1, leaf];
    for (const text of path) {
        assert.ok(last > 0);
        const sibling = Buffer.from(text, "hex");
        if (node % 2 === 1 || node === last) {
            hash = sha256(Buffer.from([1]), sibling, hash);
            while (node % 2 === 0 && node !== 0) [node, last] = [node >> 1, last >> 1];
        } else {
            hash = sha256(Buffer.from([1]), hash, sibling);
        }
        [node, last] = [node >> 1, last >> 1];
    }
    assert.equal(last, 0);
    return hash;
}

// RFC 8785: JavaScript's own numbers and strings, keys in the order of their UTF-16 code units.
function canonical(value) {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    const fields = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
    return `{${fields.join(",")}}`;
}

function readParts(zip) {
    const found = new Map();
    for (let at = 0; zip.readUInt32LE(at) === 0x04034b50; ) {
        const [size, nameLength] = [zip.readUInt32LE(at + 22), zip.readUInt16LE(at + 26)];
        const start = at + 30 + nameLength;
        found.set(zip.toString("utf8", at + 30, start), zip.subarray(start, start + size));
        at = start + size;
    }
    return found;
}

function sha256(...pieces) {
    return createHash("sha256").update(Buffer.concat(pieces)).digest();
}

function uint64(number) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(number));
    return bytes;
}
