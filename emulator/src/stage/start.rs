//! How a stage starts: the port is bound first, because functions have to know its address; then the services are built, one
//! on the other; requests are served last.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio::sync::Mutex;

use super::front_door::{self, Router};
use super::secrets::{self, Secrets};
use super::settings::{Settings, StoreChoice, Time};
use super::{Error, Stage, data_folder, owner_keys, python, starts};
use crate::admin::Admin;
use crate::events::{CosCode, EventBus, MpsHost, Outbox, Routes, ScfSurroundings};
use crate::mps::definitions::Definitions;
use crate::mps::tasks::TaskTable;
use crate::mps::{Bindings, Mps};
use crate::scf::triggers::{Source, Trigger};
use crate::scf::{Function, QueueFile, Scf};
use crate::services::{Services, StageInfo};
use crate::stub::{Outbound, Stubs};
use backlot_base::context::Context;
use backlot_base::fault::Switch;
use backlot_base::journal::{Journal, Lane, StageRecord};
use backlot_base::registry::Registry;
use backlot_base::scratch::Scratch;
use backlot_base::seed::Seed;
use backlot_base::signal::FunctionTarget;
use backlot_cos as cos;
use backlot_cos::store::Durability;
use backlot_cos::{Cos, Domains};
use backlot_http::auth::{Acting, Credentials, Keyring, Principal};
use backlot_http::{Authority, Emulated, HostPattern, Listening, Server};

impl Stage {
    /// Starts the services and the front door, and creates buckets, functions and triggers.
    pub async fn start(settings: Settings) -> Result<Self, Error> {
        let folder = Scratch::create().map_err(Error::Folder)?;
        let faults = Switch::new(Arc::clone(&settings.faults));
        let (secrets, keys_file) = secrets(&settings, folder.path())?;
        let ids = match &settings.store.folder {
            Some(folder) => starts::seed_of_ids(settings.seed, folder)?,
            None => settings.seed,
        };
        let context = context(&settings, ids, secrets, &faults);
        let store = data_folder::open_store(&settings.store, folder.path())?;
        let kind = store.kind();
        let listening = bind(settings.listen).await?;
        let keyring = Keyring::default();
        let owner = owner(&context, &keyring);

        let outbox = Outbox::new(routes(&settings, ids), settings.chain_limit);
        let cos_settings = cos_settings(&settings);
        let domains = cos_settings.domains.clone();
        let listener = outbox.listener();
        let cos = Cos::new(
            context.clone(),
            keyring.clone(),
            store,
            cos_settings,
            listener,
        );
        create_buckets(&cos, &settings).await?;

        let outbound = outbound(&context, &keyring, &settings);
        let emulated = emulated(&outbound, &domains)?;
        let (authority, certificate) =
            local_authority(&context, &emulated, &settings.store, folder.path())?;
        let python = python::write(folder.path()).map_err(Error::Folder)?;

        let mut platform = front_door::variables(listening.address(), Some(&certificate));
        platform.extend(python::variables(&python, &certificate));
        let registry = registry(&settings.store)?;
        let functions = unpacked(settings.functions.clone()).await?;
        let scf = start_scf(
            &context, &keyring, &settings, functions, platform, &registry,
        )?;
        scf.read_code_from(Arc::new(CosCode::new(&cos)));
        scf.follow(outbox.chains().clone());
        scf.offer_code_at(front_door::code_address(listening.address()));
        let definitions = Definitions::open(settings.mps.presets, registry.clone())?;
        let mps = start_mps(&context, &cos, &scf, &outbox, &settings, definitions)?;
        let started = StageRecord::Started {
            seed: settings.seed.0,
            store: kind.to_string(),
        };
        context.record(Lane::Stage, started);
        let (events, carrying) = EventBus::start(&context, &scf, &mps, outbox);
        if let Some(folder) = &settings.store.folder {
            let is_synced = settings.store.durability == Durability::Full;
            scf.keep_queues_in(QueueFile::open(folder, is_synced)?);
            mps.keep_tasks_in(TaskTable::open(folder, is_synced)?)?;
        }

        let info = StageInfo {
            address: listening.address(),
            is_virtual: settings.time != Time::Real,
            seed: settings.seed,
            keys_file: keys_file.map(absolute),
            store: kind,
            data: settings.store.folder.map(absolute),
            ca_bundle: Some(absolute(certificate.clone())),
            python: Some(python),
            buckets: settings.buckets,
            faults: context.faults.rules(),
            account: settings.account,
            started: context.clock.now(),
        };
        let cloud_api = front_door::cloud_api(&context, &keyring, &info.account.uin, &mps, &scf);
        let services = Arc::new(Services {
            context,
            cos,
            scf,
            mps,
            events,
            outbound,
            faults,
            registry,
            info,
            replacing: Mutex::default(),
        });
        let admin = Admin::new(Arc::clone(&services));
        let router = Router {
            services: Arc::clone(&services),
            keyring,
            domains,
            cloud_api,
            admin: admin.clone(),
        };
        let server = front_door::serve(listening, authority, router);
        Ok(Self {
            services,
            admin,
            server,
            owner,
            certificate,
            _carrying: carrying,
            _folder: folder,
        })
    }
}

/// Starts MPS and creates the triggers, as the API has changed them; some of them are bindings of MPS.
fn start_mps(
    context: &Context,
    cos: &Cos,
    scf: &Scf,
    outbox: &Outbox,
    settings: &Settings,
    definitions: Definitions,
) -> Result<Mps, Error> {
    let mps_settings = settings.mps.clone();
    let bindings = Bindings::new(mps_settings.binding_rule);
    let surroundings = ScfSurroundings::new(context, cos, &bindings, outbox);
    scf.surround(Arc::new(surroundings), settings.timer_zone);
    scf.configure_triggers(triggers(settings))?;
    scf.restore_triggers()?;
    let host = Arc::new(MpsHost::new(cos, scf, outbox));
    Ok(Mps::with_definitions(
        context.clone(),
        mps_settings,
        host,
        bindings,
        definitions,
    ))
}

/// What keys are drawn from, and the file that says so if it is not the seed.
fn secrets(settings: &Settings, temporary: &Path) -> Result<(Seed, Option<PathBuf>), Error> {
    match settings.secrets {
        Secrets::OfSeed => Ok((settings.seed, None)),
        Secrets::Random => {
            let folder = settings.store.folder.as_deref().unwrap_or(temporary);
            let (secrets, file) = secrets::open(folder)?;
            Ok((secrets, Some(file)))
        }
    }
}

fn context(settings: &Settings, seed: Seed, secrets: Seed, faults: &Switch) -> Context {
    let clock = settings.time.clock();
    Context {
        journal: Journal::limited(&clock, settings.journal),
        clock,
        seed,
        secrets,
        faults: Arc::new(faults.clone()),
    }
}

async fn bind(address: SocketAddr) -> Result<Listening, Error> {
    let bound = Server::bind(address).await;
    bound.map_err(|source| Error::Listen { address, source })
}

fn routes(settings: &Settings, seed: Seed) -> Routes {
    Routes {
        triggers: Vec::new(),
        workflows: settings.workflows.clone(),
        region: settings.account.region.clone(),
        shape: settings.cos_events,
        seed,
    }
}

/// Creates the configured buckets. One that exists from an earlier run stays as it is.
async fn create_buckets(cos: &Cos, settings: &Settings) -> Result<(), Error> {
    let region = &settings.account.region;
    let buckets = settings.buckets.iter();
    // All at once, so that they share one wait for the disk.
    try_join_all(buckets.map(|bucket| cos.create_bucket(bucket, region))).await?;
    Ok(())
}

/// The COS of an account, with its custom hosts in lower case, in which they are compared.
fn cos_settings(settings: &Settings) -> cos::Settings {
    let account = &settings.account;
    let custom = settings
        .domains
        .iter()
        .map(|(host, bucket)| (host.to_ascii_lowercase(), bucket.clone()));
    cos::Settings {
        region: account.region.clone(),
        appid: account.app_id.to_string(),
        uin: account.uin.clone(),
        domains: Domains {
            custom: custom.collect(),
            ..Domains::default()
        },
        old_buckets: settings.old_buckets.clone(),
        name_limit: settings.name_limit,
        conditional_writes: settings.conditional_writes,
        copy_in_place: settings.copy_in_place,
        ..cos::Settings::default()
    }
}

/// The hosts that the emulator answers for beside those of the platform.
fn emulated(outbound: &Outbound, domains: &Domains) -> Result<Emulated, Error> {
    let own = domains.custom.keys().map(|host| host.parse());
    let own = own.collect::<Result<Vec<HostPattern>, _>>()?;
    Ok(Emulated::with(outbound.hosts().into_iter().chain(own)))
}

fn outbound(context: &Context, keyring: &Keyring, settings: &Settings) -> Outbound {
    let stubs = Stubs::new(settings.stubs.clone());
    let egress = settings.egress.clone();
    Outbound::new(context.clone(), keyring.clone(), stubs, egress)
}

/// What calls of the APIs have made in earlier runs on the same folder.
fn registry(choice: &StoreChoice) -> Result<Registry, Error> {
    Ok(match &choice.folder {
        Some(folder) => Registry::open(&folder.join("registry"))?,
        None => Registry::in_memory(),
    })
}

/// The functions with their code unpacked, where that is a zip.
async fn unpacked(functions: Vec<Function>) -> Result<Vec<Function>, Error> {
    let unpacking = tokio::task::spawn_blocking(|| {
        let unpacked = functions.into_iter().map(|function| {
            let name = function.name.clone();
            let unpacked = function.unpacked();
            unpacked.map_err(|source| Error::Package {
                function: name,
                source,
            })
        });
        unpacked.collect()
    });
    unpacking.await.expect("unpacking does not panic")
}

/// An SCF with the configured functions, as the API has changed them. Each of their instances gets the variables of `platform`.
fn start_scf(
    context: &Context,
    keyring: &Keyring,
    settings: &Settings,
    functions: Vec<Function>,
    platform: Vec<(String, String)>,
    registry: &Registry,
) -> Result<Scf, Error> {
    let account = settings.account.clone();
    let (context, keyring) = (context.clone(), keyring.clone());
    let scf = Scf::start_with(context, keyring, account, platform, registry.clone());
    scf.pause_retries(settings.async_retries);
    for function in functions {
        scf.create_function(function)?;
    }
    scf.restore()?;
    Ok(scf)
}

/// The configured triggers.
fn triggers(settings: &Settings) -> Vec<Trigger> {
    let of_mps = settings.triggers.iter().map(|(event_type, function)| {
        let name = format!("{event_type}Event");
        let source = Source::Mps(event_type.clone());
        Trigger::new(name, FunctionTarget::named(function), source)
    });
    of_mps.chain(settings.function_triggers.clone()).collect()
}

/// The authority that vouches for the emulated hosts, and where its certificate is: the same for every run on one data
/// folder, a new one for a stage that leaves nothing behind.
fn local_authority(
    context: &Context,
    emulated: &Emulated,
    choice: &StoreChoice,
    temporary: &Path,
) -> Result<(Authority, PathBuf), Error> {
    let (authority, folder) = match &choice.folder {
        Some(folder) => (
            Authority::open(&context.clock, folder, emulated)?,
            folder.as_path(),
        ),
        None => (Authority::in_memory(&context.clock, emulated)?, temporary),
    };
    let certificate = authority.write_certificate(folder)?;
    Ok((authority, certificate))
}

/// Issues the keys of the account's owner.
fn owner(context: &Context, keyring: &Keyring) -> Credentials {
    let credentials = owner_keys(context.secrets);
    let principal = Principal::new("owner", None);
    principal.act(Acting {
        lane: Lane::Stage,
        attempt: 0,
    });
    keyring.issue(credentials.clone(), principal);
    credentials
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
