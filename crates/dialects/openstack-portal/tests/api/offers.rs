//! What a cloud offers.

use serde_json::{Value, json};

use crate::app::{App, has};
use crate::cloud::{FLAVOR, IMAGE};

#[tokio::test]
async fn images_flavors_and_zones_are_listed_for_tenants_and_for_staff() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let ann = app.user(tenant.root, "ann", "shop", false).await;
    for (token, body) in
        [(&ann.token, Value::Null), (&app.admin, Value::Null), (&app.admin, json!({"tenant_id": tenant.id, "datacenter_id": 1}))]
    {
        let find = |list: &Value, name: &str| list.as_array().unwrap().iter().find(|o| o["name"] == name).cloned().unwrap();
        let images = app.ok_as(token, "list_images", 0, body.clone()).await["images"].take();
        has(&find(&images, IMAGE), &json!({"status": "active", "min_disk": 1, "min_memory": "64"}));
        let flavors = app.ok_as(token, "list_flavors", 0, body.clone()).await["flavors"].take();
        has(&find(&flavors, FLAVOR), &json!({"cpu": "1", "memory": "512", "disk": 1, "public": true}));
        let zones = app.ok_as(token, "list_availability_zones", 0, body.clone()).await["availability_zones"].take();
        has(&find(&zones, "nova"), &json!({"available": true}));
    }
}
