//! Namespaces that nobody has made beforehand: a document for each name that a client asks for.
//!
//! ```text
//!   client ──► 40/doc-7                              a name that the pattern has: it is made now
//!   server ──► 40/doc-7,{"sid":"…"}
//!   server ──► 42/doc-7,["opened","/doc-7",1]        how many are reading it
//!
//!   client ──► 40/doc-x
//!   server ──► 44/doc-x,{"message":"Invalid namespace"}
//! ```
//!
//! When the last reader has left, the namespace is forgotten: an option, off by default.
//!
//! Run it with `cargo run --example dynamic_namespaces -- --port 3000`.

mod support;

use std::error::Error;

use sockrates::socketio::{Ack, Io, Namespace, Options, Socket};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options { cleanup_empty_child_namespaces: true, ..support::options() };
    let io = Io::new(options);
    io.on_new_namespace(|namespace: Namespace| println!("{} is opened", namespace.name()));

    // What is said to the parent holds for all that it makes.
    let documents = io.of_pattern(r"^/doc-\d+$")?;
    documents.on_connect(|socket: Socket| {
        let document = socket.namespace();
        let readers = document.sockets().len();
        socket.on("edit", |socket: Socket, text: String| socket.broadcast().emit("edited", text));
        document.emit("opened", (document.name(), readers))
    });

    let all = documents.clone();
    io.on_connect(move |socket: Socket| {
        let all = all.clone();
        socket.on("announce", move |text: String, ack: Ack| {
            // Readers of all documents hear of it.
            all.emit("announced", text)?;
            ack.send(all.children().len())?;
            Ok::<(), Box<dyn Error>>(())
        });
    });
    support::serve_with_page(io, include_str!("pages/dynamic_namespaces.html")).await
}
