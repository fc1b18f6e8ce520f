//! Actions that envctl does not write itself (redirect, authenticate), between the SDK's types and the JSON of the
//! API.

use aws_sdk_elasticloadbalancingv2::types as elb;
use aws_sdk_elasticloadbalancingv2::types::builders::ActionBuilder;
use serde_json::{Map, Value, json};

use super::elb_rule::field;

/// An action as the API spells it.
pub(super) fn other_document(found: &elb::Action) -> Value {
    let mut document = Map::new();
    let kind = found.r#type().map(elb::ActionTypeEnum::as_str).unwrap_or("unknown");
    document.insert("Type".to_owned(), json!(kind));
    if let Some(forward) = found.forward_config() {
        let groups = forward.target_groups().iter();
        let groups = groups.map(|group| json!({"TargetGroupArn": group.target_group_arn(), "Weight": group.weight()}));
        document.insert("ForwardConfig".to_owned(), json!({"TargetGroups": groups.collect::<Vec<_>>()}));
    }
    if let Some(redirect) = found.redirect_config() {
        let config = without_nulls(json!({
            "Protocol": redirect.protocol(), "Port": redirect.port(), "Host": redirect.host(), "Path": redirect.path(),
            "Query": redirect.query(), "StatusCode": redirect.status_code().map(|code| code.as_str()),
        }));
        document.insert("RedirectConfig".to_owned(), config);
    }
    if let Some(cognito) = found.authenticate_cognito_config() {
        let config = without_nulls(json!({
            "UserPoolArn": cognito.user_pool_arn(), "UserPoolClientId": cognito.user_pool_client_id(),
            "UserPoolDomain": cognito.user_pool_domain(), "SessionCookieName": cognito.session_cookie_name(),
            "Scope": cognito.scope(), "SessionTimeout": cognito.session_timeout(),
            "OnUnauthenticatedRequest": cognito.on_unauthenticated_request().map(|word| word.as_str()),
        }));
        document.insert("AuthenticateCognitoConfig".to_owned(), config);
    }
    if let Some(oidc) = found.authenticate_oidc_config() {
        // The client secret never comes back from AWS, and would not be shown if it did.
        let config = without_nulls(json!({
            "Issuer": oidc.issuer(), "AuthorizationEndpoint": oidc.authorization_endpoint(),
            "TokenEndpoint": oidc.token_endpoint(), "UserInfoEndpoint": oidc.user_info_endpoint(),
            "ClientId": oidc.client_id(), "SessionCookieName": oidc.session_cookie_name(), "Scope": oidc.scope(),
            "SessionTimeout": oidc.session_timeout(),
            "OnUnauthenticatedRequest": oidc.on_unauthenticated_request().map(|word| word.as_str()),
        }));
        document.insert("AuthenticateOidcConfig".to_owned(), config);
    }
    Value::Object(document)
}

/// An action for the API from its document.
///
/// # Errors
/// Says what is not understood.
pub(super) fn other_action(document: &Value) -> Result<ActionBuilder, String> {
    let kind = field(document, "Type").ok_or("an action needs a `Type`")?;
    let config = |name: &str| document.get(name).ok_or_else(|| format!("an action of type {kind} needs `{name}`"));
    let builder = elb::Action::builder().r#type(kind.into());
    match kind {
        "redirect" => Ok(builder.redirect_config(redirect(config("RedirectConfig")?))),
        "authenticate-cognito" => {
            cognito(config("AuthenticateCognitoConfig")?).map(|config| builder.authenticate_cognito_config(config))
        }
        "authenticate-oidc" => {
            oidc(config("AuthenticateOidcConfig")?).map(|config| builder.authenticate_oidc_config(config))
        }
        other => Err(format!("envctl cannot write an action of type `{other}`")),
    }
}

fn redirect(config: &Value) -> elb::RedirectActionConfig {
    let word = |name: &str| field(config, name).map(str::to_owned);
    elb::RedirectActionConfig::builder()
        .set_protocol(word("Protocol"))
        .set_port(word("Port"))
        .set_host(word("Host"))
        .set_path(word("Path"))
        .set_query(word("Query"))
        .set_status_code(field(config, "StatusCode").map(Into::into))
        .build()
}

fn cognito(config: &Value) -> Result<elb::AuthenticateCognitoActionConfig, String> {
    let word = |name: &str| field(config, name).map(str::to_owned);
    Ok(elb::AuthenticateCognitoActionConfig::builder()
        .set_user_pool_arn(word("UserPoolArn"))
        .set_user_pool_client_id(word("UserPoolClientId"))
        .set_user_pool_domain(word("UserPoolDomain"))
        .set_session_cookie_name(word("SessionCookieName"))
        .set_scope(word("Scope"))
        .set_session_timeout(config.get("SessionTimeout").and_then(Value::as_i64))
        .set_on_unauthenticated_request(field(config, "OnUnauthenticatedRequest").map(Into::into))
        .build())
}

fn oidc(config: &Value) -> Result<elb::AuthenticateOidcActionConfig, String> {
    let word = |name: &str| field(config, name).map(str::to_owned);
    let secret = word("ClientSecret");
    Ok(elb::AuthenticateOidcActionConfig::builder()
        .set_issuer(word("Issuer"))
        .set_authorization_endpoint(word("AuthorizationEndpoint"))
        .set_token_endpoint(word("TokenEndpoint"))
        .set_user_info_endpoint(word("UserInfoEndpoint"))
        .set_client_id(word("ClientId"))
        .set_use_existing_client_secret(secret.is_none().then_some(true))
        .set_client_secret(secret)
        .set_session_cookie_name(word("SessionCookieName"))
        .set_scope(word("Scope"))
        .set_session_timeout(config.get("SessionTimeout").and_then(Value::as_i64))
        .set_on_unauthenticated_request(field(config, "OnUnauthenticatedRequest").map(Into::into))
        .build())
}

fn without_nulls(mut document: Value) -> Value {
    if let Value::Object(fields) = &mut document {
        fields.retain(|_, value| !value.is_null());
    }
    document
}
