//! What is at rest waits in a queue of its own, and what was never claimed is known as such.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(
            manager,
            "ALTER TABLE work ADD COLUMN queue BIGINT NOT NULL DEFAULT 0; \
             ALTER TABLE work ADD COLUMN claims BIGINT NOT NULL DEFAULT 0; \
             UPDATE work SET claims = 1; \
             DROP INDEX work_due; \
             DROP INDEX work_lane; \
             CREATE INDEX work_due ON work (queue, next_at); \
             CREATE INDEX work_lane ON work (queue, lane, next_at)",
        )
        .await
    }
}
