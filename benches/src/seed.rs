//! Databases of a given size, written through the store as the server would.

use std::path::Path;

use tenantry_domain::TenantId;
use tenantry_domain::policy::Allowed;
use tenantry_domain::quota::Limits;
use tenantry_domain::user::Role;
use tenantry_server::{Config, serve};
use tenantry_store::Store;
use tenantry_store::tenants::NewTenant;
use tenantry_store::users::NewUser;

use crate::server::PASSWORD;

/// How many rows are written in one transaction.
const BATCH: usize = 2000;

/// The store in `folder` after the server's first start.
pub(crate) async fn store(folder: &Path) -> anyhow::Result<Store> {
    let mut config = Config::default();
    config.server.data_dir = folder.to_owned();
    let store = serve::open_store(&config).await?;
    serve::assemble_with(&config, store.clone(), None, Some(PASSWORD)).await?;
    Ok(store)
}

/// That many tenants below the root, and users in the first of them.
pub(crate) async fn fill(folder: &Path, tenants: usize, users: usize) -> anyhow::Result<()> {
    let store = store(folder).await?;
    let numbers: Vec<usize> = (0..tenants).collect();
    for batch in numbers.chunks(BATCH) {
        let tx = store.begin().await?;
        for n in batch {
            tx.tenants().insert(&Allowed::system(TenantId::ROOT), store.clock().uid(), &tenant(*n)).await?;
        }
        tx.commit().await?;
    }
    let numbers: Vec<usize> = (0..users).collect();
    for batch in numbers.chunks(BATCH) {
        let tx = store.begin().await?;
        for n in batch {
            tx.users().insert(&Allowed::system(TenantId(2)), &user(*n)).await?;
        }
        tx.commit().await?;
    }
    while store.events().sequence().await? > 0 {}
    store.close().await?;
    Ok(())
}

/// Names that do not come in the order in which they are made.
fn tenant(n: usize) -> NewTenant {
    let spread = n.wrapping_mul(7_919) % 1_000_003;
    let name = format!("t{spread:07}-{n}");
    NewTenant {
        slug: name.clone(),
        name,
        description: format!("tenant number {n}"),
        totals: Limits::compute(Some(1000), Some(1024), Some(1024)),
        ..NewTenant::default()
    }
}

fn user(n: usize) -> NewUser {
    NewUser {
        username: format!("user-{n}"),
        name: format!("User {n}"),
        email: Some(format!("user-{n}@bench.example")),
        password_hash: "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$Gf6q3eJWXfTdMbKnDzmMTMhQb1lZxk2rK2Jj1f7m1gE".to_owned(),
        role: Some(Role::Member),
        enabled: true,
        ..NewUser::default()
    }
}
