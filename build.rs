//! Builds the web app into the program: the package manager's clean install and the bundler run only when something of
//! theirs has changed, and their output is embedded.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::{env, fs};

/// Noto Serif SC (OFL-1.1), whole fonts out of a pinned package.
const FONTS: [&str; 2] = ["400Regular/NotoSerifSC_400Regular.ttf", "700Bold/NotoSerifSC_700Bold.ttf"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let web = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("web");
    let out = PathBuf::from(variable("OUT_DIR"));
    for source in
        ["src", "public", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"]
    {
        if web.join(source).exists() {
            println!("cargo::rerun-if-changed={}", web.join(source).display());
        }
    }
    install(&web);
    let dist = out.join("web");
    run(&web, "npm", &["run", "build", "--", "--outDir", &dist.to_string_lossy(), "--emptyOutDir"]);
    let mut files = BTreeMap::new();
    collect(&dist, &dist, &mut files);
    let mut code = String::from("/// Path, bytes.\npub(super) static FILES: &[(&str, &[u8])] = &[\n");
    for (path, file) in &files {
        let _ = writeln!(code, "    ({path:?}, include_bytes!({:?})),", file.to_string_lossy());
    }
    code.push_str("];\n\n/// Fonts of the papers.\npub(super) static FONTS: &[&[u8]] = &[\n");
    for font in FONTS {
        let font = web.join("node_modules/@expo-google-fonts/noto-serif-sc").join(font);
        let _ = writeln!(code, "    include_bytes!({:?}),", font.to_string_lossy());
    }
    code.push_str("];\n");
    write(&out.join("web.rs"), &code);
}

/// `npm ci`, when the lock file is not the one that was installed last.
fn install(web: &Path) {
    let lock = read(&web.join("package-lock.json"));
    let stamp = web.join("node_modules/.accord-lock");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return;
    }
    run(web, "npm", &["ci", "--no-audit", "--no-fund"]);
    write(&stamp, &lock);
}

fn run(folder: &Path, program: &str, arguments: &[&str]) {
    let output = match Command::new(program).args(arguments).current_dir(folder).output() {
        Ok(output) => output,
        Err(error) => fail(&format!(
            "the web app needs Node.js 20 or newer with npm, and `{program}` cannot be started ({error}); install Node.js and build again"
        )),
    };
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        fail(&format!("`{program} {}` failed in web/:\n{}", arguments.join(" "), String::from_utf8_lossy(&said)));
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| fail(&format!("{}: {error}", folder.display())));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Ok(relative) = path.strip_prefix(root) {
            files.insert(format!("/{}", relative.to_string_lossy()), path);
        }
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| fail(&format!("{name} is not set; build with cargo")))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| fail(&format!("{}: {error}", path.display())))
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| fail(&format!("{}: {error}", path.display())));
}

fn fail(message: &str) -> ! {
    for line in message.lines() {
        println!("cargo::error={line}");
    }
    exit(1)
}
