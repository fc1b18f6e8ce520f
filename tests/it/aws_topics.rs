//! Announcements through the SDK, heard by a subscriber of the emulators' topics.

use envctl::cloud::{CloudErrorKind, Topics};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::emulator::{Corner, Emulator};

/// Takes posts until one holds this text.
async fn hears(listener: TcpListener, text: &str) -> String {
    loop {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut heard = Vec::new();
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut part).await {
            heard.extend_from_slice(&part[..length]);
            let whole = String::from_utf8_lossy(&heard);
            let body = whole.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            let length =
                whole.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if length.is_some_and(|length: usize| body.len() >= length) {
                break;
            }
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await
            .expect("an answer");
        let heard = String::from_utf8_lossy(&heard).into_owned();
        if heard.contains(text) {
            return heard;
        }
    }
}

/// A topic of the emulator, made by another client.
async fn topic(corner: &Corner, client: &aws_sdk_sns::Client) -> String {
    let made = client.create_topic().name(format!("{}-releases", corner.borrowed.unique)).send().await;
    made.expect("a topic").topic_arn().expect("its ARN").to_owned()
}

async fn a_topic_that_is_not_there_is_told(emulator: Emulator) {
    let Some(corner) = Corner::new(emulator).await else { return };
    let topic = topic(&corner, &aws_sdk_sns::Client::new(&corner.settings)).await;
    let cloud = corner.cloud().await;
    let id = cloud.publish(&topic, "staging: released", "all is well").await.expect("it is published");
    assert!(!id.is_empty());
    let nowhere = cloud.publish(&format!("{topic}-gone"), "a", "b").await.expect_err("there is no such topic");
    assert_eq!((nowhere.kind, nowhere.operation.as_str()), (CloudErrorKind::NotFound, "sns:Publish"), "{nowhere}");
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_told_on_moto() {
    a_topic_that_is_not_there_is_told(Emulator::Moto).await;
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_told_on_ministack() {
    a_topic_that_is_not_there_is_told(Emulator::MiniStack).await;
}

/// On moto alone: what MiniStack publishes did not reach a subscriber by HTTP.
#[tokio::test]
async fn what_is_published_is_heard_by_a_subscriber() {
    let Some(corner) = Corner::new(Emulator::Moto).await else { return };
    let client = aws_sdk_sns::Client::new(&corner.settings);
    let topic = topic(&corner, &client).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}/", listener.local_addr().expect("an address"));
    client.subscribe().topic_arn(&topic).protocol("http").endpoint(&address).send().await.expect("a subscription");
    let cloud = corner.cloud().await;
    let text = "staging: a release begins";
    let subject = "staging: na\u{ef}ve\nsubject";
    let (heard, published) = tokio::join!(hears(listener, text), cloud.publish(&topic, subject, text));
    assert!(!published.expect("it is published").is_empty());
    assert!(heard.contains("staging: navesubject"), "a subject is ASCII on one line: {heard}");
}
