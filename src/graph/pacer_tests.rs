//! The limiters by a paused clock.

use super::*;
use std::sync::Arc;
use tokio::time::{advance, sleep, timeout};

const SPAN: Duration = Duration::from_secs(10);

fn limiter(limit: u32) -> Arc<Limiter> {
    Arc::new(Limiter::new(Some(limit), SPAN, MOST_DOUBT))
}

/// Sends one request of this latency and gives when it was sent and when its answer was there.
async fn request(limiter: &Limiter, cost: u32, latency: Duration) -> (Instant, Instant) {
    let mut permit = limiter.acquire(cost).await;
    permit.send();
    let sent = Instant::now();
    sleep(latency).await;
    (sent, Instant::now())
}

/// Most that could have arrived in any span: one at its answer, and every other that may have arrived within a span from there.
fn most_in_a_span(times: &[(Instant, Instant)]) -> usize {
    let from = |start: Instant| times.iter().filter(|(sent, answered)| *answered >= start && *sent < start + SPAN).count();
    times.iter().map(|(_, answered)| from(*answered)).max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn never_more_in_any_span_and_no_slower_than_that() {
    let limiter = limiter(5);
    let begun = Instant::now();
    let tasks: Vec<_> = (0..23_u64)
        .map(|number| {
            let limiter = Arc::clone(&limiter);
            tokio::spawn(async move { request(&limiter, 1, Duration::from_millis(30 + number % 7 * 20)).await })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.push(task.await.unwrap());
    }
    // First come, first served.
    assert!(times.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    assert!(most_in_a_span(&times) <= 5, "{times:?}");
    // 23 at 5 in 10 s: four spans, and the doubt of each.
    let took = begun.elapsed();
    assert!(took >= SPAN * 4 && took < SPAN * 4 + Duration::from_secs(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn costs_add_up_and_what_is_above_the_limit_still_goes() {
    let limiter = limiter(10);
    let begun = Instant::now();
    request(&limiter, 6, Duration::ZERO).await;
    request(&limiter, 4, Duration::ZERO).await;
    assert!(begun.elapsed() < Duration::from_millis(10));
    request(&limiter, 99, Duration::ZERO).await;
    assert!(begun.elapsed() >= SPAN && begun.elapsed() < SPAN + Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_leaves_the_place_to_the_next() {
    let limiter = limiter(1);
    request(&limiter, 1, Duration::ZERO).await;
    let begun = Instant::now();
    let gone = timeout(Duration::from_secs(1), limiter.acquire(1)).await;
    assert!(gone.is_err());
    request(&limiter, 1, Duration::ZERO).await;
    assert!(begun.elapsed() <= SPAN + Duration::from_millis(10));
    // A permit that was given back unsent counts for nothing.
    advance(SPAN).await;
    drop(limiter.acquire(1).await);
    let begun = Instant::now();
    request(&limiter, 1, Duration::ZERO).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert!(limiter.lock().queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_everybody_back_also_who_waits_already() {
    let limiter = limiter(1);
    request(&limiter, 1, Duration::ZERO).await;
    let begun = Instant::now();
    let waiting = tokio::spawn({
        let limiter = Arc::clone(&limiter);
        async move { request(&limiter, 1, Duration::ZERO).await.0 }
    });
    sleep(Duration::from_secs(3)).await;
    limiter.pause(Instant::now() + Duration::from_secs(30));
    limiter.pause(Instant::now() + Duration::from_secs(2));
    assert_eq!((waiting.await.unwrap() - begun).as_secs(), 33);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_doubted_for_half_a_second_and_no_longer() {
    let limiter = limiter(1);
    let slow = tokio::spawn({
        let limiter = Arc::clone(&limiter);
        async move { request(&limiter, 1, Duration::from_secs(60)).await }
    });
    let sent = slow.await.unwrap().0;
    let limiter = self::limiter(1);
    let begun = Instant::now();
    let one = tokio::spawn({
        let limiter = Arc::clone(&limiter);
        async move { request(&limiter, 1, Duration::from_secs(60)).await.0 }
    });
    let two = request(&limiter, 1, Duration::ZERO);
    tokio::task::yield_now().await;
    let (two, _) = two.await;
    assert_eq!(two - begun, SPAN + MOST_DOUBT);
    assert!(one.await.unwrap() < two && sent < begun);
}

#[tokio::test(start_paused = true)]
async fn a_read_under_two_limits_waits_for_both_and_off_means_off() {
    let pacer = Pacer::new(Pacing::Documented, 1.0);
    let charges = Charges::from([(Throttle::KeyCredentials, 60), (Throttle::Identity, 60)]);
    let begun = Instant::now();
    for _ in 0..3 {
        pacer.acquire(&charges).await.send();
    }
    assert_eq!(begun.elapsed().as_secs(), 60);
    let pacer = Pacer::new(Pacing::Off, 1.0);
    let begun = Instant::now();
    for _ in 0..1000 {
        pacer.acquire(&charges).await.send();
    }
    assert_eq!(begun.elapsed(), Duration::ZERO);
    pacer.pause(Throttle::Identity, Duration::from_secs(7));
    pacer.acquire(&charges).await.send();
    assert_eq!(begun.elapsed().as_secs(), 7);
}
