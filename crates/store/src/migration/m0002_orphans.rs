//! When an orphan was looked for last.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, "ALTER TABLE orphans ADD COLUMN looked_at BIGINT NOT NULL DEFAULT 0").await
    }
}
