//! The check, and projects with their quota.

use reqwest::Method;
use serde_json::json;
use tenantry_domain::Metric;
use tenantry_domain::datacenter::{OpenstackAccount, OpenstackConnection};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::Kind;
use tenantry_driver_api::{Deletion, DriverErrorKind, Inspect as _, NamespaceWant, Namespaces as _, PlaceQuery, Places as _};

use crate::cloud::{Scene, connect, connection, gone, uid};

#[tokio::test]
async fn the_check_finds_it_healthy_or_says_what_is_missing() {
    let Some(good) = connection() else { return };
    let health = connect(&good).check().await;
    assert!(health.healthy && health.message.is_empty() && health.missing_permissions.is_empty(), "{health:?}");
    for part in ["Keystone v3.", "Nova 2.", "Cinder 3."] {
        assert!(health.peer_version.contains(part), "{health:?}");
    }
    let OpenstackAccount::User { password, .. } = &good.account else { unreachable!() };
    let user = |name: &str, password: &str, project: &str| OpenstackAccount::User {
        name: name.to_owned(),
        password: password.to_owned(),
        domain: None,
        project: project.to_owned(),
        project_domain: None,
    };
    let cases = [
        (OpenstackConnection { region: Some("Mars".to_owned()), ..good.clone() }, "in region 'Mars'; it has one in RegionOne"),
        (OpenstackConnection { domain: Some("nobody".to_owned()), ..good.clone() }, "no domain 'nobody'"),
        (OpenstackConnection { account: user("admin", "wrong-secret", "admin"), ..good.clone() }, "does not accept the credentials"),
        (OpenstackConnection { account: user("admin", password, "nowhere"), ..good.clone() }, "its role in the project 'nowhere'"),
        (OpenstackConnection { account: user("demo", password, "demo"), ..good.clone() }, "does not have the role 'admin'"),
        (OpenstackConnection { auth_url: "http://127.0.0.1:1/v3".to_owned(), ..good.clone() }, "cannot be reached"),
    ];
    for (connection, says) in cases {
        let health = connect(&connection).check().await;
        assert!(!health.healthy && health.message.contains(says), "{says}: {health:?}");
        assert!(!format!("{health:?}").contains("wrong-secret"));
        assert_eq!(health.missing_permissions.is_empty(), !says.contains("role 'admin'"), "{health:?}");
    }
    let internal = OpenstackConnection { interface: Some("internal".to_owned()), region: Some("RegionOne".to_owned()), ..good.clone() };
    assert!(connect(&internal).check().await.healthy);
    // a name or an id of the domain, and Keystone without its version
    for domain in ["Default", "default"] {
        let auth_url = good.auth_url.trim_end_matches("/v3").to_owned();
        assert!(connect(&OpenstackConnection { domain: Some(domain.to_owned()), auth_url, ..good.clone() }).check().await.healthy);
    }
}

#[tokio::test]
async fn a_project_is_made_once_with_the_tenants_quota() {
    let Some(mut scene) = Scene::begin("quota").await else { return };
    scene.want.limits = Limits::compute(Some(4500), Some(2048), Some(20 * 1024))
        .with(Metric::Servers, Some(3))
        .with(Metric::Networks, Some(2))
        .with(Metric::FloatingIps, Some(0));
    let seen = scene.driver.ensure_namespace(&scene.want).await.unwrap();
    assert!(seen.repaired.is_empty() && seen.used.is_zero() && !seen.foreign, "{seen:?}");
    let found = scene.api.get("identity", &format!("projects?name={}", scene.want.name)).await;
    assert_eq!(found["projects"].as_array().unwrap().len(), 1);
    let compute = scene.api.get("compute", &format!("os-quota-sets/{}", scene.project)).await;
    let (set, volumes) = (&compute["quota_set"], scene.api.get("block-storage", &format!("os-quota-sets/{}", scene.project)).await);
    assert_eq!((&set["cores"], &set["ram"], &set["instances"]), (&json!(4), &json!(2048), &json!(3)));
    assert_eq!((&volumes["quota_set"]["gigabytes"], &volumes["quota_set"]["volumes"]), (&json!(20), &json!(-1)));
    let network = scene.api.get("network", &format!("quotas/{}", scene.project)).await;
    let quota = &network["quota"];
    assert_eq!((&quota["network"], &quota["router"], &quota["floatingip"]), (&json!(2), &json!(-1), &json!(0)));

    // somebody changes it behind our back
    scene.want.existed = true;
    assert!(scene.driver.ensure_namespace(&scene.want).await.unwrap().repaired.is_empty());
    scene.api.put("network", &format!("quotas/{}", scene.project), json!({"quota": {"network": 77}})).await;
    let path = format!("projects/{}", scene.project);
    scene.api.call(Method::PATCH, "identity", &path, Some(json!({"project": {"enabled": false}}))).await;
    let seen = scene.driver.ensure_namespace(&scene.want).await.unwrap();
    assert_eq!(seen.repaired, ["project, which was disabled", "quota of the network service"]);
    assert!(scene.driver.ensure_namespace(&scene.want).await.unwrap().repaired.is_empty());

    assert_eq!(scene.driver.list_namespaces().await.unwrap().get(&scene.want.name), Some(&scene.want.uid));
    let place = scene.at("").place;
    let ours = tenantry_driver_api::Place { uid: scene.want.uid, ..place.clone() };
    assert!(scene.driver.holds(Kind::Namespace, &ours).await.unwrap());
    assert!(!scene.driver.holds(Kind::Namespace, &place).await.unwrap());
    scene.end().await;
}

#[tokio::test]
async fn a_project_that_is_not_ours_is_left_alone_unless_it_is_adopted() {
    let Some(scene) = Scene::begin("adopt").await else { return };
    let name = crate::cloud::unique("foreign");
    let body = json!({"project": {"name": name, "domain_id": "default", "tags": ["theirs"]}});
    let made = scene.api.post("identity", "projects", body).await;
    let id = made["project"]["id"].as_str().unwrap();
    let mut want = NamespaceWant { name: name.clone(), uid: uid(), tenant_uid: uid(), ..scene.want.clone() };
    let error = scene.driver.ensure_namespace(&want).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::NotOurs && error.message.contains(&name), "{error:?}");
    // and what is not ours is not deleted
    assert_eq!(scene.driver.delete_namespace(&name, want.uid).await.unwrap(), Deletion::Gone);
    want.adopt = true;
    scene.driver.ensure_namespace(&want).await.unwrap();
    let project = scene.api.get("identity", &format!("projects/{id}")).await;
    let tags = project["project"]["tags"].to_string();
    assert!(tags.contains("theirs") && tags.contains(&want.uid.to_string()), "{tags}");
    // the account's own project is nobody's
    let own = NamespaceWant { name: "admin".to_owned(), ..want.clone() };
    assert_eq!(scene.driver.ensure_namespace(&own).await.unwrap_err().kind, DriverErrorKind::NotOurs);
    gone("adopted", async || scene.driver.delete_namespace(&name, want.uid).await).await;
    assert_eq!(scene.driver.delete_namespace(&name, want.uid).await.unwrap(), Deletion::Gone);
    scene.end().await;
}

#[tokio::test]
async fn a_project_that_is_gone_is_made_again_and_its_objects_are_gone() {
    let Some(mut scene) = Scene::begin("gone").await else { return };
    scene.api.delete("identity", &format!("projects/{}", scene.project)).await;
    scene.want.existed = true;
    let seen = scene.driver.ensure_namespace(&scene.want).await.unwrap();
    assert_eq!(seen.repaired[0], "project", "{seen:?}");
    scene.end().await;
}

#[tokio::test]
async fn a_project_that_is_let_go_has_its_own_tags_roles_and_the_quota_of_the_cloud() {
    let Some(scene) = Scene::begin("let-go").await else { return };
    let role = scene.api.get("identity", "roles?name=member").await["roles"][0]["id"].as_str().unwrap().to_owned();
    let user = scene.api.user.clone();
    for was_in in [false, true] {
        let name = crate::cloud::unique("running");
        let body = json!({"project": {"name": name, "domain_id": "default", "tags": ["theirs"], "description": "since 2019"}});
        let id = scene.api.post("identity", "projects", body).await["project"]["id"].as_str().unwrap().to_owned();
        let roles = format!("projects/{id}/users/{user}/roles");
        if was_in {
            scene.api.put("identity", &format!("{roles}/{role}"), json!({})).await;
        }
        let quota = async || {
            let quota = scene.api.get("compute", &format!("os-quota-sets/{id}")).await["quota_set"]["cores"].clone();
            (quota, scene.api.get("network", &format!("quotas/{id}")).await["quota"]["port"].clone())
        };
        let before = (scene.api.get("identity", &format!("projects/{id}")).await["project"].clone(), quota().await);
        let limits = Limits::compute(Some(3000), Some(1024), Some(10 * 1024));
        let want = NamespaceWant { name: name.clone(), uid: uid(), tenant_uid: uid(), limits, adopt: true, existed: false };
        scene.driver.ensure_namespace(&want).await.unwrap();
        let again = NamespaceWant { existed: true, ..want.clone() };
        assert_eq!(scene.driver.ensure_namespace(&again).await.unwrap().repaired, Vec::<String>::new());
        assert_eq!(quota().await, (json!(3), json!(-1)));
        scene.driver.release_namespace(&name, want.uid).await.unwrap();
        scene.driver.release_namespace(&name, want.uid).await.unwrap();
        let after = (scene.api.get("identity", &format!("projects/{id}")).await["project"].clone(), quota().await);
        assert_eq!(after, before, "was in: {was_in}");
        let left = scene.api.get("identity", &roles).await["roles"].as_array().unwrap().len();
        assert_eq!(left, usize::from(was_in), "the role that it takes to work there");
        scene.api.delete("identity", &format!("projects/{id}")).await;
    }
    scene.end().await;
}

#[tokio::test]
async fn what_the_cloud_has_for_itself_is_nobodys_to_take() {
    let Some(scene) = Scene::begin("own").await else { return };
    let disabled = crate::cloud::unique("disabled");
    let body = json!({"project": {"name": disabled, "domain_id": "default", "enabled": false}});
    let id = scene.api.post("identity", "projects", body).await["project"]["id"].as_str().unwrap().to_owned();
    let mut query = PlaceQuery { prefix: String::new(), after: None, limit: 2 };
    let mut listed = Vec::new();
    loop {
        let page = scene.driver.list_places(&query).await.unwrap();
        listed.extend(page.items.into_iter().map(|place| place.name));
        let Some(next) = page.next else { break };
        query.after = Some(next);
    }
    assert!(listed.contains(&scene.want.name), "{listed:?}");
    for own in ["admin", "service", &disabled] {
        assert!(!listed.iter().any(|name| name == own), "{own}");
        assert_eq!(scene.driver.get_place(own).await.unwrap(), None, "{own}");
        let want = NamespaceWant { name: own.to_owned(), uid: uid(), tenant_uid: uid(), adopt: true, ..scene.want.clone() };
        assert_eq!(scene.driver.ensure_namespace(&want).await.unwrap_err().kind, DriverErrorKind::NotOurs, "{own}");
    }
    scene.api.delete("identity", &format!("projects/{id}")).await;
    scene.end().await;
}
