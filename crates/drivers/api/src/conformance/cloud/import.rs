//! Taking over what was there before.

use tenantry_domain::cloud::{ServerNetwork, Unmanaged};
use tenantry_domain::resource::{Kind, Spec};
use tenantry_domain::{Metric, ResourceId};

use super::super::{Outcome, check, refused, told};
use super::scene::Scene;
use crate::cloud::{CloudPlace, Known, NetworkWant};
use crate::{DriverErrorKind, NamespaceWant};

async fn unmanaged(scene: &Scene<'_>) -> Outcome<Vec<Unmanaged>> {
    scene.cloud.unmanaged(&scene.name, 100).await.map_err(|e| told("listing what is not ours", &e))
}

async fn listed(scene: &Scene<'_>, peer_id: &str) -> Outcome<bool> {
    Ok(unmanaged(scene).await?.iter().any(|u| u.peer_id == peer_id))
}

pub(super) async fn what_is_not_ours_is_listed_and_taken_over_once(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (_, ours) = scene.network("ours").await?;
    let planted = scene.plant(Kind::Network, "theirs", &[]).await?;
    let found = unmanaged(scene).await?;
    let theirs = found.iter().find(|u| u.peer_id == planted);
    check(theirs.is_some_and(|u| u.kind == Kind::Network && u.name == "theirs" && !u.summary.is_empty()), || {
        format!("the planted network is listed as {theirs:?}")
    })?;
    check(!found.iter().any(|u| u.peer_id == ours.peer_id), || "what is ours is listed as not ours".to_owned())?;
    let described = scene.cloud.describe(&scene.name, Kind::Network, &planted, &Known::new()).await;
    let (name, Spec::Network(spec)) = described.map_err(|e| told("describing", &e))? else {
        return Err("a network is described as something else".to_owned());
    };
    let at = CloudPlace { peer_id: planted.clone(), ..scene.at(&name) };
    for _ in 0..2 {
        scene.cloud.claim(Kind::Network, &at).await.map_err(|e| told("taking it over", &e))?;
    }
    let other = CloudPlace { peer_id: planted.clone(), ..scene.at(&name) };
    refused("taking over what is taken", &scene.cloud.claim(Kind::Network, &other).await, DriverErrorKind::NotOurs)?;
    check(!listed(scene, &planted).await?, || "what was taken over is still listed as not ours".to_owned())?;
    let want = NetworkWant { at: CloudPlace { existed: true, ..at.clone() }, spec };
    let status = scene.complete("what was taken over", || scene.cloud.ensure_network(&want)).await?;
    check(status.peer_id == planted, || format!("instead of what was taken over, another is there: {status:?}"))
}

pub(super) async fn what_is_released_stays(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let network = scene.plant(Kind::Network, "lan", &[]).await?;
    let planted = scene.plant(Kind::Server, "web", std::slice::from_ref(&network)).await?;
    let at = CloudPlace { peer_id: planted.clone(), ..scene.at("web") };
    scene.cloud.claim(Kind::Server, &at).await.map_err(|e| told("taking it over", &e))?;
    for _ in 0..2 {
        scene.cloud.release(Kind::Server, &at).await.map_err(|e| told("giving it back", &e))?;
    }
    check(listed(scene, &planted).await?, || "what was given back is gone, or still ours".to_owned())?;
    scene.gone("what is not ours any more", || scene.cloud.delete_server(&at)).await?;
    check(listed(scene, &planted).await?, || "what is not ours was removed".to_owned())?;
    let absent = CloudPlace { peer_id: "00000000-0000-4000-8000-00000000dead".to_owned(), ..scene.at("absent") };
    scene.cloud.release(Kind::Server, &absent).await.map_err(|e| told("giving back what is gone", &e))
}

pub(super) async fn what_refers_to_what_is_not_ours_is_refused_by_name(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let network = scene.plant(Kind::Network, "their-lan", &[]).await?;
    let server = scene.plant(Kind::Server, "web", std::slice::from_ref(&network)).await?;
    let answer = scene.cloud.describe(&scene.name, Kind::Server, &server, &Known::new()).await;
    refused("describing a server in a network that is not ours", &answer, DriverErrorKind::Conflict)?;
    let message = answer.err().map(|e| e.message).unwrap_or_default();
    check(message.contains("their-lan"), || format!("the refusal does not name the network: {message}"))?;
    let known = Known::from([(network, ResourceId(7))]);
    let (name, spec) = scene.cloud.describe(&scene.name, Kind::Server, &server, &known).await.map_err(|e| told("describing", &e))?;
    let Spec::Server(spec) = spec else { return Err("a server is described as something else".to_owned()) };
    check(name == "web" && spec.networks == [ServerNetwork::Own(ResourceId(7))], || format!("'{name}' is described as {spec:?}"))?;
    check(!spec.image_id.is_empty() && spec.size.cpu_millicores > 0, || format!("the server is described as {spec:?}"))
}

pub(super) async fn a_project_with_what_is_not_ours_leaves_it(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let planted = scene.plant(Kind::Volume, "theirs", &[]).await?;
    // it may be refused, or leave the project behind
    let answer = scene.cloud.delete_namespace(&scene.name, scene.uid).await;
    scene.make_namespace_as(&NamespaceWant { adopt: true, ..scene.namespace() }).await?;
    check(listed(scene, &planted).await?, || format!("what is not ours went with the project, which was answered {answer:?}"))
}

pub(super) async fn what_lives_in_a_project_is_counted_and_stays_when_it_is_let_go(scene: &Scene<'_>) -> Outcome {
    scene.hooks.plant_foreign_namespace(&scene.name).await.map_err(|e| told("planting", &e))?;
    let adopted = NamespaceWant { adopt: true, ..scene.namespace() };
    scene.make_namespace_as(&adopted).await?;
    let planted = scene.plant(Kind::Volume, "theirs", &[]).await?;
    scene.cloud.release_namespace(&scene.name, scene.uid).await.map_err(|e| told("letting it go", &e))?;
    let found = scene.cloud.get_place(&scene.name).await.map_err(|e| told("looking for a place", &e))?;
    let held = found.map(|(_, held)| held).unwrap_or_default();
    check(held[Metric::Volumes] == 1 && held[Metric::Storage] >= 1024, || format!("a project with a volume holds {held:?}"))?;
    scene.make_namespace_as(&adopted).await?;
    check(listed(scene, &planted).await?, || "what was in a project that was let go is not there any more".to_owned())
}
