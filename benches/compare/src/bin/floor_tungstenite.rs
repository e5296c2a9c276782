//! A floor: tokio-tungstenite as good as it gets, and a protocol that is one `match`.
//!
//! Small buffers, and what is sent leaves when nothing more is there to be read. There are no
//! sessions, no heartbeat, no rooms.

#[path = "../shared/args.rs"]
mod args;
#[path = "../shared/contract.rs"]
mod contract;

use std::error::Error;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use contract::Wish;

/// Larger ones make large messages cheaper and idle clients dearer.
const BUFFER: usize = 4 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", args::number("--port", 0))).await?;
        args::announce(listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(async move {
                // A client that goes is not an error here.
                let _ = serve(stream).await;
            });
        }
    })
}

async fn serve(stream: TcpStream) -> Result<(), Box<dyn Error + Send + Sync>> {
    let config = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(BUFFER);
    let mut socket = accept_async_with_config(stream, Some(config)).await?;
    socket.send(Message::text(contract::OPEN)).await?;
    while let Some(mut message) = socket.next().await.transpose()? {
        loop {
            let answer = match &message {
                Message::Text(text) => match Wish::read(text) {
                    Wish::Connect => Some(Message::text(contract::CONNECTED)),
                    Wish::Same => Some(message),
                    Wish::Answer(answer) => Some(Message::text(answer)),
                    _ => None,
                },
                Message::Binary(_) => Some(message),
                _ => None,
            };
            if let Some(answer) = answer {
                socket.feed(answer).await?;
            }
            match socket.next().now_or_never() {
                Some(Some(next)) => message = next?,
                Some(None) => return Ok(()),
                None => break,
            }
        }
        socket.flush().await?;
    }
    Ok(())
}
