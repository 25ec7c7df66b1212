//! Calls by `net/rpc`, Go's own protocol: a header that names the method, then its argument; and back a header that says
//! whether it failed, then its result. All in gob, on one connection.
//!
//! Follows: the documentation of Go's package `net/rpc`.

use std::collections::BTreeSet;
use std::io;
use std::net::Ipv4Addr;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::gob::{self, Decoder, GobError, Record, TEXT, UINT, Value};

/// The type of the header of a call, and the first number that a stream may give a type.
const REQUEST: i64 = 65;
/// Bytes of a message at most: far beyond what a function may answer.
const LIMIT: u64 = 64 * 1024 * 1024;

/// What is called, and with what.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: &'static str,
    /// The definitions of its argument's types, with numbers above that of the header. Sent with the first call.
    pub(super) types: &'a [u8],
    /// The message with its argument.
    pub(super) argument: &'a [u8],
}

/// A connection to a program that offers methods.
#[derive(Debug)]
pub(super) struct Rpc {
    stream: TcpStream,
    decoder: Decoder,
    received: BytesMut,
    sequence: u64,
    /// The methods that were called.
    known: BTreeSet<&'static str>,
}

/// A call without a result.
#[derive(Debug, thiserror::Error)]
pub(super) enum RpcError {
    #[error("{0}")]
    Failed(String),
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    #[error("the program does not speak `net/rpc`: {0}")]
    Gob(#[from] GobError),
    #[error("the program sends a message of {0} bytes, more than 64 MB")]
    TooLong(u64),
}

impl Rpc {
    /// Connects to a program of this machine.
    pub(super) async fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            decoder: Decoder::new(),
            received: BytesMut::new(),
            sequence: 0,
            known: BTreeSet::new(),
        })
    }

    /// Calls a method and waits for its result.
    pub(super) async fn call(&mut self, call: Call<'_>) -> Result<Value, RpcError> {
        let header = Record::default().bytes(call.method).uint(self.sequence);
        let mut sent = Vec::new();
        if self.known.is_empty() {
            let fields = [("ServiceMethod", TEXT), ("Seq", UINT)];
            sent.extend(gob::definition(REQUEST, "Request", &fields));
        }
        sent.extend(header.message(REQUEST));
        if self.known.insert(call.method) {
            sent.extend(call.types);
        }
        sent.extend(call.argument);
        self.sequence += 1;
        self.stream.write_all(&sent).await?;
        let header = self.value().await?;
        let result = self.value().await?;
        match header.text("Error") {
            "" => Ok(result),
            error => Err(RpcError::Failed(error.to_owned())),
        }
    }

    /// The next value; definitions before it are kept.
    async fn value(&mut self) -> Result<Value, RpcError> {
        loop {
            let (length, taken) = loop {
                match gob::length(&self.received)? {
                    Some(found) => break found,
                    None => self.read().await?,
                }
            };
            if length > LIMIT {
                return Err(RpcError::TooLong(length));
            }
            let length = usize::try_from(length).map_err(|_| RpcError::TooLong(length))?;
            while self.received.len() < taken + length {
                self.read().await?;
            }
            self.received.advance(taken);
            let message = self.received.split_to(length);
            if let Some(value) = self.decoder.message(&message)? {
                return Ok(value);
            }
        }
    }

    async fn read(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}
