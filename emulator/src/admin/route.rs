//! All that can be asked, in one table.

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

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Whether requests are served, and by what.
    Health,
    /// Everything as at the start.
    Reset,
    /// The end.
    Stop,
    /// What time it is.
    Clock,
    /// Let virtual time pass.
    Advance,
    /// Let virtual time pass until there is nothing to do.
    RunUntilIdle,
    /// Planned trouble.
    Faults,
    /// Other planned trouble.
    PutFaults,
    /// What happened.
    Journal,
    /// What functions printed.
    Logs,
    /// All buckets and objects.
    State,
    /// Other buckets and objects.
    PutState,
    /// This surface, described.
    OpenApi,
}

/// All of it.
pub const ROUTES: &[Route] = &[
    get("/health", &[], Operation::Health),
    post("/reset", Operation::Reset),
    post("/stop", Operation::Stop),
    get("/clock", &[], Operation::Clock),
    post("/clock/advance", Operation::Advance),
    post("/clock/run-until-idle", Operation::RunUntilIdle),
    get("/faults", &[], Operation::Faults),
    put("/faults", Operation::PutFaults),
    get("/journal", &["since", "follow"], Operation::Journal),
    get("/logs", &["function", "follow"], Operation::Logs),
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
