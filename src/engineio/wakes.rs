//! Wakes: many sessions, a few at a time.
//!
//! ```text
//!   a broadcast ──► 5,000 mailboxes, at once: what is sent after it arrives after it
//!               └─► 32 sessions woken │ everybody else's turn │ 32 more │ everybody else's turn │ …
//! ```
//!
//! A runtime runs its tasks in the order in which they were woken. Five thousand that are woken at
//! once would stand in front of whoever has something to do a moment later, for as long as it takes
//! to write to five thousand clients.
//!
//! Shell file: owns wakers, and a task while there are many. Not in any specification.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;

/// Sessions that are woken before others get their turn. Much more would be felt, and with much
/// less the turns themselves would cost something.
const SLICE: usize = 32;

/// Room that is made at once for those who are woken later.
const MANY: usize = 256;

thread_local! {
    /// What is to be woken by who runs [`in_slices`] on this thread.
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}

/// Those who are to be woken by one broadcast.
#[derive(Default)]
struct Held {
    woken: usize,
    later: Slices,
}

/// Those who wait for a slice of their own. They are woken in any case, at the latest when nobody
/// is left to do so in slices.
#[derive(Default)]
struct Slices(Vec<Waker>);

/// Runs `tell`, which sends something to sessions. Of those that this wakes, the first few are woken
/// at once, and the rest in slices afterwards.
pub(crate) fn in_slices<T>(tell: impl FnOnce() -> T) -> T {
    if HELD.with_borrow(Option::is_some) {
        // Part of a larger one.
        return tell();
    }
    HELD.set(Some(Held::default()));
    // Whatever becomes of `tell`, those who have mail are woken.
    let after = After;
    let told = tell();
    drop(after);
    told
}

/// Wakes a session, or takes note that it is to be woken.
pub(super) fn wake(sleeper: Waker) {
    let now = HELD.with_borrow_mut(|held| match held {
        Some(Held { woken, later: Slices(later) }) if *woken >= SLICE => {
            if later.is_empty() {
                later.reserve(MANY);
            }
            later.push(sleeper);
            None
        }
        Some(Held { woken, .. }) => {
            *woken += 1;
            Some(sleeper)
        }
        None => Some(sleeper),
    });
    if let Some(sleeper) = now {
        sleeper.wake();
    }
}

struct After;

impl Drop for After {
    fn drop(&mut self) {
        let later = HELD.take().map(|held| held.later).unwrap_or_default();
        if later.0.is_empty() {
            return;
        }
        // Outside a runtime there are no turns to wait for.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(later);
        }
    }
}

impl Future for Slices {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self(later) = &mut *self;
        let slice = later.len().min(SLICE);
        later.drain(..slice).for_each(Waker::wake);
        if later.is_empty() {
            return Poll::Ready(());
        }
        // Behind those who have just been woken, and behind whoever came meanwhile.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Slices {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::mem;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    /// Counts how often somebody was woken.
    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Count {
        fn told(self: &Arc<Self>, sessions: usize) {
            in_slices(|| (0..sessions).for_each(|_| wake(self.clone().into())));
        }

        fn get(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    /// Lets whoever was woken before have his turn.
    async fn queue_up() {
        let mut queued = false;
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if mem::replace(&mut queued, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    #[tokio::test]
    async fn between_two_slices_it_is_the_turn_of_others() {
        let other = tokio::spawn(async {
            let count = Arc::new(Count::default());
            count.told(3 * SLICE + 1);
            let mut woken = vec![count.get()];
            while count.get() <= 3 * SLICE {
                queue_up().await;
                woken.push(count.get());
            }
            woken
        });
        assert_eq!(other.await.unwrap(), [SLICE, 2 * SLICE, 3 * SLICE, 3 * SLICE + 1]);
    }

    #[tokio::test]
    async fn a_few_are_woken_at_once() {
        let count = Arc::new(Count::default());
        wake(count.clone().into());
        count.told(SLICE);
        assert_eq!(count.get(), 1 + SLICE);
        in_slices(|| count.told(1));
        assert_eq!(count.get(), 2 + SLICE);
    }

    #[test]
    fn nobody_sleeps_on() {
        let count = Arc::new(Count::default());
        // Where there is no runtime,
        count.told(1_000);
        assert_eq!(count.get(), 1_000);
        // where it is gone before their turn has come,
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { count.told(1_000) });
        drop(runtime);
        assert_eq!(count.get(), 2_000);
        // and where something breaks that has woken them.
        let broken = catch_unwind(AssertUnwindSafe(|| {
            in_slices(|| {
                count.told(1_000);
                panic!("after it");
            })
        }));
        assert!(broken.is_err());
        assert_eq!(count.get(), 3_000);
    }
}
