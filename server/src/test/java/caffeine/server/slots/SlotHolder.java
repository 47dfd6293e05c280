package caffeine.server.slots;

import caffeine.os.Descriptors;

/**
 * A worker that another process kills: it takes three slots and a place in the queue, and waits for
 * its end. The memfd is its standard input, its own eventfd the output, that of the other worker,
 * which it wakes when it is ready, the error output.
 */
public final class SlotHolder {
    private SlotHolder() {}

    public static void main(String[] args) {
        int[] descriptors = {0, 1, 2};
        for (int i = 0; i < descriptors.length; i++) {
            descriptors[i] = Descriptors.dup(descriptors[i], 3);
        }
        SharedSlots shared = SharedSlots.attach(descriptors);
        HandlerSlots slots = shared.view(0);
        int taken = 0;
        while (taken < 3 && slots.tryAcquire()) {
            taken++;
        }
        if (taken == 3 && slots.tryEnqueue()) {
            shared.wake(1);
            Descriptors.poll(-1, 0, -1);
        }
    }
}
