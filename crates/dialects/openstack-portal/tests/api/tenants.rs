//! C03 to C06.

use serde_json::{Value, json};
use tenantry_domain::{Metric, TenantId};
use tenantry_service::tenant;

use crate::app::{App, Envelope as _, PASSWORD, has, id};

#[tokio::test]
async fn a_tenant_is_opened_with_its_administrator_and_root_group() {
    let app = App::start().await;
    let new = json!({
        "name": "电信 Shop 1", "description": "sells", "customer_manager": "王经理", "default": "true", "admin_name": "boss",
        "admin_password": PASSWORD, "admin_description": "runs it", "colour": "red",
    });
    let made = app.ok("create_tenant", 0, new).await["tenant"].take();
    let wanted = json!({"name": "电信 Shop 1", "label": "shop-1", "description": "sells", "customer_manager": "王经理", "enabled": true,
        "default": true, "parent_tenant_id": 1, "status": "active", "reason": ""});
    has(&made, &wanted);
    let (tenant, root) = (id(&made), made["root_group_id"].as_i64().unwrap());
    assert_eq!(app.ok("get_tenant", tenant, Value::Null).await["tenant"], made);
    let boss = app.login("boss#电信 Shop 1").await;
    let group = app.ok_as(&boss.token, "get_group", root, Value::Null).await["group"].take();
    has(&group, &json!({"tenant_id": tenant, "parent_group_id": null, "children_set": []}));
    let users = app.ok_as(&boss.token, "list_users", 0, json!({"group_id": root})).await["users"].take();
    let wanted = json!({"id": boss.id, "name": "boss", "description": "runs it", "is_admin": true, "role": "tenant.admin"});
    assert_eq!(users.as_array().unwrap().len(), 1);
    has(&users[0], &wanted);
}

#[tokio::test]
async fn a_tenant_gets_the_usual_quota_in_the_datacenters_of_the_tenant_above() {
    let app = App::start().await;
    let made = TenantId(id(&app.ok("create_tenant", 0, json!({"name": "shop"})).await["tenant"]));
    let ctx = app.ctx(&app.admin).await;
    let opened = tenant::get(&ctx, made).await.unwrap();
    let totals = [Metric::Cpu, Metric::Memory, Metric::Storage].map(|m| opened.totals.get(m));
    assert_eq!(totals, [Some(2000), Some(4096), Some(102_400)]);
    let namespaces = tenant::namespaces(&ctx, made).await.unwrap();
    assert_eq!(namespaces.iter().map(|n| (n.name.as_str(), n.datacenter.0)).collect::<Vec<_>>(), [("shop", 1)]);
}

#[tokio::test]
async fn an_administrator_without_a_password_logs_in_once_one_is_set() {
    let app = App::start().await;
    let made = app.ok("create_tenant", 0, json!({"name": "shop", "admin_password": ""})).await["tenant"].take();
    let login = json!({"identification": "admin#shop", "password": PASSWORD});
    for password in ["", " ", PASSWORD] {
        let answer = app.call("", "create_session", 0, json!({"identification": "admin#shop", "password": password})).await;
        assert!(matches!(answer.status, 400 | 401), "{}", answer.body);
    }
    let users = app.ok("list_users", 0, json!({"group_id": made["root_group_id"]})).await["users"].take();
    has(&users[0], &json!({"name": "admin", "enabled": true}));
    app.ok("update_user", id(&users[0]), json!({"group_id": made["root_group_id"], "password": PASSWORD})).await;
    app.ok_as("", "create_session", 0, login).await;
}

#[tokio::test]
async fn a_tenant_is_changed_by_its_path_or_by_tenant_id() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let change = json!({"name": "Shop", "description": "d", "customer_manager": "m", "tenant_id": tenant.id.to_string()});
    let changed = app.ok("update_tenant", tenant.id, change).await["tenant"].take();
    has(&changed, &json!({"id": tenant.id, "name": "Shop", "label": "shop", "description": "d", "customer_manager": "m", "enabled": true}));
    let by_id = json!({"tenant_id": tenant.id.to_string(), "description": "", "name": ""});
    let changed = app.ok("create_tenant", 0, by_id).await["tenant"].take();
    has(&changed, &json!({"id": tenant.id, "name": "Shop", "description": "", "customer_manager": "m"}));
    let put = app.send(&app.admin, "PUT", &format!("/keystone/tenants/{}/", tenant.id), json!({"customer_manager": "n"})).await;
    has(&put.body["tenant"], &json!({"customer_manager": "n", "name": "Shop"}));
    assert_eq!(app.ok("list_tenants", 0, Value::Null).await["tenants"].as_array().unwrap().len(), 1, "nothing was made");
    app.call(&app.admin, "update_tenant", tenant.id, json!({"tenant_id": 1})).await.refused(422);
    app.login("admin#Shop").await;
    has(&app.ok("get_group", tenant.root, Value::Null).await["group"], &json!({"name": "Shop"}));
}

#[tokio::test]
async fn a_tenant_that_is_disabled_ends_the_sessions_of_its_users_and_of_those_below() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let user = app.user(tenant.root, "ann", "shop", false).await;
    let boss = app.login("admin#shop").await;
    let below = app.ok_as(&boss.token, "create_tenant", 0, json!({"name": "branch", "admin_password": PASSWORD})).await["tenant"].take();
    has(&below, &json!({"parent_tenant_id": tenant.id}));
    let branch = app.login("admin#branch").await;
    for (text, enabled) in [("false", false), ("true", true), ("0", false)] {
        let changed = app.ok("update_tenant", tenant.id, json!({"enabled": text})).await["tenant"].take();
        has(&changed, &json!({"enabled": enabled}));
        for token in [&user.token, &branch.token] {
            let answer = app.call(token, "list_tenants", 0, Value::Null).await;
            assert_eq!(answer.status, if enabled { 200 } else { 401 }, "{text}");
        }
    }
    app.call("", "create_session", 0, json!({"identification": "ann#shop", "password": PASSWORD})).await.refused(401);
    app.ok("update_tenant", tenant.id, json!({"enabled": "True"})).await;
    app.login("ann#shop").await;
}

#[tokio::test]
async fn tenants_are_listed_as_far_as_the_caller_may_see_them() {
    let app = App::start().await;
    app.tenant("one").await;
    let two = app.tenant("two").await;
    let names =
        |list: &Value| list["tenants"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&app.ok("list_tenants", 0, Value::Null).await), ["one", "two"], "the root is no customer");
    let boss = app.login("admin#two").await;
    assert_eq!(names(&app.ok_as(&boss.token, "list_tenants", 0, Value::Null).await), ["two"]);
    app.ok_as(&boss.token, "get_tenant", two.id, Value::Null).await;
    app.call(&boss.token, "get_tenant", 1, Value::Null).await.refused(404);
}
