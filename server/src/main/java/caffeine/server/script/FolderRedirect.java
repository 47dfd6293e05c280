package caffeine.server.script;

import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;

/** Sends a client from a folder's address without a slash to the one with it. */
record FolderRedirect(Exchange exchange, Resolution.Redirect to) implements ExchangeListener {

    private static final int PERMANENT_REDIRECT = 308;

    @Override
    public void content(byte[] bytes, int from, int to) {
        // The content is for the other address.
    }

    @Override
    public void end() {
        ResponseHead head = ResponseHead.of(PERMANENT_REDIRECT);
        head.fields().add("Location", to.location(exchange.request().target().rawQuery()));
        exchange.respond(head, new byte[0]);
    }
}
