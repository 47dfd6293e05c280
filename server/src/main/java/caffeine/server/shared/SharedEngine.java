package caffeine.server.shared;

import caffeine.server.engine.EngineOption;
import caffeine.server.engine.EngineSetup;
import caffeine.server.service.LaneEngine;
import caffeine.server.service.LanePool;

/** Threads that wait on one epoll set: any of them accepts, reads, answers and sweeps. */
final class SharedEngine extends LaneEngine {

    /** An engine that has not been started. */
    SharedEngine(EngineSetup setup) {
        super(new SharedDescription(), setup);
    }

    @Override
    protected LanePool pool(int size, boolean apart) {
        return new SharedPool(
                size, setup().choice(SharedDescription.PIN).equals(EngineOption.ON), apart);
    }
}
