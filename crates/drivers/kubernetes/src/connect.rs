//! From what is stored to a client's configuration. A kubeconfig comes from a caller: it may name neither files nor programs of this machine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::json;
use tenantry_domain::datacenter::Connection;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};

fn invalid(message: impl Into<String>) -> DriverError {
    DriverError::new(DriverErrorKind::Invalid, message)
}

/// The configuration, and the certificate authority in base64 for kubeconfigs that we hand out.
pub(crate) async fn config(connection: &Connection) -> Result<(Config, Option<String>)> {
    let Connection::Kubernetes { kubeconfig, endpoint, ca_pem, token } = connection else {
        return Err(invalid("this is not a connection to Kubernetes"));
    };
    let text = match (kubeconfig, endpoint, token) {
        (Some(text), _, _) => text.clone(),
        (None, Some(endpoint), Some(token)) => written(endpoint, ca_pem.as_deref(), token),
        _ => return Err(invalid("a kubeconfig is needed, or an endpoint with a token")),
    };
    let parsed =
        Kubeconfig::from_yaml(&text).map_err(|_| invalid("the kubeconfig cannot be read: it must be the YAML that kubectl uses"))?;
    refuse_local(&parsed)?;
    let ca = authority(&parsed);
    let mut config = Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default())
        .await
        .map_err(|e| invalid(format!("the kubeconfig cannot be used: {e}")))?;
    if config.cluster_url.authority().is_some_and(|a| a.as_str().contains('@')) {
        return Err(invalid("the URL of the API server must not hold a user name or a password"));
    }
    config.proxy_url = None;
    Ok((config, ca))
}

/// The certificate authority of the cluster that the kubeconfig leads to; it may know others.
fn authority(config: &Kubeconfig) -> Option<String> {
    let current = config.current_context.as_ref()?;
    let context = config.contexts.iter().find(|c| &c.name == current)?.context.as_ref()?;
    config.clusters.iter().find(|c| c.name == context.cluster)?.cluster.as_ref()?.certificate_authority_data.clone()
}

fn written(endpoint: &str, ca_pem: Option<&str>, token: &str) -> String {
    let mut cluster = json!({"server": endpoint});
    if let Some(ca) = ca_pem {
        cluster["certificate-authority-data"] = json!(BASE64.encode(ca));
    }
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    })
    .to_string()
}

fn refuse_local(config: &Kubeconfig) -> Result<()> {
    let users = config.auth_infos.iter().filter_map(|u| u.auth_info.as_ref());
    for user in users {
        if user.exec.is_some() || user.auth_provider.is_some() {
            return Err(invalid(
                "the kubeconfig runs a program to log in, which a server does not do: use one with a token or a client certificate",
            ));
        }
        if user.token_file.is_some() || user.client_certificate.is_some() || user.client_key.is_some() {
            return Err(invalid("the kubeconfig names files: use one with everything inside ('kubectl config view --raw --flatten')"));
        }
    }
    let clusters = config.clusters.iter().filter_map(|c| c.cluster.as_ref());
    for cluster in clusters {
        if cluster.certificate_authority.is_some() {
            return Err(invalid("the kubeconfig names files: use one with everything inside ('kubectl config view --raw --flatten')"));
        }
        if cluster.proxy_url.is_some() {
            return Err(invalid("the kubeconfig names a proxy, which is not used"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_user(user: &str) -> Connection {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: 'https://10.0.0.1'}}}}]\n\
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\nusers: [{{name: u, user: {user}}}]\n"
        );
        Connection::Kubernetes { kubeconfig: Some(text), endpoint: None, ca_pem: None, token: None }
    }

    #[tokio::test]
    async fn a_kubeconfig_that_reaches_into_this_machine_is_refused() {
        for user in ["{tokenFile: /etc/passwd}", "{client-certificate: /etc/passwd}", "{exec: {apiVersion: v1, command: /bin/true}}"] {
            let error = config(&with_user(user)).await.err().unwrap();
            assert_eq!(error.kind, DriverErrorKind::Invalid, "{user}");
        }
        assert!(config(&with_user("{token: secret}")).await.is_ok());
        let user = with_user("{token: secret}");
        let Connection::Kubernetes { kubeconfig: Some(text), .. } = &user else { unreachable!() };
        let named = Connection::Kubernetes {
            kubeconfig: Some(text.replace("https://", "https://admin:secret@")),
            endpoint: None,
            ca_pem: None,
            token: None,
        };
        let error = config(&named).await.err().unwrap();
        assert!(error.kind == DriverErrorKind::Invalid && !error.message.contains("secret"), "{error}");
        let broken = Connection::Kubernetes { kubeconfig: Some("{{".into()), endpoint: None, ca_pem: None, token: None };
        assert!(config(&broken).await.is_err());
    }
}
