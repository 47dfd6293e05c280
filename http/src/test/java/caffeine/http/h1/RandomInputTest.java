package caffeine.http.h1;

import static caffeine.http.h1.Feeding.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.Limits;
import caffeine.http.RequestHead;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Properties that hold for all input. Each example has a seed of its own; a failure names it, and
 * {@code -Dcaffeine.seed=...} repeats it alone.
 */
class RandomInputTest {
    private static final int[] WHOLE = {};
    private static final int EXAMPLES = Boolean.getBoolean("caffeine.full") ? 1_000_000 : 20_000;

    /** Small enough for what is made here to reach every limit. */
    private static final Limits SMALL = new Limits(200, 400, 10, 2000, 20);

    private static void forAll(Consumer<SplittableRandom> property) {
        Long given = Long.getLong("caffeine.seed");
        long first = given == null ? System.nanoTime() : given;
        int examples = given == null ? EXAMPLES : 1;
        for (long seed = first; seed < first + examples; seed++) {
            try {
                property.accept(new SplittableRandom(seed));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("with -Dcaffeine.seed=" + seed + ": " + e, e);
            }
        }
    }

    @Nested
    class AHead {
        private final HeadParser parser = new HeadParser(Limits.DEFAULTS);
        private final HeadParser narrow = new HeadParser(SMALL);

        @Test
        void thatIsValidIsAcceptedHoweverItIsCut() {
            forAll(
                    random -> {
                        String text = new RandomRequests(random).head();
                        byte[] b = bytes(text + "GET");
                        var whole = Feeding.parse(parser, b, WHOLE);
                        assertThat(whole)
                                .isInstanceOfSatisfying(
                                        Feeding.Accepted.class,
                                        a -> assertThat(a.consumed()).isEqualTo(text.length()));
                        sameInPieces(parser, random, b, whole);
                    });
        }

        @Test
        void thatIsNearlyValidHasTheSameOutcomeHoweverItIsCut() {
            forAll(
                    random -> {
                        RandomRequests requests = new RandomRequests(random);
                        byte[] b = bytes(requests.damaged(requests.head()));
                        sameInPieces(parser, random, b, Feeding.parse(parser, b, WHOLE));
                        sameInPieces(narrow, random, b, Feeding.parse(narrow, b, WHOLE));
                    });
        }

        @Test
        void thatIsNoneThrowsNothingUnforeseen() {
            forAll(
                    random -> {
                        byte[] b = bytes(new RandomRequests(random).bytes(random.nextInt(200)));
                        sameInPieces(parser, random, b, Feeding.parse(parser, b, WHOLE));
                    });
        }

        private void sameInPieces(
                HeadParser parser, SplittableRandom random, byte[] b, Feeding.Outcome whole) {
            int[] cuts = Feeding.randomCuts(random, b.length);
            assertThat(Feeding.parse(parser, b, cuts)).isEqualTo(whole);
        }
    }

    @Nested
    class ABody {
        private final BodyDecoder decoder = new BodyDecoder();
        private final RequestHead head = BodyFeeding.request("Transfer-Encoding: chunked");

        @Test
        void thatIsValidIsDecodedHoweverItIsCut() {
            forAll(
                    random -> {
                        RandomRequests requests = new RandomRequests(random);
                        String content = requests.bytes(random.nextInt(1000));
                        String body = requests.chunked(content);
                        byte[] b = bytes(body + "GET");
                        int[] cuts = Feeding.randomCuts(random, b.length);
                        assertThat(BodyFeeding.decode(decoder, head, Limits.DEFAULTS, b, cuts))
                                .isEqualTo(
                                        new BodyFeeding.Accepted(
                                                body.length(), content, content.length()));
                    });
        }

        @Test
        void thatIsNearlyValidHasTheSameOutcomeHoweverItIsCut() {
            forAll(
                    random -> {
                        RandomRequests requests = new RandomRequests(random);
                        String content = requests.bytes(random.nextInt(300));
                        sameInPieces(random, requests.damaged(requests.chunked(content)));
                    });
        }

        @Test
        void thatIsNoneThrowsNothingUnforeseen() {
            forAll(
                    random ->
                            sameInPieces(
                                    random, new RandomRequests(random).bytes(random.nextInt(100))));
        }

        private void sameInPieces(SplittableRandom random, String body) {
            byte[] b = bytes(body);
            for (Limits limits : new Limits[] {Limits.DEFAULTS, SMALL}) {
                int[] cuts = Feeding.randomCuts(random, b.length);
                assertThat(BodyFeeding.decode(decoder, head, limits, b, cuts))
                        .isEqualTo(BodyFeeding.decode(decoder, head, limits, b, WHOLE));
            }
        }
    }
}
