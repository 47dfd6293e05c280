package caffeine.server.core;

import static caffeine.server.core.Talk.get;
import static caffeine.server.core.Talk.ok;
import static caffeine.server.core.Talk.post;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.ResponseHead;
import caffeine.server.core.Talk.Cut;
import caffeine.server.testing.EchoLines;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** RFC 9110 §7.8: another protocol takes the connection, with the bytes behind the request. */
class UpgradeTest {

    private static final String SWITCHING =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: lines\r\nConnection: upgrade\r\n\r\n";

    private static void upgrade(Asked asked) {
        asked.exchange.upgrade(EchoLines.switching(), EchoLines::new);
    }

    @ParameterizedTest
    @EnumSource
    void bytesBehindTheRequestAreKept(Cut cut) {
        Talk talk = new Talk(cut, UpgradeTest::upgrade);
        talk.send(get("/a") + "one\ntwo\nthr");
        assertThat(talk.answer()).isEqualTo(SWITCHING + "> one\n> two\n");
        talk.send("ee\n");
        assertThat(talk.answer()).isEqualTo("> three\n");
        assertThat(talk.events.exchanges).containsExactly("GET /a 1 101 0");
        talk.end();
        assertThat(talk.transport.closed).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aRequestBeforeItIsAnsweredFirst(Cut cut) {
        Talk talk =
                new Talk(
                        cut,
                        asked -> {
                            if (asked.exchange.request().target().text().equals("/up")) {
                                upgrade(asked);
                            } else {
                                Talk.respond(asked, "x");
                            }
                        });
        talk.send(get("/a") + post("/up", "content") + "GET / HTTP/1.1\n");
        assertThat(talk.answer()).isEqualTo(ok("x") + SWITCHING + "> GET / HTTP/1.1\n");
    }

    /** Bytes that came while the handler thought about it. */
    @ParameterizedTest
    @EnumSource
    void laterThanTheRequest(Cut cut) {
        Talk talk = new Talk(cut);
        talk.send(get("/a") + "one\n");
        talk.send("two\n");
        upgrade(talk.last());
        talk.pump();
        assertThat(talk.answer()).isEqualTo(SWITCHING + "> one\n> two\n");
        talk.send("three\n").end();
        assertThat(talk.answer()).isEqualTo("> three\n");
        assertThat(talk.transport.closed).isTrue();
    }

    @Test
    void anEndThatCameBefore() {
        Talk talk = new Talk(Cut.WHOLE);
        talk.send(get("/a") + "one\n").end();
        upgrade(talk.last());
        talk.pump();
        assertThat(talk.answer()).isEqualTo(SWITCHING + "> one\n");
        assertThat(talk.transport.closed).isTrue();
    }

    @Test
    void itsDeadlinesAreItsOwn() {
        Talk talk = new Talk(Cut.WHOLE, UpgradeTest::upgrade);
        talk.send(get("/a"));
        assertThat(talk.transport.deadlineNs).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whereItCannotBe() {
        Talk talk = new Talk(Cut.WHOLE);
        talk.send("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 5\r\n\r\nab");
        Exchange exchange = talk.last().exchange;
        assertThatThrownBy(() -> exchange.upgrade(EchoLines.switching(), EchoLines::new))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> exchange.upgrade(ResponseHead.of(101), EchoLines::new))
                .isInstanceOf(IllegalArgumentException.class);
        Talk old = new Talk(Cut.WHOLE);
        old.send("GET / HTTP/1.0\r\n\r\n");
        Exchange ofOld = old.last().exchange;
        assertThatThrownBy(() -> ofOld.upgrade(EchoLines.switching(), EchoLines::new))
                .isInstanceOf(IllegalStateException.class);
        ofOld.respond(ResponseHead.of(200), Talk.bytes("x"));
        assertThatThrownBy(() -> ofOld.upgrade(EchoLines.switching(), EchoLines::new))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aHandlerThatReturnsNothingMoreIsNotToldOfTheEnd() {
        Talk talk = new Talk(Cut.WHOLE, UpgradeTest::upgrade);
        talk.send(get("/a"));
        talk.connection.reset();
        assertThat(talk.last().abandoned).isZero();
        assertThat(talk.transport.reset).isTrue();
    }
}
