//! All routes of the operator's API in one table.

use http::Method;

/// One method of one path.
#[derive(Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path after `/_backlot`.
    pub path: &'static str,
    /// Names that the query may have.
    pub parameters: &'static [&'static str],
    /// What it does.
    pub operation: Operation,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The state of the emulator.
    Health,
    /// Wait until there is nothing to do.
    Idle,
    /// Give a function an event.
    Invoke,
    /// Download the code of a function.
    Code,
    /// Send an event of MPS.
    SendEvent,
    /// Put everything back to the start.
    Reset,
    /// Stop the emulator.
    Stop,
    /// Read the clock.
    Clock,
    /// Let virtual time pass.
    Advance,
    /// Let virtual time pass until there is nothing to do.
    RunUntilIdle,
    /// Read the fault rules.
    Faults,
    /// Replace the fault rules.
    PutFaults,
    /// Read the journal.
    Journal,
    /// Read the logs of functions.
    Logs,
    /// Save all buckets and objects.
    State,
    /// Replace all buckets and objects.
    PutState,
    /// The description of the API.
    OpenApi,
}

/// All routes.
pub const ROUTES: &[Route] = &[
    get("/health", &[], Operation::Health),
    get("/idle", &["horizon", "timeout"], Operation::Idle),
    Route {
        method: Method::POST,
        path: "/invoke",
        parameters: &["function", "namespace", "qualifier", "type", "cold"],
        operation: Operation::Invoke,
    },
    Route {
        method: Method::POST,
        path: "/events",
        parameters: &["kind", "profile", "set", "add", "force"],
        operation: Operation::SendEvent,
    },
    get(
        "/code",
        &["function", "namespace", "qualifier"],
        Operation::Code,
    ),
    post("/reset", Operation::Reset),
    post("/stop", Operation::Stop),
    get("/clock", &[], Operation::Clock),
    post("/clock/advance", Operation::Advance),
    post("/clock/run-until-idle", Operation::RunUntilIdle),
    get("/faults", &[], Operation::Faults),
    put("/faults", Operation::PutFaults),
    get("/journal", &["since", "follow"], Operation::Journal),
    get(
        "/logs",
        &["function", "follow", "findings"],
        Operation::Logs,
    ),
    get("/state", &[], Operation::State),
    put("/state", Operation::PutState),
    get("/openapi.json", &[], Operation::OpenApi),
];

const fn get(
    path: &'static str,
    parameters: &'static [&'static str],
    operation: Operation,
) -> Route {
    Route {
        method: Method::GET,
        path,
        parameters,
        operation,
    }
}

const fn post(path: &'static str, operation: Operation) -> Route {
    Route {
        method: Method::POST,
        path,
        parameters: &[],
        operation,
    }
}

const fn put(path: &'static str, operation: Operation) -> Route {
    Route {
        method: Method::PUT,
        path,
        parameters: &[],
        operation,
    }
}
