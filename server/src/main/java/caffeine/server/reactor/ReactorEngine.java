package caffeine.server.reactor;

import caffeine.server.engine.EngineSetup;
import caffeine.server.service.LaneEngine;
import caffeine.server.service.LanePool;

/** One loop, and a pool of threads for what clients have sent. */
final class ReactorEngine extends LaneEngine {

    ReactorEngine(EngineSetup setup) {
        super(new ReactorDescription(), setup);
    }

    @Override
    protected LanePool pool(int size, boolean apart) {
        return new ReactorPool(size, apart);
    }
}
