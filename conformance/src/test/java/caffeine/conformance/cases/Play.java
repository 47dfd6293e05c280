package caffeine.conformance.cases;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Mismatch;
import caffeine.conformance.harness.Mismatch.Gone;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.ResponseReader;
import caffeine.conformance.harness.Text;
import caffeine.conformance.harness.Wire;
import caffeine.conformance.harness.Wire.End;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Plays one row on a connection of its own and holds what comes against what is due. */
final class Play {

    /** For each response; it is spent only when a row is about to fail. */
    private static final Duration RESPONSE = Duration.ofSeconds(30);

    /**
     * How long a close may take, behind the last response or in the place of one. Less than every
     * idle timeout, which closes as well, but is not what the row asks for.
     */
    static final Duration CLOSE = Duration.ofSeconds(3);

    /** The same where a connection first waits for the start of its process. */
    static final Duration CLOSE_OF_A_PROCESS = Duration.ofSeconds(30);

    /** How long state {@code any} listens for bytes that nobody asked for. */
    private static final Duration LISTEN = Duration.ofMillis(100);

    private static final String PROBE =
            "GET /cgi-bin/echo?runner-probe HTTP/1.1\r\nHost: probe.test\r\n\r\n";
    private static final String PROBE_SEEN = "QUERY_STRING=runner-probe";

    private final Row row;
    private final Wire wire;
    private final List<Response> came = new ArrayList<>();
    private final Duration close;
    private int next;

    private Play(Row row, Wire wire, Duration close) {
        this.row = row;
        this.wire = wire;
        this.close = close;
    }

    /** Empty when the row passed; else what came instead, and the bytes of the exchange. */
    static Optional<String> of(Row row, InetSocketAddress server) {
        return of(row, server, CLOSE);
    }

    /** The same, with this much time for a close. */
    static Optional<String> of(Row row, InetSocketAddress server, Duration close) {
        try (Wire wire = Wire.connect(server, row.limit().orElse(RESPONSE))) {
            Play play = new Play(row, wire, close);
            try {
                play.run();
                return Optional.empty();
            } catch (Mismatch e) {
                StringBuilder said = new StringBuilder();
                play.came.forEach(response -> said.append(response.status()).append(", "));
                return Optional.of(said + e.getMessage() + "\n" + wire.log());
            }
        }
    }

    private void run() {
        for (Step step : row.steps()) {
            switch (step) {
                case Step.Send send -> wire.send(bytes(send));
                case Step.Pause pause -> wire.pause(pause.time());
                case Step.Stall stall -> Await.holdsWithin(stall.time(), () -> false);
                case Step.Tls _ -> {} // the launcher speaks no TLS
                case Step.Shutdown _ -> wire.shutdown();
                case Step.AwaitResponse _ -> respond();
            }
        }
        while (next < row.wanted().size() && !(restIsOptional() && wire.available() == 0)) {
            respond();
        }
        finish();
    }

    private String bytes(Step.Send send) {
        StringBuilder all = new StringBuilder();
        for (Step.Piece piece : send.pieces()) {
            switch (piece) {
                case Step.Piece.Bytes bytes -> all.append(bytes.latin1());
                case Step.Piece.SentBack field -> all.append(value(field));
            }
        }
        return all.toString();
    }

    private String value(Step.Piece.SentBack field) {
        int number = field.response() > 0 ? field.response() : came.size();
        if (number == 0 || number > came.size()) {
            throw new Mismatch(
                    "response "
                            + Math.max(1, number)
                            + " did not come, and the row sends its "
                            + field.name()
                            + " back");
        }
        Response response = came.get(number - 1);
        if (response.all(field.name()).isEmpty()) {
            String where = field.name() + " in response " + number;
            throw new Mismatch("no " + where + ", and the row sends it back");
        }
        return response.field(field.name());
    }

    /** From now on this much time, unless the row has a limit, which is for all of it. */
    private void renew(Duration usual) {
        if (row.limit().isEmpty()) {
            wire.renew(usual);
        }
    }

    private boolean restIsOptional() {
        return row.wanted().stream().skip(next).allMatch(Expectation::optional);
    }

    /** Takes the next response off the wire and holds it against the next expectation. */
    private void respond() {
        if (next >= row.wanted().size()) {
            return; // an optional response did not come, and an {await} took its successor
        }
        boolean mayClose = row.wanted().get(next).allowsNone();
        renew(mayClose ? close : RESPONSE);
        Response response;
        try {
            response = ResponseReader.read(wire, head -> due(head).endsWithHead(head.status()));
        } catch (Gone gone) {
            if (mayClose) {
                next = row.wanted().size();
                return;
            }
            throw gone;
        }
        List<Response> earlier = List.copyOf(came);
        came.add(response);
        Expectation due = row.wanted().get(next);
        if (!due.fits(response.status())) {
            String text = response.text().substring(0, Math.min(60, response.text().length()));
            throw new Mismatch("where " + due + " was due, " + Text.quote(text));
        }
        due.complaint(response, earlier)
                .ifPresent(
                        complaint -> {
                            throw new Mismatch(complaint);
                        });
        next++;
    }

    /** The expectation that this response meets: optional ones that it does not fit are missing. */
    private Expectation due(Response head) {
        while (row.wanted().get(next).optional()
                && next + 1 < row.wanted().size()
                && !row.wanted().get(next).fits(head.status())) {
            next++;
        }
        return row.wanted().get(next);
    }

    private void finish() {
        boolean saysClose = !came.isEmpty() && came.getLast().hasOption("close");
        if (row.state() == Row.State.OPEN) {
            if (saysClose) {
                throw new Mismatch(
                        "connection should stay open, the response says Connection: close");
            }
            wire.pull(0);
            noMoreBytes();
            probe();
            return;
        }
        boolean mustClose = row.state() == Row.State.CLOSE || saysClose;
        if (mustClose) {
            renew(close);
            while (wire.end() == End.OPEN && wire.available() == 0 && wire.pull(wire.leftNs())) {}
        } else {
            wire.pause(LISTEN);
        }
        noMoreBytes();
        if (mustClose && wire.end() == End.OPEN) {
            String why = saysClose ? " although the response says close" : "";
            throw new Mismatch("connection still open" + why);
        }
    }

    private void noMoreBytes() {
        if (wire.available() > 0) {
            throw new Mismatch("bytes after the last response: " + wire.shown());
        }
    }

    private void probe() {
        Response response;
        try {
            renew(RESPONSE);
            response = wire.send(PROBE).response();
        } catch (Mismatch e) {
            throw new Mismatch("connection should stay open, a further GET got: " + e.getMessage());
        }
        if (response.status() != 200 || !response.hasLine(PROBE_SEEN)) {
            throw new Mismatch("a further GET got " + response);
        }
    }
}
