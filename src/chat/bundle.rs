//! The bundle: our browser client as one file, for pages that load it with a script tag.
//!
//! ```text
//!   import { Emitter } from "./emitter.js";   ─►  (left out)
//!   export class Socket extends Emitter {     ─►  class Socket extends Emitter {
//! ```
//!
//! The client is written as modules, which a browser can load as they are. A classic
//! `<script src="/socket.io/socket.io.js">` needs one file, and the modules are written so that
//! it takes no tool to make it: named imports and exports only, each on a line, and no name used
//! twice. So a bundle is the modules one after the other, without those words.
//!
//! Core file.

/// How the bundle is going to be loaded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// By a script tag: everything stays inside, but for the global `io`.
    Classic,
    /// By an `import`.
    Module,
}

/// Joins modules, given in the order in which they depend on each other.
///
/// ```
/// use sockrates::chat::bundle::{Kind, bundle};
///
/// let modules = ["export const a = 1;\n", "import { a } from \"./a.js\";\nexport const b = a;\n"];
/// let classic = bundle(Kind::Classic, modules);
/// assert!(classic.contains("const a = 1;\nconst b = a;\n"));
/// ```
pub fn bundle<'a>(kind: Kind, modules: impl IntoIterator<Item = &'a str>) -> String {
    let mut bundle = String::new();
    if kind == Kind::Classic {
        bundle.push_str("(function () {\n\"use strict\";\n");
    }
    for line in modules.into_iter().flat_map(str::lines) {
        if line.starts_with("import ") {
            continue;
        }
        bundle.push_str(line.strip_prefix("export ").unwrap_or(line));
        bundle.push('\n');
    }
    bundle.push_str(match kind {
        Kind::Classic => "globalThis.io = io;\n})();\n",
        Kind::Module => "export { io, Manager, Socket, io as default };\n",
    });
    bundle
}
