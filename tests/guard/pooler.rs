//! [`Pooler`]: in between, and leading a connection to another database than the one that it asks for.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a client asks first, if it would like TLS.
const TLS_REQUEST: u32 = 80_877_103;
/// The protocol's version 3.0: everything else is passed on as it is.
const STARTUP: u32 = 196_608;

/// A listener that leads connections on for as long as the process lives.
pub struct Pooler {
    pub port: u16,
    connections: Arc<AtomicUsize>,
}

impl Pooler {
    /// Begins to listen. The lead tells into which database the connection of this number, from 0, is led.
    pub fn begin(
        (host, port): (String, u16),
        lead: impl Fn(usize) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let pooler =
            Self { port: listener.local_addr().unwrap().port(), connections: Arc::new(AtomicUsize::new(0)) };
        let (counter, lead) = (pooler.connections.clone(), Arc::new(lead));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (counter, lead, host) = (counter.clone(), lead.clone(), host.clone());
                // A connection that breaks is the client's to tell.
                std::thread::spawn(move || drop(pass(client, (&host, port), &counter, &*lead)));
            }
        });
        pooler
    }

    /// How many connections asked for a database.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn pass(
    mut client: TcpStream,
    server: (&str, u16),
    counter: &AtomicUsize,
    lead: &dyn Fn(usize) -> String,
) -> std::io::Result<()> {
    let mut message = read_message(&mut client)?;
    if code(&message) == TLS_REQUEST {
        client.write_all(b"N")?;
        message = read_message(&mut client)?;
    }
    if code(&message) == STARTUP {
        message = redirect(&message, &lead(counter.fetch_add(1, Ordering::SeqCst)));
    }
    let mut server = TcpStream::connect(server)?;
    server.write_all(&message)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        // Whoever hangs up is hung up on.
        drop(std::io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Write));
    });
    let copied = std::io::copy(&mut server, &mut client);
    drop(client.shutdown(Shutdown::Both));
    copied.map(drop)
}

/// A message without a type: its length, which counts itself, and the rest.
fn read_message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut message = vec![0; 4];
    stream.read_exact(&mut message)?;
    let length = u32::from_be_bytes(message[..4].try_into().unwrap());
    message.resize(length as usize, 0);
    stream.read_exact(&mut message[4..])?;
    Ok(message)
}

fn code(message: &[u8]) -> u32 {
    u32::from_be_bytes(message[4..8].try_into().unwrap())
}

/// The startup message with another database: names and values, each with a zero behind it, and one at the end.
fn redirect(message: &[u8], database: &str) -> Vec<u8> {
    let mut pieces: Vec<Vec<u8>> = message[8..].split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    let name = pieces.iter().step_by(2).position(|piece| piece == b"database").expect("a database") * 2;
    pieces[name + 1] = database.as_bytes().to_vec();
    let rest = pieces.join(&0);
    let length = u32::try_from(rest.len() + 8).unwrap();
    [&length.to_be_bytes()[..], &STARTUP.to_be_bytes(), &rest].concat()
}
