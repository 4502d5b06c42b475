//! The event queue beside a bare binary heap of the standard library, by the hold model: with a given
//! number of events waiting, take the next and add one at a later time. It must stay within twice
//! the time of the bare heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gleaner_sim::queue::EventQueue;
use gleaner_sim::time::{SimSpan, SimTime};

/// Events taken and added in one measurement.
const HOLDS: u64 = 10_000;

/// What an event of the World carries: a kind, a slot and a generation.
type Event = (u8, u32, u32);

/// Gaps of up to a day in milliseconds (a linear congruential generator after Knuth).
struct Gaps(u64);

impl Gaps {
    fn next_ms(&mut self) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % 86_400_000) as i64
    }
}

fn event_queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("event_queue");
    group.throughput(Throughput::Elements(HOLDS));
    for waiting in [100u32, 10_000, 1_000_000] {
        let mut gaps = Gaps(1);
        let mut heap: BinaryHeap<Reverse<(i64, Event)>> =
            (0..waiting).map(|slot| Reverse((gaps.next_ms(), (1, slot, 0)))).collect();
        group.bench_function(BenchmarkId::new("bare_heap", waiting), |bencher| {
            bencher.iter(|| {
                for _ in 0..HOLDS {
                    let Reverse((time, event)) = heap.pop().expect("events wait");
                    heap.push(Reverse((time + gaps.next_ms(), black_box(event))));
                }
            });
        });
        let mut gaps = Gaps(1);
        let mut queue = EventQueue::new();
        for slot in 0..waiting {
            queue.push(SimTime::from_ms(gaps.next_ms()), 1, (1u8, slot, 0u32));
        }
        group.bench_function(BenchmarkId::new("event_queue", waiting), |bencher| {
            bencher.iter(|| {
                for _ in 0..HOLDS {
                    let (time, event) = queue.pop().expect("events wait");
                    queue.push(time + SimSpan::from_ms(gaps.next_ms()), 1, black_box(event));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, event_queue);
criterion_main!(benches);
