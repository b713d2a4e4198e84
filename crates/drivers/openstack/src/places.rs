//! Projects that were there before Tenantry came, and what lives in one.

use async_trait::async_trait;
use serde_json::Value;
use tenantry_domain::Amounts;
use tenantry_driver_api::{FoundPlace, PlacePage, PlaceQuery, Places, Result};

use crate::OpenStack;
use crate::objects::text;
use crate::project::mark;
use crate::service::Service::Identity;
use crate::token::Scope;
use crate::worker::id_of;

/// The projects that clouds have for themselves.
const OF_THE_CLOUD: [&str; 2] = ["admin", "service"];

fn place(project: &Value) -> FoundPlace {
    // Keystone does not tell when a project was made
    FoundPlace { name: text(project, "name").to_owned(), peer_id: text(project, "id").to_owned(), since: None, mark: mark(project) }
}

/// The page that was asked for.
fn cut(mut found: Vec<Value>, asked: &PlaceQuery) -> (Vec<Value>, Option<String>) {
    found.sort_by(|a, b| text(a, "id").cmp(text(b, "id")));
    if let Some(after) = &asked.after {
        found.retain(|project| text(project, "id") > after.as_str());
    }
    if found.len() <= asked.limit {
        return (found, None);
    }
    found.truncate(asked.limit);
    let next = found.last().map(|project| text(project, "id").to_owned());
    (found, next)
}

/// Whether a tenant can be put over a project: it is in use, not the cloud's own, and not the one (`own`) that the account lives in.
pub(crate) fn is_place(project: &Value, own: &str) -> bool {
    project["enabled"] != false && text(project, "id") != own && !OF_THE_CLOUD.contains(&text(project, "name"))
}

#[async_trait]
impl Places for OpenStack {
    async fn list_places(&self, asked: &PlaceQuery) -> Result<PlacePage> {
        let query = [("domain_id", self.client.domain().await?), ("enabled", "true")];
        // Keystone looks for the beginning of a name in the page that it would have given, and loses what is in later ones
        let all = self.client.account().list(Identity, &["projects"], "projects", &query).await?;
        let token = self.client.token(&Scope::Account).await?;
        let wanted = |project: &Value| is_place(project, &token.project) && text(project, "name").starts_with(&asked.prefix);
        let (found, next) = cut(all.into_iter().filter(wanted).collect(), asked);
        Ok(PlacePage { items: found.iter().map(place).collect(), next })
    }

    async fn get_place(&self, name: &str) -> Result<Option<(FoundPlace, Amounts)>> {
        let Some(found) = self.find_project(name).await? else { return Ok(None) };
        if !is_place(&found, &self.client.token(&Scope::Account).await?.project) {
            return Ok(None);
        }
        let used = self.used(&id_of(&found)?).await?;
        Ok(Some((place(&found), used)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn projects_are_given_page_by_page_in_the_order_of_their_ids() {
        let all = || ["c", "a", "d", "b"].map(|id| json!({"id": id})).to_vec();
        let asked = |after: Option<&str>| PlaceQuery { prefix: String::new(), after: after.map(str::to_owned), limit: 2 };
        let ids = |(found, next): (Vec<Value>, Option<String>)| (found.iter().map(|p| text(p, "id").to_owned()).collect::<String>(), next);
        assert_eq!(ids(cut(all(), &asked(None))), ("ab".to_owned(), Some("b".to_owned())));
        assert_eq!(ids(cut(all(), &asked(Some("b")))), ("cd".to_owned(), None));
        assert_eq!(ids(cut(all(), &asked(Some("d")))), (String::new(), None));
    }
}
