//! Virtual servers: made in a size that fits, commanded, assigned to a user, and removed with what only connects them.

use tenantry_domain::cloud::{
    Catalog, FloatingIpSpec, Power, RouterInterfaceSpec, RouterSpec, ServerCommand, ServerImage, ServerNetwork, ServerSecurityGroup,
    ServerSize, ServerSpec,
};
use tenantry_domain::policy::{Action, Allowed, AnyResource, Scope, act};
use tenantry_domain::resource::{Audience, Kind, Resource, Spec, State, Status};
use tenantry_domain::usage::SUSPENDED;
use tenantry_domain::user::Role;
use tenantry_domain::{DatacenterId, Error, ErrorKind, ResourceId, Result, TenantId, UserId, name};
use tenantry_store::Tx;
use tenantry_store::resources::SHOWN;

use super::{
    DEFAULT_NETWORK as DEFAULT, NewIn, Place, change, datacenter_of, enter, finish, made_up, may_make, network, offers, router, wrong_kind,
};
use crate::{Ctx, resource, user};

/// The most networks of a server.
const MOST_NETWORKS: usize = 16;
/// The largest text for its first start, which is what Nova takes once it is encoded.
const LONGEST_USER_DATA: usize = 48 * 1024;
/// The security group that every project has by itself.
const OWN_GROUP: &str = "default";

/// How large a server is to be.
#[derive(Debug, Clone)]
pub enum Size {
    /// As this flavor, by name or by the peer's id.
    Flavor(String),
    /// At least this large: the smallest flavor that fits.
    AtLeast {
        /// Processors, in millicores: whole ones.
        cpu_millicores: i64,
        /// Memory, in MiB.
        memory_mib: i64,
    },
}

/// What is asked of a server.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The image, by the peer's id or by name.
    pub image: String,
    /// How large.
    pub size: Size,
    /// The networks: ours by id, name or the peer's id, shared ones by the peer's id or name.
    pub networks: Vec<String>,
    /// Whether it is put into the tenant's default network, which is made, with a router, when there is none.
    pub default_network: bool,
    /// The security groups, by name (or our id); the peer's default without one.
    pub security_groups: Vec<String>,
    /// Where it runs; the peer decides without it.
    pub availability_zone: Option<String>,
    /// What its first start is told (cloud-init).
    pub user_data: Option<String>,
    /// Whether everyone in the tenant sees it; else administrators do, and who it is assigned to.
    pub shared: bool,
}

/// The image that a text names.
pub(crate) fn image<'a>(catalog: &'a Catalog, field: &str, text: &str) -> Result<&'a ServerImage> {
    if let Some(found) = catalog.images.iter().find(|i| i.id == text) {
        return Ok(found);
    }
    let named: Vec<&ServerImage> = catalog.images.iter().filter(|i| i.name == text && i.condition == "active").collect();
    match named.as_slice() {
        [one] => Ok(one),
        [] => {
            let names: Vec<&str> = catalog.images.iter().take(20).map(|i| i.name.as_str()).collect();
            Err(Error::invalid(field, format!("there is no image '{}': there are {}", name::clip(text), names.join(", "))))
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|i| i.id.as_str()).collect();
            Err(Error::invalid(field, format!("several images are called '{}': say which by its id: {}", name::clip(text), ids.join(", "))))
        }
    }
}

/// The size of a server: a flavor, the smallest that fits, or a private one where those are made.
pub(crate) fn size(catalog: &Catalog, asked: &Size, image: &ServerImage, private_flavors: bool) -> Result<ServerSize> {
    let of = |f: &tenantry_domain::cloud::Flavor| ServerSize {
        flavor_id: Some(f.id.clone()),
        flavor: f.name.clone(),
        cpu_millicores: f.cpu_millicores,
        memory_mib: f.memory_mib,
        disk_gib: f.disk_gib,
    };
    let holds_image = |memory_mib: i64, disk_gib: i64| {
        // a flavor without a disk boots an image of whatever size from the host's
        memory_mib >= image.min_memory_mib && (disk_gib == 0 || disk_gib >= image.min_disk_gib)
    };
    match asked {
        Size::Flavor(text) => {
            let found = catalog.flavors.iter().find(|f| f.name == *text).or_else(|| catalog.flavors.iter().find(|f| f.id == *text));
            let found = found.ok_or_else(|| {
                let names: Vec<&str> = catalog.flavors.iter().map(|f| f.name.as_str()).collect();
                Error::invalid("instance_type", format!("there is no flavor '{}': there are {}", name::clip(text), names.join(", ")))
            })?;
            if !holds_image(found.memory_mib, found.disk_gib) {
                let message = format!(
                    "the flavor '{}' is too small for the image '{}', which needs {} MiB of memory and a disk of {} GiB",
                    found.name, image.name, image.min_memory_mib, image.min_disk_gib
                );
                return Err(Error::invalid("instance_type", message));
            }
            Ok(of(found))
        }
        Size::AtLeast { cpu_millicores, memory_mib } => {
            let (cpu, memory) = (*cpu_millicores, *memory_mib);
            if !(1..=1_000_000).contains(&cpu) || cpu % 1000 != 0 {
                return Err(Error::invalid("cpu", "'cpu' must be a whole number of processors, 1 or more"));
            }
            if !(1..=1 << 24).contains(&memory) {
                return Err(Error::invalid("memory", "'memory' must be MiB, 1 or more"));
            }
            let fits = catalog
                .flavors
                .iter()
                .filter(|f| f.cpu_millicores >= cpu && f.memory_mib >= memory && holds_image(f.memory_mib, f.disk_gib))
                .min_by_key(|f| (f.cpu_millicores, f.memory_mib, f.disk_gib, f.name.clone()));
            if let Some(found) = fits {
                return Ok(of(found));
            }
            if private_flavors {
                let memory_mib = memory.max(image.min_memory_mib);
                let flavor = format!("{}-cpu-{memory_mib}-mib", cpu / 1000);
                // a flavor without a disk is for administrators of the cloud alone
                let disk_gib = image.least_disk_gib().max(1);
                return Ok(ServerSize { flavor_id: None, flavor, cpu_millicores: cpu, memory_mib, disk_gib });
            }
            let largest = catalog.flavors.iter().max_by_key(|f| (f.cpu_millicores, f.memory_mib));
            let there = largest.map_or_else(
                || "there is none at all".to_owned(),
                |f| format!("the largest is '{}' with {} processors and {} MiB", f.name, f.cpu_millicores / 1000, f.memory_mib),
            );
            Err(Error::invalid("cpu", format!("no flavor has {} processors and {memory} MiB of memory: {there}", cpu / 1000)))
        }
    }
}

fn check_zone(catalog: &Catalog, zone: Option<&str>) -> Result<Option<String>> {
    let Some(zone) = zone.filter(|z| !z.is_empty()) else { return Ok(None) };
    match catalog.zones.iter().find(|z| z.name == zone) {
        Some(found) if found.available => Ok(Some(zone.to_owned())),
        Some(_) => Err(Error::invalid("availability_zone", format!("no servers can be made in the zone '{zone}' now"))),
        None => {
            let names: Vec<&str> = catalog.zones.iter().map(|z| z.name.as_str()).collect();
            let message = format!("there is no zone '{}': there are {}", name::clip(zone), names.join(", "));
            Err(Error::invalid("availability_zone", message))
        }
    }
}

/// The external network for who names none: the datacenter's, or the only one there is.
pub(crate) async fn default_external(ctx: &Ctx, datacenter: DatacenterId, catalog: &Catalog) -> Result<String> {
    let options = ctx.store().datacenters().get(&Scope::system(), datacenter).await?.options;
    if let Some(chosen) = options.external_network {
        return Ok(chosen);
    }
    let externals: Vec<_> = catalog.networks.iter().filter(|n| n.external).collect();
    match externals.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => Err(Error::invalid("external_network_id", "the cloud has no external network")),
        several => {
            let names: Vec<String> = several.iter().map(|n| format!("{} ({})", n.id, n.name)).collect();
            Err(Error::invalid("external_network_id", format!("say which external network: {}", names.join(", "))))
        }
    }
}

/// Makes a server. Without a name it gets one. What a plain member makes for themselves is assigned to them.
///
/// # Errors
/// `QuotaExceeded`, `AlreadyExists`, `InvalidArgument` that names what there is instead, `PeerUnavailable`, `Forbidden`, `NotFound`.
pub async fn create(ctx: &Ctx, new: &NewIn, wanted: &Wanted) -> Result<Resource> {
    let called = if new.name.is_empty() { made_up(ctx, "server") } else { new.name.clone() };
    ctx.audited(Action::Create, Kind::Server.object(), &called, create_inner(ctx, new, &called, wanted)).await
}

async fn create_inner(ctx: &Ctx, new: &NewIn, called: &str, wanted: &Wanted) -> Result<Resource> {
    let allowed = may_make(ctx, Kind::Server, new.tenant, called).await?;
    if wanted.networks.len() > MOST_NETWORKS {
        return Err(Error::invalid("network_ids", format!("a server is in at most {MOST_NETWORKS} networks")));
    }
    if wanted.networks.is_empty() && !wanted.default_network {
        return Err(Error::missing("network_ids"));
    }
    if wanted.user_data.as_ref().is_some_and(|d| d.len() > LONGEST_USER_DATA) {
        return Err(Error::invalid("user_data", format!("'user_data' has at most {LONGEST_USER_DATA} bytes")));
    }
    let datacenter = datacenter_of(ctx, new.tenant, new.datacenter).await?;
    let catalog = offers(ctx, new.tenant, datacenter).await?;
    let options = ctx.store().datacenters().get(&Scope::system(), datacenter).await?.options;
    let image = image(&catalog, "image_id", &wanted.image)?;
    let size = size(&catalog, &wanted.size, image, options.private_flavors)?;
    let availability_zone = check_zone(&catalog, wanted.availability_zone.as_deref())?;
    let external = if wanted.default_network { Some(default_external(ctx, datacenter, &catalog).await?) } else { None };
    let audience = audience(ctx, new.tenant, wanted.shared).await?;
    let (tx, place) = enter(ctx, new.tenant, datacenter).await?;
    let mut networks = Vec::new();
    if let Some(external) = &external {
        let external = router::external(&catalog, "external_network_id", external)?;
        networks.push(ServerNetwork::Own(default_network(&tx, &place, &allowed, external).await?));
    }
    for text in &wanted.networks {
        let found = in_network(&tx, &place, &catalog, text).await?;
        if !networks.contains(&found) {
            networks.push(found);
        }
    }
    let security_groups = groups(&tx, &place, &wanted.security_groups).await?;
    let spec = Spec::Server(ServerSpec {
        image_id: image.id.clone(),
        image: image.name.clone(),
        size,
        networks,
        security_groups,
        availability_zone,
        user_data: wanted.user_data.clone().filter(|d| !d.is_empty()),
        power: Power::Running,
        reboots: 0,
        hard_reboot: false,
    });
    let id = place.make(&tx, &allowed, called, &spec, audience).await?;
    finish(ctx, tx, Action::Create, Kind::Server, id, new.tenant, &format!("'{called}', image '{}'", image.name)).await
}

/// Who is to see a new server.
async fn audience(ctx: &Ctx, tenant: TenantId, shared: bool) -> Result<Audience> {
    if shared {
        return Ok(Audience::Everyone);
    }
    let path = ctx.path(tenant).await?;
    let administers = ctx.caller.holds(&path, Role::TenantAdmin) || ctx.caller.grants.iter().any(|g| g.role.is_staff());
    Ok(Audience::Assigned((!administers).then_some(ctx.caller.user)))
}

async fn in_network(tx: &Tx, place: &Place, catalog: &Catalog, text: &str) -> Result<ServerNetwork> {
    if let Some(own) = network::named(tx, place, text).await? {
        return Ok(ServerNetwork::Own(own.id));
    }
    let shared = || catalog.networks.iter().filter(|n| n.shared);
    let found = shared().find(|n| n.id == text).or_else(|| shared().find(|n| n.name == text));
    found.map(|n| ServerNetwork::Shared(n.id.clone())).ok_or_else(|| {
        let message = format!("the tenant has no network '{}' there, and none of that id or name is shared", name::clip(text));
        Error::invalid("network_ids", message)
    })
}

async fn groups(tx: &Tx, place: &Place, names: &[String]) -> Result<Vec<ServerSecurityGroup>> {
    let own = if names.iter().any(|n| n != OWN_GROUP) { place.all(tx, Kind::SecurityGroup).await? } else { Vec::new() };
    let find = |text: &String| match own.iter().find(|g| g.name == *text || g.id.to_string() == *text) {
        Some(group) => Ok(ServerSecurityGroup::Own(group.id)),
        None if text == OWN_GROUP => Ok(ServerSecurityGroup::Peer(OWN_GROUP.to_owned())),
        None => Err(Error::invalid("security_groups", format!("the tenant has no security group '{}' there", name::clip(text)))),
    };
    names.iter().map(find).collect()
}

/// The tenant's default network, made with its router when there is none (C15, C03 `default`).
pub(crate) async fn default_network(
    tx: &Tx,
    place: &Place,
    allowed: &Allowed<act::Create, AnyResource>,
    external: String,
) -> Result<ResourceId> {
    let networks = place.all(tx, Kind::Network).await?;
    if let Some(found) = networks.iter().find(|n| n.name == DEFAULT && n.state != State::Deleting) {
        return Ok(found.id);
    }
    let spec = Spec::Network(network::free(&networks)?);
    let made = place.make(tx, allowed, DEFAULT, &spec, Audience::Everyone).await?;
    let routers = place.all(tx, Kind::Router).await?;
    let through = match routers.iter().find(|r| r.name == DEFAULT && r.state != State::Deleting) {
        Some(found) => found.id,
        None => {
            let spec = Spec::Router(RouterSpec { description: String::new(), external_network: Some(external) });
            place.make(tx, allowed, DEFAULT, &spec, Audience::Everyone).await?
        }
    };
    let spec = Spec::RouterInterface(RouterInterfaceSpec { router: through, network: made });
    place.make(tx, allowed, &router::interface_name(through, made), &spec, Audience::Everyone).await?;
    Ok(made)
}

/// The state that a command meets, if it can be told.
fn power_of(server: &Resource) -> Result<Power> {
    let Status::Server(status) = &server.status else { return Err(wrong_kind(Kind::Server.object())) };
    match (server.state, status.power) {
        (State::Ready | State::Failed, Some(power)) => Ok(power),
        (State::Failed, None) => {
            let why = if server.progress.reason.is_empty() { &status.fault } else { &server.progress.reason };
            Err(Error::conflict(Kind::Server.object(), format!("the server '{}' has failed and takes no commands: {why}", server.name)))
        }
        (state, _) => {
            Err(Error::conflict(Kind::Server.object(), format!("the server '{}' is {state}: wait until it is ready", server.name)))
        }
    }
}

/// What a server should be after a command.
fn after(server: &Resource, command: ServerCommand) -> Result<ServerSpec> {
    let Spec::Server(spec) = server.spec.clone() else { return Err(wrong_kind(Kind::Server.object())) };
    // what is held back by a suspension is what it will be again
    let power = if server.suspended { spec.power } else { power_of(server)? };
    if !command.applies_to().contains(&power) {
        let right: Vec<&str> = command.applies_to().iter().map(|p| p.name()).collect();
        let message = format!("the server '{}' is {power}: '{}' is for one that is {}", server.name, command.name(), right.join(" or "));
        return Err(Error::conflict(Kind::Server.object(), message));
    }
    let spec = ServerSpec { power: command.leads_to(), ..spec };
    Ok(match command {
        ServerCommand::Reboot { hard } => ServerSpec { reboots: spec.reboots + 1, hard_reboot: hard, ..spec },
        _ => spec,
    })
}

/// Does something to a server (C17).
///
/// # Errors
/// `Conflict` with the present state when the command is not for it, `BalanceTooLow` while the tenant is suspended (but for a stop: then it
/// stays stopped afterwards), `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn command(ctx: &Ctx, id: ResourceId, command: ServerCommand, version: Option<i64>) -> Result<Resource> {
    change(ctx, Kind::Server, id, version, command.name(), async |tx, before| {
        if command == ServerCommand::Start {
            tx.usage().may_use_more(before.tenant).await?;
        }
        if before.suspended && command != ServerCommand::Stop {
            return Err(Error::new(ErrorKind::BalanceTooLow, SUSPENDED).about(Kind::Server.object()));
        }
        Ok(Spec::Server(after(before, command)?))
    })
    .await
}

/// Changes the security groups of a server.
///
/// # Errors
/// `InvalidArgument`, `StaleVersion`, `Conflict`, `Forbidden`, `NotFound`.
pub async fn set_security_groups(ctx: &Ctx, id: ResourceId, names: &[String], version: Option<i64>) -> Result<Resource> {
    change(ctx, Kind::Server, id, version, "security groups", async |tx, before| {
        let Spec::Server(spec) = before.spec.clone() else { return Err(wrong_kind(Kind::Server.object())) };
        let namespace = before.parent.ok_or_else(|| wrong_kind(Kind::Server.object()))?;
        let place = Place { tenant: before.tenant, datacenter: before.datacenter, namespace };
        Ok(Spec::Server(ServerSpec { security_groups: groups(tx, &place, names).await?, ..spec }))
    })
    .await
}

/// Removes a server: its volumes are detached, its floating addresses stay with the tenant, and nobody has it assigned any more.
///
/// # Errors
/// `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, id: ResourceId, version: Option<i64>) -> Result<Resource> {
    ctx.audited(Action::Delete, Kind::Server.object(), id, async {
        let seen = resource::get(ctx, Kind::Server, id).await?;
        let allowed: Allowed<act::Delete, AnyResource> = ctx.allow_resource(&seen).await?;
        let tx = ctx.begin().await?;
        let before = resource::locked(&tx, Kind::Server, id, version).await?;
        let mut detail = format!("'{}'", before.name);
        let referrers = tx.resources().referrers(id, SHOWN_AT_A_SERVER).await?;
        for referrer in referrers.iter().filter(|r| r.state != State::Deleting) {
            match &referrer.spec {
                Spec::FloatingIp(spec) => {
                    let spec = Spec::FloatingIp(FloatingIpSpec { server: None, ..spec.clone() });
                    tx.resources().update_spec(&allowed, referrer, &spec).await?;
                }
                _ => tx.resources().delete(&allowed, referrer, None).await?,
            }
            detail += &format!(", {}", referrer.called());
        }
        tx.resources().delete(&allowed, &before, None).await?;
        finish(ctx, tx, Action::Delete, Kind::Server, id, before.tenant, &detail).await
    })
    .await
}

/// As many volumes and addresses as a server can have, many times over.
const SHOWN_AT_A_SERVER: i64 = SHOWN * 10;

/// Assigns a private server to a user of the tenant, who sees it and commands it from then on, or to nobody (C28, C29).
///
/// # Errors
/// `Conflict` when the server is shared, `InvalidArgument` when the user has no role on the tenant, `Forbidden`, `NotFound`.
pub async fn assign(ctx: &Ctx, id: ResourceId, to: Option<UserId>) -> Result<Resource> {
    ctx.audited(Action::Grant, Kind::Server.object(), id, async {
        let seen = resource::get(ctx, Kind::Server, id).await?;
        let allowed: Allowed<act::Grant, AnyResource> = ctx.allow_resource(&seen).await?;
        if seen.audience == Audience::Everyone {
            let message = format!("the server '{}' is shared by everyone in the tenant: only a private one is assigned", seen.name);
            return Err(Error::conflict(Kind::Server.object(), message));
        }
        let detail = match to {
            None => "to nobody".to_owned(),
            Some(to) => {
                let user = user::get(ctx, None, to).await?;
                if !crate::role::has_on(ctx, to, seen.tenant).await? {
                    let message = format!("the user '{}' has no role on the server's tenant: grant one first", user.username);
                    return Err(Error::invalid("user_id", message));
                }
                format!("to '{}'", user.username)
            }
        };
        let tx = ctx.begin().await?;
        let before = resource::locked(&tx, Kind::Server, id, None).await?;
        let audience = Audience::Assigned(to);
        tx.resources().set_audience(&allowed, &before, audience).await?;
        for connection in tx.resources().referrers(id, SHOWN_AT_A_SERVER).await?.iter().filter(|r| r.kind() == Kind::Attachment) {
            if connection.state != State::Deleting {
                tx.resources().set_audience(&allowed, connection, audience).await?;
            }
        }
        finish(ctx, tx, Action::Grant, Kind::Server, id, before.tenant, &detail).await
    })
    .await
}

#[cfg(test)]
mod tests {
    use tenantry_domain::cloud::{AvailabilityZone, Flavor};

    use super::*;

    fn flavor(name: &str, cpus: i64, memory_mib: i64, disk_gib: i64) -> Flavor {
        Flavor { id: format!("id-{name}"), name: name.to_owned(), cpu_millicores: cpus * 1000, memory_mib, disk_gib, public: true }
    }

    fn picture(id: &str, name: &str) -> ServerImage {
        ServerImage {
            id: id.to_owned(),
            name: name.to_owned(),
            condition: "active".to_owned(),
            size_bytes: 1,
            min_disk_gib: 5,
            min_memory_mib: 256,
        }
    }

    fn catalog() -> Catalog {
        Catalog {
            flavors: vec![
                flavor("large", 8, 16384, 80),
                flavor("small", 1, 2048, 20),
                flavor("medium", 2, 4096, 40),
                flavor("tiny", 1, 128, 1),
            ],
            images: vec![picture("1", "debian"), picture("2", "cirros"), picture("3", "cirros")],
            zones: vec![
                AvailabilityZone { name: "nova".to_owned(), available: true },
                AvailabilityZone { name: "old".to_owned(), available: false },
            ],
            ..Catalog::default()
        }
    }

    fn at_least(cpus: i64, memory_mib: i64) -> Size {
        Size::AtLeast { cpu_millicores: cpus * 1000, memory_mib }
    }

    #[test]
    fn the_smallest_flavor_that_fits_is_taken() {
        let (catalog, image) = (catalog(), picture("1", "debian"));
        let fit = |cpus, memory| size(&catalog, &at_least(cpus, memory), &image, false).map(|s| s.flavor);
        assert_eq!(fit(1, 64).unwrap(), "small", "tiny has neither the memory nor the disk that the image needs");
        assert_eq!(fit(1, 2049).unwrap(), "medium");
        assert_eq!(fit(3, 1024).unwrap(), "large");
        assert!(fit(9, 1024).unwrap_err().message.contains("the largest is 'large' with 8 processors"));
    }

    #[test]
    fn where_private_flavors_are_made_what_fits_none_gets_one() {
        let made = size(&catalog(), &at_least(9, 1024), &picture("1", "debian"), true).unwrap();
        assert_eq!((made.flavor_id, made.flavor.as_str(), made.disk_gib), (None, "9-cpu-1024-mib", 5));
        for (size_bytes, disk_gib) in [(0, 1), (3 << 30, 3)] {
            let says_nothing = ServerImage { size_bytes, min_disk_gib: 0, ..picture("1", "debian") };
            assert_eq!(size(&catalog(), &at_least(9, 1024), &says_nothing, true).unwrap().disk_gib, disk_gib);
        }
        assert!(size(&catalog(), &Size::AtLeast { cpu_millicores: 1500, memory_mib: 512 }, &picture("1", "debian"), true).is_err());
    }

    #[test]
    fn a_flavor_is_found_by_name_or_id_and_must_hold_the_image() {
        let named = |text: &str| size(&catalog(), &Size::Flavor(text.to_owned()), &picture("1", "debian"), false);
        assert_eq!(named("medium").unwrap().flavor_id.unwrap(), "id-medium");
        assert_eq!(named("id-medium").unwrap().flavor, "medium");
        assert!(named("tiny").unwrap_err().message.contains("too small"));
        assert!(named("huge").unwrap_err().message.contains("there are large, small"));
    }

    #[test]
    fn an_image_is_found_by_id_or_by_a_name_that_only_one_has() {
        let catalog = catalog();
        assert_eq!(image(&catalog, "image_id", "debian").unwrap().id, "1");
        assert_eq!(image(&catalog, "image_id", "2").unwrap().id, "2");
        assert!(image(&catalog, "image_id", "cirros").unwrap_err().message.ends_with("2, 3"));
        assert!(image(&catalog, "image_id", "gentoo").unwrap_err().message.contains("there are debian"));
    }

    #[test]
    fn a_zone_must_be_there_and_open() {
        assert_eq!(check_zone(&catalog(), Some("nova")).unwrap().as_deref(), Some("nova"));
        assert_eq!(check_zone(&catalog(), Some("")).unwrap(), None);
        assert!(check_zone(&catalog(), Some("old")).unwrap_err().message.contains("now"));
        assert!(check_zone(&catalog(), Some("mars")).unwrap_err().message.contains("there are nova, old"));
    }
}
