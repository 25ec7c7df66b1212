//! The `bootstrap` of the function: settings, then the loop, then an exit code.

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use backlot_handler::clock::Clock;
use backlot_handler::credentials::Credentials;
use backlot_handler::function::Function;
use backlot_handler::log;
use backlot_handler::runtime::{self, RuntimeApi, serve};
use backlot_handler::settings::Settings;

fn main() -> ExitCode {
    let lookup = |variable: &str| {
        std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned())
    };
    let settings = match Settings::read(lookup) {
        Ok(settings) => settings,
        Err(mistakes) => return fail(2, &mistakes),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(3, &error),
    };
    let listening = {
        let _inside = runtime.enter();
        signal(SignalKind::terminate())
    };
    let terminated = match listening {
        Ok(terminated) => terminated,
        Err(error) => return fail(3, &error),
    };
    let served = runtime.block_on(run(&settings, terminated));
    // A name that is still being looked up must not hold the exit up.
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(3, &error),
    }
}

async fn run(settings: &Settings, mut terminated: Signal) -> Result<(), runtime::Error> {
    let credentials = Credentials::from_environment();
    let function = Function::new(settings, Clock::real(), credentials, log::to_stdout());
    let api = RuntimeApi::new(settings.runtime_api.clone());
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        terminated.recv().await;
        stop.send_replace(true);
    });
    serve(&api, &function, stopped).await
}

/// Says why on standard error, with all causes, and gives the exit code.
fn fail(code: u8, error: &dyn Error) -> ExitCode {
    let mut message = format!("bootstrap: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    // Without standard error the exit code has to do.
    let _ = writeln!(std::io::stderr(), "{message}");
    ExitCode::from(code)
}
