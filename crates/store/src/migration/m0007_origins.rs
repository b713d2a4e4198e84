//! Which roles a directory or a provider of single sign-on manages.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, "ALTER TABLE grants ADD COLUMN origin TEXT NOT NULL DEFAULT ''").await
    }
}
