//! The Price List: recorded pages, for no emulator has it.

use envctl::report::{PriceTable, price_in, price_question};
use rust_decimal::Decimal;
use serde_json::json;

use super::wire::{Answer, Wire};

/// A product as the Price List has it, cut to what counts.
fn product(usage_type: &str, unit: &str, usd: &str) -> String {
    json!({
        "product": {"productFamily": "Compute", "sku": "8CESGAFWKAJ98PME",
            "attributes": {"regionCode": "us-east-2", "servicecode": "AmazonECS", "usagetype": usage_type}},
        "serviceCode": "AmazonECS",
        "terms": {"OnDemand": {"8CESGAFWKAJ98PME.JRTCKXETXF": {
            "priceDimensions": {"8CESGAFWKAJ98PME.JRTCKXETXF.6YS6EN2CT7": {
                "unit": unit, "beginRange": "0", "endRange": "Inf", "appliesTo": [],
                "description": "AWS Fargate - vCPU - US East (Ohio)", "pricePerUnit": {"USD": usd}}},
            "sku": "8CESGAFWKAJ98PME", "effectiveDate": "2026-09-01T00:00:00Z", "termAttributes": {}}}},
        "version": "20260910000000", "publicationDate": "2026-09-10T00:00:00Z",
    })
    .to_string()
}

#[tokio::test(start_paused = true)]
async fn every_page_of_the_price_list_is_read_and_the_price_goes_into_the_table() {
    let wire = Wire::new(|sent, before| {
        assert_eq!(sent.operation, "GetProducts");
        assert!(sent.body.contains(r#""ServiceCode":"AmazonECS""#) && sent.body.contains("regionCode"), "{sent:?}");
        let (usage_type, token) = match before {
            0 => ("USE2-Fargate-Windows-vCPU-Hours:perCPU", Some("more")),
            _ => ("USE2-Fargate-vCPU-Hours:perCPU", None),
        };
        let page = json!({"FormatVersion": "aws_v1", "PriceList": [product(usage_type, "hours", "0.0404800000")],
                          "NextToken": token});
        Answer::Says(200, page.to_string())
    });
    let cloud = wire.cloud(None).await;
    let question = price_question("fargate/x86_64/vcpu").expect("a question");
    let attributes = [("regionCode", "us-east-2".to_owned())];
    let products = cloud.price_list(question.service_code, &attributes).await.expect("products");
    assert_eq!((products.len(), wire.sent("GetProducts").len()), (2, 2));
    let price = price_in(&question, "us-east-2", &products, "2026-11-22".parse().unwrap()).expect("a price");
    assert_eq!((price.usd, price.unit.as_str()), (Decimal::new(4048, 5), "vCPU-hour"));
    assert!(price.source.contains("SKU 8CESGAFWKAJ98PME"), "{}", price.source);
    let mut table = PriceTable::default();
    table.set("us-east-2", &question.item, Some(price.clone()));
    let read_again = PriceTable::from_json(&table.to_json().to_string()).expect("a price file");
    assert_eq!(read_again.price("us-east-2", &question.item), Some(&price));
}

#[tokio::test(start_paused = true)]
async fn a_price_list_that_cannot_be_read_is_an_error_and_no_price() {
    let denied = r#"{"__type":"AccessDeniedException","message":"not authorized to perform: pricing:GetProducts"}"#;
    let wire = Wire::new(move |_, _| Answer::Says(400, denied.to_owned()));
    let error = wire.cloud(None).await.price_list("AmazonECS", &[]).await.expect_err("denied");
    assert_eq!(error.code.as_deref(), Some("AccessDeniedException"));
}
