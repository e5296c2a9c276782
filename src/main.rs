//! The program: a chat server.
//!
//! ```text
//!   sockrates                       the chat, on port 3000 of this machine
//!   sockrates --port 8080 --host ::   for everybody, on another port
//!   sockrates load http://…         clients that keep a server busy, and what it costs
//!   sockrates decode '42["hi"]'     what that means, piece by piece
//!   sockrates encode event '["hi"]'   the packet that says so
//!   sockrates conform http://…      whether a server does what the protocol says
//!   sockrates learn http://…        what to build next, for who writes a server
//!   sockrates trace http://…        what goes between a client and a server, explained
//! ```
//!
//! One thread for each core, each with a runtime of its own: a session stays where it was
//! accepted, so its packets never wake another core.

mod conform;
mod front;
mod guide;
mod load;
mod options;
mod tools;
mod trace;

use std::error::Error;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Parser;
use sockrates::chat::page::Site;
use sockrates::chat::room;
use sockrates::engineio::server::Server;
use sockrates::engineio::tap::Tap;
use sockrates::inspect::site::Settings;
use sockrates::socketio::{Io, Options};
use sockrates::token;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::front::Front;
use crate::options::{Cli, Command, Serve};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command.unwrap_or(Command::Serve(cli.serve.into())) {
        Command::Serve(serve) => serve.start_log().and_then(|()| run(&serve)),
        Command::Load(load) => {
            raise_descriptor_limit();
            load::run::run(&load)
        }
        Command::Decode(decode) => return tools::ended(tools::decode::run(decode)),
        Command::Encode(encode) => return tools::ended(tools::encode::run(&encode)),
        Command::Trace(trace) => return tools::ended(trace::run::run(&trace)),
        Command::Conform(conform) => return tools::ended(conform::run::run(&conform)),
        Command::Learn(learn) => return tools::ended(conform::learn::run(&learn)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sockrates: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(serve: &Serve) -> Outcome<()> {
    if let Some(seed) = serve.seed()? {
        tracing::warn!(seed, "names are drawn from a seed: sessions are anybody's who knows it");
        token::draw_from_seed(seed);
    }
    raise_descriptor_limit();
    let mut options = Options { client_files: Some(serve.client_files()?), ..serve.socketio()? };
    let guard = serve.inspect.guard(serve.is_for_this_machine())?;
    let tap = guard.is_some().then(Tap::new);
    options.engine.tap = tap.clone();
    let io = Io::new(options);
    room::open(&io, serve.chat());
    let site = Site::new(io.clone(), serve.assets());
    let server = Server::new(&io.options().engine);
    let settings = tap.clone().zip(guard).map(|(tap, guard)| Settings {
        tap,
        guard,
        secrets: serve.inspect.inspect_secrets,
        assets: serve.assets(),
        path: io.options().engine.path.clone(),
    });
    let front = Front::new(site, &server, settings);

    let runtime = Builder::new_current_thread().enable_all().build()?;
    // Before anybody can know that the program runs, it can be told to stop.
    let mut signals = runtime.block_on(async { Signals::new() })?;

    let listeners = listen(&serve.host, serve.port)?;
    let first = listeners.first().ok_or("no address to listen on")?.local_addr()?;
    let all_over = CancellationToken::new();
    let mut workers = Vec::new();
    for _ in 0..serve.threads() {
        let listeners: Vec<_> =
            listeners.iter().map(TcpListener::try_clone).collect::<Result<_, _>>()?;
        let (server, front, all_over) = (server.clone(), front.clone(), all_over.clone());
        workers.push(thread::spawn(move || work(listeners, &server, &front, &all_over)));
    }
    drop(listeners);
    announce(first, serve, tap.is_some())?;

    let left = runtime.block_on(async {
        signals.next().await;
        tracing::info!(sessions = io.sessions(), "stopping");
        let grace = Duration::from_secs(serve.grace.into());
        // Whoever watches would keep his connection for ever.
        tap.iter().for_each(Tap::end);
        let stopped = async {
            // First the sessions, while connections are still accepted: a client on polling
            // comes back once more, to be told.
            io.close(grace).await + server.close(grace).await
        };
        // Whoever asks twice does not want to wait.
        tokio::select! {
            left = stopped => left,
            () = signals.next() => 0,
        }
    });
    if left > 0 {
        tracing::warn!(left, "given up");
    }
    all_over.cancel();
    for worker in workers {
        worker.join().map_err(|_| "a worker has panicked")??;
    }
    Ok(())
}

/// The two signals that ask a program to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// One worker: accepts connections, and serves those that it has accepted.
fn work(
    listeners: Vec<TcpListener>,
    server: &Server,
    front: &Front,
    all_over: &CancellationToken,
) -> std::io::Result<()> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        for listener in listeners {
            let (server, front) = (server.clone(), front.clone());
            let listener = tokio::net::TcpListener::from_std(listener)?;
            tokio::spawn(async move {
                server.accept(listener, move |request, peer| front.answer(request, peer)).await;
            });
        }
        all_over.cancelled().await;
        Ok(())
    })
}

/// Listens on every address of `hosts`, on the same port. Without any it is this machine, by
/// both of its addresses, since `localhost` may mean either.
fn listen(hosts: &[IpAddr], port: u16) -> Outcome<Vec<TcpListener>> {
    let (first, rest, required): (IpAddr, &[IpAddr], bool) = match hosts {
        [] => (Ipv4Addr::LOCALHOST.into(), &[IpAddr::V6(Ipv6Addr::LOCALHOST)], false),
        [first, rest @ ..] => (*first, rest, true),
    };
    let listener = bind(first, port)?;
    // With port 0 the first address decides which one it is.
    let port = listener.local_addr()?.port();
    let mut listeners = vec![listener];
    for host in rest {
        match bind(*host, port) {
            Ok(listener) => listeners.push(listener),
            Err(error) if required => return Err(error.into()),
            // A machine without this address can do without it. If another program has the port
            // there, a browser may well find that one.
            Err(error) => tracing::warn!(error, "one address less"),
        }
    }
    Ok(listeners)
}

fn bind(host: IpAddr, port: u16) -> Result<TcpListener, String> {
    let address = SocketAddr::new(host, port);
    let listener = TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    listener.map_err(|error| format!("can not listen on {address}: {error}"))
}

/// Programs read the line on standard output; people read the one on standard error.
fn announce(address: SocketAddr, serve: &Serve, inspected: bool) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "listening on http://{address}")?;
    std::io::stdout().flush()?;
    let port = address.port();
    eprintln!("Open http://localhost:{port}/ in two tabs and talk to yourself.");
    if inspected {
        eprintln!("See what goes over the wire at http://localhost:{port}/inspect.");
    }
    if serve.host.iter().any(|host| !host.is_loopback()) {
        eprintln!("Reachable from other machines, if their network lets them.");
    }
    Ok(())
}

/// Every client is a file descriptor, and the usual limit of 1,024 is the usual reason why a
/// server stops at a thousand of them.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of file descriptors stays as it is");
    }
    tracing::debug!(limit = ?limit.current, "file descriptors");
}
