//! [`Proxy`]: a wire between loader and server that breaks where it is told to.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What passes from the loader to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// A `COMMIT`.
    Commit,
    /// Data of a COPY, after so many bytes on this connection.
    Copy(usize),
    /// Any other query.
    Query,
}

/// What the wire does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Pass,
    /// The connection breaks before it arrives.
    Cut,
    /// It arrives, and the connection breaks before the answer comes back.
    CutAnswer,
    /// The loader sees the connection break, the server does not.
    Forsake,
    /// Nothing moves for a while.
    Stall(Duration),
}

type Plan = dyn Fn(Passing) -> Fate + Send + Sync;

/// A wire between loader and server.
pub struct Proxy {
    pub port: u16,
}

/// What the connections have in common.
struct Wire {
    server: (String, u16),
    plan: Box<Plan>,
    /// Ends that the server must not see closed.
    forsaken: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Listens until the process ends.
    pub fn start(server: (String, u16), plan: impl Fn(Passing) -> Fate + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(Wire { server, plan: Box::new(plan), forsaken: Mutex::default() });
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let wire = wire.clone();
                std::thread::spawn(move || wire.join(&client.unwrap()));
            }
        });
        Self { port }
    }
}

impl Wire {
    fn join(&self, client: &TcpStream) {
        let (host, port) = &self.server;
        // A server that is not there is seen as a connection that closes at once.
        let Ok(server) = TcpStream::connect((host.as_str(), *port)) else { return };
        for end in [client, &server] {
            end.set_nodelay(true).unwrap();
        }
        let cut_answer = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| back(&server, client, &cut_answer));
            // An error is an end, too.
            let _ = self.forth(client, &server, &cut_answer);
        });
    }

    /// From the loader to the server, message by message.
    fn forth(&self, client: &TcpStream, server: &TcpStream, cut_answer: &AtomicBool) -> std::io::Result<()> {
        let mut copied = 0;
        let mut starting = true;
        let result = loop {
            let message = match read_message(client, &mut starting) {
                Ok(message) => message,
                Err(error) => break Err(error),
            };
            let passing = match message[0] {
                b'Q' if message[5..].starts_with(b"COMMIT") => Passing::Commit,
                b'd' if !starting => {
                    copied += message.len();
                    Passing::Copy(copied)
                }
                _ => Passing::Query,
            };
            match (self.plan)(passing) {
                Fate::Pass => {}
                Fate::Cut => break Ok(()),
                Fate::CutAnswer => cut_answer.store(true, Ordering::SeqCst),
                Fate::Stall(time) => std::thread::sleep(time),
                Fate::Forsake => {
                    self.forsaken.lock().unwrap().push(server.try_clone()?);
                    return client.shutdown(Shutdown::Both);
                }
            }
            let mut server = server;
            if let Err(error) = server.write_all(&message) {
                break Err(error);
            }
        };
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
        result
    }
}

/// From the server to the loader.
fn back(mut server: &TcpStream, mut client: &TcpStream, cut_answer: &AtomicBool) {
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let read = match server.read(&mut buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        // What was asked has happened as soon as the answer is there.
        let cut = cut_answer.load(Ordering::SeqCst);
        if read == 0 || cut || client.write_all(&buffer[..read]).is_err() {
            let _ = client.shutdown(Shutdown::Both);
            if read == 0 || cut {
                let _ = server.shutdown(Shutdown::Both);
                return;
            }
            // A loader that is gone: the server may not notice.
        }
    }
}

/// A whole message; the first ones have no letter and get a 0 in its place here.
fn read_message(mut client: &TcpStream, starting: &mut bool) -> std::io::Result<Vec<u8>> {
    const REQUESTS: [u32; 2] = [80_877_103, 80_877_104]; // for TLS and for GSSAPI
    let mut message = Vec::new();
    if !*starting {
        message.push(0);
        client.read_exact(&mut message)?;
    }
    let at = message.len();
    message.resize(at + 4, 0);
    client.read_exact(&mut message[at..])?;
    let length = u32::from_be_bytes(message[at..].try_into().expect("four bytes")) as usize;
    message.resize(at + length, 0);
    client.read_exact(&mut message[at + 4..])?;
    if *starting {
        let code = u32::from_be_bytes(message[4..8].try_into().expect("four bytes"));
        *starting = REQUESTS.contains(&code);
    }
    Ok(message)
}
