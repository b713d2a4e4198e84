//! D28 to D31, D39: tenants.

use serde_json::{Value, json};
use tenantry_domain::Metric;
use tenantry_driver_sandbox::Fault;
use tenantry_service::{disk, tenant};

use crate::app::{App, Envelope as _, pluck};

#[tokio::test]
async fn a_tenant_is_opened_as_a_project_and_read() {
    let app = App::start().await;
    let id = "09367148-c72a-413f-b1de-5a23b566d808";
    let new = json!({"id": id, "name": "createTenant001", "description": "create tenant 001", "parentId": "root"});
    let project = app.ok("create_tenant", &[], new).await;
    assert_eq!((&project["kind"], &project["apiVersion"]), (&json!("Project"), &json!("v1")));
    let metadata = &project["metadata"];
    assert_eq!(metadata["name"], id);
    assert_eq!(metadata["selfLink"], format!("/oapi/v1/projectrequests/{id}"));
    let annotations = json!({
        "openshift.io/description": "create tenant 001",
        "openshift.io/display-name": "createTenant001",
        "openshift.io/requester": "admin",
        "openshift.io/sa.scc.mcs": "",
        "openshift.io/sa.scc.supplemental-groups": "",
        "openshift.io/sa.scc.uid-range": "",
    });
    assert_eq!(metadata["annotations"], annotations);
    assert_eq!(project["spec"], json!({"finalizers": ["openshift.io/origin", "kubernetes"]}));
    assert_eq!(project["status"]["phase"], "Pending", "nothing is made yet, and the test does not wait");

    let shown = app.ok("get_tenant", &[id], Value::Null).await;
    let code = shown["dacpTeamCode"].clone();
    assert_eq!(
        shown,
        json!({"description": "create tenant 001", "id": id, "name": "createTenant001", "parentId": "root", "level": 2, "dacpTeamCode": code})
    );
    let ctx = app.ctx(&app.admin).await;
    let same = tenant::get_by_label(&ctx, id).await.unwrap();
    assert_eq!((same.uid.to_string(), same.name.as_str()), (metadata["uid"].as_str().unwrap().to_owned(), "createTenant001"));
    assert_eq!(same.datacenters.len(), 1, "it is in the datacenters of the tenant above");
    assert_eq!(same.version.to_string(), metadata["resourceVersion"]);
    app.settle().await;
    let namespaces = tenant::namespaces(&ctx, same.id).await.unwrap();
    assert_eq!((namespaces[0].name.as_str(), namespaces[0].state.name()), (id, "ready"));
}

#[tokio::test]
async fn an_id_is_made_from_the_name_when_none_is_given() {
    let app = App::start().await;
    for (name, id) in [("My Team", "my-team"), ("My team!", "my-team-2"), ("多租户", "tenant")] {
        let project = app.ok("create_tenant", &[], json!({"name": name})).await;
        assert_eq!(project["metadata"]["name"], id);
        assert_eq!(app.ok("get_tenant", &[id], Value::Null).await["name"], name);
    }
}

#[tokio::test]
async fn tenants_are_listed_with_levels_and_those_above() {
    let app = App::start().await;
    app.tenant("one").await;
    app.below("one", "two").await;
    app.below("two", "three").await;
    let list = app.ok("list_tenants", &[], Value::Null).await;
    let row = |id: &str, level: i64, parent: &str| json!({"id": id, "level": level, "parentId": parent});
    for (found, wanted) in list.as_array().unwrap()[1..].iter().zip([row("one", 2, "root"), row("two", 3, "one"), row("three", 4, "two")]) {
        for (field, value) in wanted.as_object().unwrap() {
            assert_eq!(&found[field], value, "{found}");
        }
    }
    assert_eq!((&list[0]["id"], &list[0]["level"], list[0].get("parentId")), (&json!("root"), &json!(1), None));
    assert_eq!(pluck(&app.asked("list_tenants", &[], "?page=2&pageSize=3").await, "id"), ["three"]);
    let mut codes: Vec<i64> = list.as_array().unwrap().iter().map(|t| t["dacpTeamCode"].as_i64().unwrap()).collect();
    codes.dedup();
    assert_eq!(codes.len(), 4);
}

#[tokio::test]
async fn the_children_of_a_tenant_are_those_right_below_or_all() {
    let app = App::start().await;
    app.tenant("one").await;
    app.below("one", "two").await;
    app.below("two", "three").await;
    assert_eq!(pluck(&app.ok("list_children", &["one"], Value::Null).await, "id"), ["two"]);
    assert_eq!(pluck(&app.asked("list_children", &["one"], "?all=true").await, "id"), ["two", "three"]);
    assert_eq!(pluck(&app.asked("list_children", &["one"], "?all=0").await, "id"), ["two"]);
    assert_eq!(app.ok("list_children", &["three"], Value::Null).await, json!([]));
}

#[tokio::test]
async fn a_tenant_is_closed_when_nothing_is_in_it() {
    let app = App::start().await;
    app.tenant("one").await;
    app.below("one", "two").await;
    app.settle().await;
    let ctx = app.ctx(&app.admin).await;
    let two = tenant::get_by_label(&ctx, "two").await.unwrap();
    disk::create(&ctx, two.id, two.datacenters[0], "data", 1).await.unwrap();
    for (id, blocker) in [("one", "tenant 'two'"), ("two", "disk 'data'")] {
        let blocked = app.call(&app.admin, "delete_tenant", &[id], Value::Null).await;
        blocked.refused((409, 409));
        assert!(blocked.message().contains(blocker), "{}", blocked.message());
    }
    let status = app.asked("delete_tenant", &["one"], "?cascade=true").await;
    assert_eq!(
        (&status["kind"], &status["status"], &status["code"], &status["metadata"]),
        (&json!("Status"), &json!("Success"), &json!(200), &json!({}))
    );
    assert!(status["message"].as_str().unwrap().contains("being closed"), "the test does not wait: {status}");
    app.settle().await;
    app.call(&app.admin, "get_tenant", &["one"], Value::Null).await.refused((404, 404));
    app.call(&app.admin, "delete_tenant", &["root"], Value::Null).await.refused((409, 409));
}

#[tokio::test]
async fn a_tenant_gets_the_configured_quota_or_as_much_of_it_as_is_left() {
    let app = App::start().await;
    let ctx = app.ctx(&app.admin).await;
    let parent = tenant::Open { name: "small".to_owned(), cpu_millicores: 2500, memory_mib: 100 * 1024, ..Default::default() };
    tenant::open(&ctx, &parent).await.unwrap();
    for (id, millicores, gib) in [("first", 2000, 4), ("second", 500, 4), ("third", 0, 4)] {
        app.ok("create_tenant", &[], json!({"id": id, "name": id, "parentId": "small"})).await;
        let totals = tenant::get_by_label(&ctx, id).await.unwrap().totals;
        assert_eq!((totals.get(Metric::Cpu), totals.get(Metric::Memory)), (Some(millicores), Some(gib * 1024)), "{id}");
    }
}

#[tokio::test]
async fn a_datacenter_that_fails_is_told_in_the_phase_of_the_project() {
    let app = App::start().await;
    app.fail(Fault::Down);
    let project = app.ok("create_tenant", &[], json!({"name": "unlucky"})).await;
    assert_eq!(project["status"]["phase"], "Pending");
    app.settle().await;
    let found = tenant::get_by_label(&app.ctx(&app.admin).await, "unlucky").await.unwrap();
    let namespaces = tenant::namespaces(&app.ctx(&app.admin).await, found.id).await.unwrap();
    assert_eq!(namespaces[0].state.name(), "provisioning");
    assert!(!namespaces[0].progress.reason.is_empty());
}
