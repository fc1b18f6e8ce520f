//! The Price List. Its endpoints are in us-east-1, eu-central-1 and ap-south-1 alone, whatever region is asked about
//! (`aws.md` 6.2).

use aws_sdk_pricing::types::{Filter, FilterType};

use super::AwsCloud;
use super::error::own_error;
use crate::cloud::{CloudError, CloudErrorKind};

const OPERATION: &str = "pricing:GetProducts";
/// Products of one page, the most that the API gives.
const PER_PAGE: i32 = 100;

impl AwsCloud {
    /// The products of a service with these attributes, all pages, each as the JSON text that the API answers.
    ///
    /// # Errors
    /// When they cannot be read; the Price List is never answered in part.
    pub async fn price_list(
        &self,
        service_code: &str,
        attributes: &[(&str, String)],
    ) -> Result<Vec<String>, CloudError> {
        let filter = |(field, value): &(&str, String)| {
            Filter::builder().r#type(FilterType::TermMatch).field(*field).value(value).build()
        };
        let filters: Result<Vec<Filter>, _> = attributes.iter().map(filter).collect();
        let filters =
            filters.map_err(|error| own_error(CloudErrorKind::Refused, OPERATION, format!("no filter: {error}")))?;
        let mut products = Vec::new();
        let mut token = None;
        loop {
            let request = self.clients.pricing.get_products().service_code(service_code).format_version("aws_v1");
            let request = request.set_filters(Some(filters.clone())).max_results(PER_PAGE).set_next_token(token);
            let page = self.caller.call(OPERATION, || request.clone().send()).await?;
            products.extend(page.price_list().iter().cloned());
            token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() {
                return Ok(products);
            }
        }
    }
}
