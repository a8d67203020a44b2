//! `accord.v1` as TypeScript: one file with every type a client meets, checked in as `web/src/protocol.ts`.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};

use ts_rs::{Config, TS, TypeVisitor};

use accord_evidence::Statement;

use crate::{FromClient, FromServer};

/// The file's text. 64-bit numbers are `number`: they count milliseconds and versions, far below 2⁵³.
pub fn render() -> String {
    let config = Config::new().with_large_int("number");
    let mut declarations = Declarations { config: &config, seen: BTreeSet::new(), by_name: BTreeMap::new() };
    declarations.visit::<FromClient>();
    declarations.visit::<FromServer>();
    declarations.visit::<Statement>();
    let mut text = String::from("// Generated from src/protocol by tests/regenerate. Do not edit.\n");
    for declaration in declarations.by_name.values() {
        text.push_str("\nexport ");
        text.push_str(declaration);
        text.push('\n');
    }
    text
}

struct Declarations<'a> {
    config: &'a Config,
    seen: BTreeSet<TypeId>,
    by_name: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        if T::output_path().is_some() {
            self.by_name.insert(T::ident(self.config), T::decl(self.config));
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_typescript_is_what_the_rust_types_say() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src/protocol.ts");
        let rendered = super::render();
        if std::env::var_os("ACCORD_REGENERATE").is_some() {
            std::fs::write(&path, &rendered).unwrap();
        }
        let checked_in = std::fs::read_to_string(&path).unwrap();
        assert!(checked_in == rendered, "web/src/protocol.ts is stale: run tests/regenerate and commit the result");
    }
}
