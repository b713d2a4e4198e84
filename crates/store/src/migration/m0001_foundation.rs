//! Tenants, users, datacenters, quota, resources, releases, accounts, audit, events and work.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements: String =
            include_str!("m0001_foundation.sql").lines().filter(|l| !l.starts_with("--")).collect::<Vec<_>>().join("\n");
        super::run(manager, &statements).await
    }
}
