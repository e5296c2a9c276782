//! `sockrates trace`, from the command line to the end.
//!
//! Shell file: owns the runtime and the listener.

use std::error::Error;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::future::Either;
use hyper::Request;
use hyper::body::Incoming;
use sockrates::chat::assets::Assets;
use sockrates::engineio::options::Options;
use sockrates::engineio::server::Server;
use sockrates::engineio::tap::Tap;
use sockrates::inspect::guard::Guard;
use sockrates::inspect::log::first_line;
use sockrates::inspect::site::{Inspector, Settings};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::time::sleep;

use super::client::Client;
use super::options::Trace;
use super::print::{Manner, print};
use super::proxy::Proxy;

/// How long connections may take to end.
const GRACE: Duration = Duration::from_millis(300);

/// Traces until it is over. Whether the server has spoken the protocol.
///
/// # Errors
/// When there is no server, or no place to listen.
pub fn run(trace: &Trace) -> Result<bool, Box<dyn Error>> {
    let (name, address, path) = trace.server()?;
    let lang = trace.lang.get();
    let manner = Manner { lang, json: trace.json, brief: trace.brief, secrets: trace.secrets };
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listen = trace.listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let listener = TcpListener::bind(listen).await?;
        let here = listener.local_addr()?;
        let tap = Tap::new();
        let (_, watcher) = tap.watch(None).ok_or("nobody can watch")?;
        let proxy = Proxy::new(address, &name, &tap);
        let inspector = inspector(&tap, trace, address, &path);
        let server = Server::new(&Options::default());
        let serving = server.clone();
        tokio::spawn(async move {
            serving.accept(listener, move |request, _| lead(request, &inspector, &proxy)).await;
        });
        if trace.json {
            writeln!(anstream::stdout(), "{}", first_line(tap.began_at()))?;
        } else if trace.listen.is_some() {
            writeln!(anstream::stdout(), "listening on http://{here}")?;
            anstream::eprintln!(
                "What comes here goes to http://{name}: see http://{here}/inspect."
            );
        }
        let printing = tokio::spawn(print(watcher, manner));
        let time = async {
            match trace.time() {
                Some(time) => sleep(time).await,
                None => std::future::pending().await,
            }
        };
        let talking = match trace.listen {
            Some(_) => Either::Left(std::future::pending()),
            None => Either::Right(Client::new(trace, here, &path).talk()),
        };
        let outcome = tokio::select! {
            said = talking => said.map_err(|error| error.to_string()),
            () = time => Ok(()),
            stopped = tokio::signal::ctrl_c() => stopped.map_err(|error| error.to_string()),
        };
        // What was said last has to come by.
        server.close(GRACE).await;
        tap.end();
        let _ = printing.await?;
        if let Err(error) = &outcome {
            anstream::eprintln!("sockrates: {error}");
        }
        Ok(outcome.is_ok())
    })
}

fn inspector(tap: &Tap, trace: &Trace, server: SocketAddr, path: &str) -> Inspector {
    let settings = Settings {
        tap: tap.clone(),
        guard: Guard::ThisMachine,
        secrets: trace.secrets,
        assets: Assets::default(),
        path: path.to_owned(),
    };
    Inspector::new(settings, move || {
        let (near, mut far) = tokio::io::duplex(64 << 10);
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(server).await?;
            tokio::io::copy_bidirectional(&mut far, &mut stream).await
        });
        near
    })
}

/// Requests for the inspector are its, and all others the server's.
fn lead(
    request: Request<Incoming>,
    inspector: &Inspector,
    proxy: &Proxy,
) -> impl Future<Output = hyper::Response<sockrates::inspect::feed::Body>> + Send + use<> {
    if Inspector::serves(request.uri().path()) {
        Either::Left(inspector.clone().answer(request))
    } else {
        Either::Right(proxy.clone().answer(request))
    }
}
