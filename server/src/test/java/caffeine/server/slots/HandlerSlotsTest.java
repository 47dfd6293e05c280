package caffeine.server.slots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.Descriptors;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class HandlerSlotsTest {

    private final List<Integer> woken = new ArrayList<>();

    private List<HandlerSlots> views(int loops, int handlers, int queue) {
        return HandlerSlots.inProcess(loops, List.of(new SlotCount(handlers, queue)), woken::add);
    }

    @Nested
    class Slots {

        @Test
        void areAsManyAsHandlersMayRun() {
            List<HandlerSlots> views = views(2, 3, 0);
            assertThat(views.get(0).tryAcquire()).isTrue();
            assertThat(views.get(1).tryAcquire()).isTrue();
            assertThat(views.get(0).tryAcquire()).isTrue();
            assertThat(views.get(0).tryAcquire()).isFalse();
            assertThat(views.get(1).tryAcquire()).isFalse();
            assertThat(views.get(0).running()).isEqualTo(3);
            views.get(0).release();
            assertThat(views.get(1).tryAcquire()).isTrue();
        }

        @Test
        void areReleasedByTheirOwnerOnly() {
            List<HandlerSlots> views = views(2, 3, 0);
            assertThat(views.get(0).tryAcquire()).isTrue();
            assertThatThrownBy(views.get(1)::release).isInstanceOf(IllegalStateException.class);
            views.get(0).release();
            assertThatThrownBy(views.get(0)::release).isInstanceOf(IllegalStateException.class);
        }

        @Test
        void needPositiveNumbers() {
            assertThatThrownBy(() -> views(0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> views(1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Nested
    class Queue {

        @Test
        void hasAsManyPlacesAsItWasGiven() {
            List<HandlerSlots> views = views(2, 1, 2);
            assertThat(views.get(0).tryAcquire()).isTrue();
            assertThat(views.get(0).tryEnqueue()).isTrue();
            assertThat(views.get(1).tryEnqueue()).isTrue();
            assertThat(views.get(1).tryEnqueue()).isFalse();
            assertThat(views.get(0).waiting()).isEqualTo(2);
            views.get(0).dequeue();
            assertThat(views.get(1).tryEnqueue()).isTrue();
        }

        @Test
        void mayHaveNoPlaces() {
            assertThat(views(1, 1, 0).getFirst().tryEnqueue()).isFalse();
        }

        @Test
        void isNotOvertakenByNewRequests() {
            List<HandlerSlots> views = views(2, 1, 2);
            views.get(0).tryAcquire();
            views.get(1).tryEnqueue();
            views.get(0).release();
            assertThat(views.get(0).tryAcquire()).isFalse();
            assertThat(views.get(1).takeFreed()).isEqualTo(1);
            assertThat(views.get(1).waiting()).isZero();
            assertThat(views.get(1).running()).isEqualTo(1);
        }

        @Test
        void wakesNobodyWhileAllSlotsAreTaken() {
            List<HandlerSlots> views = views(2, 1, 2);
            views.get(0).tryAcquire();
            views.get(0).tryEnqueue();
            assertThat(woken).isEmpty();
        }

        @Test
        void wakesItselfWhenASlotWasFreedBeforeItWasAnnounced() {
            HandlerSlots only = views(1, 1, 1).getFirst();
            only.tryEnqueue();
            assertThat(woken).containsExactly(0);
            assertThat(only.takeFreed()).isEqualTo(1);
        }

        @Test
        void isServedInTurn() {
            List<HandlerSlots> views = views(3, 1, 9);
            views.get(0).tryAcquire();
            for (HandlerSlots view : views) {
                view.tryEnqueue();
                view.tryEnqueue();
            }
            HandlerSlots running = views.get(0);
            for (int i = 0; i < 6; i++) {
                running.release();
                running = views.get(woken.getLast());
                assertThat(running.takeFreed()).isEqualTo(1);
            }
            assertThat(woken).containsExactly(1, 2, 0, 1, 2, 0);
        }

        @Test
        void passesOnWhatTheWokenOneDoesNotNeed() {
            List<HandlerSlots> views = views(3, 1, 9);
            views.get(0).tryAcquire();
            views.get(1).tryEnqueue();
            views.get(2).tryEnqueue();
            views.get(0).release();
            assertThat(woken).containsExactly(1);
            views.get(1).dequeue();
            assertThat(views.get(1).takeFreed()).isZero();
            assertThat(woken).containsExactly(1, 2);
            assertThat(views.get(2).takeFreed()).isEqualTo(1);
        }

        @Test
        void takesAllThatIsFreeAtOnce() {
            List<HandlerSlots> views = views(2, 3, 9);
            for (int i = 0; i < 3; i++) {
                views.get(0).tryAcquire();
            }
            views.get(1).tryEnqueue();
            views.get(1).tryEnqueue();
            for (int i = 0; i < 3; i++) {
                views.get(0).release();
            }
            assertThat(woken).containsExactly(1);
            assertThat(views.get(1).takeFreed()).isEqualTo(2);
            assertThat(views.get(0).tryAcquire()).isTrue();
        }

        @Test
        void isNotHeldUpByAWorkerThatIsStopped() {
            List<HandlerSlots> views = views(3, 2, 9);
            views.get(0).tryAcquire();
            views.get(0).tryAcquire();
            views.get(1).tryEnqueue();
            views.get(2).tryEnqueue();
            views.get(0).release();
            views.get(0).release();
            // Worker 1 was woken first and does not stir; the second wake-up goes to worker 2.
            assertThat(woken).containsExactly(1, 2);
            assertThat(views.get(2).takeFreed()).isEqualTo(1);
        }
    }

    @Nested
    class ForgettingADeadWorker {

        private final SharedSlots shared = SharedSlots.create(2, List.of(new SlotCount(4, 8)));
        private final HandlerSlots parent = shared.parentView();
        private final HandlerSlots dead = shared.view(0);
        private final HandlerSlots other = shared.view(1);

        @AfterEach
        void close() {
            shared.close();
        }

        @Test
        void keepsTheSlotsOfItsRunningHandlers() {
            for (int i = 0; i < 3; i++) {
                dead.tryAcquire();
            }
            other.tryAcquire();
            assertThat(parent.forget(0, 2)).isEqualTo(2);
            assertThat(parent.running()).isEqualTo(3);
            parent.release();
            parent.release();
            assertThat(parent.running()).isEqualTo(1);
            assertThatThrownBy(parent::release).isInstanceOf(IllegalStateException.class);
        }

        @Test
        void keepsNoMoreThanItHeld() {
            dead.tryAcquire();
            assertThat(parent.forget(0, 3)).isEqualTo(1);
        }

        @Test
        void freesItsPlaces() {
            for (int i = 0; i < 4; i++) {
                other.tryAcquire();
            }
            dead.tryEnqueue();
            dead.tryEnqueue();
            parent.forget(0, 0);
            assertThat(parent.waiting()).isZero();
        }

        @Test
        void wakesThoseWhoWait() {
            for (int i = 0; i < 4; i++) {
                dead.tryAcquire();
            }
            other.tryEnqueue();
            assertThat(isWoken(1)).isFalse();
            parent.forget(0, 0);
            assertThat(isWoken(1)).isTrue();
            assertThat(other.takeFreed()).isEqualTo(1);
            assertThat(isWoken(1)).isFalse();
        }

        @Test
        void wakesThoseWhomItHadMarkedButNotWoken() {
            for (int i = 0; i < 4; i++) {
                dead.tryAcquire();
            }
            other.tryEnqueue();
            dead.release();
            shared.woken(1); // as if it had died between the mark and the wake-up
            parent.forget(0, 3);
            assertThat(isWoken(1)).isTrue();
        }

        @Test
        void wakesNoneWhenItEndedByItself() {
            parent.ended(0);
            assertThat(isWoken(0)).isFalse();
            assertThat(isWoken(1)).isFalse();
        }

        /** Its client went away before it looked. */
        @Test
        void passesOnWhatItWasOfferedWhenItEndedByItself() {
            for (int i = 0; i < 4; i++) {
                parent.tryAcquire();
            }
            dead.tryEnqueue();
            parent.release();
            dead.dequeue();
            assertThat(isWoken(0)).isTrue();
            parent.tryAcquire();
            other.tryEnqueue();
            parent.release();
            parent.ended(0);
            assertThat(isWoken(1)).isTrue();
            assertThat(other.takeFreed()).isEqualTo(1);
        }

        @Test
        void wakesTheNextWhenTheWokenOneDied() {
            for (int i = 0; i < 4; i++) {
                parent.tryAcquire();
            }
            HandlerSlots woken = shared.view(1);
            HandlerSlots next = shared.view(0);
            woken.tryEnqueue();
            next.tryEnqueue();
            parent.release();
            assertThat(isWoken(1)).isTrue();
            assertThat(isWoken(0)).isFalse();
            parent.forget(1, 0);
            assertThat(isWoken(0)).isTrue();
            assertThat(next.takeFreed()).isEqualTo(1);
        }

        private boolean isWoken(int worker) {
            return Descriptors.poll(shared.wakeupDescriptor(worker), Descriptors.POLLIN, 0) > 0;
        }
    }
}
