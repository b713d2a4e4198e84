//! What still shows a resource that was moved away from it is known until the move is done.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(
            manager,
            "CREATE TABLE former_references ( \
               resource_id BIGINT NOT NULL REFERENCES resources (id) ON DELETE CASCADE, \
               target_id BIGINT NOT NULL REFERENCES resources (id) ON DELETE CASCADE, \
               PRIMARY KEY (resource_id, target_id)); \
             CREATE INDEX former_references_target ON former_references (target_id)",
        )
        .await
    }
}
