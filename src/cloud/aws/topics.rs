//! SNS: announcements. A topic is asked in its own region, which its ARN names.

use async_trait::async_trait;
use aws_sdk_sns::config::Region;

use super::AwsCloud;
use super::answer::text as text_of;
use crate::cloud::{CloudError, LONGEST_SUBJECT, Topics};

#[async_trait]
impl Topics for AwsCloud {
    async fn publish(&self, topic: &str, subject: &str, text: &str) -> Result<String, CloudError> {
        let region = topic.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or(&self.region);
        // A subject is ASCII without control characters (SNS Publish: `Subject`).
        let plain = |letter: &char| letter.is_ascii() && !letter.is_ascii_control();
        let subject: String = subject.chars().filter(plain).take(LONGEST_SUBJECT).collect();
        let region = Region::new(region.to_owned());
        let request = self.clients.topics.publish().topic_arn(topic).subject(subject).message(text);
        let send = || {
            let override_ = aws_sdk_sns::config::Config::builder().region(Some(region.clone()));
            request.clone().customize().config_override(override_).send()
        };
        let answer = self.caller.call("sns:Publish", send).await?;
        Ok(text_of(answer.message_id()))
    }
}
