#!/usr/bin/env python3
"""Stands for a Go binary: answers calls of `net/rpc` with what Go 1.19 has sent in the same situation, byte for byte."""

import os
import socket

RESPONSE = bytes.fromhex(
    "3aff8503010108526573706f6e736501ff86000103010d536572766963654d6574686f64010c00010353657101060001054572726f72010c000000"
)
PONG = bytes.fromhex("18ff870301010c50696e67526573706f6e736501ff8800000003ff8800")
TYPES = bytes.fromhex(
    "33ff8d0301010e496e766f6b65526573706f6e736501ff8e00010201075061796c6f6164010a0001054572726f7201ff9000000049ff8f0301010746"
    "61696c75726501ff9000010401074d657373616765010c00010454797065010c00010a537461636b547261636501ff9400010a53686f756c64457869"
    "7401020000001cff930201010d5b5d2a6d61696e2e4672616d6501ff940001ff92000028ff91030102ff92000103010450617468010c0001044c696e"
    "6501040001054c6162656c010c000000"
)
ANSWERS = {
    b"1": bytes.fromhex("0cff8e01077b2261223a317d00"),
    b"2": bytes.fromhex("16ff8e0201026e6f010b6572726f72537472696e670000"),
    b"3": bytes.fromhex(
        "4cff8e020104626f6f6d010c72756e74696d654572726f72010201076d61696e2e676f01fe0258010b6d61696e2e68616e646c65000104782e676f01"
        "0e01096d61696e2e6d61696e0001010000"
    ),
    b"5": bytes.fromhex("03ff8e00"),
}


def number(stream):
    first = stream.read(1)
    if not first:
        raise SystemExit(0)
    if first[0] < 128:
        return first[0]
    return int.from_bytes(stream.read(256 - first[0]), "big")


def value(stream):
    """The next message that is no definition, after the number of its type."""
    while True:
        message = stream.read(number(stream))
        if message[1] % 2 == 0:
            return message[2:]


def header(method, sequence):
    value = b"\xff\x86\x01" + bytes([len(method)]) + method
    value += b"\x01" + bytes([sequence]) if sequence else b""
    value += b"\x00"
    return bytes([len(value)]) + value


def serve(connection):
    stream = connection.makefile("rb")
    sequence, has_types = 0, False
    while True:
        called = value(stream)
        method = called[2:2 + called[1]]
        argument = value(stream)
        if method == b"Function.Ping":
            connection.sendall(RESPONSE + header(method, sequence) + PONG)
        else:
            payload = argument[2:2 + argument[1]]
            print("payload", payload.decode(), flush=True)
            for text in [b"$LATEST", b"notify", b'{"SCF_NAMESPACE":"default"}', b"ap-guangzhou"]:
                assert text in argument, text
            if payload == b"9":
                os._exit(3)
            types = b"" if has_types else TYPES
            has_types = True
            connection.sendall(header(method, sequence) + types + ANSWERS[payload])
        sequence += 1


with socket.socket() as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", int(os.environ["_LAMBDA_SERVER_PORT"])))
    listener.listen()
    serve(listener.accept()[0])
