//! Tenants that are suspended because the account that pays for them is empty.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(
            manager,
            "ALTER TABLE tenants ADD COLUMN suspended_at BIGINT; \
             CREATE INDEX tenants_suspended ON tenants (suspended_at) WHERE suspended_at IS NOT NULL",
        )
        .await
    }
}
